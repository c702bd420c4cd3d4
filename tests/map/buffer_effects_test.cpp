// Classes of upsets in buffers and what they do, against what follows from the schedule cycle by cycle
// and against a trial a cycle on the fast engine.
#include "map/buffer_effects.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "fault/fast_engine.hpp"
#include "map/buffer_results.hpp"
#include "map/buffer_runner.hpp"
#include "network/synthetic.hpp"
#include "tests/support/general_network.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/made_schedule.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

std::vector<Topology> small_networks() {
  // One bit, and two whose code 10 no fault-free run has; with a pool.
  std::vector<Topology> nets = {
      made_of("bits", {8, 1}, 1, 1, {{6, true, true}, {5, true}, {6}, {3}}),
      made_of("twos", {8, 2}, 2, 2, {{4, true, true}, {5, true}, {4}, {3}}),
      // Any shape: padding, strides, pools that overlap, words that do not divide each other.
      General("padded", 6, 5, 3, unsigned_of(4))
          .convolution({3, 3, 2, 2, 1, 1, 1, 1}, 6, 2, unsigned_of(3), 7)
          .convolution({2, 3, 1, 1, 0, 1, 1, 1}, 5, 3, {3}, 7)
          .pool({2, 2, 1, 1, 1, 0, 0, 1})
          .full(6, 2, {1}, 1)
          .scores(3, 2),
  };
  for (auto& net : nets) {
    net.image_fifo_depth = 3;
  }
  auto& folded = nets.front().layers;
  folded[0].pe = 2;
  folded[2].simd = 5;
  folded[2].pe = 3;
  return nets;
}

struct Case {
  Case(const Topology& of, int count, std::uint64_t seed)
      : own(of),
        net(own),
        parameters(random_parameters(net, seed)),
        schedule(made_schedule(net, count)) {
    for (int i = 0; i < count; ++i) {
      images.push_back(random_image(static_cast<std::uint64_t>(i) + seed, net.image()));
      images.back().label = static_cast<std::uint8_t>(i % 2);
    }
  }
  // A network that comes with the program, as it is trained and simulated.
  Case(const std::string& name, int count)
      : net(topology(name)),
        parameters(Parameters::load(net, FLUENCE_SOURCE_DIR "/models/" + name + ".onnx")),
        schedule(Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net)) {
    const auto made = synthetic_images(kSyntheticTestSeed, 0, count);
    for (int i = 0; i < count; ++i) {
      images.push_back(made[i]);
    }
  }
  Topology own{};  ///< where it is made for the case
  const Topology& net;
  Parameters parameters;
  Schedule schedule;
  std::vector<Image> images;
};

class BuffersOf : public testing::TestWithParam<std::size_t> {
 protected:
  Case case_{small_networks().at(GetParam()), 2, 5};
};
INSTANTIATE_TEST_SUITE_P(Networks, BuffersOf, testing::Range(std::size_t{0}, small_networks().size()),
                         [](const auto& param) { return small_networks().at(param.param).name; });

// What a trial says, in words of its own: of an image, by its place.
class Trials {
 public:
  explicit Trials(const Case& of)
      : case_(of), engine_(of.parameters, ImageSet(of.images), std::size_t{64} << 20, [&of] {
          return of.schedule;
        }) {
    fault_free_ = run({});
  }

  std::vector<Consequence> operator()(const Site& site, std::uint64_t cycle) {
    Fault fault;
    fault.cycle = cycle;
    fault.site = site;
    const auto scores = run({fault});
    std::vector<Consequence> all;
    for (std::size_t i = 0; i < case_.images.size(); ++i) {
      all.push_back(consequence(scores, i));
    }
    return all;
  }

