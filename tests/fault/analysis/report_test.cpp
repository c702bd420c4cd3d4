// Reports of made-up results, whose statistics are known.
#include "fault/analysis/report.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>

#include "fault/analysis/agreement.hpp"
#include "fault/analysis/experiment.hpp"
#include "fault/analysis/findings.hpp"
#include "fault/campaign/integrity.hpp"
#include "fault/campaign/provenance.hpp"
#include "fault/campaign/spec.hpp"
#include "network/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kImages = 1000;
constexpr int kFaultFree = 800;

std::string spec_text(const std::string& grid, int trials) {
  return "name = \"made-up\"\nseed = 1\ncount = 1000\ntrials = " + std::to_string(trials) +
         "\n[[part]]\nnetworks = [\"cnvW1A1\", \"cnvW2A2\"]\nmodes = [\"seu\", \"mbu\"]\n" + grid;
}
constexpr auto kUniform = "spaces = [\"weights\", \"thresholds\"]\nfaults = [1, 10, 100]\n";
constexpr auto kLayers =
    "spaces = [[\"weights\", \"thresholds\"]]\nlayers = [0, 1, 4, 5, 8]\nfaults = [1, 10, 100]\n";

// Images lost by trial `k` of a scenario.
using Loss = std::function<int(const Scenario&, int k)>;

// Results with `done` trials a scenario; upset i of trial k flips bit (k + i) % 16 of the scenario's
// space.
Store made_up(const test::TempDir& dir, const std::string& text, int done, const Loss& loss) {
  const auto spec = Spec::parse(text, "made-up.toml");
  {
    auto store = Store::open(
        dir.path(),
        {{"name", spec.name}, {"spec", text}, {kGivenParams, kEmbedded}, {kGivenImages, kEmbedded}},
        spec.scenarios);
    for (std::size_t s = 0; s < spec.scenarios.size(); ++s) {
      std::vector<TrialRecord> records;
      for (int k = 0; k < done; ++k) {
        auto& r = records.emplace_back();
        r.scenario = static_cast<int>(s);
        r.trial = k;
        const int lost = loss(spec.scenarios[s], k);
        r.outcomes = {kFaultFree - lost, kImages - 10 - 2 * k, 10, 2 * k, 0, "d"};
        r.baseline = {kFaultFree, "b"};
        const auto& recipe = spec.scenarios[s].recipe;
        for (int i = 0; i < std::min(recipe.faults, 20); ++i) {
          auto& fault = r.upsets.emplace_back();
          fault.before_image = i;
          fault.site.space = recipe.spaces.front();
          fault.site.layer = recipe.layers.empty() ? 1 : recipe.layers.front();
          fault.site.bit = (k + i) % 16;
          fault.word_size = recipe.word_size;
        }
      }
      store.add(records);
    }
  }
  return Store::open_existing(dir.path());
}

int plausible(const Scenario& s, int k) {
  const int bits = s.net->name == "cnvW1A1" ? 2 : 1;
  const int domain = s.spaces() == "weights" ? 1 : 2;
  return bits * domain * (s.recipe.word_size == 1 ? 1 : 2) * s.recipe.faults / 8 + k % 3;
}

nlohmann::ordered_json statement(const nlohmann::ordered_json& data, const std::string& start) {
  for (const auto& s : data["statements"]) {
    if (s["claim"].get<std::string>().starts_with(start)) {
      return s;
    }
  }
  return {};
}

TEST(Report, HoldsTheStatisticsOfEveryScenario) {
  const test::TempDir dir;
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

TEST(Report, FitsThePublishedModelInBothCodingsOnMeansAndTrials) {
  const test::TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible);
  const auto data = report_data(store, {"results/x", 0});
  const auto& uniform = data["experiments"][0];
  ASSERT_EQ(uniform["fits"].size(), 4U) << uniform["reason"];
  EXPECT_EQ(uniform["fits"][0]["observations"], 24);
  EXPECT_EQ(uniform["fits"][2]["observations"], 24 * 6);
  for (std::size_t i = 0; i < 16; ++i) {
    EXPECT_NEAR(uniform["fits"][0]["terms"][i]["estimate"].get<double>(),
                uniform["fits"][2]["terms"][i]["estimate"].get<double>(), 1e-8)
        << "equally many trials a scenario: means and trials have the same solution";
  }
  const auto& terms = uniform["fits"][0]["terms"];
  EXPECT_NEAR(terms[0]["deviation"].get<double>(),
              (terms[0]["estimate"].get<double>() - 74.76) /
                  std::hypot(terms[0]["error"].get<double>(), 0.68, 0.01 / std::sqrt(12.0)),
              1e-9);
  EXPECT_EQ(data["experiments"][1]["reason"],
            "no finished trials in the weights or thresholds of single layers of cnvW1A1 or cnvW2A2");
  for (const auto& s : data["scenarios"]) {
    EXPECT_NEAR(s["predicted"].get<double>(), s["mean"].get<double>(), 0.2);
  }
}

