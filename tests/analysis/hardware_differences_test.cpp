// Two hardwares at the same dose, trial by trial where their draws are common.
#include "analysis/hardware_differences.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "analysis/report.hpp"
#include "tests/support/made_up_results.hpp"
#include "tests/support/results.hpp"

namespace fluence::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kTrials = 8;

std::string spec_of(const std::string& draw) {
  return "name = \"made-up\"\nseed = 1\ncount = 1000\ntrials = " + std::to_string(kTrials) +
         "\n[[part]]\nnetworks = [\"cnvW1A1\", \"cnvW2A2\", \"cnvW1A1-TMR\"]\nmodes = \"seu\"\n"
         "spaces = \"thresholds\"\nrate = [1e-7, 1e-6]\nsemantics = \"physical\"\n" +
         draw;
}

bool is_triple(const Scenario& s) { return s.net->name == "cnvW1A1-TMR"; }
int lost(const Scenario& s, int k) { return is_triple(s) ? k % 3 : 3 + 5 * (k % 4); }
// Of 800 images many, and of the other 200 none: images matter, too.
int plain_critical(int k) { return 700 + 5 * (k % 3); }
int critical(const Scenario& s, int k) { return is_triple(s) ? 2 * (k % 2) : plain_critical(k); }

Store made(const TempDir& dir, const std::string& draw) {
  return made_up(dir, spec_of(draw), kTrials, lost, {}, critical);
}

// A pair's trials by images, as the made-up results have them: 100, 0 or -100.
using Table = std::vector<std::vector<double>>;
Table table_of(const std::vector<int>& trials) {
  Table table;
  for (const int k : trials) {
    const auto plain = images_from(131 * k, plain_critical(k));
    const auto triple = images_from(131 * k, 2 * (k % 2));
    auto& row = table.emplace_back();
    for (std::size_t i = 0; i < kImages; ++i) {
      row.push_back(100 * (int{contains(triple, i)} - int{contains(plain, i)}));
    }
  }
  return table;
}

double mean_of(const std::vector<double>& y) {
  return std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(y.size());
}

// Mean squares of trials, of images and of both, from the whole table.
struct MeanSquares {
  double mean = 0, trials = 0, images = 0, both = 0;
};
MeanSquares mean_squares(const Table& y) {
  const auto n = static_cast<double>(y.size());
  const auto m = static_cast<double>(kImages);
  std::vector<double> rows;
  std::vector<double> columns(kImages);
  for (const auto& row : y) {
    rows.push_back(mean_of(row));
    for (std::size_t i = 0; i < kImages; ++i) {
      columns[i] += row[i] / n;
    }
  }
  MeanSquares squares{mean_of(rows)};
  for (std::size_t k = 0; k < y.size(); ++k) {
    squares.trials += m * std::pow(rows[k] - squares.mean, 2) / (n - 1);
    for (std::size_t i = 0; i < kImages; ++i) {
      squares.both += std::pow(y[k][i] - rows[k] - columns[i] + squares.mean, 2) / ((n - 1) * (m - 1));
    }
  }
  for (const double column : columns) {
    squares.images += n * std::pow(column - squares.mean, 2) / (m - 1);
  }
  return squares;
}

TEST(HardwareDifferences, OfCommonDrawsAreThoseOfEachTrial) {
  const TempDir dir;
  static_cast<void>(made(dir, "draw = \"common\"\n"));
  // A trial that one of both has not finished is in no pair.
  rewrite_results(dir.path().string(),
                  "DELETE FROM upset WHERE scenario = 5 AND trial = 2; DELETE FROM trial WHERE scenario "
                  "= 5 AND trial = 2");
  auto store = Store::open_existing(dir.path());
  const auto campaign = read_campaign(store, 0);
  const auto differences = hardware_differences(campaign, store);
  ASSERT_EQ(differences.size(), 2U) << "another network's are no pair";
  EXPECT_EQ(differences[0].first->id, 0);
  EXPECT_EQ(differences[0].second->id, 4);
  EXPECT_EQ(differences[0].pairs, 8);
  EXPECT_EQ(differences[1].pairs, 7);
  for (const auto& [d, trials] : {std::pair{differences[0], std::vector{0, 1, 2, 3, 4, 5, 6, 7}},
                                  {differences[1], {0, 1, 3, 4, 5, 6, 7}}}) {
    ASSERT_TRUE(d.common);
    const auto squares = mean_squares(table_of(trials));
    EXPECT_NEAR(d.critical.value, squares.mean, 1e-12);
    const double cells = static_cast<double>(trials.size()) * kImages;
    const double faults = squares.trials / cells;
    EXPECT_NEAR(d.critical.faults->variance, faults, 1e-12);
    EXPECT_NEAR(d.critical.faults->freedom, static_cast<double>(trials.size()) - 1, 1e-9);
    EXPECT_NEAR(d.critical.images->variance,
                std::max(faults, (squares.trials + squares.images - squares.both) / cells), 1e-12);
    EXPECT_GT(d.critical.images->variance, faults);
    std::vector<double> accuracies;
    for (const int k : trials) {
      accuracies.push_back((3 + 5 * (k % 4) - k % 3) / 10.0);
    }
    const auto accuracy = describe(accuracies);
    EXPECT_NEAR(d.accuracy.value, accuracy.mean, 1e-12);
    EXPECT_NEAR(d.accuracy.faults_interval()->low, accuracy.interval->low, 1e-12);
    EXPECT_NEAR(d.accuracy.faults_interval()->high, accuracy.interval->high, 1e-12);
  }
}

