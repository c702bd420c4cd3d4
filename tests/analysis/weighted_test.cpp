// Trials that are drawn by a map: what they say of plain ones.
#include "analysis/weighted.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <numeric>
#include <random>

#include "analysis/campaign_statistics.hpp"
#include "analysis/gate.hpp"
#include "base/error.hpp"
#include "campaign/spec.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

using ::testing::HasSubstr;

TEST(WeightedMean, OfPlainTrialsIsTheirMean) {
  const std::vector<double> values = {1, 2, 4, 9};
  const std::vector<double> ones(4, 1);
  const auto mean = weighted_mean(values, ones);
  EXPECT_DOUBLE_EQ(mean.mean, 4);
  EXPECT_DOUBLE_EQ(mean.variance, (9 + 4 + 0 + 25) / 3.0 / 4);
  EXPECT_DOUBLE_EQ(mean.plain, 38 / 4.0);
  EXPECT_EQ(mean.slope, 0);
}

// What is in every trial is known without error, however the weights fall.
TEST(WeightedMean, OfWhatIsInEveryTrialIsExact) {
  const std::vector<double> values(5, 0.7);
  const std::vector<double> weights = {0.2, 3, 1.1, 0.4, 2};
  const auto mean = weighted_mean(values, weights);
  EXPECT_NEAR(mean.mean, 0.7, 1e-15);
  EXPECT_NEAR(mean.variance, 0, 1e-30);
}

TEST(WeightedMean, OfPartsAddUpToThatOfTheWhole) {
  const std::vector<double> weights = {0.2, 3, 1.1, 0.4, 2};
  const std::vector<double> a = {0, 0.1, 0.5, 0.3, 0};
  const std::vector<double> b = {0.9, 0.2, 0.1, 0, 0};
  std::vector<double> rest;
  for (std::size_t i = 0; i < a.size(); ++i) {
    rest.push_back(1 - a[i] - b[i]);
  }
  EXPECT_NEAR(weighted_mean(a, weights).mean + weighted_mean(b, weights).mean +
                  weighted_mean(rest, weights).mean,
              1, 1e-15);
}

// Trials of one fault each, drawn by the very share of images that it is critical in but for plain ones.
TEST(WeightedMean, OfWhatIsAsRareAsItIsImportantIsExact) {
  constexpr double kPlain = 0.2;
  const std::vector<double> harm = {0, 0, 0, 0.1, 0, 0.5, 0, 0};  // of all faults
  const double exact = 0.6 / 8;
  std::vector<double> values, weights;
  for (const std::size_t fault : {5U, 5U, 3U, 0U, 5U, 3U, 5U, 1U}) {
    values.push_back(harm[fault]);
    weights.push_back(1 / (kPlain + (1 - kPlain) * harm[fault] / exact));
  }
  const auto mean = weighted_mean(values, weights);
  EXPECT_NEAR(mean.mean, exact, 1e-15);
  EXPECT_EQ(mean.variance, 0);
  const auto share = weighted_share(mean, 10, weights);
  EXPECT_LT(share.effective, 8) << "that nothing differs from the line proves nothing";
}

// A rare fault, drawn half of the time: trials of a hundredth of the number say as much.
TEST(WeightedMean, OfARareFaultIsSoonKnown) {
  constexpr double kRare = 1e-3;
  constexpr double kDrawn = 0.5;
  std::mt19937_64 random(3);
  int inside = 0;
  constexpr int kCampaigns = 1000;
  double worth = 0;
  for (int campaign = 0; campaign < kCampaigns; ++campaign) {
    std::vector<double> values, weights;
    for (int trial = 0; trial < 60; ++trial) {
      const bool hit = std::bernoulli_distribution(kDrawn)(random);
      const double harm = std::uniform_real_distribution<double>(0.2, 0.6)(random);
      values.push_back(hit ? harm : 0);
      weights.push_back(hit ? kRare / kDrawn : (1 - kRare) / (1 - kDrawn));
    }
    const auto mean = weighted_mean(values, weights);
    const double half = student(kConfidence, 58) * std::sqrt(mean.variance);
    inside += std::abs(mean.mean - 0.4 * kRare) <= half ? 1 : 0;
    worth += mean.plain / 60 / mean.variance / kCampaigns;
  }
  EXPECT_GT(inside, 930);
  EXPECT_LT(inside, 970);
  EXPECT_GT(worth, 100);
}

