#include "fault/fast_engine.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "base/error.hpp"
#include "fault/fault_list.hpp"
#include "network/network_file.hpp"
#include "network/reference.hpp"
#include "tests/support/data.hpp"
#include "tests/support/general_networks.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/parameter_trials.hpp"
#include "tests/support/published.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/scores.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Scores scores_of(const TrialResult& result, int image) {
  const auto first = result.scores.begin() + image * kScores;
  return {first, first + kScores};
}

class FastEngineOf : public testing::TestWithParam<const char*> {
 protected:
  static constexpr int kImages = 4;

  [[nodiscard]] FaultCase random_case(std::mt19937_64& random, int faults) const {
    return random_parameter_trial(sites_, kImages, faults, random);
  }
  [[nodiscard]] std::vector<std::int16_t> expected(const FaultCase& trial, Semantics semantics) const {
    return reference_scores(trial, semantics, parameters_, images_);
  }

  const Topology& net_ = topology(GetParam());
  SiteMap sites_{net_};
  Parameters parameters_ = random_parameters(net_, 1);
  ImageSet images_{{random_image(1), random_image(2), random_image(3), random_image(4)}};
};
INSTANTIATE_TEST_SUITE_P(Networks, FastEngineOf, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(FastEngineOf, AllRecordedCasesGiveTheirScores) {
  FLUENCE_NEEDS_DATA();
  FastEngine engine(Parameters::load(net_, data_dir() / "params" / net_.name), load_test_images());
  const auto cases = read_fault_list(data_dir() / "faults" / (net_.name + ".jsonl"), sites_);
  ASSERT_EQ(cases.size(), 400U);
  for (const auto& listed : cases) {
    const auto result = engine.run(listed.trial, Semantics::source);
    ASSERT_EQ(listed.scores.size(), static_cast<std::size_t>(listed.trial.images));
    ASSERT_EQ(result.images_done, listed.trial.images);
    for (int image = 0; image < listed.trial.images; ++image) {
      const auto scores = scores_of(result, image);
      const auto& wanted = listed.scores[static_cast<std::size_t>(image)];
      ASSERT_TRUE(std::equal(wanted.begin(), wanted.end(), scores.begin()))
          << "case " << listed.trial.id << " image " << image;
    }
  }
}

TEST_P(FastEngineOf, RecordedRegisterReadsAreThoseOfTheHost) {
  FLUENCE_NEEDS_DATA();
  const auto pristine = Parameters::load(net_, data_dir() / "params" / net_.name);
  std::ifstream in(data_dir() / "faults" / (net_.name + ".jsonl"));
  const auto hex = [](const nlohmann::json& fault, const char* key) {
    return std::stoull(fault.at(key).get<std::string>(), nullptr, 16);
  };
  int faults = 0;
  for (std::string line; std::getline(in, line);) {
    auto parameters = pristine;
    const auto listed = nlohmann::json::parse(line);
    for (const auto& f : listed.at("faults")) {
      const Site site = {f.at("target") == "weight" ? Space::weights : Space::thresholds,
                         f.at("layer"),
                         f.at("module"),
                         f.at("index"),
                         f.at("thresh"),
                         f.at("bit")};
      ASSERT_EQ(host_read(parameters, site), hex(f, "rd")) << f;
      apply_fault(parameters, fault_at(site, 0, f.at("word_size")), Semantics::source);
      ASSERT_EQ(host_read(parameters, site), hex(f, "rd_after")) << f;
      ++faults;
    }
  }
  EXPECT_EQ(faults, 11118);
}

TEST_P(FastEngineOf, RandomCasesGiveTheReferencesScores) {
  FastEngine engine(parameters_, images_);
  std::mt19937_64 random(5);
  for (const auto semantics : {Semantics::physical, Semantics::source, Semantics::shipped}) {
    for (const int faults : {1, 3, 40}) {
      auto trial = random_case(random, faults);
      if (semantics == Semantics::shipped) {
        std::set<std::int64_t> images;  // one fault before each
        std::erase_if(trial.faults,
                      [&](const Fault& fault) { return !images.insert(*fault.before_image).second; });
      }
      EXPECT_TRUE(engine.run(trial, semantics).scores == expected(trial, semantics))
          << to_string(semantics) << ", " << faults << " faults";
    }
  }
}

TEST_P(FastEngineOf, EveryTrialStartsFromPristineParameters) {
  FastEngine engine(parameters_, images_);
  std::mt19937_64 random(6);
  const FaultCase none = {0, kImages, {}};
  const auto golden = engine.run(none, Semantics::physical).scores;
  EXPECT_TRUE(golden == expected(none, Semantics::physical));
  const auto trial = random_case(random, 200);
  const auto first = engine.run(trial, Semantics::physical).scores;
  EXPECT_FALSE(first == golden);
  EXPECT_TRUE(engine.run(none, Semantics::physical).scores == golden);
  EXPECT_TRUE(engine.run(trial, Semantics::physical).scores == first);
}

TEST_P(FastEngineOf, ASmallCacheChangesNothing) {
  FastEngine engine(parameters_, images_);
  FastEngine uncached(parameters_, images_, 0);
  std::mt19937_64 random(7);
  const auto trial = random_case(random, 20);
  EXPECT_TRUE(engine.run(trial, Semantics::physical).scores ==
              uncached.run(trial, Semantics::physical).scores);
}

// Timed by the cycle of its word's first read in an image, a fault is one before that image.
TEST_P(FastEngineOf, TheCycleOfTheFirstReadOfAnImageIsThatImage) {
  const auto schedule = Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net_);
  FastEngine engine(parameters_, images_, FastEngine::kDefaultCacheBytes, [&] { return schedule; });
  std::mt19937_64 random(8);
  for (const int faults : {1, 10, 100}) {
    const auto by_image = random_case(random, faults);
    auto by_cycle = by_image;
    for (auto& fault : by_cycle.faults) {
      const auto& site = fault.site;
      const auto unit = schedule.unit(site.layer);
      fault.cycle = site.space == Space::weights
                        ? schedule.step_cycle(unit, *fault.before_image, site.index)
                        : schedule.result_cycle(unit, *fault.before_image, site.index);
      fault.before_image.reset();
    }
    const auto result = engine.run(by_cycle, Semantics::physical);
    EXPECT_TRUE(result.scores == engine.run(by_image, Semantics::physical).scores);
    EXPECT_EQ(std::ranges::count(result.fates, Fate::read), faults);
  }
}

