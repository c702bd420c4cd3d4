#include "evidence/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "campaign/provenance.hpp"
#include "campaign/spec.hpp"
#include "evidence/metrics.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The worked example of docs/evidence.md.
constexpr auto kExample = R"(name = "example"
seed = 1
count = 10
trials = 6
critical = { pairs = [[0, 1]] }
plausible = [0, 512]
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = "weights"
faults = 1
)";

std::string images_of(const std::vector<std::size_t>& images) {
  std::string set(set_size(10), '\0');
  for (const auto image : images) {
    insert(set, image);
  }
  return set;
}

struct Row {
  int before;                         // image
  std::vector<std::size_t> critical;  // images
  int tolerable = 0;
  std::vector<std::size_t> implausible{};
};
const std::vector<Row> kRows = {{0, {2, 7}, 3}, {5, {6, 8}, 0, {6}}, {3, {}},
                                {8, {}},        {0, {}, 4},          {6, {7}}};

TrialRecord record_of(int scenario, int trial, const Row& row) {
  TrialRecord record;
  record.scenario = scenario;
  record.trial = trial;
  const int critical = static_cast<int>(row.critical.size());
  record.outcomes = {9,
                     10 - row.tolerable - critical,
                     row.tolerable,
                     critical,
                     0,
                     "0123456789abcdef",
                     static_cast<int>(row.implausible.size())};
  record.baseline = {10, "fedcba9876543210", images_of({0, 1, 2, 3, 4, 5, 6, 7, 8, 9})};
  record.sets = {images_of({0, 1, 2, 3, 4, 5, 6, 7, 8}), images_of(row.critical),
                 images_of(row.implausible)};
  Fault fault;
  fault.before_image = row.before;
  fault.site = {Space::weights, 1, 2, 3, 0, trial};
  record.upsets = {fault};
  record.fates = {Fate::read};
  return record;
}

Manifest manifest_of_example(const std::string& name = "example") {
  return {{"name", name},           {"spec", kExample},        {"seed", "1"},
          {"params cnvW1A1", "00"}, {kGivenParams, kEmbedded}, {kGivenImages, kEmbedded}};
}

Json example(const test::TempDir& dir, const EvidenceOptions& options,
             const Manifest& manifest = manifest_of_example()) {
  {
    auto scenarios = Spec::parse(kExample, "example.toml").scenarios;
    scenarios[0].rule.critical.resolve(std::vector<std::string>(10), 10);
    auto store = Store::open(dir.path(), manifest, scenarios);
    for (std::size_t i = 0; i < kRows.size(); ++i) {
      store.add(std::vector{record_of(0, static_cast<int>(i), kRows[i])});
    }
  }
  auto store = Store::open_existing(dir.path());
  return evidence_record(store, options);
}

RunClock no_clock(const Topology& /*net*/, const OutcomeRule& /*rule*/) {
  throw InputError("there is no schedule");
}

EvidenceOptions options_for(const test::TempDir& dir) {
  EvidenceOptions options{dir.path().string(), "No class 0 is taken for class 1"};
  options.points.read_back = 4;
  options.clock = no_clock;
  options.command = "fluence evidence x --read-back 4";
  return options;
}

