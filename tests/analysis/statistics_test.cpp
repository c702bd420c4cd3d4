// The statistics against R, which computes them from the same data by its own functions.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <span>
#include <stdexcept>

#include "analysis/aggregate.hpp"
#include "analysis/crossed_mean.hpp"
#include "analysis/intervals.hpp"
#include "analysis/kruskal_wallis.hpp"
#include "analysis/weighted.hpp"
#include "study/comparison.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

constexpr int kSampleImages = 50;

struct Sample {
  std::vector<double> values;
  std::vector<int> clusters;
  std::vector<Cell> trials, means;
  std::array<CrossedMean, 2> crossed;
  PublishedExperiment published;
  std::vector<double> drawn, weights;
};

// What somebody with 1.3 times our standard errors might print of the trials' fit: two decimals.
PublishedExperiment publish(const std::vector<Cell>& trials, std::ofstream& file) {
  PublishedExperiment published;
  const auto regression = fit(trials);
  const auto two_decimals = [](double x) { return std::round(100 * x) / 100; };
  file << "estimate,error\n";
  for (std::size_t t = 0; t < kTerms; ++t) {
    const auto& term = regression.terms[t];
    const double shift = t % 2 == 0 ? term.error : -0.5 * term.error;
    published.terms[t] = {two_decimals(term.estimate + shift), two_decimals(1.3 * term.error)};
    file << published.terms[t].estimate << "," << published.terms[t].error << "\n";
  }
  return published;
}

// Trials crossed with images, both with an effect of their own: y is -1, 0 or 1 in `scenario`, as losses
// are.
CrossedMean make_crossed(std::mt19937& random, std::ofstream& file, int scenario, int trials) {
  std::normal_distribution<double> normal;
  std::vector<double> of_image(kSampleImages), by_image(kSampleImages);
  std::ranges::generate(of_image, [&] { return normal(random); });
  std::vector<double> means;
  double squares = 0;
  for (int t = 0; t < trials; ++t) {
    const double of_trial = normal(random);
    double sum = 0;
    for (std::size_t i = 0; i < kSampleImages; ++i) {
      const double x = of_trial + (i % 3 == 0 ? 0.4 * scenario : 1) * of_image[i] + normal(random);
      const double y = x > 1.5 ? 100 : x < -2.5 ? -100 : 0;
      file << scenario << "," << t << "," << i << "," << y << "\n";
      sum += y;
      squares += y * y;
      by_image[i] += y / trials;
    }
    means.push_back(sum / kSampleImages);
  }
  const auto d = describe(means);
  return crossed_mean(trials, d.mean, *d.deviation * *d.deviation / trials, by_image, squares);
}

// Skewed accuracies, correlated clusters, a two-by-two-by-two-by-seven experiment with 5 to 9 trials a
// cell whose spread grows with the last factor.
Sample make_sample(const test::TempDir& dir) {
  std::mt19937 random(4);
  std::gamma_distribution<double> skewed(1.5, 2);
  std::normal_distribution<double> noise;
  Sample sample;
  std::ofstream values(dir.file("values.csv"));
  std::ofstream clusters(dir.file("clusters.csv"));
  std::ofstream observations(dir.file("observations.csv"));
  for (auto* file : {&values, &clusters, &observations}) {
    file->precision(17);
  }
  values << "value\n";
  clusters << "count,images\n";
  observations << "cell,x1,x2,x3,x4,y\n";
  for (int i = 0; i < 83; ++i) {
    sample.values.push_back(80 - skewed(random));
    values << sample.values.back() << "\n";
    std::binomial_distribution<int> count(kSampleImages, std::min(1.0, skewed(random) / 40));
    sample.clusters.push_back(count(random));
    clusters << sample.clusters.back() << "," << kSampleImages << "\n";
  }
  int cell = 100;
  for (const double x1 : {1, 2}) {
    for (const double x2 : {1, 2}) {
      for (const double x3 : {1, 2}) {
        for (const double x4 : {1, 2, 5, 10, 20, 50, 100}) {
          ++cell;
          std::vector<double> y;
          for (int i = 0; i < 5 + cell % 5; ++i) {
            y.push_back(75 + 4 * x1 - 0.05 * x4 * x2 + 0.02 * x1 * x3 * x4 +
                        (0.5 + 0.03 * x4) * noise(random));
            observations << cell << "," << x1 << "," << x2 << "," << x3 << "," << x4 << "," << y.back()
                         << "\n";
          }
          const auto d = describe(y);
          sample.means.push_back({{x1, x2, x3, x4}, d.mean, 1, 0});
          sample.trials.push_back({{x1, x2, x3, x4},
                                   d.mean,
                                   static_cast<double>(d.count),
                                   *d.deviation * *d.deviation * (d.count - 1)});
        }
      }
    }
  }
  std::ofstream crossed(dir.file("crossed.csv"));
  crossed << "scenario,trial,image,y\n";
  sample.crossed = {make_crossed(random, crossed, 1, 12), make_crossed(random, crossed, 2, 7)};
  std::ofstream drawn(dir.file("drawn.csv"));
  drawn.precision(17);
  drawn << "value,weight\n";
  for (int i = 0; i < 40; ++i) {
    sample.drawn.push_back(skewed(random));
    sample.weights.push_back(0.1 + skewed(random) / 3);
    drawn << sample.drawn.back() << "," << sample.weights.back() << "\n";
  }
  std::ofstream published(dir.file("published.csv"));
  sample.published = publish(sample.trials, published);
  return sample;
}

