// Reports of made-up results, whose statistics are known.
#include "analysis/report.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>

#include "analysis/agreement.hpp"
#include "analysis/rankings.hpp"
#include "base/error.hpp"
#include "campaign/integrity.hpp"
#include "tests/support/made_up_results.hpp"

namespace fluence::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Report, HoldsTheStatisticsOfEveryScenario) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible);
  const auto data = report_data(store, {"results/x", 0.1});
  EXPECT_EQ(data["campaign"]["trials"], 24 * 6);
  ASSERT_EQ(data["scenarios"].size(), 24U);
  const auto& s = data["scenarios"][2];  // cnvW1A1 seu weights 100: 25 to 27 images lost
  EXPECT_EQ(s["faults"], 100);
  EXPECT_DOUBLE_EQ(s["fault_free"], 80);
  EXPECT_DOUBLE_EQ(s["mean"], 80 - 2.6);
  EXPECT_DOUBLE_EQ(s["least"], 80 - 2.7);
  EXPECT_EQ(s["worst_trial"], 2);
  EXPECT_DOUBLE_EQ(s["critical"]["share"], 0.005);
  EXPECT_GT(s["critical"]["design_effect"], 1);
  const auto& first =
      data["scenarios"][0];  // one fault: 0, 1 or 2 images lost, of which 0.1 points is one
  EXPECT_DOUBLE_EQ(first["tolerant"]["share"], 4.0 / 6);
  EXPECT_NEAR(first["tolerant"]["entropy"], 0.9183, 1e-4);
}

// Six trials of a thousand images without a critical one: as many as six draws, less the images' share.
TEST(Report, NoCriticalImageIsNoCertaintyAboutOthers) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible, {},
                       [](const Scenario& /*scenario*/, int /*trial*/) { return 0; });
  const auto critical = report_data(store, {"x", 0})["scenarios"][0]["critical"];
  const auto expected = wilson(0, 1 / (1.0 / 6 + 1.0 / kImages), student(kConfidence, 5));
  EXPECT_EQ(critical["images_low"], 0);
  EXPECT_NEAR(critical["images_high"].get<double>(), expected.high, 1e-12);
  EXPECT_GT(critical["images_high"], critical["high"]);
}

TEST(Report, NamesTheWorstTrialsAndTheirCommands) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 40), 40, [](const Scenario& s, int k) {
    return s.draw_plan.faults == 100 && k == 7 ? 193 : 0;
  });
  const auto data = report_data(store, {"results/x", 0});
  const auto& worst = data["worst_trials"][0];
  EXPECT_EQ(worst["command"], "fluence trial results/x --scenario 2 --trial 7");
  EXPECT_EQ(worst["upset_count"], 20);
  EXPECT_EQ(worst["upsets"][1]["bit"], 8);
  EXPECT_EQ(worst["upsets"][1]["before_image"], 1);
  EXPECT_TRUE(worst["upsets"][1]["cycle"].is_null());
}

TEST(Report, ShowsTheEnginesAgreementOfTheseResultsAlone) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible);
  const auto folder = dir.path().string();
  const auto none = report_data(store, {folder, 0});
  EXPECT_TRUE(none["agreement"].is_null());
  EXPECT_THAT(report_text(none), HasSubstr("has been compared with the RTL: fluence verify " + folder));

  Agreement agreement;
  agreement.trials = 20;
  agreement.images = 20;
  agreement.scores = 1280;
  agreement.rtl = "0123456789abcdef";
  write_agreement(folder, agreement, store.manifest());
  EXPECT_THAT(
      report_text(report_data(store, {folder, 0})),
      HasSubstr("20 trials compared with RTL 0123456789abcdef: 1280 scores of 20 images, 0 upsets "
                "with 0 fates; all equal\n"));
  agreement.differences = {"trial 3 of scenario 1 differs from image 7 on"};
  write_agreement(folder, agreement, store.manifest());
  EXPECT_THAT(report_text(report_data(store, {folder, 0})),
              HasSubstr("1 trials differ\ntrial 3 of scenario 1 differs from image 7 on\n"));

  write_agreement(folder, agreement, {{"name", "other"}});
  EXPECT_TRUE(report_data(store, {folder, 0})["agreement"].is_null());
  std::ofstream(dir.file("verify.json")) << "{";
  EXPECT_THROW(report_data(store, {folder, 0}), InputError);

  agreement.differences = {};
  write_agreement(folder, agreement, store.manifest());
  const auto good = nlohmann::json::parse(std::ifstream(dir.file("verify.json")));
  for (const auto& [key, bad] :
       std::vector<std::pair<std::string, nlohmann::json>>{{"trials", true},
                                                           {"trials", 20.5},
                                                           {"images", -20},
                                                           {"images", 19},
                                                           {"scores", "1280"},
                                                           {"fates", 1},  // of no upset
                                                           {"mismatches", 1},
                                                           {"differences", nlohmann::json::array({1})},
                                                           {"rtl", 7}}) {
    auto changed = good;
    changed[key] = bad;
    std::ofstream(dir.file("verify.json")) << changed;
    EXPECT_THROW(report_data(store, {folder, 0}), InputError) << key << " " << bad;
  }
}