// docs/evidence.md computes these by hand.
TEST(Evidence, MetricsOfTheWorkedExample) {
  const test::TempDir dir;
  const auto record = example(dir, options_for(dir));
  const auto& e = record["elements"][0];
  EXPECT_EQ(e["classes"]["fault-free"], 22);
  EXPECT_EQ(e["classes"]["no effect"], 24);
  EXPECT_EQ(e["classes"]["safe"], 7);
  EXPECT_EQ(e["classes"]["latent"], 2);
  EXPECT_EQ(e["classes"]["dangerous detected"], 3);
  EXPECT_EQ(e["classes"]["dangerous undetected"], 2);
  EXPECT_DOUBLE_EQ(e["DC"]["value"], 3.0 / 5);
  EXPECT_DOUBLE_EQ(e["SPFM"]["value"], 36.0 / 38);
  EXPECT_DOUBLE_EQ(e["LFM"]["value"], 34.0 / 36);
  EXPECT_DOUBLE_EQ(e["SFF"]["value"], 10.0 / 12);
  EXPECT_TRUE(e["DC"]["low"].is_null()) << "three trials say something of it";
  // Wilson's interval of 36 of 38 with Student's 2.5706 of 5 degrees.
  EXPECT_NEAR(e["SPFM"]["low"], 0.77257, 1e-5);
  EXPECT_NEAR(e["SPFM"]["high"], 0.98962, 1e-5);
  EXPECT_LE(e["SPFM"]["images_low"], e["SPFM"]["low"]);
  EXPECT_TRUE(e["SFF"]["images_low"].is_null()) << "which images were tolerable is not kept";
  EXPECT_EQ(e["latency"]["unit"], "images");
  EXPECT_EQ(e["latency"]["most"], 4);
  EXPECT_EQ(e["latency"]["noticed"], 3);
  EXPECT_DOUBLE_EQ(record["sums"][0]["DC"]["value"], 0.6) << "the only part";
  EXPECT_EQ(record["sums"][0]["bits"], e["bits"]);
}

TEST(Evidence, ARecordSaysNoMoreThanItsDataCarry) {
  const test::TempDir dir;
  auto options = options_for(dir);
  options.points.limit = 1000;
  const auto record = example(dir, options);
  EXPECT_THAT(record["elements"][0]["reason"], HasSubstr("there is a limit in cycles"));
  EXPECT_TRUE(record["elements"][0]["classes"]["latent"].is_null());
  EXPECT_TRUE(record["sums"][0]["DC"]["value"].is_null());
  const auto all = record["exclusions"].dump();
  EXPECT_THAT(all, AllOf(HasSubstr("configuration memory"), HasSubstr("there is no schedule"),
                         HasSubstr("scenario 0 is not assessed: there is a limit"),
                         HasSubstr("cnvW1A1: 31232 bits of thresholds are in no sum")));
  const auto page = evidence_page(record);
  EXPECT_THAT(page, AllOf(HasSubstr("Not compared: "), HasSubstr("not assessed: scenario 0")));
  EXPECT_THAT(evidence_text(record), HasSubstr("not assessed: there is a limit"));
}

// Its trials are not the plain ones that a record counts.
TEST(Evidence, ACampaignDrawnByAMapIsRefused) {
  const test::TempDir dir;
  {
    auto scenarios = Spec::parse(kExample, "example.toml").scenarios;
    scenarios[0].rule.critical.resolve(std::vector<std::string>(10), 10);
    scenarios[0].draw = "map 00 plain 0.2";
    auto store = Store::open(dir.path(), manifest_of_example(), scenarios);
    store.add(std::vector{record_of(0, 0, kRows[0])});
  }
  auto store = Store::open_existing(dir.path());
  EXPECT_THAT([&] { evidence_record(store, options_for(dir)); },
              ::testing::ThrowsMessage<InputError>(HasSubstr("are drawn by a map")));
}

TEST(Evidence, WhatOthersWroteIsText) {
  const test::TempDir dir;
  auto options = options_for(dir);
  options.goal = "<script>alert(1)</script>";
  auto manifest = manifest_of_example("<b>x</b>");
  manifest["a\"<key>"] = "</pre><script>";
  const auto record = example(dir, options, manifest);
  const auto page = evidence_page(record);
  EXPECT_THAT(page,
              AllOf(Not(HasSubstr("<script>")), Not(HasSubstr("<b>x")), HasSubstr("&lt;script&gt;")));
  EXPECT_THAT(page, AllOf(HasSubstr("\nseed = 1\ntrials = 6\n"), Not(HasSubstr("\\x0a"))));
  EXPECT_THAT(page, AllOf(HasSubstr("@media print"), HasSubstr("pairs 0&gt;1"), HasSubstr("0 to 512"),
                          HasSubstr("60.00 %"), HasSubstr("fluence evidence x --read-back 4"),
                          HasSubstr("fluence digest --check "), HasSubstr("fluence verify "),
                          HasSubstr("fluence run again.toml --seed 1 --out again")));
}