class AgainstR : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = new test::TempDir;
    sample_ = new Sample(make_sample(*dir_));
    const auto command = std::string("'" FLUENCE_RSCRIPT "' --vanilla " FLUENCE_SOURCE_DIR
                                     "/tests/analysis/statistics.R ") +
                         dir_->path().string() + " > " + dir_->file("r.json");
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    std::ifstream file(dir_->file("r.json"));
    r_ = new nlohmann::json(nlohmann::json::parse(file));
  }
  static void TearDownTestSuite() {
    delete r_;
    delete sample_;
    delete dir_;
  }

  static void expect_same(const std::string& key, const std::vector<double>& ours) {
    const auto theirs = r_->at(key).get<std::vector<double>>();
    ASSERT_EQ(ours.size(), theirs.size()) << key;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      EXPECT_NEAR(ours[i], theirs[i], 1e-8 * std::max(1.0, std::abs(theirs[i]))) << key << " " << i;
    }
  }
  static std::vector<double> numbers(const Regression& regression) {
    std::vector<double> all;
    for (const auto& term : regression.terms) {
      all.insert(all.end(), {term.estimate, term.error, term.t, term.p, term.robust_error});
    }
    all.insert(all.end(), {regression.r2, regression.adjusted_r2, regression.sigma});
    return all;
  }

  static inline test::TempDir* dir_ = nullptr;
  static inline Sample* sample_ = nullptr;
  static inline nlohmann::json* r_ = nullptr;
};

TEST_F(AgainstR, Distribution) {
  const auto d = describe(sample_->values);
  expect_same("describe", {d.mean, *d.deviation, d.least, d.q05, d.q25, d.median, d.q75, d.q95, d.most,
                           d.interval->low, d.interval->high});
}

TEST_F(AgainstR, ShareOfImagesInClusters) {
  const auto s = clustered_share(sample_->clusters, kSampleImages);
  EXPECT_GT(s.design_effect, 1.5) << "the sample is meant to be clustered";
  expect_same("share", {s.share, s.design_effect, s.effective, s.interval->low, s.interval->high});
}

TEST_F(AgainstR, MeansOverTrialsAndImages) {
  const auto& [first, second] = sample_->crossed;
  std::vector<double> numbers;
  for (const auto& parts :
       {std::vector{Part{&first, 1}}, {Part{&second, 1}}, {Part{&first, 1}, Part{&second, -0.5}}}) {
    const auto e = estimate(parts);
    ASSERT_TRUE(e.images);
    EXPECT_GT(e.images->variance, 1.2 * e.faults->variance) << "images are meant to matter";
    numbers.insert(numbers.end(), {e.value, e.faults->variance, e.faults->freedom, e.images->variance,
                                   e.images->freedom, e.faults_interval()->low,
                                   e.images_interval()->high, p_value(e.value, *e.images)});
  }
  expect_same("crossed", numbers);
}

// Groups of 11 accuracies, with ties.
TEST_F(AgainstR, MeanOfTrialsThatAreDrawnByAMap) {
  const auto mean = weighted_mean(sample_->drawn, sample_->weights);
  expect_same("drawn", {mean.mean, mean.variance, mean.slope});
}

TEST_F(AgainstR, GroupsByRank) {
  std::vector<std::vector<double>> groups;
  for (std::size_t i = 0; i < sample_->values.size(); ++i) {
    if (i % 11 == 0) {
      groups.emplace_back();
    }
    groups.back().push_back(std::floor(sample_->values[i]) + static_cast<double>(groups.size()) / 2);
  }
  groups.emplace_back();
  const auto test = kruskal_wallis(groups);
  expect_same("groups", {test.statistic, static_cast<double>(test.freedom), test.p});
}