TEST_P(FastEngineOf, AFlipAfterTheLastReadIsNeverRead) {
  const auto schedule = Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net_);
  FastEngine engine(parameters_, images_, FastEngine::kDefaultCacheBytes, [&] { return schedule; });
  const auto& layer = net_.layer(7);
  const auto last = schedule.step_cycle(schedule.unit(7), kImages - 1, 5);
  const auto result_at = [&](std::uint64_t cycle) {
    FaultCase trial{0, kImages, {}};
    for (int bit = 0; bit < layer.simd; ++bit) {
      trial.faults.push_back({std::nullopt, cycle, {Space::weights, 7, 0, 5, 0, bit}, 1});
    }
    return engine.run(trial, Semantics::physical);
  };
  EXPECT_EQ(result_at(last).fates, std::vector(static_cast<std::size_t>(layer.simd), Fate::read));
  for (const auto cycle : {last + 1, schedule.run_length(kImages) - 1}) {
    const auto result = result_at(cycle);
    EXPECT_EQ(result.fates, std::vector(static_cast<std::size_t>(layer.simd), Fate::never_read));
    EXPECT_TRUE(result.scores == engine.run({0, kImages, {}}, Semantics::physical).scores);
  }
}

// The schedule knows of no run's end: in it, a next image would come.
TEST_P(FastEngineOf, NoFlipInARunsLastCycleIsRead) {
  const auto schedule = Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net_);
  FastEngine engine(parameters_, images_, FastEngine::kDefaultCacheBytes, [&] { return schedule; });
  for (const auto& layer : net_.layers) {
    for (const auto space : {Space::weights, Space::thresholds, Space::window, Space::vector,
                             Space::accumulator, Space::pool, Space::fifo, Space::stream}) {
      if (SiteMap(net_).bit_count(space, layer.index) > 0) {
        const auto last = schedule.run_length(kImages) - 1;
        EXPECT_EQ(
            engine.run({0, kImages, {{std::nullopt, last, {space, layer.index}}}}, Semantics::physical)
                .fates.front(),
            Fate::never_read)
            << to_string(space) << " of layer " << layer.index;
      }
    }
  }
}