TEST(Evidence, CsvHasARowForEachScenarioAndSum) {
  const test::TempDir dir;
  const auto csv = evidence_csv(example(dir, options_for(dir)));
  const auto fields = [](std::string_view line) { return std::ranges::count(line, ',') + 1; };
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < csv.size(); at = csv.find('\n', at) + 1) {
    lines.push_back(csv.substr(at, csv.find('\n', at) - at));
  }
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], HasSubstr("fault_free,no_effect,safe,latent,dangerous_detected,"
                                  "dangerous_undetected,dc,dc_low,"));
  EXPECT_THAT(lines[1],
              HasSubstr("0,cnvW1A1,weights,all,seu,1,image,1570496,6,10,22,24,7,2,3,2,0.6,,,,,"));
  EXPECT_THAT(lines[2], ::testing::StartsWith("sum,cnvW1A1,weights,,seu,1,,1570496,"));
  EXPECT_EQ(fields(lines[0]), fields(lines[1]));
  EXPECT_EQ(fields(lines[0]), fields(lines[2]));
}

ClassedScenario made_of(const std::vector<std::pair<int, int>>& detected_of_ten) {
  ClassedScenario scenario;
  for (const auto& [detected, undetected] : detected_of_ten) {
    ClassedTrial trial;
    trial.of.assign(10, SafetyClass::no_effect);
    for (int i = 0; i < detected + undetected; ++i) {
      trial.of[static_cast<std::size_t>(i)] =
          i < detected ? SafetyClass::detected : SafetyClass::undetected;
    }
    for (const auto of : trial.of) {
      ++trial.images[static_cast<std::size_t>(of)];
    }
    scenario.add(trial);
  }
  return scenario;
}

TEST(Metrics, OfSeveralScenariosWeighTheirRates) {
  const auto a =
      made_of({{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}});  // a fifth dangerous, half of it found
  const auto b = made_of({{4, 0}, {4, 0}, {4, 0}, {4, 0}, {4, 0}});  // two fifths, all of it
  const std::vector<WeightedScenario> both = {{&a, 3}, {&b, 1}};
  EXPECT_DOUBLE_EQ(metric(Metric::coverage, both)->value, (3 * 0.1 + 0.4) / (3 * 0.2 + 0.4));
  EXPECT_DOUBLE_EQ(metric(Metric::single_point, both)->value, 1 - 3 * 0.1 / 4);
  // Trials alike do not show a spread: each is one draw.
  const auto alike = metric(Metric::coverage, std::vector<WeightedScenario>{{&a, 1}});
  const auto wide = wilson(0.5, 5, student(kConfidence, 4));
  EXPECT_DOUBLE_EQ(alike->faults->low, wide.low);
  EXPECT_DOUBLE_EQ(alike->faults->high, wide.high);
}

// As a share of images, which statistics know already.
TEST(Metrics, HaveTheIntervalsOfClusteredShares) {
  const std::vector<std::pair<int, int>> trials = {{0, 1}, {0, 4}, {0, 2}, {0, 0},
                                                   {0, 7}, {0, 1}, {0, 3}};
  const auto scenario = made_of(trials);
  std::vector<int> safe;
  for (const auto& trial : trials) {
    safe.push_back(10 - trial.second);
  }
  const auto share = clustered_share(safe, 10);
  const auto value = metric(Metric::single_point, std::vector<WeightedScenario>{{&scenario, 1}});
  EXPECT_DOUBLE_EQ(value->value, share.share);
  EXPECT_NEAR(value->faults->low, share.interval->low, 1e-12);
  EXPECT_NEAR(value->faults->high, share.interval->high, 1e-12);
}

TEST(Metrics, OfNothingAreNone) {
  const auto none = made_of({{0, 0}, {0, 0}});
  EXPECT_FALSE(metric(Metric::coverage, std::vector<WeightedScenario>{{&none, 1}}));
  EXPECT_FALSE(metric(Metric::safe_failure, std::vector<WeightedScenario>{{&none, 1}}));
  EXPECT_EQ(metric(Metric::single_point, std::vector<WeightedScenario>{{&none, 1}})->value, 1);
}

}  // namespace
}  // namespace fluence
