#include "analysis/gate.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "base/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kImages = 200;

GateSample sample(const std::string& scenario, const std::vector<int>& correct, int fault_free = 180) {
  GateSample s{scenario, kImages, static_cast<int>(correct.size()), fault_free};
  for (const int c : correct) {
    s.correct += c;
    s.correct_squares += std::int64_t{c} * c;
  }
  return s;
}

GateBaseline baseline(std::vector<GateSample> samples) { return {"b", "digest", std::move(samples)}; }

// Skewed, as accuracies under faults are.
std::vector<int> draw(unsigned seed, int trials, double loss) {
  std::mt19937 random(seed);
  std::gamma_distribution<double> lost(2, loss);
  std::vector<int> correct;
  for (int i = 0; i < trials; ++i) {
    correct.push_back(180 - std::min(180, static_cast<int>(lost(random))));
  }
  return correct;
}

TEST(Gate, HolmByHand) {
  // 4 x 0.01; 3 x 0.02 and 2 x 0.03, which may not be smaller; 1 x 0.9.
  const auto p = holm({0.03, 0.01, 0.9, 0.02});
  EXPECT_DOUBLE_EQ(p[0], 0.06);
  EXPECT_DOUBLE_EQ(p[1], 0.04);
  EXPECT_DOUBLE_EQ(p[2], 0.9);
  EXPECT_DOUBLE_EQ(p[3], 0.06);
  EXPECT_THAT(holm({0.6, 0.7}), ElementsAre(1, 1));
}

class GateAndR : public testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Margins, GateAndR, testing::Values(0.0, 0.4, 3.0));

TEST_P(GateAndR, Agree) {
  if (std::system("command -v Rscript >/dev/null") != 0) {
    GTEST_SKIP() << "there is no Rscript: install r-base-core";
  }
  const test::TempDir dir;
  std::ofstream csv(dir.file("trials.csv"));
  csv.precision(17);
  csv << "scenario,side,loss\n";
  GateBaseline before = baseline({});
  GateBaseline now = before;
  const std::vector<std::tuple<int, double, int, double>> kinds{
      {40, 4, 60, 4}, {30, 4, 50, 6}, {100, 9, 20, 3}, {5, 2, 4, 8}, {300, 5, 300, 5.6}};
  for (unsigned s = 0; s < kinds.size(); ++s) {
    const auto& [n, a, m, b] = kinds[s];
    const auto name = std::to_string(s);
    const auto old_trials = draw(2 * s, n, a);
    const auto new_trials = draw(2 * s + 1, m, b);
    before.samples.push_back(sample(name, old_trials, 180));
    now.samples.push_back(sample(name, new_trials, 178));
    for (const int c : old_trials) {
      csv << name << ",before," << 100.0 * (180 - c) / kImages << "\n";
    }
    for (const int c : new_trials) {
      csv << name << ",now," << 100.0 * (178 - c) / kImages << "\n";
    }
  }
  csv.close();
  const GateOptions options{0.1, GetParam()};
  const auto comparisons = compare(before, now, options);
  const auto command = "Rscript " FLUENCE_SOURCE_DIR "/tests/analysis/gate.R " + dir.file("trials.csv") +
                       " " + std::to_string(options.margin) + " " + std::to_string(options.level) +
                       " >" + dir.file("out");
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream out(dir.file("out"));
  for (const auto& c : comparisons) {
    double p = -1;
    double adjusted = -1;
    double half_width = -1;
    ASSERT_TRUE(out >> p >> adjusted >> half_width);
    EXPECT_NEAR(c.p / p, 1, 1e-9) << c.scenario;
    EXPECT_NEAR(c.adjusted / adjusted, 1, 1e-9) << c.scenario;
    EXPECT_NEAR(c.half_width / half_width, 1, 1e-9) << c.scenario;
  }
}