TEST(WeightedShare, OfNothingRestsOnTheWeights) {
  const std::vector<double> weights = {5, 5, 0.1, 0.1, 0.1, 0.1};
  const auto share = weighted_share(weighted_mean(std::vector<double>(6, 0), weights), 10, weights);
  EXPECT_EQ(share.share, 0);
  EXPECT_NEAR(share.effective, 10.4 * 10.4 / (50 + 0.04), 1e-12);
  ASSERT_TRUE(share.interval);
  EXPECT_NEAR(share.interval->low, 0, 1e-15);
  EXPECT_GT(share.interval->high, 0.5);
}

TEST(WeightedDistribution, HasTheQuantilesOfWhatTrialsStandFor) {
  const std::vector<double> values = {60, 90, 80, 89};
  const std::vector<double> weights = {0.1, 1.5, 0.2, 2.2};
  const auto d = describe(values, weights, {88, 0.04, 9, 0});
  EXPECT_EQ(d.least, 60);
  EXPECT_EQ(d.q05, 80);
  EXPECT_EQ(d.median, 89);
  EXPECT_EQ(d.q75, 90);
  EXPECT_EQ(d.most, 90);
  EXPECT_EQ(d.mean, 88);
  EXPECT_EQ(d.deviation, 3);
}

constexpr int kDrawnImages = 40;
constexpr int kDrawnTrials = 30;

// Results whose trials have weights, and the same as a table.
class DrawnCampaign : public testing::Test {
 protected:
  DrawnCampaign() {
    auto spec = Spec::parse(R"(name = "t"
seed = 1
count = 40
trials = 30
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = "weights"
faults = 1
)",
                            "t.toml");
    spec.scenarios.front().draw = "map 00 plain 0.2";
    std::mt19937_64 random(5);
    auto store =
        Store::open(dir.path(), {{"name", "t"}, {"spec", spec.text}, {"seed", "1"}}, spec.scenarios);
    std::vector<TrialRecord> records;
    for (std::size_t t = 0; t < kDrawnTrials; ++t) {
      TrialRecord record;
      record.trial = static_cast<int>(t);
      record.weight = std::uniform_real_distribution<double>(0.05, 2)(random);
      record.baseline = {0, "b", std::string(set_size(kDrawnImages), '\0')};
      record.sets = {std::string(set_size(kDrawnImages), '\0'),
                     std::string(set_size(kDrawnImages), '\0')};
      record.outcomes.digest = "d";
      for (std::size_t i = 0; i < kDrawnImages; ++i) {
        const bool right = i % 4 != 0;
        const bool other = random() % (i % 3 + 3) == 0;
        const bool right_now = right != (other && i % 8 != 0);
        record.baseline.correct += right ? 1 : 0;
        record.outcomes.correct += right_now ? 1 : 0;
        record.outcomes.critical += other ? 1 : 0;
        right ? insert(record.baseline.correct_set, i) : void();
        right_now ? insert(record.sets.correct, i) : void();
        other ? insert(record.sets.critical, i) : void();
        loss[t][i] = 100.0 * (right - right_now);
        critical[t][i] = 100.0 * other;
      }
      record.outcomes.masked = kDrawnImages - record.outcomes.critical - 3;
      record.outcomes.tolerable = 3;
      weights.push_back(record.weight);
      records.push_back(record);
    }
    store.add(records);
  }

  using Table = std::array<std::array<double, kDrawnImages>, kDrawnTrials>;

  // The crossed analysis of w y - slope (w - 1), number by number.
  [[nodiscard]] CrossedMean crossed(const Table& y) const {
    std::vector<double> means;
    for (const auto& row : y) {
      means.push_back(std::accumulate(row.begin(), row.end(), 0.0) / kDrawnImages);
    }
    const auto mean = weighted_mean(means, weights);
    std::vector<double> by_image(kDrawnImages);
    double squares = 0;
    for (std::size_t t = 0; t < kDrawnTrials; ++t) {
      for (std::size_t i = 0; i < kDrawnImages; ++i) {
        const double now = weights[t] * y[t][i] - mean.slope * (weights[t] - 1);
        by_image[i] += now / kDrawnTrials;
        squares += now * now;
      }
    }
    return crossed_mean(kDrawnTrials, mean.mean, mean.variance, by_image, squares);
  }

  static void expect_equal(const CrossedMean& a, const CrossedMean& b) {
    EXPECT_NEAR(a.mean, b.mean, 1e-10);
    EXPECT_NEAR(a.variance, b.variance, 1e-10);
    EXPECT_NEAR(a.residual, b.residual, 1e-10);
    ASSERT_EQ(a.by_image.size(), b.by_image.size());
    for (std::size_t i = 0; i < a.by_image.size(); ++i) {
      EXPECT_NEAR(a.by_image[i], b.by_image[i], 1e-10);
    }
  }

  test::TempDir dir;
  std::vector<double> weights;
  Table loss{}, critical{};
};