TEST(KruskalWallis, TellsNothingFromOneGroupOrEqualNumbers) {
  EXPECT_EQ(kruskal_wallis({{1, 2, 3}, {}}).p, 1);
  EXPECT_EQ(kruskal_wallis({{1, 1}, {1}}).p, 1);
  EXPECT_EQ(kruskal_wallis({}).p, 1);
}

TEST_F(AgainstR, RegressionOnSingleTrials) {
  const auto regression = fit(sample_->trials);
  expect_same("trials", numbers(regression));
  expect_same("lack", {regression.lack_of_fit, regression.lack_of_fit_p});
}

TEST_F(AgainstR, ComparisonWithAPublishedFit) {
  const auto c = compare_with(sample_->published, fit(sample_->trials), sample_->trials);
  EXPECT_NEAR(c.error_ratio, 1.3, 0.02);
  std::vector<double> numbers(c.deviations.begin(), c.deviations.end());
  numbers.insert(numbers.end(), {c.error_ratio, c.error_misfit, c.distance, c.fitted_difference,
                                 c.largest_difference, static_cast<double>(c.largest_cell), c.rounding,
                                 c.joint, c.joint_p, c.joint_robust, c.joint_robust_p});
  expect_same("comparison", numbers);
}

TEST_F(AgainstR, RegressionOnMeansAndItsDiagnostics) {
  const auto regression = fit(sample_->means);
  expect_same("means", numbers(regression));
  expect_same("fitted", regression.fitted);
  const auto& d = regression.diagnostics;
  expect_same("diagnostics", {d.largest_residual, static_cast<double>(d.largest_residual_cell),
                              d.largest_cook, static_cast<double>(d.largest_cook_cell), d.normality,
                              d.normality_p, d.spread, d.spread_p});
}

TEST(Distribution, OfFewValuesHasNoInterval) {
  const auto one = describe({7});
  EXPECT_FALSE(one.deviation);
  EXPECT_FALSE(one.interval);
  EXPECT_EQ(one.q95, 7);
  const auto four = describe({1, 2, 3, 4});
  EXPECT_TRUE(four.deviation);
  EXPECT_FALSE(four.interval);
  EXPECT_TRUE(describe({1, 2, 3, 4, 5}).interval);
}

CrossedMean constant_trials(int trials, std::vector<double> by_image) {
  double sum = 0;
  double squares = 0;
  for (const double y : by_image) {
    sum += y / static_cast<double>(by_image.size());
    squares += y * y * trials;
  }
  return crossed_mean(trials, sum, 0, std::move(by_image), squares);
}

// Every fault does the same to an image: more trials tell nothing, more images do.
TEST(CrossedMean, WhatImagesDoIsNoCertaintyAboutOthers) {
  const auto mean = constant_trials(100, {0, 0, 10, 10});
  const auto e = estimate(std::array{Part{&mean}});
  EXPECT_EQ(e.faults->variance, 0);
  EXPECT_EQ(p_value(e.value, *e.faults), 1) << "no spread is no certainty";
  EXPECT_NEAR(e.images->variance, 100.0 / 3 / 4, 1e-9);
  EXPECT_NEAR(e.images->freedom, 3, 1e-9);
}

TEST(CrossedMean, ImagesThatTwoScenariosShareCancel) {
  const auto one = constant_trials(9, {0, 0, 10, 10});
  const auto other = constant_trials(9, {5, 5, 15, 15});
  const auto e = estimate(std::array{Part{&one, 1}, Part{&other, -1}});
  EXPECT_NEAR(e.images->variance, 0, 1e-12);
  const auto opposite = constant_trials(9, {15, 15, 5, 5});
  EXPECT_NEAR(estimate(std::array{Part{&one, 1}, Part{&opposite, -1}}).images->variance, 400.0 / 3 / 4,
              1e-9);
}

// What is left of their difference is a rounding, of which no smaller part of a degree has a quantile.
TEST(CrossedMean, OfImagesThatDoNoMoreThanTrialsHasAnInterval) {
  const CrossedMean mean{10, 0, 0, {1, -1}, 1 - 1e-14};
  const auto e = estimate(std::array{Part{&mean}});
  EXPECT_GT(e.images->variance, 0);
  EXPECT_LT(e.images->variance, 1e-13);
  EXPECT_EQ(e.images->freedom, 1);
  EXPECT_NEAR(e.images_interval()->high, 0, 1e-5);
}