TEST(HardwareDifferences, OfOwnDrawsAddWhatBothMayDiffer) {
  const TempDir dir;
  auto store = made(dir, "");
  const auto campaign = read_campaign(store, 0);
  const auto differences = hardware_differences(campaign, store);
  ASSERT_EQ(differences.size(), 2U);
  const auto& d = differences[0];
  EXPECT_FALSE(d.common);
  EXPECT_EQ(d.pairs, 0);
  std::vector<double> plain, triple;
  for (int k = 0; k < kTrials; ++k) {
    plain.push_back(plain_critical(k) / 10.0);
    triple.push_back(2 * (k % 2) / 10.0);
  }
  const auto variance = [](const std::vector<double>& y) {
    return std::pow(*describe(y).deviation, 2) / kTrials;
  };
  EXPECT_NEAR(d.critical.value, mean_of(triple) - mean_of(plain), 1e-12);
  EXPECT_NEAR(d.critical.faults->variance, variance(plain) + variance(triple), 1e-12);
}

TEST(HardwareDifferences, OfHangsAreOfTheseImagesAlone) {
  for (const std::string draw : {"draw = \"common\"\n", ""}) {
    const TempDir dir;
    static_cast<void>(made(dir, draw));
    rewrite_results(dir.path().string(),
                    "UPDATE trial SET hang = trial, masked = masked - trial WHERE scenario = 4");
    auto store = Store::open_existing(dir.path());
    const auto campaign = read_campaign(store, 0);
    const auto differences = hardware_differences(campaign, store);
    const auto& hang = differences.at(0).hang;
    const auto expected = describe({0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7});
    EXPECT_NEAR(hang.value, expected.mean, 1e-12);
    EXPECT_NEAR(hang.faults_interval()->low, expected.interval->low, 1e-12);
    EXPECT_NEAR(hang.faults_interval()->high, expected.interval->high, 1e-12);
    EXPECT_FALSE(hang.images);
    const auto text = report_text(report_data(store, {"x", 0}));
    EXPECT_THAT(text, HasSubstr("  hang  these images"));
  }
}

TEST(HardwareDifferences, StandInTheReport) {
  const TempDir dir;
  auto store = made(dir, "draw = \"common\"\n");
  const auto data = report_data(store, {"x", 0});
  const auto& d = data["hardware_differences"].at(1);
  EXPECT_EQ(d["first"], "cnvW1A1");
  EXPECT_EQ(d["second"], "cnvW1A1-TMR");
  EXPECT_THAT(d["scenarios"], ElementsAre(1, 5));
  EXPECT_EQ(d["draw"], "common");
  EXPECT_EQ(d["dose_value"], 1e-6);
  EXPECT_LT(d["critical_high"].get<double>(), 0);
  EXPECT_LT(d["critical_images_low"], d["critical_low"]);
  EXPECT_GT(d["accuracy_low"].get<double>(), 0);
  const auto text = report_text(data);
  EXPECT_THAT(text, HasSubstr("\ncnvW1A1-TMR less cnvW1A1 "));
  EXPECT_EQ(text.find("  hang  these images"), text.npos) << "where nothing hangs";
}

// Scenarios with other reloads are no pair.
TEST(HardwareDifferences, AreAtTheSameReloads) {
  const TempDir dir;
  auto store = made(dir, "reload = 7\n");
  const auto data = report_data(store, {"x", 0});
  EXPECT_EQ(data["hardware_differences"][0]["group"],
            "engine fast, time image, physical, 1000 images a trial, parameters reloaded every 7 "
            "images");
  rewrite_results(dir.path().string(), "UPDATE scenario SET reload = 8 WHERE network = 'cnvW1A1'");
  auto other = Store::open_existing(dir.path());
  EXPECT_TRUE(report_data(other, {"x", 0})["hardware_differences"].empty());
}

// That no trial shows a difference is no certainty that there is none.
TEST(HardwareDifferences, HaveNoIntervalWhereNoTrialShowsOne) {
  const TempDir dir;
  const auto same = [](const Scenario& /*s*/, int k) { return k; };
  auto store = made_up(dir, spec_of("draw = \"common\"\n"), kTrials, same, {}, same);
  const auto d = report_data(store, {"x", 0})["hardware_differences"].at(0);
  for (const auto* key : {"critical", "accuracy"}) {
    EXPECT_EQ(d[key], 0);
    for (const auto* end : {"_low", "_high", "_images_low", "_images_high"}) {
      EXPECT_TRUE(d[key + std::string(end)].is_null());
    }
  }
}

}  // namespace
}  // namespace fluence::test