std::vector<int> places(const nlohmann::ordered_json& ranks, const std::string& network,
                        const std::string& space) {
  std::vector<int> order;
  for (const auto& r : ranks) {
    if (r["network"] == network && r["space"] == space) {
      order.push_back(r["place"]);
    }
  }
  return order;
}

TEST(Report, RanksLayersByTheImagesThatChangeTheirClass) {
  const TempDir dir;
  auto store = made_up(
      dir, spec_text(kLayers, 6), 6,
      [](const Scenario& s, int k) { return s.draw_plan.layers.front() * 3 + k; }, {},
      [](const Scenario& s, int k) { return (9 - s.draw_plan.layers.front()) * 9 + k; });
  const auto data = report_data(store, {"x", 0});
  EXPECT_THAT(places(data["layer_ranking"], "cnvW1A1", "weights+thresholds"), ElementsAre(0, 1, 4, 5, 8))
      << "though the loss says the opposite";
  const auto& first = data["layer_ranking"][0];
  EXPECT_NEAR(first["critical"].get<double>(), 8.35, 1e-9);
  EXPECT_NEAR(first["loss"].get<double>(), 0.25, 1e-9);
  EXPECT_LT(first["critical_low"], 8.35);
  EXPECT_GT(first["critical_images_high"], first["critical_high"])
      << "other images say less than other faults on these";
  EXPECT_EQ(first["trials"], 6 * 6);
}

TEST(Report, NoIntervalOfAShareLeavesWhatAShareCanBe) {
  const TempDir dir;
  const auto once = [](const Scenario& s, int k) {
    return s.draw_plan.word_size == 1 && k == 0 ? 1 : 0;
  };
  auto store = made_up(dir, spec_text("spaces = \"weights\"\nlayers = [1, 2]\nfaults = 1\n", 6), 6, once,
                       {}, once);
  const auto data = report_data(store, {"x", 0});
  const auto& first = data["layer_ranking"][0];
  EXPECT_EQ(first["critical_low"], 0);
  EXPECT_EQ(first["critical_images_low"], 0);
  EXPECT_LT(first["loss_low"], 0) << "a loss can be a gain";
}

// At equal upsets layer 1 is worse than 2, and 2 and 3 are alike; but layer 3 was given more upsets.
constexpr auto kUnlike =
    "spaces = \"thresholds\"\nlayers = [1, 2]\nfaults = [1, 2]\n[[part]]\nnetworks = [\"cnvW1A1\", "
    "\"cnvW2A2\"]\nmodes = [\"seu\", \"mbu\"]\nspaces = \"thresholds\"\nlayers = [2, 3]\nfaults = 50\n";

int by_upsets(const Scenario& s, int k) {
  return s.draw_plan.faults * (s.draw_plan.layers.front() == 1 ? 4 : 2) + k;
}

TEST(Report, RanksNoLayersThatHaveNoScenariosInCommon) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUnlike, 6), 6, by_upsets, {}, by_upsets);
  const auto data = report_data(store, {"x", 0});
  EXPECT_TRUE(data["layer_ranking"].empty());
  ASSERT_EQ(data["ranked_layers"].size(), 2U);
  EXPECT_EQ(data["ranked_layers"][0]["left_out"], 12);
  EXPECT_THAT(report_text(data), HasSubstr("not ranked, its layers have no scenarios in common"));
}

TEST(Report, RanksLayersOverScenariosThatAllHave) {
  const TempDir dir;
  const auto text = spec_text(kUnlike, 6) +
                    "[[part]]\nnetworks = \"cnvW1A1\"\nmodes = \"mbu\"\nspaces = "
                    "\"thresholds\"\nlayers = [3]\nfaults = [1, 2]\n";
  auto store = made_up(dir, text, 6, by_upsets, {}, by_upsets);
  const auto data = report_data(store, {"x", 0});
  EXPECT_THAT(places(data["layer_ranking"], "cnvW1A1", "thresholds"), ElementsAre(1, 2, 3));
  EXPECT_DOUBLE_EQ(data["layer_ranking"][1]["critical"], data["layer_ranking"][2]["critical"]);
  EXPECT_EQ(data["layer_ranking"][0]["trials"], 12);
  EXPECT_THAT(report_text(data), HasSubstr("without 8 scenarios that not all layers have"));
}