 private:
  std::vector<std::int16_t> run(std::vector<Fault> faults) {
    return engine_
        .run({1, static_cast<int>(case_.images.size()), std::move(faults)}, Semantics::physical)
        .scores;
  }
  [[nodiscard]] Consequence consequence(const std::vector<std::int16_t>& scores,
                                        std::size_t image) const {
    const auto count = static_cast<std::size_t>(engine_.scores());
    const auto own = std::span(scores).subspan(image * count, count);
    const auto expected = std::span(fault_free_).subspan(image * count, count);
    if (std::ranges::equal(own, expected)) {
      return Consequence::masked;
    }
    const int now = classify(own, engine_.decider());
    const int before = classify(expected, engine_.decider());
    const int label = case_.images[image].label;
    return now == before     ? Consequence::tolerable
           : before == label ? Consequence::right_to_wrong
           : now == label    ? Consequence::wrong_to_right
                             : Consequence::wrong_to_wrong;
  }

  const Case& case_;
  FastEngine engine_;
  std::vector<std::int16_t> fault_free_;
};

// In each cycle the reads of the class that covers it, and none where no class does.
TEST_P(BuffersOf, EachCycleOfEachBitHasTheReadsOfItsClass) {
  const BufferClasses classes(case_.schedule);
  const SiteMap sites(case_.net);
  const Lifetimes lifetimes(case_.net);
  const int images = static_cast<int>(case_.images.size());
  const auto length = case_.schedule.run_length(images);
  std::mt19937_64 random(3);
  std::map<Space, int> compared;
  for (const auto& array : sites.arrays()) {
    if (!is_buffer(array.space)) {
      continue;
    }
    // A few bits of each array; all cycles.
    std::map<Site, std::vector<std::vector<Transient>>> flips;
    for (int i = 0; i < 6; ++i) {
      const auto pick = [&](int below) {
        return static_cast<int>(random() % static_cast<unsigned>(below));
      };
      flips[{array.space, array.layer, array.first_module + pick(array.modules), pick(array.words), 0,
             pick(array.bits)}]
          .resize(length);
    }
    for (int image = 0; image < images; ++image) {
      classes.for_each(array, image, [&](const BufferClasses::WordClass& word) {
        ASSERT_LE(word.span.until, length);
        for (int bit = 0; bit < word.bits; ++bit) {
          auto site = word.site;
          site.bit += bit;
          const auto found = flips.find(site);
          for (auto c = word.span.from; found != flips.end() && c < word.span.until; ++c) {
            ASSERT_TRUE(found->second[c].empty()) << "two classes in cycle " << c;
            found->second[c].assign(word.flips.begin(), word.flips.end());
            for (auto& flip : found->second[c]) {
              flip.bit += bit;
            }
          }
        }
      });
    }
    for (const auto& [site, by_cycle] : flips) {
      for (std::uint64_t c = 0; c < length; ++c) {
        std::vector<Transient> right;
        lifetimes.follow(site, ScheduledCounts(case_.schedule, c, images), images, right);
        ASSERT_EQ(by_cycle[c], right)
            << array.rtl_name << " index " << site.index << " bit " << site.bit << " cycle " << c;
        compared[site.space] += right.empty() ? 0 : 1;
      }
    }
  }
  for (const auto space : kSpaces) {
    if (is_buffer(space) && sites.bit_count(space) > 0) {
      EXPECT_GT(compared[space], 50) << to_string(space);
    }
  }
}