TEST(Gate, GivesTheThreeVerdictsInBothDirections) {
  const auto good = sample("a", draw(1, 200, 4));
  const auto bad = sample("a", draw(2, 200, 8));
  const auto same = sample("a", draw(3, 200, 4));
  const auto verdict = [](const GateSample& before, const GateSample& now, double margin = 0) {
    return compare(baseline({before}), baseline({now}), {0.05, margin}).front().verdict;
  };
  EXPECT_EQ(verdict(good, bad), GateVerdict::regressed);
  EXPECT_EQ(verdict(bad, good), GateVerdict::improved);
  EXPECT_EQ(verdict(good, same), GateVerdict::no_difference);
  EXPECT_EQ(verdict(good, good), GateVerdict::no_difference);
  EXPECT_EQ(verdict(good, bad, 10), GateVerdict::no_difference) << "smaller than what matters";
  EXPECT_EQ(verdict(sample("a", {180, 180}), sample("a", {170, 170})), GateVerdict::regressed);
  EXPECT_EQ(verdict(sample("a", {180, 180}), sample("a", {180, 180})), GateVerdict::no_difference);
  EXPECT_EQ(verdict(sample("a", {180, 180}), sample("a", {178, 178}), 1), GateVerdict::no_difference)
      << "no larger than what matters";
}

// Alike campaigns of 100 scenarios: with 5 % the chance of one wrong verdict among all, few of 40 have
// one, and without a correction all would.
TEST(Gate, RarelyErrsInAnyOfManyScenarios) {
  int wrong = 0;
  int uncorrected = 0;
  for (unsigned campaign = 0; campaign < 40; ++campaign) {
    GateBaseline before = baseline({});
    GateBaseline now = before;
    for (unsigned s = 0; s < 100; ++s) {
      const auto seed = 1000 * campaign + 2 * s;
      before.samples.push_back(sample(std::to_string(s), draw(seed, 60, 4)));
      now.samples.push_back(sample(std::to_string(s), draw(seed + 1, 60, 4)));
    }
    const auto all = compare(before, now, {});
    wrong +=
        std::ranges::any_of(all, [](const auto& c) { return c.verdict != GateVerdict::no_difference; });
    uncorrected += std::ranges::any_of(all, [](const auto& c) { return c.p <= 0.05; });
  }
  EXPECT_LE(wrong, 6);
  EXPECT_GE(uncorrected, 35);
}

TEST(Gate, CountsLossesAgainstTheFaultFreeRun) {
  const auto s = sample("a", {170, 160}, 180);
  EXPECT_DOUBLE_EQ(s.loss(), 7.5);
  EXPECT_DOUBLE_EQ(s.variance(), 12.5);
  // Fewer images are right before and after the faults: not less resilient.
  const auto c = compare(baseline({sample("a", draw(1, 50, 4), 180)}), baseline({[] {
                           auto lower = draw(1, 50, 4);
                           for (auto& correct : lower) {
                             correct -= 20;
                           }
                           return sample("a", lower, 160);
                         }()}),
                         {});
  EXPECT_DOUBLE_EQ(c.front().now, c.front().before);
}