TEST(BurstBits, AreThoseOfTheWord) {
  EXPECT_DOUBLE_EQ(burst_bits("cnvW1A1", "weights", 0), 3) << "a word of 3 weights";
  EXPECT_DOUBLE_EQ(burst_bits("cnvW1A1", "weights", 1), 8);
  EXPECT_DOUBLE_EQ(burst_bits("cnvW1A1", "weights", 6), 4);
  EXPECT_DOUBLE_EQ(burst_bits("cnvW1A1", "weights", 8), 1);
  EXPECT_DOUBLE_EQ(burst_bits("cnvW2A2", "weights", 8), 2);
  // 24 bits are three groups; 16 bits are two.
  EXPECT_DOUBLE_EQ(burst_bits("cnvW1A1", "thresholds", 0), 8);
  EXPECT_EQ(burst_bits("cnvW1A1", "thresholds", 8), 0) << "there are none";
}

TEST(Report, SaysHowManyTrialsAMarginSaved) {
  const TempDir dir;
  const auto text = spec_text(kUniform, 6) + "margin = 0.5\n";
  {
    auto store = made_up(dir, text, 4, plausible);
    EXPECT_THAT(report_text(report_data(store, {"x", 0})), HasSubstr(" 4/6  "));
  }
  auto store = Store::open(dir.path(), {{"name", "made-up"}, {"spec", Spec::parse(text, "t").text}}, {});
  store.end_scenario(0, 4);
  const auto data = report_data(store, {"x", 0});
  EXPECT_EQ(data["scenarios"][0]["at_most"], 6);
  EXPECT_EQ(data["scenarios"][0]["margin"], 0.5);
  EXPECT_THAT(report_text(data), HasSubstr("96 of 142 trials;"));
  EXPECT_THAT(report_text(data), HasSubstr("margins met: 142 trials instead of 144\n"));
}

TEST(Report, RanksBitsFromSingleUpsetsOnly) {
  const TempDir dir;
  // The trial's only upset is in bit k % 16.
  const auto by_bit = [](const Scenario& s, int k) {
    return s.draw_plan.faults > 1 ? 500 : 5 * (k % 16) + k / 16;
  };
  auto store = made_up(dir, spec_text(kUniform, 80), 80, by_bit, {}, by_bit);
  const auto data = report_data(store, {"x", 0});
  ASSERT_FALSE(data["bit_ranking"].empty());
  const auto& first = data["bit_ranking"][0];
  EXPECT_EQ(first["network"], "cnvW1A1");
  EXPECT_EQ(first["space"], "thresholds");
  EXPECT_EQ(first["place"], 15);
  EXPECT_EQ(first["trials"], 5);
  EXPECT_NEAR(first["critical"].get<double>(), 7.7, 1e-9);
  EXPECT_NEAR(first["loss"].get<double>(), 7.7, 1e-9);
  // Five trials, 75 to 79 images; of 16 positions each is wrong once in 320.
  EXPECT_NEAR(first["critical_high"].get<double>() - 7.7,
              student(1 - 0.05 / 16, 4) * std::sqrt(2.5) / 10 / std::sqrt(5), 1e-9);
  EXPECT_TRUE(data["ranked_bits"][0]["told_apart"]);
}

TEST(Report, PrintsNoOrderOfBitsThatChanceGives) {
  const TempDir dir;
  const auto by_chance = [](const Scenario& /*scenario*/, int k) { return k * 7 % 11; };
  auto store = made_up(dir, spec_text(kUniform, 40), 40, by_chance, {}, by_chance);
  auto data = report_data(store, {"x", 0});
  EXPECT_EQ(data["ranked_bits"][0]["told_apart"], false);
  EXPECT_EQ(places(data["bit_ranking"], "cnvW1A1", "thresholds"),
            (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
  EXPECT_THAT(report_text(data),
              HasSubstr("cnvW1A1 thresholds: 16 positions not told apart (Kruskal-Wallis p "));
  data["complete_map"] = {{"network", "cnvW1A1"}, {"mode", "seu"}};
  EXPECT_THAT(report_text(data),
              HasSubstr("cnvW1A1 thresholds: the complete map says it of every bit\n"));
  EXPECT_THAT(report_text(data), HasSubstr("cnvW2A2 thresholds: 16 positions not told apart"));
}

TEST(Report, SaysWhereRecordedAccuraciesLie) {
  const TempDir dir;
  const auto text =
      "name = \"r\"\nseed = 1\ncount = 1000\ntrials = 10\n[[part]]\nnetworks = \"cnvW1A1\"\nmodes = "
      "\"seu\"\nspaces = \"weights\"\nfaults = 3\nrecorded = [79.5, 60]\n";
  auto store = made_up(dir, text, 10, [](const Scenario&, int k) { return k; });
  const auto data = report_data(store, {"x", 0});
  const auto& recorded = data["scenarios"][0]["recorded"];
  EXPECT_DOUBLE_EQ(recorded[0]["quantile"], 0.5);
  EXPECT_EQ(recorded[0]["inside"], true);
  EXPECT_EQ(recorded[1]["inside"], false);
  EXPECT_THAT(report_text(data), HasSubstr("recorded 79.50: within our distribution, 50.0 % of our"));
  EXPECT_THAT(report_text(data), HasSubstr("recorded 60.00: outside our distribution"));
}

TEST(Report, OfACampaignWithoutTrialsSaysSo) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 0, plausible);
  const auto data = report_data(store, {"x", 0});
  EXPECT_TRUE(data["scenarios"].empty());
  EXPECT_THAT(report_text(data), HasSubstr("0 of 144 trials"));
  EXPECT_EQ(report_csv(data), "");
  EXPECT_THAT(report_page(data), HasSubstr("\"trials\":0,\"failed\":0,\"asked\":144"));
}