// Every class, in its first and its last cycle and one between them.
TEST_P(BuffersOf, EachClassDoesWhatATrialDoes) {
  const BufferClasses classes(case_.schedule);
  const SiteMap sites(case_.net);
  BufferEffects effects(case_.parameters);
  Trials trials(case_);
  std::mt19937_64 random(7);
  std::map<Space, int> consequential;
  std::map<Consequence, int> kinds;
  int compared = 0;
  for (int image = 0; image < static_cast<int>(case_.images.size()); ++image) {
    const auto own = static_cast<std::size_t>(image);
    effects.load(case_.images[own]);
    for (const auto& array : sites.arrays()) {
      if (!is_buffer(array.space)) {
        continue;
      }
      // Nearly all classes are those of accumulators.
      const unsigned every = array.space == Space::accumulator ? 29
                             : array.space == Space::vector    ? 5
                             : array.space == Space::fifo      ? 3
                                                               : 1;
      classes.for_each(array, image, [&](const BufferClasses::WordClass& word) {
        const auto found = effects.of(word);
        ASSERT_EQ(found.size(), static_cast<std::size_t>(word.bits));
        for (int bit = 0; bit < word.bits; ++bit) {
          if (random() % every != 0) {
            continue;
          }
          auto site = word.site;
          site.bit += bit;
          std::vector<Consequence> right(case_.images.size());
          right[own] = found[static_cast<std::size_t>(bit)];
          for (const auto cycle :
               {word.span.from, word.span.until - 1, word.span.from + random() % word.span.cycles()}) {
            ASSERT_EQ(trials(site, cycle), right) << array.rtl_name << " index " << site.index << " bit "
                                                  << site.bit << " cycle " << cycle;
          }
          ++compared;
          consequential[site.space] += right[own] == Consequence::masked ? 0 : 1;
          ++kinds[right[own]];
        }
      });
    }
  }
  EXPECT_GT(compared, 1000);
  EXPECT_GE(kinds.size(), 4U);
  for (const auto space : kSpaces) {
    // What is left of the padded network's pool changes no row's sign.
    const bool masked = space == Space::pool && case_.net.name == "padded";
    if (is_buffer(space) && sites.bit_count(space) > 0 && !masked) {
      EXPECT_GT(consequential[space], 5) << to_string(space);
    }
  }
}

// Bits that have consequences and bits that have none, in each cycle of a stretch in which both images
// are on their way, with the trained parameters.
TEST(BufferMapOfCnvW1A1, SaysOfEachBitInEachCycleWhatATrialDoes) {
  constexpr CycleRange kCycles{60'000, 60'025};
  const Case of("cnvW1A1", 2);
  const BufferClasses classes(of.schedule);
  BufferRequest request;
  request.net = &of.net;
  request.spaces = {Space::window, Space::vector, Space::accumulator,
                    Space::pool,   Space::fifo,   Space::stream};
  request.layers = {0, 3, 4, 5};
  request.images = 2;
  request.cycles = kCycles;
  BufferMap map(request, {});
  const TempDir dir;
  BufferEffects effects(of.parameters);
  for (int image = 0; image < request.images; ++image) {
    effects.load(of.images[static_cast<std::size_t>(image)]);
    std::vector<std::string> regions;
    for (const auto& region : map.layout()->regions()) {
      regions.push_back(map_region(region, kCycles, classes, image, effects));
    }
    map.add(image, regions, dir.path());
  }

  Trials trials(of);
  std::mt19937_64 random(11);
  std::map<Space, int> consequential;
  std::map<int, int> images;
  for (std::size_t i = 0; i < map.layout()->regions().size(); ++i) {
    int left[] = {2, 4};  // without and with consequences
    for (BufferBits bits(map, dir.path(), i); bits.next() && left[0] + left[1] > 0;) {
      auto& more = left[bits.entries().empty() ? 0 : 1];
      if (more == 0 || random() % 4 != 0) {
        continue;
      }
      --more;
      for (const auto& entry : whole_time(bits.entries(), kCycles)) {
        std::vector<Consequence> right(of.images.size());
        right[static_cast<std::size_t>(entry.image)] = entry.consequence;
        for (auto cycle = entry.span.from; cycle < entry.span.until; ++cycle) {
          ASSERT_EQ(trials(bits.site(), cycle), right)
              << bits.array().rtl_name << " index " << bits.site().index << " bit " << bits.site().bit
              << " cycle " << cycle;
          consequential[bits.site().space] += entry.consequence == Consequence::masked ? 0 : 1;
          images[entry.image] += entry.consequence == Consequence::masked ? 0 : 1;
        }
      }
    }
  }
  for (const auto space : request.spaces) {
    EXPECT_GT(consequential[space], 5) << to_string(space);
  }
  EXPECT_EQ(images.size(), 2U);
}

}  // namespace
}  // namespace fluence::test
