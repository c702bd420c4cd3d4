// The report's page in a browser, and what the command does with bad input.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "study/published_study.hpp"
#include "tests/cli/browser.hpp"
#include "tests/cli/command.hpp"
#include "tests/support/results.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;

constexpr auto kReportSpec = R"(name = "t"
seed = 1
count = 12
trials = 5
[[part]]
networks = ["cnvW1A1", "cnvW2A2"]
modes = ["seu", "mbu"]
spaces = ["weights", "thresholds"]
faults = [1, 10, 100]
[[part]]
networks = ["cnvW1A1", "cnvW2A2"]
modes = ["seu", "mbu"]
spaces = [["weights", "thresholds"]]
layers = [0, 1, 8]
faults = [5, 10, 50]
)";

// Both grids of the published study.
constexpr auto kStudySpec = R"(name = "t"
seed = 1
study = "khoshavi2020"
count = 4
trials = 2
[[part]]
networks = ["cnvW1A1", "cnvW2A2"]
modes = ["seu", "mbu"]
spaces = ["weights", "thresholds"]
faults = [1, 2, 5, 10, 20, 50, 100]
[[part]]
networks = ["cnvW1A1", "cnvW2A2"]
modes = ["seu", "mbu"]
spaces = [["weights", "thresholds"]]
layers = [0, 1, 2, 3, 4, 5, 6, 7, 8]
faults = [5, 10, 50, 100]
)";

// 1,000 scenarios, of an image and a trial each.
std::string thousand_spec() {
  std::string faults;
  for (int count = 1; count <= 125; ++count) {
    faults += (count > 1 ? ", " : "") + std::to_string(count);
  }
  return R"(name = "t"
seed = 1
count = 1
trials = 1
[[part]]
networks = ["cnvW1A1", "cnvW2A2"]
modes = ["seu", "mbu"]
spaces = ["weights", "thresholds"]
faults = [)" +
         faults + "]\n";
}

// What scripts/study.mjs writes of a campaign: tables and every figure.
void expect_study(const std::string& results) {
  const TempDir dir;
  const auto study = [&](const std::string& arguments) {
    return std::system(("FLUENCE='" FLUENCE_BINARY "' CHROMIUM='" FLUENCE_CHROMIUM
                        "' '" FLUENCE_SOURCE_DIR "/scripts/study.mjs' --out " +
                        dir.file("study") + " " + arguments + " >" + dir.file("text") + " 2>&1")
                           .c_str());
  };
  ASSERT_EQ(study(results), 0) << read_text(dir.file("text"));
  EXPECT_THAT(read_text(dir.file("text")), HasSubstr("t.md: 11 figures"));
  const auto text = read_text(dir.file("study/t.md"));
  EXPECT_THAT(text, HasSubstr("| network | mode | space | layers | 1 | 2 | 5 | 10 | 20 | 50 | 100 |"));
  EXPECT_THAT(text, HasSubstr("| network | mode | space | layer | 5 | 10 | 50 | 100 |"));
  EXPECT_THAT(text, HasSubstr("beside Table I\n"));
  EXPECT_THAT(text, HasSubstr("beside Table II\n"));
  EXPECT_THAT(text, HasSubstr("| b1234 |"));
  int drawn = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.file("study/figures/t"))) {
    const auto svg = read_text(entry.path());
    EXPECT_TRUE(svg.starts_with("<svg xmlns=")) << entry.path();
    EXPECT_THAT(svg, HasSubstr("role-mark")) << entry.path();
    EXPECT_THAT(text, HasSubstr("](figures/t/" + entry.path().filename().string() + ")\n"));
    ++drawn;
  }
  EXPECT_EQ(drawn, 11);

  EXPECT_NE(study(dir.file("nowhere")), 0);
  EXPECT_THAT(read_text(dir.file("text")),
              HasSubstr("study: fluence failed: fluence: there are no results"));
  EXPECT_EQ(read_text(dir.file("study/t.md")), text) << "what was there stays";
}