TEST(CrossedMean, OfFewTrialsOrUnknownImagesHasNoUncertainty) {
  const auto few = constant_trials(4, {0, 0, 10, 10});
  EXPECT_FALSE(estimate(std::array{Part{&few}}).faults);
  EXPECT_FALSE(estimate(std::array{Part{&few}}).images);
  const CrossedMean unknown{9, 5, 1, {}, 0};
  EXPECT_TRUE(estimate(std::array{Part{&unknown}}).faults_interval());
  EXPECT_FALSE(estimate(std::array{Part{&unknown}}).images_interval());
  const auto known = constant_trials(9, {0, 0, 10, 10});
  EXPECT_FALSE(estimate(std::array{Part{&known}, Part{&unknown}}).images);
}

TEST(ClusteredShare, CountsATrialAsOneDrawWhereTrialsDoNotShowMore) {
  const auto none = clustered_share(std::vector<int>(10, 0), kSampleImages);
  EXPECT_EQ(none.effective, 10);
  EXPECT_EQ(none.interval->low, 0);
  const double t = student(kConfidence, 9);
  EXPECT_NEAR(none.interval->high, t * t / (10 + t * t), 1e-12) << "Wilson, 0 of 10";
  EXPECT_EQ(clustered_share(std::vector<int>{3}, kSampleImages).effective, 1);
  EXPECT_FALSE(clustered_share(std::vector<int>{3, 4, 5, 6}, kSampleImages).interval);
  EXPECT_EQ(clustered_share(std::vector<int>{25, 25, 25}, kSampleImages).design_effect, 1)
      << "not below 1";
  EXPECT_EQ(
      clustered_share(std::vector<int>{0, kSampleImages, 0, kSampleImages}, kSampleImages).effective, 4)
      << "images of a trial that are all alike say no more than one";
}

TEST(Entropy, IsOneBitAtHalfAndNoneWhenCertain) {
  EXPECT_DOUBLE_EQ(entropy(0.5), 1);
  EXPECT_EQ(entropy(0), 0);
  EXPECT_EQ(entropy(1), 0);
  EXPECT_NEAR(entropy(0.11), 0.4999, 1e-4);
}

std::string refusal(const std::vector<Cell>& cells) {
  try {
    fit(cells);
    return "none";
  } catch (const std::domain_error& e) {
    return e.what();
  }
}

TEST(Regression, SaysWhyItCannotBeFitted) {
  std::vector<Cell> cells;
  for (int i = 0; i < 32; ++i) {
    cells.push_back({{1.0 + i % 2, 1.0 + i / 2 % 2, 1.0 + i / 4 % 2, static_cast<double>(i / 8)},
                     static_cast<double>(i * i % 7)});
  }
  EXPECT_EQ(refusal(cells), "none");
  EXPECT_EQ(refusal({cells.begin(), cells.begin() + 16}),
            "the model has 16 terms and there are only 16 observations");
  auto same = cells;
  for (auto& cell : same) {
    cell.x[1] = 1;
  }
  EXPECT_EQ(refusal(same), "the factors do not vary enough to tell the model's 16 terms apart");
  for (auto& cell : cells) {
    cell.mean = 5;
  }
  EXPECT_EQ(refusal(cells), "all accuracies are equal");
}

TEST(Summary, IsTheStatisticsOfTheTrials) {
  ScenarioTally tally;
  tally.engine = "fast";
  tally.network = "cnvW1A1";
  tally.images = 10;
  tally.trials = 4;
  // Trials with 8, 6, 7 and 9 correct images of 10.
  tally.done = 4;
  tally.correct = 30;
  tally.correct_squares = 64 + 36 + 49 + 81;
  tally.least_correct = 6;
  tally.most_correct = 9;
  tally.masked = 20;
  tally.tolerable = 12;
  tally.critical = 6;
  tally.hang = 2;
  tally.baseline_correct = 9;
  const auto s = summarize(tally);
  EXPECT_DOUBLE_EQ(s.mean, 75);
  EXPECT_NEAR(*s.deviation, 12.909944487358056, 1e-12);
  EXPECT_DOUBLE_EQ(s.least, 60);
  EXPECT_DOUBLE_EQ(s.most, 90);
  EXPECT_DOUBLE_EQ(s.masked, 50);
  EXPECT_DOUBLE_EQ(s.tolerable, 30);
  EXPECT_DOUBLE_EQ(s.critical, 15);
  EXPECT_DOUBLE_EQ(s.hang, 5);
  EXPECT_DOUBLE_EQ(s.fault_free, 90);
  const auto table = summary_table({s, summarize(ScenarioTally{})});
  EXPECT_THAT(table, testing::HasSubstr("75.00 12.91  60.00  90.00   50.00     30.00    15.00  5.00"));
  EXPECT_THAT(table, testing::HasSubstr("engine fast"));
  EXPECT_THAT(table, testing::HasSubstr("4 of 4 trials"));
}

}  // namespace
}  // namespace fluence
