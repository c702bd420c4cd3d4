// A campaign beside the published study, on made-up results.
#include <gmock/gmock.h>

#include <cmath>

#include "base/error.hpp"
#include "rtl/sites.hpp"
#include "study/report_section.hpp"
#include "tests/support/made_up_results.hpp"
#include "tests/support/results.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kTableI = "spaces = [\"weights\", \"thresholds\"]\nfaults = [1, 2, 5, 10, 20, 50, 100]\n";
constexpr auto kTableII =
    "spaces = [[\"thresholds\", \"weights\"]]\nlayers = [0, 1, 2, 3, 4, 5, 6, 7, 8]\n"
    "faults = [5, 10, 50, 100]\n";

const PublishedStudy& study() { return find_study("khoshavi2020"); }

// The digests of the parameters that BNN-PYNQ publishes.
const Manifest kModels = {{"params cnvW1A1", "31b5672a8ee81f8d"},
                          {"params cnvW2A2", "5892c8fb345cc4ce"}};

nlohmann::ordered_json report(Store& store) {
  return report_data(store, {"results/x", 0, {study_section(study())}});
}

nlohmann::ordered_json statement(const nlohmann::ordered_json& data, const std::string& start) {
  for (const auto& s : data["statements"]) {
    if (s["claim"].get<std::string>().starts_with(start)) {
      return s;
    }
  }
  return {};
}

TEST(Study, FitsThePublishedModelInBothCodingsOnMeansAndTrials) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kTableI, 6), 6, plausible, kModels);
  const auto data = report(store);
  const auto& uniform = data["experiments"][0];
  ASSERT_EQ(uniform["fits"].size(), 4U) << uniform["reason"];
  EXPECT_EQ(uniform["fits"][0]["observations"], 56 * 6);
  EXPECT_EQ(uniform["fits"][2]["observations"], 56);
  for (std::size_t i = 0; i < 16; ++i) {
    EXPECT_NEAR(uniform["fits"][0]["terms"][i]["estimate"].get<double>(),
                uniform["fits"][2]["terms"][i]["estimate"].get<double>(), 1e-8)
        << "equally many trials a scenario: means and trials have the same solution";
  }
  const auto& terms = uniform["fits"][0]["terms"];
  EXPECT_NEAR(terms[0]["deviation"].get<double>(),
              (terms[0]["estimate"].get<double>() - 74.76) / std::hypot(0.68, 0.01 / std::sqrt(12.0)),
              1e-9)
      << "in published standard errors, whatever ours are";
  EXPECT_EQ(uniform["closest"], 0) << "factors coded 1/2: so say the published standard errors alone";
  EXPECT_LT(uniform["fits"][0]["error_misfit"].get<double>(), 0.05);
  EXPECT_GT(uniform["fits"][1]["error_misfit"].get<double>(), 0.3);
  EXPECT_EQ(data["experiments"][1]["reason"], "no finished trials in the scenarios of Table II");
  for (const auto& s : data["scenarios"]) {
    EXPECT_NEAR(s["predicted"].get<double>(), s["mean"].get<double>(), 0.2);
  }
}

TEST(Study, ChecksTheStatements) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible);
  const auto data = report(store);
  EXPECT_EQ(statement(data, "Fewer bits")["verdict"], "holds");
  EXPECT_EQ(statement(data, "Activation")["verdict"], "holds");
  EXPECT_EQ(statement(data, "Multi-bit")["verdict"], "holds");
  EXPECT_EQ(statement(data, "Accuracy falls")["verdict"], "holds");
  EXPECT_EQ(statement(data, "A negligible")["verdict"], "undecided");
  EXPECT_EQ(statement(data, "The first five")["verdict"], "no data");
  // Multi-bit: mean of the images that the larger upset costs more, rounded down: (1 + 12 + 113) / 12
  // pairs.
  EXPECT_NEAR(statement(data, "Multi-bit")["value"].get<double>(), 1.05, 1e-9);

  const TempDir other;
  auto reversed = made_up(other, spec_text(kUniform, 6), 6, [](const Scenario& s, int k) {
    return 20 - plausible(s, k) / 10 + (k == 5 ? 150 : 0);
  });
  const auto opposite = report(reversed);
  EXPECT_EQ(statement(opposite, "Fewer bits")["verdict"], "undecided") << "the spread is too large";
  EXPECT_EQ(statement(opposite, "A negligible")["verdict"], "no data") << "no mean is negligible";
  const TempDir third;
  auto clear = made_up(third, spec_text(kUniform, 6), 6,
                       [](const Scenario& s, int k) { return 110 - plausible(s, k); });
  EXPECT_EQ(statement(report(clear), "Fewer bits")["verdict"], "fails");
  EXPECT_EQ(statement(report(clear), "Accuracy falls")["verdict"], "fails");
}