TEST(Gate, RefusesWhatCannotBeCompared) {
  const auto a = sample("a", {1, 2});
  const auto refusal = [](const GateBaseline& before, const GateBaseline& now) -> std::string {
    try {
      compare(before, now, {});
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(refusal(baseline({a}), baseline({sample("b", {1, 2})})),
              HasSubstr("lacks the scenario 'b'"));
  EXPECT_THAT(refusal(baseline({a, sample("b", {1, 2})}), baseline({a})),
              HasSubstr("2 scenarios where b has 1"));
  auto other = baseline({a});
  other.images = "other";
  EXPECT_THAT(refusal(baseline({a}), other), HasSubstr("other images"));
}

TEST(GateBaseline, ReadsWhatItWrites) {
  const auto written = baseline({sample("a", {100, 120, 3}), sample("b \"c\"", draw(4, 9, 5))});
  const auto read = GateBaseline::parse(written.text(), "f");
  EXPECT_EQ(read.text(), written.text());
  EXPECT_EQ(read.samples.at(1).correct_squares, written.samples.at(1).correct_squares);
}

TEST(GateBaseline, RefusesFilesThatAreNone) {
  const auto text = baseline({sample("a", {100, 120, 3})}).text();
  const auto refused = [](const std::string& content) {
    try {
      GateBaseline::parse(content, "file.json");
    } catch (const InputError& e) {
      EXPECT_THAT(e.what(), HasSubstr("file.json is no baseline"));
      return true;
    }
    return false;
  };
  EXPECT_FALSE(refused(text));
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("[]"));
  EXPECT_TRUE(refused(text.substr(0, text.size() / 2)));
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"format\": 1", "\"format\": 2"},
           {"\"trials\": 3", "\"trials\": 1"},
           {"\"trials\": 3", "\"trials\": \"3\""},
           {"\"correct\": 223", "\"correct\": 2230"},
           {"\"correct_squares\": 24409", "\"correct_squares\": 10000"},
           {"\"fault_free\": 180", "\"fault_free\": 201"},
           {"\"trials\": 3", "\"trials\": true"},
           {"\"trials\": 3", "\"trials\": 3.0"},
           {"\"images\": 200", "\"images\": 200.5"},
           {"\"images\": 200", "\"images\": 4294967496"},
           {"\"correct\": 223", "\"correct\": -1"},
           {"\"correct\": 223", "\"correct\": 601"},
           {"\"correct\": 223", "\"correct\": 18446744073709551839"},
           {"\"correct_squares\": 24409", "\"correct_squares\": 16576"},
           {"\"correct_squares\": 24409", "\"correct_squares\": 40530"},
           {"\"format\": 1", "\"format\": 1.0"}}) {
    auto changed = text;
    const auto at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from << text;
    EXPECT_TRUE(refused(changed.replace(at, from.size(), to))) << to;
  }
}

// 223 of 3 trials of 200 images: 74, 74 and 75 have the least squares, 200, 23 and 0 the most.
TEST(GateBaseline, TakesTheSumsThatTrialsCanHave) {
  const auto text = baseline({sample("a", {100, 120, 3})}).text();
  for (const std::string squares : {"16577", "40529"}) {
    auto changed = text;
    changed.replace(changed.find("24409"), 5, squares);
    EXPECT_EQ(GateBaseline::parse(changed, "f").samples.at(0).correct_squares, std::stoll(squares));
  }
}

TEST(Gate, SumsOfManyTrialsDoNotLeaveTheirBits) {
  GateSample s{"a", 1'000'000, 1'000'000, 1'000'000};
  s.correct = 500'000LL * 1'000'000;  // half the trials have all images, half none
  s.correct_squares = s.correct * 1'000'000;
  EXPECT_NEAR(s.variance(), 2500 * 1e6 / (1e6 - 1), 1e-6);
  EXPECT_DOUBLE_EQ(s.loss(), 50);
}

TEST(GateOutput, TableAndJunitSayTheSame) {
  const auto comparisons = compare(baseline({sample("a<b", draw(1, 200, 4)),
                                             sample("c", draw(3, 200, 8)), sample("d", draw(5, 90, 4))}),
                                   baseline({sample("a<b", draw(2, 200, 8)),
                                             sample("c", draw(4, 200, 4)), sample("d", draw(6, 90, 4))}),
                                   {});
  const auto table = gate_table(comparisons, {});
  EXPECT_THAT(table, HasSubstr("  resilience regressed\n"));
  EXPECT_THAT(table, HasSubstr("  improved\n"));
  EXPECT_THAT(table, HasSubstr("  no difference at this sample size\n"));
  EXPECT_THAT(table, HasSubstr("1 of 3 scenarios regressed, 1 improved"));
  const auto xml = gate_junit(comparisons, "n&m");
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"n&amp;m\" tests=\"3\" failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("name=\"a&lt;b\"><failure message=\"resilience regressed: loss "));
  EXPECT_THAT(xml, HasSubstr("<system-out>no difference at this sample size: loss "));
  EXPECT_THAT(gate_junit({}, "]]>\x1b'\""), HasSubstr("name=\"]]&gt;\\x1b&#39;&quot;\""));
}

}  // namespace
}  // namespace fluence