TEST(ParameterFault, SemanticsOfAFirstLayerThreshold) {
  auto parameters = random_parameters(topology("cnvW1A1"), 1);
  const Site site = {Space::thresholds, 0, 3, 1, 0, 9};
  const auto after = [&](Semantics semantics, int word_size) {
    parameters.threshold(0, 3, 1, 0) = -1000;  // -3.90625
    apply_fault(parameters, fault_at(site, 0, word_size), semantics);
    return parameters.threshold(0, 3, 1, 0);
  };
  EXPECT_EQ(after(Semantics::physical, 1), -1000 ^ 0x200);
  EXPECT_EQ(after(Semantics::source, 1), -3 ^ 0x200);
  EXPECT_EQ(after(Semantics::physical, 8), -1000 ^ 0xff00);
  EXPECT_EQ(after(Semantics::source, 8), -3 ^ 0xff00);
  EXPECT_EQ(after(Semantics::shipped, 8), -3 ^ 0x1fe00);
}

TEST(ParameterFault, ASignBitMakesAThresholdNegative) {
  auto parameters = random_parameters(topology("cnvW1A1"), 1);
  parameters.threshold(0, 0, 0, 0) = 5;
  apply_fault(parameters, fault_at({Space::thresholds, 0, 0, 0, 0, 23}, 0), Semantics::physical);
  EXPECT_EQ(parameters.threshold(0, 0, 0, 0), 5 - 0x800000);
  parameters.threshold(1, 0, 0, 0) = 5;
  apply_fault(parameters, fault_at({Space::thresholds, 1, 0, 0, 0, 15}, 0), Semantics::source);
  EXPECT_EQ(parameters.threshold(1, 0, 0, 0), 5 - 0x8000);
}

TEST(FastEngine, RefusesWhatItCannotEvaluate) {
  const auto& net = topology("cnvW1A1");
  FastEngine engine(random_parameters(net, 1), ImageSet({random_image(1), random_image(2)}));
  const auto error_of = [&](const Fault& fault, int images = 2) {
    try {
      engine.run({7, images, {fault}}, Semantics::physical);
      return std::string();
    } catch (const InputError& e) {
      return std::string(e.what());
    }
  };
  const Site weight = {Space::weights, 1, 0, 0, 0, 0};
  EXPECT_EQ(error_of(fault_at(weight, 1)), "");
  EXPECT_THAT(error_of(fault_at({Space::window, 1, 0, 0, 0, 0}, 1)),
              AllOf(HasSubstr("case 7"), HasSubstr("window"), HasSubstr("--engine rtl")));
  auto by_cycle = fault_at(weight, 0);
  by_cycle.before_image.reset();
  by_cycle.cycle = 5;
  EXPECT_THAT(error_of(by_cycle), AllOf(HasSubstr("cycle"), HasSubstr("--engine rtl")));
  EXPECT_THAT(error_of(fault_at(weight, 0), 3), HasSubstr("3 images: use 1 to 2"));
  EXPECT_THAT(error_of(fault_at({Space::pool, 1}, 0)),
              AllOf(HasSubstr("pool timed by image"), HasSubstr("--engine rtl")));
}