TEST(Study, AccuracyThatRisesOnTheWayIsNotGradual) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, [](const Scenario& s, int k) {
    return (s.draw_plan.faults == 10 ? 0 : s.draw_plan.faults) + 20 + k % 3;
  });
  const auto data = report(store);
  EXPECT_GT(statement(data, "Accuracy falls")["low"], 0) << "from the first to the last it falls";
  EXPECT_EQ(statement(data, "Accuracy falls")["verdict"], "holds")
      << "a rise by one image is not significant";
  const TempDir other;
  auto rising = made_up(other, spec_text(kUniform, 6), 6, [](const Scenario& s, int k) {
    return (s.draw_plan.faults == 10 ? 0 : s.draw_plan.faults + 10) + k % 3;
  });
  const auto rises = statement(report(rising), "Accuracy falls");
  EXPECT_EQ(rises["verdict"], "mixed");
  EXPECT_EQ(rises["in_favour"], 8);
  EXPECT_EQ(rises["against"], 8);
  EXPECT_EQ(rises["note"], "16 steps: 8 for, 8 against, 0 undecided");
}

// The mean over pairs is above 0, and hides that it is thresholds alone.
TEST(Study, PairsThatDisagreeAreMixed) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, [](const Scenario& s, int k) {
    const bool burst = s.draw_plan.word_size > 1;
    return 40 + (burst ? (s.spaces() == "weights" ? -5 : 30) : 0) + k % 3;
  });
  const auto worse = statement(report(store), "Multi-bit");
  EXPECT_GT(worse["images_low"], 0);
  EXPECT_EQ(worse["verdict"], "mixed");
  EXPECT_EQ(worse["note"], "12 pairs: 6 for, 6 against, 0 undecided");
}

// What is known of these images alone decides nothing about a network.
TEST(Study, DecidesAboutNetworksByOtherImagesToo) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, [](const Scenario& s, int k) {
    return (s.net->name == "cnvW1A1" ? 3 : 0) + (k == 0 ? 1 : 0);
  });
  const auto data = report(store);
  EXPECT_GT(statement(data, "Fewer bits")["low"], 0);
  rewrite_results(dir.path(), "UPDATE trial SET correct_set = x''");
  auto old = Store::open_existing(dir.path());
  const auto unknown = statement(report(old), "Fewer bits");
  EXPECT_GT(unknown["low"], 0);
  EXPECT_TRUE(unknown["images_low"].is_null());
  EXPECT_EQ(unknown["verdict"], "undecided");
  EXPECT_THAT(unknown["note"].get<std::string>(), HasSubstr("do not say what happened to each image"));
}

// A layer that carries the mean is not five layers that matter.
TEST(Study, JudgesFiveLayersOneByOne) {
  const auto verdict = [](const Loss& changed) {
    const TempDir dir;
    auto store = made_up(
        dir, spec_text(kTableII, 6), 6, [](const Scenario& /*scenario*/, int k) { return k; }, kModels,
        changed);
    return statement(report(store), "The first five");
  };
  const auto all =
      verdict([](const Scenario& s, int k) { return (9 - s.draw_plan.layers.front()) * 10 + k; });
  EXPECT_EQ(all["verdict"], "holds");
  EXPECT_EQ(all["note"], "5 layers: 5 for, 0 against, 0 undecided");
  const auto one =
      verdict([](const Scenario& s, int k) { return (s.draw_plan.layers.front() == 0 ? 90 : 20) + k; });
  EXPECT_GT(one["images_low"], 0);
  EXPECT_EQ(one["verdict"], "undecided");
  const auto opposite = verdict([](const Scenario& s, int k) {
    const int layer = s.draw_plan.layers.front();
    return (layer == 0 ? 200 : layer < 5 ? 20 : 40) + k;
  });
  EXPECT_EQ(opposite["verdict"], "mixed");
  EXPECT_EQ(opposite["against"], 4);
}