class ReportPage : public testing::Test {
 protected:
  static void SetUpTestSuite() { dir_ = new TempDir; }
  static void TearDownTestSuite() { delete dir_; }
  // Runs a campaign once a process.
  static std::string results(const std::string& name, const std::string& spec) {
    const auto folder = dir_->file(name);
    if (!std::filesystem::exists(folder)) {
      write_text(dir_->file("spec.toml"), spec);
      const auto ran =
          fluence("run " + dir_->file("spec.toml") + " " + workspace().inputs() + " --out " + folder);
      EXPECT_EQ(ran.code, 0) << ran.err;
    }
    return folder;
  }
  static std::string out() { return results("r", kReportSpec); }
  // Results as of the study's own models.
  static std::string of_the_study() {
    const auto folder = results("study", kStudySpec);
    for (const auto& [network, digest] : find_study("khoshavi2020").models) {
      rewrite_results(
          folder, "UPDATE manifest SET value = '" + digest + "' WHERE key = 'params " + network + "'");
    }
    return folder;
  }
  static inline TempDir* dir_ = nullptr;
};

// One campaign and one page for all: figures, their order, names, files; widths, keyboard, contrast;
// what is kept of the study.
TEST_F(ReportPage, OfTheStudy) {
  ASSERT_EQ(fluence("report " + of_the_study()).code, 0);
  const auto file = of_the_study() + "/report.html";
  const auto light = check_page(file, "1440, 768, 375", false);
  EXPECT_EQ(light.console, "");
  EXPECT_EQ(light.wrong, "");
  EXPECT_EQ(light.figures, "accuracy 1, heat 2, layers 2, outcomes 1, places 1, ranking 2, residuals 2");
  EXPECT_EQ(light.saved, "11 svg, 11 png");
  EXPECT_EQ(
      light.sections,
      "Outcomes of images; What an upset costs; What matters most; The worst trials; Accuracy against "
      "number of upsets; Tolerance by place; The published statements; The published model; Agreement "
      "of the engines; All scenarios; Manifest");
  EXPECT_GT(light.labels, 100);
  EXPECT_EQ(light.ground, "rgb(255, 255, 255)");
  EXPECT_EQ(read_text(file).find("src=\"http"), std::string::npos);

  const auto dark = check_page(file, "375", true);
  EXPECT_EQ(dark.console, "");
  EXPECT_EQ(dark.wrong, "");
  EXPECT_EQ(dark.ground, "rgb(20, 23, 26)");

  expect_study(of_the_study());
}

// Which was stopped, and is on other models than the study's.
TEST_F(ReportPage, OfOneNetworkSaysWhyThereIsNoFit) {
  const TempDir dir;
  write_text(dir.file("spec.toml"),
             "name = \"one\"\nseed = 1\nstudy = \"khoshavi2020\"\ncount = 3\ntrials = "
             "2\n[[part]]\nnetworks = \"cnvW1A1\"\nmodes = "
             "\"mbu\"\nspaces = \"weights\"\nfaults = 5\n");
  ASSERT_EQ(fluence("run " + dir.file("spec.toml") + " --out " + dir.file("r")).code, 0);
  rewrite_results(dir.file("r"), "DELETE FROM upset WHERE trial = 1; DELETE FROM trial WHERE trial = 1");
  ASSERT_EQ(fluence("report " + dir.file("r")).code, 0);
  const auto page = browse(dir.file("r") + "/report.html");
  EXPECT_THAT(page.dom, HasSubstr("<b>Not finished. </b>1 of 2 trials are there"));
  EXPECT_LT(page.dom.find("<b>Not finished. "), page.dom.find("<h2")) << "on top";
  EXPECT_EQ(page.console, "");
  EXPECT_THAT(page.dom, HasSubstr("data-ready=\"yes\""));
  EXPECT_THAT(page.dom,
              HasSubstr("Not fitted: the campaign's cnvW1A1 is not the study's model (parameters "));
  EXPECT_EQ(count(page.dom, ">published</th>"), 0) << "no published table beside other models";
  EXPECT_THAT(page.dom, HasSubstr("No ranking of layers"));
}