TEST(FastEngine, RefusesImagesOfAnotherShape) {
  const auto& net = topology("cnvW1A1");
  EXPECT_THAT(
      [&] {
        FastEngine(random_parameters(net, 1), ImageSet({Image(ImageShape{28, 1})}));
      },
      testing::ThrowsMessage<InputError>("network cnvW1A1 takes images of 32 x 32 x 3 values, not of "
                                         "28 x 28 x 1: give images of that shape"));
}

TEST(FastEngine, RefusesACycleBeyondTheRun) {
  const auto& net = topology("cnvW1A1");
  const auto schedule = Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net);
  FastEngine engine(random_parameters(net, 1), ImageSet({random_image(1)}), 0, [&] { return schedule; });
  const auto length = schedule.run_length(1);
  const auto run = [&](std::uint64_t cycle) {
    engine.run({7, 1, {{std::nullopt, cycle, {Space::fifo, 3}}}}, Semantics::physical);
  };
  EXPECT_NO_THROW(run(length - 1));
  try {
    run(length);
    ADD_FAILURE() << "it was run";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("case 7"), HasSubstr("run of 1 images takes " +
                                                               std::to_string(length) + " cycles")));
  }
}

// Where there is no kernel, a trial gives the reference's scores, too.
TEST(FastEngineOfMade, NetworksGivesTheReferencesScores) {
  std::mt19937_64 random(7);
  for (const auto& net : made_networks()) {
    const auto parameters = random_parameters(net, 1);
    const ImageSet images({random_image(1, net.image()), random_image(2, net.image())});
    const SiteMap sites(net);
    FastEngine engine(parameters, images);
    for (const int faults : {2, 40}) {
      const auto trial = random_parameter_trial(sites, images.size(), faults, random);
      ASSERT_EQ(engine.run(trial, Semantics::source).scores,
                reference_scores(trial, Semantics::source, parameters, images))
          << net.name << ", " << faults << " faults";
    }
  }
}

// Windows, strides, padding, pools and formats that no published network has.
TEST(FastEngineOfAnyNetwork, GivesTheReferencesScoresWithFaults) {
  const auto net = parse_topology(
      {R"({"format": "fluence network 2", "hardware": "any",
           "image": {"height": 9, "width": 12, "channels": 2, "bits": 8, "numbers": "unsigned",
                     "thresholds": 15, "output_bits": 4, "output_numbers": "unsigned"},
           "layers": [
             {"kind": "convolution", "kernel": [3, 5], "stride": [1, 2], "padding": [1, 2, 0, 1], "channels": 6,
              "weight_bits": 3, "thresholds": 7, "output_bits": 3, "pool": {"kernel": 3, "stride": 2}},
             {"kind": "full", "channels": 5, "weight_bits": 4, "thresholds": 1, "output_bits": 1},
             {"kind": "full", "channels": 4, "weight_bits": 1, "thresholds": 0, "output_bits": 16}],
           "decision": "highest"})",
       "any.network.json"},
      {R"({"format": "fluence hardware 1", "network": "any", "image_fifo_depth": 2, "layers": [
             {"simd": 2, "pe": 3, "accumulator_bits": 12, "stream_bits": 9, "fifo_depth": 2},
             {"simd": 1, "pe": 1, "accumulator_bits": 10, "stream_bits": 1, "fifo_depth": 2},
             {"simd": 5, "pe": 2, "accumulator_bits": 6, "stream_bits": 64, "fifo_depth": 2}]})",
       "any.hardware.json"});
  auto parameters = random_parameters(net, 5);
  for (int t = 0; t < net.input.thresholds; ++t) {
    parameters.input_thresholds.push_back(16 * t + 7);
  }
  std::vector<Image> images;
  for (std::uint64_t i = 0; i < 3; ++i) {
    images.push_back(random_image(i, net.image()));
  }
  FastEngine engine(parameters, ImageSet(images));
  const SiteMap sites(net);
  std::mt19937_64 random(7);
  int changed = 0;
  for (int trial = 0; trial < 40; ++trial) {
    FaultCase faults{0, 3, {}};
    auto faulted = parameters;
    for (int k = 0; k < 4; ++k) {
      const auto& layer = net.layers[random() % net.layers.size()];
      Site site{Space::weights, layer.index};
      site.module = static_cast<int>(random() % static_cast<unsigned>(layer.pe));
      site.index = static_cast<int>(random() % static_cast<unsigned>(layer.weight_words()));
      site.bit = static_cast<int>(random() % static_cast<unsigned>(layer.weight_word_bits()));
      faulted.weight(site.layer, site.module, site.index) ^= std::uint64_t{1} << site.bit;
      Fault fault;
      fault.site = site;
      fault.before_image = 0;
      faults.faults.push_back(fault);
    }
    const auto result = engine.run(faults, Semantics::physical);
    const ReferenceNetwork reference(faulted);
    const ReferenceNetwork golden(parameters);
    for (std::size_t i = 0; i < images.size(); ++i) {
      const auto expected = reference.run(images[i]);
      const Scores own(result.scores.begin() + static_cast<std::ptrdiff_t>(i * expected.size()),
                       result.scores.begin() + static_cast<std::ptrdiff_t>((i + 1) * expected.size()));
      ASSERT_EQ(own, expected) << "trial " << trial << " image " << i;
      changed += expected == golden.run(images[i]) ? 0 : 1;
    }
  }
  EXPECT_GT(changed, 0);
}

