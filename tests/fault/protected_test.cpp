// Hardwares whose memories store parameters by codecs, on the fast engine.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "base/bits.hpp"
#include "base/error.hpp"
#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"
#include "fault/fault_list.hpp"
#include "fault/parameter_fault.hpp"
#include "fault/protected_faults.hpp"
#include "fault/stored_group.hpp"
#include "network/known_networks.hpp"
#include "tests/support/data.hpp"
#include "tests/support/parameter_trials.hpp"
#include "tests/support/published.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/scores.hpp"

namespace fluence::test {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Parameters published_parameters(const Topology& net) {
  return Parameters::load(net, Parameters::find(net, data_dir() / "params"));
}

std::string test_name(const testing::TestParamInfo<const char*>& param) {
  std::string name(param.param);
  std::ranges::replace(name, '-', '_');
  return name;
}

class PublishedHardware : public testing::TestWithParam<const char*> {
 protected:
  const Topology& net_ = topology(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Hardwares, PublishedHardware,
                         testing::Values("cnvW1A1-TMR", "cnvW1A2-TMR", "cnvW2A2-TMR",
                                         "cnvW1A1-interleaved", "cnvW2A2-interleaved",
                                         "cnvW1A1-resilient-interleaved",
                                         "cnvW2A2-resilient-interleaved"),
                         test_name);

TEST_P(PublishedHardware, AllRecordedCasesGiveTheirScores) {
  FLUENCE_NEEDS_DATA();
  FastEngine engine(published_parameters(net_), load_test_images());
  const auto file = data_dir() / "protected/faults" / (net_.name + ".jsonl");
  const auto cases = read_fault_list(file, SiteMap(net_));
  EXPECT_EQ(cases.size(), net_.name.ends_with("TMR") ? 173U : 139U);
  for (const auto& listed : cases) {
    const auto result = engine.run(listed.trial, Semantics::source);
    ASSERT_EQ(std::ssize(listed.scores), listed.trial.images);
    for (int image = 0; image < listed.trial.images; ++image) {
      const auto& wanted = listed.scores[static_cast<std::size_t>(image)];
      ASSERT_TRUE(std::equal(wanted.begin(), wanted.end(), result.scores.begin() + image * kScores))
          << "case " << listed.trial.id << " image " << image;
    }
  }
}

TEST_P(PublishedHardware, RecordedRegisterReadsAreThoseOfTheHost) {
  FLUENCE_NEEDS_DATA();
  const auto values = published_parameters(net_);
  const auto path = data_dir() / "protected/faults" / (net_.name + ".jsonl");
  const auto cases = read_fault_list(path, SiteMap(net_));
  std::ifstream in(path);
  const auto hex = [](const nlohmann::json& fault, const char* key) {
    return std::stoull(fault.at(key).get<std::string>(), nullptr, 16);
  };
  int faults = 0;
  for (const auto& listed : cases) {
    std::string line;
    std::getline(in, line);
    const auto recorded = nlohmann::json::parse(line).at("faults");
    std::map<Site, StoredGroup> groups;
    std::int64_t image = 0;
    for (std::size_t i = 0; i < listed.trial.faults.size(); ++i) {
      const auto& fault = listed.trial.faults[i];
      for (; image < *fault.before_image; ++image) {
        for (auto& [site, group] : groups) {
          static_cast<void>(group.access());
        }
      }
      const StoredGroup fresh(values, fault.site);
      auto& group = groups.try_emplace(fresh.site(0), fresh).first->second;
      const auto read = [&] {
        return host_read(group.stored(fault.site), net_.layer(fault.site.layer), fault.site.space);
      };
      ASSERT_EQ(read(), hex(recorded[i], "rd")) << "case " << listed.trial.id;
      group.hit(fault, Semantics::source);
      ASSERT_EQ(read(), hex(recorded[i], "rd_after")) << "case " << listed.trial.id;
      ++faults;
    }
  }
  EXPECT_GT(faults, 800);
}

TEST_P(PublishedHardware, StoresWhatItsAuthorsSourcesStore) {
  FLUENCE_NEEDS_DATA();
  std::ifstream in(data_dir() / "protected/stored" / (net_.name + ".txt"));
  if (!in) {
    GTEST_SKIP() << "of a triplicated hardware no stored words are recorded";
  }
  const auto values = published_parameters(net_);
  int words = 0;
  for (std::string line; std::getline(in, line); ++words) {
    std::istringstream row(line);
    Site site;
    int target = 0;
    std::uint64_t wanted = 0;
    row >> site.layer >> target >> site.module >> site.index >> site.thresh >> std::hex >> wanted;
    ASSERT_TRUE(row) << line;
    site.space = target == 0 ? Space::weights : Space::thresholds;
    const auto stored = StoredGroup(values, site).stored(site);
    EXPECT_EQ(host_read(stored, net_.layer(site.layer), site.space), wanted) << line;
  }
  EXPECT_GT(words, 3000);
}

TEST(ProtectedHardware, WithoutFaultsComputesWhatThePlainOneDoes) {
  for (const auto& net : protected_topologies()) {
    const auto& plain = topology(net.network);
    auto parameters = random_parameters(plain, 3);
    FastEngine wanted(parameters, ImageSet{{random_image(1), random_image(2)}});
    parameters.net = &net;
    FastEngine engine(parameters, ImageSet{{random_image(1), random_image(2)}});
    EXPECT_EQ(engine.run({0, 2, {}}, Semantics::physical).scores,
              wanted.run({0, 2, {}}, Semantics::physical).scores)
        << net.name;
  }
}

Fault copy_fault(int image, int copy, int bit) {
  auto fault = fault_at({Space::thresholds, 1, 2, 0, 0, bit}, image);
  fault.site.copy = copy;
  return fault;
}

class Triplicated : public testing::Test {
 protected:
  Triplicated() {
    parameters_.net = &net_;
    // A sign that flips is a neuron that no longer depends on its inputs.
    for (int pe = 0; pe < net_.layer(1).pe; ++pe) {
      parameters_.threshold(1, pe, 0, 0) = 290;
    }
  }
  TrialResult run(const std::vector<Fault>& faults) {
    FastEngine engine(parameters_, images_);
    return engine.run({1, images_.size(), faults}, Semantics::physical);
  }
  const Topology& net_ = topology("cnvW1A1-TMR");
  Parameters parameters_ = random_parameters(topology("cnvW1A1"), 4);
  ImageSet images_{{random_image(1), random_image(2), random_image(3)}};
};

TEST_F(Triplicated, OneCopyIsCorrectedAndRepaired) {
  const auto clean = run({}).scores;
  const auto one = run({copy_fault(0, 1, 15)});
  EXPECT_EQ(one.scores, clean);
  EXPECT_THAT(one.fates, Each(Fate::corrected));
  // Repaired at its access, so the other copy's flip at the same bit meets nothing.
  const auto later = run({copy_fault(0, 1, 15), copy_fault(1, 2, 15)});
  EXPECT_EQ(later.scores, clean);
  EXPECT_THAT(later.fates, Each(Fate::corrected));
}

TEST_F(Triplicated, TwoCopiesAtOneBitWinAndStay) {
  const auto clean = run({});
  const auto wrong = run({copy_fault(1, 0, 15), copy_fault(1, 2, 15)});
  EXPECT_THAT(wrong.fates, Each(Fate::read));
  const auto of_image = [&](const TrialResult& result, int image) {
    const auto first = result.scores.begin() + image * kScores;
    return std::vector<std::int16_t>(first, first + kScores);
  };
  EXPECT_EQ(of_image(wrong, 0), of_image(clean, 0));
  EXPECT_NE(of_image(wrong, 1), of_image(clean, 1));
  EXPECT_NE(of_image(wrong, 2), of_image(clean, 2));
  const auto apart = run({copy_fault(1, 0, 15), copy_fault(1, 2, 14)});
  EXPECT_EQ(apart.scores, clean.scores);
  EXPECT_THAT(apart.fates, Each(Fate::corrected));
}

// An access a window. That of an image's first window comes before it is computed.
FirstRead at(std::int64_t image, int pixel) { return {image, pixel}; }

class Followed : public testing::Test {
 protected:
  // Of a layer with 900 windows.
  explicit Followed(const char* codec) : net_(topology("cnvW1A1")) {
    net_.layers[0].threshold_codec = &find_codec(codec);
    parameters_.net = &net_;
  }
  Fault flip(int bit, int copy = 0) const {
    Fault fault;
    fault.cycle = 0;
    fault.site = {Space::thresholds, 0, 3, 1, 0, bit, copy};
    return fault;
  }
  // The flips' accesses, in two images.
  ProtectedFaults follow(const std::vector<Fault>& faults, const std::vector<FirstRead>& accesses) {
    fates_.assign(faults.size(), Fate::never_read);
    std::vector<std::vector<Meeting>> met;
    for (std::size_t i = 0; i < faults.size(); ++i) {
      met.push_back({{{Space::thresholds, 0, 3, 1}, accesses[i]}});
    }
    return follow_protected({1, 2, faults}, Semantics::physical, parameters_, met, fates_);
  }
  [[nodiscard]] std::uint64_t value() const {
    return static_cast<std::uint64_t>(parameters_.threshold(0, 3, 1, 0)) & low_bits(24);
  }
  Topology net_;
  Parameters parameters_ = random_parameters(topology("cnvW1A1"), 4);
  std::vector<Fate> fates_;
};
class FollowedSecded : public Followed {
 protected:
  FollowedSecded() : Followed("secded") {}
};
class FollowedRepairs : public Followed {
 protected:
  FollowedRepairs() : Followed("tmr-writeback") {}
};

TEST_F(FollowedSecded, CountsEachAccessToTheRunsEnd) {
  const auto one = follow({flip(25)}, {at(0, 899)});
  EXPECT_TRUE(one.given.empty());
  EXPECT_EQ(one.events[events_place(0, Space::thresholds)], (AccessEvents{901, 0}));
  EXPECT_EQ(one.events[events_place(0, Space::weights)], AccessEvents{});
  EXPECT_THAT(fates_, Each(Fate::corrected));
}

TEST_F(FollowedSecded, DecodesWhatHasMetInAWordTogether) {
  // Corrected for ten windows, then two wrong bits are seen and given, then one of them is right again.
  const auto met = follow({flip(3), flip(5), flip(5)}, {at(1, 0), at(1, 10), at(1, 30)});
  EXPECT_EQ(met.events[events_place(0, Space::thresholds)], (AccessEvents{10 + 870, 20}));
  ASSERT_EQ(met.given.size(), 2U);
  EXPECT_EQ(met.given[0].from, at(1, 10));
  EXPECT_EQ(met.given[0].value, std::vector{value() ^ 0b101000});
  EXPECT_EQ(met.given[1].from, at(1, 30));
  EXPECT_EQ(met.given[1].value, std::vector{value()});
  EXPECT_THAT(fates_, testing::ElementsAre(Fate::corrected, Fate::detected, Fate::read));
}

TEST_F(FollowedSecded, WhatNoAccessMeetsIsNeverRead) {
  const auto late = follow({flip(3)}, {at(2, 0)});
  EXPECT_EQ(late.events[events_place(0, Space::thresholds)], AccessEvents{});
  EXPECT_THAT(fates_, Each(Fate::never_read));
}

// Flips in the registers of a memory that is read synchronously, and in the cycle of an access.
class FollowedRegisters : public Followed {
 protected:
  explicit FollowedRegisters(const char* codec = "none") : Followed(codec) {
    net_.layers[0].synchronous_thresholds = true;
  }
  Fault in_register(int bit, int copy = 0) const {
    auto fault = flip(bit, copy);
    fault.site = {Space::read, 0, 3, 0, 0, bit, copy};
    return fault;
  }
};
class FollowedRegistersSecded : public FollowedRegisters {
 protected:
  FollowedRegistersSecded() : FollowedRegisters("secded") {}
};
class FollowedRegistersRepairs : public FollowedRegisters {
 protected:
  FollowedRegistersRepairs() : FollowedRegisters("tmr-writeback") {}
};

TEST_F(FollowedRegisters, AreReadByOneAccess) {
  const auto met = follow({in_register(3), flip(5), in_register(4)}, {at(0, 899), at(1, 0), at(1, 899)});
  ASSERT_EQ(met.given.size(), 3U);
  EXPECT_EQ(met.given[0].from, at(0, 899));
  EXPECT_EQ(met.given[0].value, std::vector{value() ^ 0b001000});
  EXPECT_EQ(met.given[1].from, at(1, 0));
  EXPECT_EQ(met.given[1].value, std::vector{value() ^ 0b100000});
  EXPECT_EQ(met.given[2].value, std::vector{value() ^ 0b110000});  // and no access after it
  EXPECT_THAT(fates_, Each(Fate::read));
}

TEST_F(FollowedRegisters, AreOverwrittenIfNoAccessReadsThem) {
  fates_ = {Fate::never_read};
  const auto none =
      follow_protected({1, 2, {in_register(3)}}, Semantics::physical, parameters_, {{}}, fates_);
  EXPECT_TRUE(none.given.empty());
  EXPECT_THAT(fates_, Each(Fate::overwritten));
}

TEST_F(FollowedRegistersSecded, CountOneAccess) {
  const auto one = follow({in_register(3)}, {at(0, 7)});
  EXPECT_TRUE(one.given.empty());
  EXPECT_EQ(one.events[events_place(0, Space::thresholds)], (AccessEvents{1, 0}));
  EXPECT_THAT(fates_, Each(Fate::corrected));
  // With a wrong bit in the memory there are two of them, once.
  const auto met = follow({flip(5), in_register(3)}, {at(1, 0), at(1, 10)});
  EXPECT_EQ(met.events[events_place(0, Space::thresholds)], (AccessEvents{899, 1}));
  EXPECT_THAT(fates_, testing::ElementsAre(Fate::corrected, Fate::detected));
}

TEST_F(FollowedRegistersRepairs, StoreWhatAVoteOfThemGives) {
  // The same bit in a copy of the memory and in another copy's register outvote the third for good.
  const auto met = follow({flip(3, 0), in_register(3, 1)}, {at(0, 5), at(0, 5)});
  ASSERT_EQ(met.given.size(), 1U);
  EXPECT_EQ(met.given[0].value, std::vector{value() ^ 0b1000});
  EXPECT_EQ(met.events[events_place(0, Space::thresholds)], (AccessEvents{1, 0}));
}

TEST_F(FollowedRegistersRepairs, OverwriteAFlipInTheCycleOfTheirAccess) {
  const std::vector<Fault> faults = {flip(3, 0), flip(4, 1)};
  const Site word{Space::thresholds, 0, 3, 1};
  const auto fates = [&](int first_access) {
    fates_.assign(2, Fate::never_read);
    follow_protected({1, 2, faults}, Semantics::physical, parameters_,
                     {{{word, at(0, first_access)}}, {{word, at(0, 6), true}}}, fates_);
    return fates_;
  };
  EXPECT_THAT(fates(5), testing::ElementsAre(Fate::corrected, Fate::overwritten));
  EXPECT_THAT(fates(4), Each(Fate::corrected));  // that access had nothing to repair
}

TEST_F(FollowedRepairs, EndTheLifeOfAFlipAtItsAccess) {
  const auto repaired = follow({flip(3, 0), flip(3, 1)}, {at(0, 5), at(0, 6)});
  EXPECT_TRUE(repaired.given.empty());
  EXPECT_EQ(repaired.events[events_place(0, Space::thresholds)], (AccessEvents{2, 0}));
  EXPECT_THAT(fates_, Each(Fate::corrected));
  // In one access both are met, and what wins is stored in the third copy, too.
  const auto wrong = follow({flip(3, 0), flip(3, 1)}, {at(0, 5), at(0, 5)});
  ASSERT_EQ(wrong.given.size(), 1U);
  EXPECT_EQ(wrong.given[0].value, std::vector{value() ^ 0b1000});
  EXPECT_EQ(wrong.events[events_place(0, Space::thresholds)], (AccessEvents{1, 0}));
  EXPECT_THAT(fates_, Each(Fate::read));
}

TEST_F(Triplicated, CopiesAreSitesAndDrawnAlike) {
  const SiteMap sites(net_);
  EXPECT_EQ(sites.bit_count(Space::weights, 0), 5184U);
  EXPECT_EQ(sites.bit_count(Space::thresholds, 4), 12288U);
  EXPECT_EQ(sites.bit_count(Space::weights) + sites.bit_count(Space::thresholds), 1'626'688U);
  for (std::uint64_t n = 0; n < sites.bit_count(Space::thresholds, 4); n += 37) {
    const auto site = sites.nth(Space::thresholds, 4, n);
    EXPECT_EQ(sites.address(site), sites.address({Space::thresholds, 4}) + n);
    EXPECT_EQ(site.copy, static_cast<int>(n / 4096));
  }
  DrawPlan plan;
  plan.spaces = {Space::thresholds};
  plan.layers = {4};
  plan.faults = 3000;
  plan.images = 1;
  std::map<int, int> drawn;
  for (const auto& fault : Drawer(sites, plan).draw(1, 0, 0).faults) {
    ++drawn[fault.site.copy];
  }
  for (int copy = 0; copy < 3; ++copy) {
    EXPECT_NEAR(drawn[copy], 1000, 100) << copy;
  }
}

TEST_F(Triplicated, ACopyThatIsNotThereIsRefused) {
  const SiteMap sites(net_);
  Site site{Space::thresholds, 4};
  site.copy = 3;
  EXPECT_THAT([&] { static_cast<void>(sites.address(site)); },
              ThrowsMessage<InputError>(HasSubstr("copy 3 does not exist in thresholds of layer 4 of "
                                                  "cnvW1A1-TMR: use 0 to 2")));
  site = {Space::weights, 1};
  site.copy = 1;
  EXPECT_THAT([&] { static_cast<void>(sites.address(site)); },
              ThrowsMessage<InputError>(HasSubstr("use 0 to 0")));
}

TEST_F(Triplicated, HeldBitsAreRefused) {
  auto fault = copy_fault(0, 1, 15);
  fault.kind = FaultKind::stuck1;
  EXPECT_THAT([&] { run({fault}); }, ThrowsMessage<InputError>(HasSubstr(
                                         "holds bits of thresholds of layer 1 of cnvW1A1-TMR, stored "
                                         "by tmr-writeback, which no engine evaluates yet")));
}

TEST_F(Triplicated, FaultsAtCyclesAreRefused) {
  Fault fault;
  fault.cycle = 5;
  fault.site = {Space::weights, 1};
  EXPECT_THAT([&] { run({fault}); }, ThrowsMessage<InputError>(HasSubstr("was given no schedule")));
}

// A stored bit is one bit of one value: bit b of the first word of a pair is bit (W + b) / 2 of the
// first value where b is even, else of the second; of the second word, bit b / 2.
TEST(Interleaved, AStoredBitIsABitOfOneValue) {
  const auto& net = topology("cnvW2A2-interleaved");
  const auto& plain = topology("cnvW2A2");
  auto parameters = random_parameters(plain, 6);
  const ImageSet images{{random_image(1), random_image(2)}};
  FastEngine wanted(parameters, images);
  parameters.net = &net;
  FastEngine engine(parameters, images);
  const SiteMap sites(net);
  std::mt19937_64 random(7);
  int changed = 0;
  for (int i = 0; i < 40; ++i) {
    auto trial = random_parameter_trial(sites, images.size(), 30, random);
    const auto result = engine.run(trial, Semantics::physical);
    EXPECT_THAT(result.fates, Each(Fate::read));
    FaultCase values{trial.id, trial.images, {}};
    for (const auto& fault : trial.faults) {
      const auto& layer = net.layer(fault.site.layer);
      const bool weights = fault.site.space == Space::weights;
      const int width = weights ? layer.weight_word_bits() : layer.accumulator_bits;
      for (const int bit : flipped_bits(fault, width, Semantics::physical)) {
        auto one = fault;
        one.word_size = 1;
        const int at = bit + (fault.site.index % 2 == 0 ? width : 0);
        one.site.index += at % 2 - fault.site.index % 2;
        one.site.bit = at / 2;
        values.faults.push_back(one);
      }
    }
    EXPECT_EQ(result.scores, wanted.run(values, Semantics::physical).scores) << "trial " << i;
    changed += result.scores == wanted.run({0, images.size(), {}}, Semantics::physical).scores ? 0 : 1;
  }
  EXPECT_GT(changed, 20);
}

}  // namespace
}  // namespace fluence::test