TEST(Report, ChecksTheStatements) {
  const test::TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible);
  const auto data = report_data(store, {"results/x", 0});
  EXPECT_EQ(statement(data, "Fewer bits")["verdict"], "holds");
  EXPECT_EQ(statement(data, "Activation")["verdict"], "holds");
  EXPECT_EQ(statement(data, "Multi-bit")["verdict"], "holds");
  EXPECT_EQ(statement(data, "Accuracy falls")["verdict"], "holds");
  EXPECT_EQ(statement(data, "A negligible")["verdict"], "undecided");
  EXPECT_EQ(statement(data, "The first five")["verdict"], "no data");
  // Multi-bit: mean of the images that the larger upset costs more, rounded down: (1 + 12 + 113) / 12
  // pairs.
  EXPECT_NEAR(statement(data, "Multi-bit")["value"].get<double>(), 1.05, 1e-9);

  const test::TempDir other;
  auto reversed = made_up(other, spec_text(kUniform, 6), 6, [](const Scenario& s, int k) {
    return 20 - plausible(s, k) / 10 + (k == 5 ? 150 : 0);
  });
  const auto opposite = report_data(reversed, {"results/x", 0});
  EXPECT_EQ(statement(opposite, "Fewer bits")["verdict"], "undecided") << "the spread is too large";
  EXPECT_EQ(statement(opposite, "A negligible")["verdict"], "no data") << "no mean is negligible";
  const test::TempDir third;
  auto clear = made_up(third, spec_text(kUniform, 6), 6,
                       [](const Scenario& s, int k) { return 110 - plausible(s, k); });
  EXPECT_EQ(statement(report_data(clear, {"x", 0}), "Fewer bits")["verdict"], "fails");
  EXPECT_EQ(statement(report_data(clear, {"x", 0}), "Accuracy falls")["verdict"], "fails");
}

TEST(Report, AccuracyThatRisesOnTheWayIsNotGradual) {
  const test::TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, [](const Scenario& s, int k) {
    return (s.recipe.faults == 10 ? 0 : s.recipe.faults) + 20 + k % 3;
  });
  const auto data = report_data(store, {"x", 0});
  EXPECT_GT(statement(data, "Accuracy falls")["low"], 0) << "from the first to the last it falls";
  EXPECT_EQ(statement(data, "Accuracy falls")["verdict"], "holds")
      << "a rise by one image is not significant";
  const test::TempDir other;
  auto rising = made_up(other, spec_text(kUniform, 6), 6, [](const Scenario& s, int k) {
    return (s.recipe.faults == 10 ? 0 : s.recipe.faults + 10) + k % 3;
  });
  EXPECT_EQ(statement(report_data(rising, {"x", 0}), "Accuracy falls")["verdict"], "fails");
}

TEST(Report, FindsARareDrasticTrialBehindANegligibleMean) {
  const test::TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 40), 40, [](const Scenario& s, int k) {
    return s.recipe.faults == 100 && k == 7 ? 193 : 0;
  });
  const auto data = report_data(store, {"results/x", 0});
  EXPECT_EQ(statement(data, "A negligible")["verdict"], "holds");
  EXPECT_DOUBLE_EQ(statement(data, "A negligible")["value"], 19.3);
  const auto& worst = data["worst_trials"][0];
  EXPECT_EQ(worst["command"], "fluence trial results/x --scenario 2 --trial 7");
  EXPECT_EQ(worst["upset_count"], 20);
  EXPECT_EQ(worst["upsets"][1]["bit"], 8);
  EXPECT_EQ(worst["upsets"][1]["before_image"], 1);
  EXPECT_TRUE(worst["upsets"][1]["cycle"].is_null());
}