TEST(Study, WeighsByTheBitsThatAreHit) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible, {},
                       [](const Scenario& s, int k) { return (s.spaces() == "weights" ? 20 : 40) + k; });
  const auto data = report(store);
  const auto of = statement(data, "Activation")["exposures"];
  ASSERT_EQ(of.size(), 2U);
  EXPECT_EQ(of[0]["what"], "cnvW1A1 thresholds over weights, 1 seu");
  const SiteMap sites(topology("cnvW1A1"));
  EXPECT_NEAR(of[0]["ratio"].get<double>(),
              42.5 / 22.5 * static_cast<double>(sites.bit_count(Space::thresholds)) /
                  static_cast<double>(sites.bit_count(Space::weights)),
              1e-9);
  EXPECT_LT(of[0]["high"], 1) << "twice as vulnerable an upset, and hit far less";
  const auto devices = statement(data, "Fewer bits")["exposures"];
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0]["what"], "cnvW1A1 over cnvW2A2, 1 seu");
  EXPECT_TRUE(statement(data, "Multi-bit")["exposures"].empty());
}

TEST(Study, BuffersAreNoPartOfThePublishedExperiments) {
  const TempDir dir;
  auto store = made_up(dir,
                       spec_text("spaces = \"window\"\nlayers = [0, 1, 4, 5]\nfaults = [1, 10, 100]\n"
                                 "time = \"cycle\"\n",
                                 4),
                       4, [](const Scenario& s, int k) { return s.draw_plan.faults + k; });
  const auto data = report(store);
  EXPECT_EQ(data["layer_ranking"].size(), 2U * 4);
  ASSERT_EQ(data["experiments"].size(), 2U);
  EXPECT_TRUE(data["experiments"][1]["fits"].empty());
}

TEST(Study, OfSingleTrialsDecidesNothing) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 1, plausible);
  const auto data = report(store);
  EXPECT_EQ(statement(data, "Fewer bits")["verdict"], "undecided");
  EXPECT_EQ(statement(data, "Accuracy falls")["verdict"], "undecided");
}

TEST(Study, FitsTheTargetedExperiment) {
  const TempDir dir;
  auto store = made_up(
      dir, spec_text(kTableII, 5), 5,
      [](const Scenario& s, int k) { return (9 - s.draw_plan.layers.front()) * 3 + k; }, kModels);
  const auto data = report(store);
  EXPECT_EQ(data["experiments"][1]["fits"].size(), 8U) << data["experiments"][1]["reason"];
  EXPECT_EQ(data["experiments"][1]["published"], "Table II");
  EXPECT_EQ(data["experiments"][1]["design"], "weights and thresholds drawn together by their bits");
  EXPECT_EQ(data["experiments"][1]["fits"][0]["observations"], 144 * 5);
}

TEST(Study, PoolsWeightsAndThresholdsThatWereRunApart) {
  const TempDir dir;
  const auto text = spec_text(
                        "spaces = \"weights\"\nlayers = [0, 1, 2, 3, 4, 5, 6, 7, 8]\n"
                        "faults = [5, 10, 50, 100]\n",
                        5) +
                    "[[part]]\nnetworks = [\"cnvW1A1\", \"cnvW2A2\"]\nmodes = [\"seu\", \"mbu\"]\n"
                    "spaces = \"thresholds\"\nlayers = [0, 1, 2, 3, 4, 5, 6, 7]\n"
                    "faults = [5, 10, 50, 100]\n";
  auto store = made_up(
      dir, text, 5, [](const Scenario& s, int k) { return (9 - s.draw_plan.layers.front()) * 3 + k; },
      kModels);
  const auto data = report(store);
  const auto& targeted = data["experiments"][1];
  ASSERT_EQ(targeted["fits"].size(), 8U) << targeted["reason"];
  EXPECT_EQ(targeted["design"], "weights and thresholds apart and pooled");
  EXPECT_EQ(targeted["fits"][0]["observations"], 272 * 5);
  EXPECT_EQ(targeted["fits"][0]["coding"], "1/2, layers from 1");
  EXPECT_EQ(targeted["closest"], 2) << "layers from 0: so say the published standard errors";
}