// Doses of two hardwares in one figure, with mission times.
TEST_F(ReportPage, OfDosesHasThemAsAnAxis) {
  const auto folder = results("doses", R"(name = "doses"
seed = 1
count = 5
trials = 5
[[part]]
networks = ["cnvW1A1", "cnvW1A1-TMR"]
modes = "seu"
spaces = "thresholds"
rate = [0, 1e-5, 1e-4]
draw = "common"
time = "image"
semantics = "physical"
)");
  const std::string radiation = FLUENCE_SOURCE_DIR "/radiation/";
  const auto made =
      fluence("report " + folder + " --json " + dir_->file("doses.json") + " --device " + radiation +
              "7-series.device.toml --environment " + radiation + "new-york.environment.toml");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("accuracy and outcomes against dose"));
  const auto json = nlohmann::json::parse(read_text(dir_->file("doses.json")));
  const auto& plain = json.at("scenarios").at(1);
  const auto& triple = json.at("scenarios").at(4);
  EXPECT_EQ(plain.at("dose"), "upsets/bit/image");
  EXPECT_DOUBLE_EQ(plain.at("faults"), 31232 * 5 * 1e-5);
  EXPECT_GT(triple.at("faults").get<double>(), plain.at("faults").get<double>()) << "it has more bits";
  EXPECT_DOUBLE_EQ(triple.at("mission_days"), plain.at("mission_days")) << "to a bit it is the same";
  const auto page = check_page(folder + "/report.html", "1024", false);
  EXPECT_EQ(page.console, "");
  EXPECT_EQ(page.figures, "difference 1, dose 1, heat 2, outcomes 1, places 1");
  EXPECT_THAT(
      page.sections,
      HasSubstr("The worst trials; Accuracy and outcomes against dose; Hardwares at the same dose; "
                "Tolerance"));
  const auto& pair = json.at("hardware_differences").at(2);
  EXPECT_EQ(pair.at("draw"), "common");
  EXPECT_EQ(pair.at("trials"), nlohmann::json::parse("[5, 5]"));
  const auto dom = browse(folder + "/report.html").dom;
  EXPECT_THAT(dom, HasSubstr("mission time, days"));
  EXPECT_THAT(dom, HasSubstr("<td>cnvW1A1-TMR less cnvW1A1</td>"));
  const auto alone = fluence("report " + folder + " --device " + radiation + "7-series.device.toml");
  EXPECT_EQ(alone.code, 2);
  EXPECT_EQ(alone.error_lines(), 1) << alone.err;
}

TEST_F(ReportPage, IndexComparesCampaignsAndLinksThem) {
  const auto index = dir_->file("index.html");
  const auto made =
      fluence("report " + out() + " " + results("other", kSmallSpec) + " --index " + index);
  EXPECT_EQ(made.code, 0) << made.err;
  const auto page = browse(index);
  EXPECT_EQ(page.console, "");
  EXPECT_THAT(page.dom, HasSubstr("href=\"r/report.html\""));
  EXPECT_THAT(page.dom, HasSubstr("href=\"other/report.html\""));
  ASSERT_EQ(figures(page.dom).size(), 1U);
  EXPECT_GT(figures(page.dom).front().second, 0);
}

TEST_F(ReportPage, JsonAndCsvHoldWhatThePageShows) {
  ASSERT_EQ(fluence("report " + out() + " --json " + dir_->file("r.json") + " --csv " +
                    dir_->file("r.csv") + " --tolerance 5")
                .code,
            0);
  const auto json = nlohmann::json::parse(read_text(dir_->file("r.json")));
  EXPECT_EQ(json["scenarios"].size(), 24U + 36);
  EXPECT_EQ(json["scenarios"][0]["tolerant"]["tolerance"], 5);
  EXPECT_EQ(std::ranges::count(read_text(dir_->file("r.csv")), '\n'), 1 + 60);
}