TEST(Report, ShowsTheEnginesAgreementOfTheseResultsAlone) {
  const test::TempDir dir;
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

TEST(Report, RanksLayersFromScenariosWithinOne) {
  const test::TempDir dir;
  auto store = made_up(dir, spec_text(kLayers, 4), 4,
                       [](const Scenario& s, int k) { return (9 - s.recipe.layers.front()) * 3 + k; });
  const auto data = report_data(store, {"x", 0});
  std::vector<int> order;
  for (const auto& r : data["layer_ranking"]) {
    if (r["network"] == "cnvW1A1") {
      order.push_back(r["place"]);
    }
  }
  EXPECT_THAT(order, ElementsAre(0, 1, 4, 5, 8));
  EXPECT_EQ(statement(data, "The first five")["verdict"], "holds");
  EXPECT_EQ(data["experiments"][1]["fits"].size(), 4U) << data["experiments"][1]["reason"];
  EXPECT_EQ(data["experiments"][1]["published"], "Table II");
}

TEST(Report, BuffersAreNoPartOfThePublishedExperiments) {
  const test::TempDir dir;
  auto store = made_up(dir,
                       spec_text("spaces = \"window\"\nlayers = [0, 1, 4, 5]\nfaults = [1, 10, 100]\n"
                                 "time = \"cycle\"\n",
                                 4),
                       4, [](const Scenario& s, int k) { return s.recipe.faults + k; });
  const auto data = report_data(store, {"x", 0});
  EXPECT_EQ(data["layer_ranking"].size(), 2U * 4);
  ASSERT_EQ(data["experiments"].size(), 2U);
  EXPECT_TRUE(data["experiments"][1]["fits"].empty());
}

TEST(Report, SaysHowManyTrialsAMarginSaved) {
  const test::TempDir dir;
  const auto text = spec_text(kUniform, 6) + "margin = 0.5\n";
  {
    auto store = made_up(dir, text, 4, plausible);
    EXPECT_THAT(report_text(report_data(store, {"x", 0})), HasSubstr(" 4/6  "));
  }
  auto store = Store::open(dir.path(), {{"name", "made-up"}, {"spec", text}}, {});
  store.end_scenario(0, 4);
  const auto data = report_data(store, {"x", 0});
  EXPECT_EQ(data["scenarios"][0]["at_most"], 6);
  EXPECT_EQ(data["scenarios"][0]["margin"], 0.5);
  EXPECT_THAT(report_text(data), HasSubstr("96 of 142 trials;"));
  EXPECT_THAT(report_text(data), HasSubstr("margins met: 142 trials instead of 144\n"));
}

TEST(Report, RanksBitsFromSingleUpsetsOnly) {
  const test::TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 32), 32, [](const Scenario& s, int k) {
    return s.recipe.faults > 1 ? 500 : k % 16;  // the trial's only upset is in bit k % 16
  });
  const auto data = report_data(store, {"x", 0});
  ASSERT_FALSE(data["bit_ranking"].empty());
  const auto& first = data["bit_ranking"][0];
  EXPECT_EQ(first["network"], "cnvW1A1");
  EXPECT_EQ(first["space"], "thresholds");
  EXPECT_EQ(first["place"], 15);
  EXPECT_EQ(first["trials"], 2);
  EXPECT_NEAR(first["loss"].get<double>(), 1.5, 1e-9);
}

TEST(Report, SaysWhereRecordedAccuraciesLie) {
  const test::TempDir dir;
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
  const test::TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 0, plausible);
  const auto data = report_data(store, {"x", 0});
  EXPECT_TRUE(data["scenarios"].empty());
  EXPECT_THAT(report_text(data), HasSubstr("0 of 144 trials"));
  EXPECT_EQ(report_csv(data), "");
  EXPECT_THAT(report_page(data), HasSubstr("\"trials\":0,\"failed\":0,\"asked\":144"));
}

// As of images that came through a pipe: no command can be promised.
TEST(Report, NamesATrialThatFailedWhereNoCommandRunsItAgain) {
  const test::TempDir dir;
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

TEST(Report, OfSingleTrialsDecidesNothing) {
  const test::TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 1, plausible);
  const auto data = report_data(store, {"x", 0});
  EXPECT_EQ(statement(data, "Fewer bits")["verdict"], "undecided");
  EXPECT_EQ(statement(data, "Accuracy falls")["verdict"], "undecided");
}

TEST(Report, DocumentsEveryKeyOfItsData) {
  const test::TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 1, plausible);
  std::ifstream file(FLUENCE_SOURCE_DIR "/docs/results.md");
  const std::string doc{std::istreambuf_iterator<char>(file), {}};
  const auto data = report_data(store, {"x", 0});
  for (const auto& [key, value] : data.items()) {
    EXPECT_THAT(doc, HasSubstr("`" + key + "`"));
  }
}

TEST(Report, CsvHasARowForEachScenario) {
  const test::TempDir dir;
  auto store = made_up(dir, spec_text(kUniform, 6), 6, plausible);
  const auto csv = report_csv(report_data(store, {"x", 0}));
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + 24);
  EXPECT_THAT(csv, HasSubstr(",critical.share,critical.low,critical.high,"));
  EXPECT_THAT(
      csv, HasSubstr("\n2,\"engine fast, time image, source, 1000 images a trial\",fast,cnvW1A1,seu,"));
}

TEST(Report, PageCannotBeLeftByItsData) {
  const test::TempDir dir;
  const auto text = spec_text(kUniform, 6) + "# </script><script>alert(1)</script> {{DATA}}\n";
  auto store = made_up(dir, text, 2, plausible);
  const auto page = report_page(report_data(store, {"x", 0}));
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_THAT(page, HasSubstr("\\u003c/script>\\u003cscript>alert(1)"));
  EXPECT_THAT(page, HasSubstr("<title>made-up</title>"));
}

TEST(Report, OfADamagedDatabaseIsOneSentence) {
  const test::TempDir dir;
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
}  // namespace fluence
