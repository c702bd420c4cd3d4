#include "analysis/gate.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <tuple>

#include "base/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kImages = 200;

GateSample sample(const std::string& scenario, const std::vector<int>& correct, int fault_free = 180) {
  return {scenario, kImages, fault_free, correct};
}

// Of another seed than any other, so that nothing is paired.
GateBaseline baseline(std::vector<GateSample> samples) {
  static int seed = 0;
  return {"b", "digest", std::to_string(++seed), std::move(samples)};
}

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

class GateAndR : public testing::TestWithParam<std::tuple<double, bool>> {};
INSTANTIATE_TEST_SUITE_P(MarginsPaired, GateAndR,
                         testing::Combine(testing::Values(0.0, 0.4, 3.0), testing::Bool()));

TEST_P(GateAndR, Agree) {
  const auto [margin, paired] = GetParam();
  if (std::system("command -v Rscript >/dev/null") != 0) {
    GTEST_SKIP() << "there is no Rscript: install r-base-core";
  }
  const test::TempDir dir;
  std::ofstream csv(dir.file("trials.csv"));
  csv.precision(17);
  csv << "scenario,side,loss\n";
  GateBaseline before = baseline({});
  GateBaseline now = paired ? before : baseline({});
  const std::vector<std::tuple<int, double, int, double>> kinds{
      {40, 4, 60, 4}, {30, 4, 50, 6}, {100, 9, 20, 3}, {5, 2, 6, 8}, {300, 5, 300, 5.6}};
  for (unsigned s = 0; s < kinds.size(); ++s) {
    const auto& [n, a, other, b] = kinds[s];
    const int m = paired ? n : other;
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
  const GateOptions options{0.1, margin};
  const auto comparisons = compare(before, now, options);
  const auto command = "Rscript " FLUENCE_SOURCE_DIR "/tests/analysis/gate.R " + dir.file("trials.csv") +
                       " " + std::to_string(options.margin) + " " + std::to_string(options.level) +
                       (paired ? " paired" : "") + " >" + dir.file("out");
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream out(dir.file("out"));
  for (const auto& c : comparisons) {
    double p = -1;
    double adjusted = -1;
    double half_width = -1;
    ASSERT_TRUE(out >> p >> adjusted >> half_width);
    EXPECT_EQ(c.paired, paired);
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
  const std::vector<int> all(20, 180);
  EXPECT_EQ(verdict(sample("a", all), sample("a", std::vector(20, 170))), GateVerdict::regressed);
  EXPECT_EQ(verdict(sample("a", all), sample("a", all)), GateVerdict::no_difference);
  EXPECT_EQ(verdict(sample("a", all), sample("a", std::vector(20, 178)), 1), GateVerdict::no_difference)
      << "no larger than what matters";
}

// Five trials that are all alike are no certainty: the sixth may differ by an image.
TEST(Gate, TakesNoSpreadForChanceToo) {
  const auto change = [](int now, int trials) {
    return compare(baseline({sample("a", std::vector(5, 180))}),
                   baseline({sample("a", std::vector(static_cast<std::size_t>(trials), now))}),
                   {0.05, 0})
        .front();
  };
  const auto one = change(179, 5);
  // Each variance 1/5 of an image squared, a hundredth of an image half a point: t = 1/sqrt(2/25)
  // = 3.54.
  EXPECT_NEAR(one.half_width, 0.5 * 2.306004 * std::sqrt(2.0 / 25), 1e-6);
  EXPECT_NEAR(one.p, 0.0077, 1e-4);
  EXPECT_GT(change(180, 5).half_width, 0);
}

// Equal seeds: what the faults do to both is no part of the difference.
TEST(Gate, PairsTrialsOfEqualFaults) {
  auto before = baseline({sample("a", draw(1, 60, 8))});
  auto now = before;
  for (std::size_t i = 0; i < now.samples[0].correct.size(); ++i) {
    now.samples[0].correct[i] -= 1 + static_cast<int>(i % 3 == 0);
  }
  const auto paired = compare(before, now, {0.05, 0}).front();
  EXPECT_TRUE(paired.paired);
  EXPECT_EQ(paired.verdict, GateVerdict::regressed);
  now.seed += "0";
  const auto unpaired = compare(before, now, {0.05, 0}).front();
  EXPECT_FALSE(unpaired.paired);
  EXPECT_EQ(unpaired.verdict, GateVerdict::no_difference);
  EXPECT_LT(paired.half_width * 5, unpaired.half_width);
  now.seed = before.seed;
  now.samples[0].correct.pop_back();
  EXPECT_FALSE(compare(before, now, {}).front().paired);
}

// What docs/gate.md states, by 2,000 pairs of made-up campaigns of 12 scenarios each, kImages images a
// trial.
class GateSimulation : public testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  static constexpr int kPairs = 2000;
  static constexpr int kScenarios = 12;

  enum class Kind { symmetric, skewed, rare };

  // Images that a trial loses. Symmetric and skewed with a deviation of 2.4 points.
  int lost(Kind kind) {
    return kind == Kind::symmetric ? std::binomial_distribution(92, 0.5)(random_)
           : random_() % (kind == Kind::skewed ? 16 : 100) == 0 ? 20
                                                                : 0;
  }

  struct Shares {
    double any = 0;    ///< pairs with a verdict in any scenario
    double first = 0;  ///< with "regressed" in the first one
  };
  // The first scenario loses `more` images more in the second campaign. Of a pair, the trials have the
  // same faults, which do to the one network what they do to the other but for an image or two.
  Shares shares(Kind kind, int more, double margin) {
    const auto [trials, paired] = GetParam();
    Shares result;
    for (int pair = 0; pair < kPairs; ++pair) {
      GateBaseline before = baseline({});
      GateBaseline now = paired ? before : baseline({});
      for (int s = 0; s < kScenarios; ++s) {
        auto& old_sample = before.samples.emplace_back(sample(std::to_string(s), {}));
        auto& new_sample = now.samples.emplace_back(old_sample);
        for (int i = 0; i < trials; ++i) {
          const int first = lost(kind);
          const int second =
              paired ? first + std::binomial_distribution(4, 0.5)(random_) - 2 : lost(kind);
          old_sample.correct.push_back(180 - first);
          new_sample.correct.push_back(180 - second - (s == 0 ? more : 0));
        }
      }
      const auto all = compare(before, now, {0.05, margin});
      result.any += std::ranges::any_of(
          all, [](const auto& c) { return c.verdict != GateVerdict::no_difference; });
      result.first += all.front().verdict == GateVerdict::regressed;
    }
    return {result.any / kPairs, result.first / kPairs};
  }

 private:
  std::mt19937 random_{1};
};

INSTANTIATE_TEST_SUITE_P(TrialsPaired, GateSimulation,
                         testing::Combine(testing::Values(5, 20, 100), testing::Bool()));

TEST_P(GateSimulation, FalseAlarmsAndPower) {
  const auto [trials, paired] = GetParam();
  auto row = fmt::format("| {} | {} |", trials, paired ? "yes" : "no");
  for (const auto kind : {Kind::symmetric, Kind::skewed, Kind::rare}) {
    const double alarms = shares(kind, 0, 0).any;
    EXPECT_LE(alarms, 0.05 + 3 * std::sqrt(0.05 * 0.95 / kPairs));
    row += fmt::format(" {:.1f} % |", 100 * alarms);
  }
  for (const int images : {4, 6, 10}) {
    row += fmt::format(" {:.0f} % |", 100 * shares(Kind::symmetric, images, 1).first);
  }
  std::cout << row << "\n";
}

// Without the correction every campaign of 100 scenarios would have a wrong verdict.
TEST(Gate, CorrectsForManyScenarios) {
  int wrong = 0;
  int uncorrected = 0;
  for (unsigned campaign = 0; campaign < 40; ++campaign) {
    GateBaseline before = baseline({});
    GateBaseline now = baseline({});
    for (unsigned s = 0; s < 100; ++s) {
      const auto seed = 1000 * campaign + 2 * s;
      before.samples.push_back(sample(std::to_string(s), draw(seed, 60, 4)));
      now.samples.push_back(sample(std::to_string(s), draw(seed + 1, 60, 4)));
    }
    const auto all = compare(before, now, {0.05, 0});
    wrong +=
        std::ranges::any_of(all, [](const auto& c) { return c.verdict != GateVerdict::no_difference; });
    uncorrected += std::ranges::any_of(all, [](const auto& c) { return c.p <= 0.05; });
  }
  EXPECT_LE(wrong, 6);
  EXPECT_GE(uncorrected, 35);
}

TEST(Gate, CountsLossesAgainstTheFaultFreeRun) {
  const auto s = sample("a", {170, 160}, 180);  // fewer than are compared
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
  EXPECT_DOUBLE_EQ(c.front().fault_free_before, 90);
  EXPECT_DOUBLE_EQ(c.front().fault_free_now, 80);
  EXPECT_DOUBLE_EQ(c.front().accuracy_now, c.front().accuracy_before - 10);
}

TEST(Gate, RefusesWhatCannotBeCompared) {
  const auto a = sample("a", {1, 2, 3, 4, 5});
  const auto refusal = [](const GateBaseline& before, const GateBaseline& now) -> std::string {
    try {
      compare(before, now, {});
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(refusal(baseline({a}), baseline({sample("b", {1, 2, 3, 4, 5})})),
              HasSubstr("lacks the scenario 'b'"));
  EXPECT_THAT(refusal(baseline({a, sample("b", {1, 2, 3, 4, 5})}), baseline({a})),
              HasSubstr("2 scenarios where b has 1"));
  auto other = baseline({a});
  other.images = "other";
  EXPECT_THAT(refusal(baseline({a}), other), HasSubstr("other images"));
}

TEST(GateBaseline, ReadsWhatItWrites) {
  const auto written = baseline({sample("a", {100, 120, 3, 0, 200}), sample("b \"c\"", draw(4, 9, 5))});
  const auto read = GateBaseline::parse(written.text(), "f");
  EXPECT_EQ(read.text(), written.text());
  EXPECT_EQ(read.seed, written.seed);
  EXPECT_EQ(read.samples.at(1).correct, written.samples.at(1).correct);
}

TEST(GateBaseline, RefusesFilesThatAreNone) {
  const auto text = baseline({sample("a", {100, 120, 3, 7, 8})}).text();
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
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"format\": 2", "\"format\": 1"},
                                                        {"\"format\": 2", "\"format\": 2.0"},
                                                        {"\"fault_free\": 180", "\"fault_free\": 201"},
                                                        {"\"fault_free\": 180", "\"fault_free\": true"},
                                                        {"\"images\": 200", "\"images\": 200.5"},
                                                        {"\"images\": 200", "\"images\": 4294967496"},
                                                        {"\"seed\": \"", "\"seeds\": \""},
                                                        {"    3", "    -3"},
                                                        {"    3", "    3.0"},
                                                        {"    3", "    \"3\""},
                                                        {"    3", "    201"},
                                                        {"    3", "    18446744073709551839"},
                                                        {"    3,\n", ""}}) {
    auto changed = text;
    const auto at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from << text;
    EXPECT_TRUE(refused(changed.replace(at, from.size(), to))) << to;
  }
}

TEST(Gate, SumsOfManyTrialsDoNotLeaveTheirBits) {
  GateSample s{"a", 1'000'000, 1'000'000, std::vector<int>(1'000'000, 1'000'000)};
  std::fill_n(s.correct.begin(), 500'000, 0);  // half the trials have all images, half none
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