TEST_F(DrawnCampaign, WeighsTrialsAndImages) {
  auto store = Store::open_existing(dir.path());
  const auto campaign = read_campaign(store, 0);
  const auto& s = campaign.scenarios.front();
  expect_equal(s.loss_mean, crossed(loss));
  expect_equal(s.critical_mean, crossed(critical));
  EXPECT_NEAR(s.loss(), crossed(loss).mean, 1e-10);
  EXPECT_NEAR(s.masked.share + s.tolerable.share + s.critical.share + s.hang.share, 1, 1e-12);
  EXPECT_NEAR(s.tolerable.share, 3.0 / kDrawnImages, 1e-12) << "which every trial has";
  const double p = s.critical.share;
  EXPECT_NEAR(s.critical.effective, p * (1 - p) / (crossed(critical).variance / 1e4), 1e-6);
  EXPECT_TRUE(s.worth_critical);
  EXPECT_EQ(campaign.summaries.front().mean, s.accuracy.mean);
  EXPECT_THAT(s.group, HasSubstr(", drawn by map 00 plain 0.2"));
}

// A baseline keeps the weights, to the last bit.
TEST_F(DrawnCampaign, IsGatedByWhatItsTrialsStandFor) {
  auto store = Store::open_existing(dir.path());
  const auto now = GateBaseline::of(store, dir.path());
  const auto& sample = now.samples.front();
  EXPECT_EQ(sample.weight, weights);
  EXPECT_NEAR(sample.loss(), crossed(loss).mean, 1e-10);
  EXPECT_THAT(sample.scenario, HasSubstr(" draw map 00 plain 0.2"));
  const auto again = GateBaseline::parse(now.text(), "b.json");
  EXPECT_EQ(again.samples.front().weight, weights);
  auto worse = again;
  for (auto& correct : worse.samples.front().correct) {
    correct -= 2;
  }
  const auto found = compare(again, worse, {0.05, 1}).front();
  EXPECT_TRUE(found.paired);
  EXPECT_NEAR(found.now - found.before, 5, 1e-10);  // two of 40 images
  EXPECT_EQ(found.verdict, GateVerdict::regressed);
  worse.samples.front().weight.front() *= 1.5;  // of other draws
  EXPECT_FALSE(compare(again, worse, {0.05, 1}).front().paired);
}

TEST_F(DrawnCampaign, ABaselineWithWeightsThatCannotBeIsRefused) {
  auto store = Store::open_existing(dir.path());
  const auto text = GateBaseline::of(store, dir.path()).text();
  const auto at = text.find("\"weight\"");
  ASSERT_NE(at, text.npos);
  const auto first = text.find_first_of("0123456789", at);
  const auto end = text.find_first_of(",\n", first);
  for (const auto* bad : {"0", "-1", "101", "\"1\"", "1, 1"}) {
    auto changed = text;
    changed.replace(first, end - first, bad);
    EXPECT_THROW(GateBaseline::parse(changed, "b.json"), InputError) << bad;
  }
}

}  // namespace
}  // namespace fluence