TEST_F(ReportPage, NamesACommandThatReplaysTheWorstTrial) {
  ASSERT_EQ(fluence("report " + out() + " --json " + dir_->file("w.json")).code, 0);
  const auto json = nlohmann::json::parse(read_text(dir_->file("w.json")));
  const auto& worst = json["worst_trials"].at(0);
  const auto command = worst["command"].get<std::string>().substr(std::string("fluence ").size());
  const auto list = dir_->file("list.jsonl");
  const auto same = fluence(command + " --out " + list);
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("every score as in the stored result"));
  const auto listed = nlohmann::json::parse(read_text(list));
  EXPECT_EQ(listed["faults"].size(), worst["upset_count"]);
  EXPECT_EQ(
      fluence("replay --network " +
              json["scenarios"][worst["scenario"].get<std::size_t>()]["network"].get<std::string>() +
              " --faults " + list + " " + workspace().inputs() + " --out " + dir_->file("o.jsonl"))
          .code,
      0);

  const auto others = fluence(command.substr(0, command.find(" --params")));
  EXPECT_EQ(others.code, 2);
  EXPECT_THAT(others.err, HasSubstr("was run with other inputs (its images differ)"));
  const auto none = fluence("trial " + out() + " --scenario 0 --trial 999");
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("--trial 999 of scenario 0 has not finished"));
  EXPECT_EQ(fluence("trial " + out() + " --scenario 60 --trial 0").code, 2);
}

// A thousand scenarios: every one is found, nothing reaches out of a phone's screen, and the page is
// there before its figures are. How long it takes is measured by bench/page_bench.mjs.
TEST_F(ReportPage, OfAThousandScenarios) {
  const auto folder = results("thousand", thousand_spec());
  ASSERT_EQ(fluence("report " + folder).code, 0);
  const auto phone = check_page(folder + "/report.html", "375, 1440", true);
  EXPECT_EQ(phone.console, "");
  EXPECT_EQ(phone.wrong, "");
  EXPECT_EQ(phone.figures, "accuracy 1, heat 2, outcomes 2, places 1, ranking 1");

  const auto file = dir_->file("thousand.html");
  write_text(file, read_text(folder + "/report.html") + R"html(<script>
    addEventListener("load", () => {
      const all = document.querySelectorAll("[data-figure]").length;
      const drawn = document.querySelectorAll("[data-figure] svg").length;
      document.body.dataset.open = all > 1 && drawn < all ? "early" : `${drawn} of ${all}`;
      const box = document.getElementById("search");
      box.value = "cnvw2a2 mbu thresholds";
      box.dispatchEvent(new Event("input"));
      const rows = [...document.querySelectorAll("tr[data-scenario]")];
      document.body.dataset.rows = `${rows.filter((row) => row.offsetParent != null).length} of ${rows.length}`;
      document.body.dataset.cells = new Set(rows.map((row) => row.cells.length)).size;
    });</script>)html");
  const auto page = browse(file, "");
  EXPECT_EQ(page.console, "");
  EXPECT_THAT(page.dom, HasSubstr(">1000 scenarios</summary>"));
  EXPECT_THAT(page.dom, HasSubstr("data-open=\"early\""));
  EXPECT_THAT(page.dom, HasSubstr("data-rows=\"125 of 1000\""));
  EXPECT_THAT(page.dom, HasSubstr("data-cells=\"1\""));
  EXPECT_THAT(page.dom, HasSubstr(">125 of 1,000</output>"));
}

TEST_F(ReportPage, BadInputIsOneSentence) {
  const TempDir dir;
  write_text(dir.file("results.sqlite"), std::string(5000, 'x'));
  for (const auto& arguments : {"report " + dir.path().string(), std::string("report /nonexistent"),
                                "report " + out() + " " + out() + " --csv " + dir.file("x.csv"),
                                "report " + out() + " --json /nonexistent/x.json"}) {
    const auto finished = fluence(arguments);
    EXPECT_EQ(finished.code, 2) << arguments;
    EXPECT_EQ(finished.error_lines(), 1) << finished.err;
  }
}

}  // namespace
}  // namespace fluence::test