TEST(Study, DecidesNothingByFewTrials) {
  const TempDir dir;
  auto store = made_up(
      dir, spec_text(kTableII, 4), 4,
      [](const Scenario& s, int k) { return (9 - s.draw_plan.layers.front()) * 3 + k; }, kModels);
  const auto data = report(store);
  const auto first = statement(data, "The first five");
  EXPECT_EQ(first["verdict"], "undecided");
  EXPECT_TRUE(first["low"].is_null());
  EXPECT_EQ(first["note"],
            "5 layers: 0 for, 0 against, 5 undecided; some scenario has fewer than 5 trials");
  EXPECT_TRUE(data["layer_ranking"][0]["critical_low"].is_null());
  EXPECT_THAT(report_text(data), Not(HasSubstr("nan")));
}

TEST(Study, FindsARareDrasticTrialBehindANegligibleMean) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 40), 40, [](const Scenario& s, int k) {
    return s.draw_plan.faults == 100 && k == 7 ? 193 : 0;
  });
  const auto data = report(store);
  EXPECT_EQ(statement(data, "A negligible")["verdict"], "holds");
  EXPECT_DOUBLE_EQ(statement(data, "A negligible")["value"], 19.3);
}

TEST(Study, IsNotComparedWithOtherModels) {
  const TempDir dir;
  auto other = kModels;
  other["params cnvW2A2"] = "0123456789abcdef";
  auto store = made_up(dir, spec_text(kTableI, 6), 6, plausible, other);
  const auto data = report(store);
  EXPECT_TRUE(data["experiments"][0]["fits"].empty());
  EXPECT_EQ(data["experiments"][0]["reason"],
            "the campaign's cnvW2A2 is not the study's model (parameters 0123456789abcdef, the study's "
            "5892c8fb345cc4ce)");
  EXPECT_TRUE(data["scenarios"][0]["predicted"].is_null());
  EXPECT_THAT(
      report_text(data),
      AllOf(HasSubstr("published statements (Khoshavi et al., arXiv 2020)"),
            HasSubstr("uniform experiment against Table I: not fitted: the campaign's cnvW2A2")));
}

TEST(Study, IsNotComparedWithAnotherGrid) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible, kModels);
  const auto data = report(store);
  EXPECT_TRUE(data["experiments"][0]["fits"].empty());
  EXPECT_EQ(data["experiments"][0]["reason"], "24 of the 56 scenarios of Table I have finished trials");
}

TEST(Study, OfAnUnknownNameIsRefused) {
  try {
    static_cast<void>(find_study("khoshavi"));
    FAIL() << "not refused";
  } catch (const InputError& e) {
    EXPECT_STREQ(e.what(), "unknown study 'khoshavi': use one of khoshavi2020");
  }
}

// A study is a file: what another one says needs no source.
TEST(Study, FromOutsideIsCheckedLikeOurs) {
  const auto own = PublishedStudy::parse(R"({
    "name": "own", "source": "of this test", "models": {}, "experiments": [],
    "statements": [{"claim": "weights matter", "measure": "difference", "test": "contrast",
                    "factor": "space", "more": ["weights"], "less": ["thresholds"]}]})");
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible);
  const auto data = report_data(store, {"x", 0, {study_section(own)}});
  ASSERT_EQ(data["statements"].size(), 1U);
  EXPECT_EQ(statement(data, "weights")["verdict"], "fails");
}

TEST(Study, ThatIsNoneIsABug) {
  const std::string own(study_files().at(0));
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"factor\": \"mode\"", "\"factor\": \"moon\""},
           {"\"cnvW2A2\": \"5892", "\"cnvW1A2\": \"5892"},
           {"\"third_factor\": \"space\"", "\"third_factor\": \"time\""}}) {
    auto spoilt = own;
    ASSERT_NE(spoilt.find(from), std::string::npos) << from;
    spoilt.replace(spoilt.find(from), from.size(), to);
    EXPECT_THROW(PublishedStudy::parse(spoilt), std::logic_error) << from;
  }
  EXPECT_THROW(PublishedStudy::parse("{"), std::logic_error);
  EXPECT_THROW(PublishedStudy::parse(R"({"name": "x"})"), std::logic_error);
  EXPECT_THROW(PublishedStudy::parse(R"({"name": "x", "source": "y", "models": {}, "experiments": [],
    "statements": [{"claim": "c", "measure": "m", "test": "guess"}]})"),
               std::logic_error);
}

}  // namespace
}  // namespace fluence::test