// Bits of any limb, by what the weights are that they belong to.
TEST(FastEngineOfWideWords, ChangesTheWeightThatABitIsOf) {
  std::mt19937_64 random(3);
  const auto& net = layer_networks().back();
  ASSERT_EQ(net.name, "wide_words_of_any");
  const auto parameters = drawn(net, 1);
  const ImageSet images({random_image(1, net.image())});
  FastEngine engine(parameters, images);
  int changed = 0;
  for (int trial = 0; trial < 60; ++trial) {
    FaultCase faults{0, 1, {}};
    auto faulted = parameters;
    const auto& layer = net.layers[static_cast<std::size_t>(trial) % net.layers.size()];
    const int bits = layer.weight_word_bits();
    for (const int bit : {static_cast<int>(random() % 64), 64, bits - 1}) {
      Fault fault;
      fault.before_image = 0;
      fault.site = {Space::weights, layer.index};
      fault.site.module = static_cast<int>(random() % static_cast<unsigned>(layer.pe));
      fault.site.index = static_cast<int>(random() % static_cast<unsigned>(layer.weight_words()));
      fault.site.bit = bit;
      faults.faults.push_back(fault);
      const int row = fault.site.index / layer.synapse_folds() * layer.pe + fault.site.module;
      const int column = fault.site.index % layer.synapse_folds() * layer.simd + bit / layer.weight_bits;
      auto weights = faulted.row_weights(layer.index, row);
      auto& weight = weights[static_cast<std::size_t>(column)];
      const auto format = layer.weight_format();
      weight = format.number(format.code(weight) ^ 1U << bit % layer.weight_bits);
      faulted.set_row_weights(layer.index, row, weights);
    }
    const auto expected = ReferenceNetwork(faulted).run(images[0]);
    ASSERT_EQ(engine.run(faults, Semantics::physical).scores, expected) << "trial " << trial;
    ASSERT_EQ(engine.run(faults, Semantics::source).scores, expected) << "trial " << trial;
    changed += expected == ReferenceNetwork(parameters).run(images[0]) ? 0 : 1;
  }
  EXPECT_GT(changed, 10);
}

}  // namespace
}  // namespace fluence::test
