// A host that writes all parameters anew from time to time, on the fast engine.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "base/error.hpp"
#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"
#include "fault/fault_list.hpp"
#include "network/known_networks.hpp"
#include "tests/support/parameter_trials.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int kImagesOfTrial = 9;

ImageSet random_images() {
  std::vector<Image> images;
  for (std::uint64_t i = 0; i < kImagesOfTrial; ++i) {
    images.push_back(random_image(i));
  }
  return ImageSet(std::move(images));
}

// Thresholds and weights of several codecs.
Topology protected_network() {
  auto net = topology("cnvW1A1");
  net.name = "protected";
  const std::vector<const char*> codecs = {"secded",    "tmr-writeback", "parity 4",
                                           "duplicate", "interleave 2",  "tmr"};
  for (std::size_t l = 0; l < codecs.size(); ++l) {
    net.layers[l].threshold_codec = &find_codec(codecs[l]);
  }
  net.layers[0].weight_codec = &find_codec("parity 3");
  net.layers[7].weight_codec = &find_codec("duplicate");
  return net;
}

AccessEvents difference(const AccessEvents& all, const AccessEvents& before) {
  return {all.corrected - before.corrected, all.detected - before.detected};
}

// From one reload to the next a trial is one without any, of the faults that came since: each image is
// taken from such a trial, and so are counted accesses and fates.
void expect_parts(FastEngine& engine, FaultCase trial, Semantics semantics) {
  const auto result = engine.run(trial, semantics);
  const auto scores = static_cast<std::ptrdiff_t>(engine.scores());
  std::vector<AccessEvents> events(result.events.size());
  for (int first = 0; first < trial.images; first += trial.reload) {
    const int last = std::min(trial.images, first + trial.reload);
    FaultCase part{trial.id, last, {}};
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < trial.faults.size(); ++i) {
      if (const auto image = *trial.faults[i].before_image; image >= first && image < last) {
        part.faults.push_back(trial.faults[i]);
        numbers.push_back(i);
      }
    }
    const auto alone = engine.run(part, semantics);
    EXPECT_TRUE(std::equal(alone.scores.begin() + first * scores, alone.scores.end(),
                           result.scores.begin() + first * scores))
        << "images from " << first;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      EXPECT_EQ(result.fates[numbers[i]], alone.fates[i]);
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
      events[i].corrected += alone.events[i].corrected;
      events[i].detected += alone.events[i].detected;
    }
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(difference(result.events[i], events[i]), AccessEvents()) << i;
  }
}

TEST(Reload, EndsWhatFaultsHaveDoneSoFar) {
  const auto net = protected_network();
  std::mt19937_64 random(5);
  for (const auto* one : {&topology("cnvW1A1"), &net}) {
    const SiteMap sites(*one);
    auto parameters = random_parameters(topology("cnvW1A1"), 4);
    parameters.net = one;
    FastEngine engine(parameters, random_images());
    for (const int reload : {1, 2, 4}) {
      for (int round = 0; round < 4; ++round) {
        auto trial = random_parameter_trial(sites, kImagesOfTrial, 60, random);
        std::ranges::stable_sort(trial.faults, {}, &Fault::before_image);
        trial.reload = reload;
        expect_parts(engine, trial, Semantics::physical);
        const auto kept = engine.run({1, trial.images, trial.faults}, Semantics::physical);
        EXPECT_NE(engine.run(trial, Semantics::physical).scores, kept.scores);
        trial.reload = kImagesOfTrial;  // never within the trial
        EXPECT_EQ(engine.run(trial, Semantics::physical).scores, kept.scores);
      }
    }
  }
}

// In a batch, too, where trials without reloads are evaluated together.
TEST(Reload, OfABatchIsThatOfEachTrial) {
  const auto& net = topology("cnvW1A1");
  const SiteMap sites(net);
  FastEngine engine(random_parameters(net, 4), random_images());
  std::mt19937_64 random(6);
  std::vector<Trial> batch;
  for (int i = 0; i < 24; ++i) {
    auto trial = random_parameter_trial(sites, kImagesOfTrial, 5, random);
    std::ranges::stable_sort(trial.faults, {}, &Fault::before_image);
    trial.reload = i % 3;
    batch.push_back({trial, i % 2 == 0 ? Semantics::physical : Semantics::source});
  }
  engine.run(batch, [&](std::size_t i, const TrialResult& result) {
    FastEngine alone(random_parameters(net, 4), random_images());
    EXPECT_EQ(result.scores, alone.run(batch[i].fault_case, batch[i].semantics).scores) << i;
  });
}

TEST(Reload, IsAKeyOfACase) {
  const SiteMap sites(topology("cnvW1A1"));
  const std::string line =
      R"({"id":3,"images":5,"reload":2,"faults":[{"before_image":1,"target":"weights","layer":1,"module":0,"index":0,"thresh":0,"bit":5,"word_size":1}]})";
  std::istringstream in(line);
  const auto listed = read_fault_list(in, "list", sites);
  EXPECT_EQ(listed.at(0).trial.reload, 2);
  EXPECT_EQ(to_line(listed[0]), line);
  std::istringstream none(R"({"id":3,"images":5,"reload":0,"faults":[]})");
  EXPECT_THAT([&] { read_fault_list(none, "list", sites); },
              ThrowsMessage<InputError>(HasSubstr("list:1: 'reload' is no whole number from 1 to ")));
}

TEST(Reload, ChangesNoDraw) {
  const SiteMap sites(topology("cnvW1A1"));
  DrawPlan plan{{Space::weights}, {}, 20, 1, Semantics::physical, false, 50};
  const auto without = Drawer(sites, plan).draw(1, 2, 3);
  plan.reload = 7;
  auto with = Drawer(sites, plan).draw(1, 2, 3);
  EXPECT_EQ(with.reload, 7);
  with.reload = 0;
  EXPECT_EQ(to_line({with, {}}), to_line({without, {}}));
  plan.by_cycle = true;
  plan.run_length = 1000;
  EXPECT_THAT([&] { Drawer(sites, plan); }, ThrowsMessage<InputError>(HasSubstr("use time image")));
  plan.by_cycle = false;
  plan.kind = FaultKind::stuck1;
  EXPECT_THAT([&] { Drawer(sites, plan); }, ThrowsMessage<InputError>(HasSubstr("use flips")));
}

TEST(Reload, OfWhatIsNotKnownIsRefused) {
  const auto& net = topology("cnvW1A1");
  FastEngine engine(random_parameters(net, 4), random_images());
  FaultCase trial{1, 5, {fault_at({Space::weights, 1}, 1)}, 2};
  trial.faults[0].kind = FaultKind::stuck0;
  EXPECT_THAT([&] { engine.run(trial, Semantics::physical); },
              ThrowsMessage<InputError>(HasSubstr("holds bits, and the host that reloads parameters")));
}

}  // namespace
}  // namespace fluence::test