// As of images that came through a pipe: no command can be promised.
TEST(Report, NamesATrialThatFailedWhereNoCommandRunsItAgain) {
  const TempDir dir;
  const auto spec = Spec::parse(spec_text(kUniform, 6), "made-up.toml");
  {
    auto store = Store::open(dir.path(), {{"name", "t"}, {"spec", spec.text}}, spec.scenarios);
    store.add_failed({3, 5, "its worker ended with code 1", {}});
  }
  auto store = Store::open_existing(dir.path());
  const auto data = report_data(store, {"x", 0});
  EXPECT_TRUE(data["failed_trials"][0]["command"].is_null());
  EXPECT_THAT(report_text(data), HasSubstr("scenario 3, trial 5: its worker ended with code 1\n"));
}

TEST(Report, DocumentsEveryKeyOfItsData) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 1, plausible);
  std::ifstream file(FLUENCE_SOURCE_DIR "/docs/results.md");
  const std::string doc{std::istreambuf_iterator<char>(file), {}};
  const auto data = report_data(store, {"x", 0});
  EXPECT_FALSE(data.contains("study")) << "this campaign names none";
  for (const auto& [key, value] : data.items()) {
    EXPECT_THAT(doc, HasSubstr("`" + key + "`"));
  }
}

// A statistic of one's own: nothing of the product knows it.
TEST(Report, TakesInASectionFromOutside) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible);
  const ReportSection widest = [](const CampaignStatistics& campaign, nlohmann::ordered_json& data) {
    for (const auto& s : campaign.scenarios) {
      data["widest"] = std::max(data.value("widest", 0.0), s.accuracy.most - s.accuracy.least);
    }
  };
  const auto data = report_data(store, {"x", 0, {widest}});
  EXPECT_NEAR(data["widest"].get<double>(), 0.2, 1e-9);
  EXPECT_THAT(report_page(data), HasSubstr("\"widest\":0.2000"));
}

TEST(Report, CsvHasARowForEachScenario) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible);
  const auto csv = report_csv(report_data(store, {"x", 0}));
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + 24);
  EXPECT_THAT(csv, HasSubstr(",critical.share,critical.low,critical.high,"));
  EXPECT_THAT(
      csv, HasSubstr("\n2,\"engine fast, time image, source, 1000 images a trial\",fast,cnvW1A1,seu,"));
}

TEST(Report, PageCannotBeLeftByItsData) {
  const TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 2, plausible,
                       {{"firmware", "</script><script>alert(1)</script> {{DATA}}"}});
  const auto page = report_page(report_data(store, {"x", 0}));
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_THAT(page, HasSubstr("\\u003c/script>\\u003cscript>alert(1)"));
  EXPECT_THAT(page, HasSubstr("<title>made-up</title>"));
}

TEST(Report, OfADamagedDatabaseIsOneSentence) {
  const TempDir dir;
  { made_up(dir, spec_text(kUniform, 6), 2, plausible); }
  {
    SQLite::Database db(dir.file("results.sqlite"), SQLite::OPEN_READWRITE);
    db.exec("UPDATE upset SET space = 'nowhere'");
    Ledger(db).recount_all();  // as somebody else's program might write it
  }
  auto store = Store::open_existing(dir.path());
  EXPECT_THROW(report_data(store, {"x", 0}), InputError);
  {
    SQLite::Database db(dir.file("results.sqlite"), SQLite::OPEN_READWRITE);
    db.exec("DROP TABLE upset");
  }
  EXPECT_THROW(Store::open_existing(dir.path()), InputError);
}

}  // namespace
}  // namespace fluence::test
