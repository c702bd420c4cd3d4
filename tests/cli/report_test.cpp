// The report's page in a browser, and what the command does with bad input.
#include <gmock/gmock.h>

#include <map>
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

class ReportPage : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = new TempDir;
    write_text(dir_->file("spec.toml"), kReportSpec);
    const auto ran =
        fluence("run " + dir_->file("spec.toml") + " " + workspace().inputs() + " --out " + out());
    ASSERT_EQ(ran.code, 0) << ran.err;
  }
  static void TearDownTestSuite() { delete dir_; }
  static std::string out() { return dir_->file("r"); }
  // Results as of the study's own models.
  static std::string of_the_study() {
    const auto folder = dir_->file("study");
    if (!std::filesystem::exists(folder)) {
      write_text(dir_->file("study.toml"), kStudySpec);
      const auto ran =
          fluence("run " + dir_->file("study.toml") + " " + workspace().inputs() + " --out " + folder);
      EXPECT_EQ(ran.code, 0) << ran.err;
      for (const auto& [network, digest] : find_study("khoshavi2020").models) {
        rewrite_results(
            folder, "UPDATE manifest SET value = '" + digest + "' WHERE key = 'params " + network + "'");
      }
    }
    return folder;
  }
  static inline TempDir* dir_ = nullptr;
};

TEST_F(ReportPage, DrawsEveryFigureWithoutAComplaint) {
  ASSERT_EQ(fluence("report " + of_the_study()).code, 0);
  const auto page = browse(of_the_study() + "/report.html");
  EXPECT_EQ(page.console, "");
  EXPECT_THAT(page.dom, HasSubstr("data-ready=\"yes\""));
  std::map<std::string, int> kinds;
  for (const auto& [kind, marks] : figures(page.dom)) {
    EXPECT_GT(marks, 0) << kind;
    ++kinds[kind];
  }
  const std::map<std::string, int> expected = {{"accuracy", 1}, {"layers", 2}, {"places", 1},
                                               {"outcomes", 1}, {"heat", 2},   {"residuals", 2},
                                               {"ranking", 2}};
  EXPECT_EQ(kinds, expected);
  EXPECT_EQ(count(page.dom, ">Save as SVG<"), 11);
  EXPECT_EQ(page.dom.find("src=\"http"), std::string::npos);
}

// Presses both buttons of every figure in a copy of the page that notes what would be saved.
TEST_F(ReportPage, SavesFiguresAsSvgAndPng) {
  ASSERT_EQ(fluence("report " + of_the_study()).code, 0);
  const auto copy = dir_->file("saves.html");
  write_text(copy, read_text(of_the_study() + "/report.html") + R"html(<script>
    HTMLAnchorElement.prototype.click = function () {
      const type = this.download.split(".").pop();
      fetchedImage(this.href).then((ok) => document.body.append(`saved ${type} ${ok}; `));
    };
    const fetchedImage = (url) => new Promise((done) => {
      const image = new Image();
      image.onload = () => done(image.width > 100);
      image.onerror = () => done(false);
      image.src = url;
    });
    const wait = setInterval(() => {
      if (document.body.dataset.ready) {
        clearInterval(wait);
        document.querySelectorAll("button").forEach((button) => button.click());
      }
    }, 50);
  </script>)html");
  const auto page = browse(copy);
  EXPECT_EQ(page.console, "");
  EXPECT_EQ(count(page.dom, "saved svg true; "), 11);
  EXPECT_EQ(count(page.dom, "saved png true; "), 11);
}

TEST_F(ReportPage, OfOneNetworkSaysWhyThereIsNoFit) {
  const TempDir dir;
  write_text(dir.file("spec.toml"),
             "name = \"one\"\nseed = 1\nstudy = \"khoshavi2020\"\ncount = 3\ntrials = "
             "2\n[[part]]\nnetworks = \"cnvW1A1\"\nmodes = "
             "\"mbu\"\nspaces = \"weights\"\nfaults = 5\n");
  ASSERT_EQ(fluence("run " + dir.file("spec.toml") + " --out " + dir.file("r")).code, 0);
  ASSERT_EQ(fluence("report " + dir.file("r")).code, 0);
  const auto page = browse(dir.file("r") + "/report.html");
  EXPECT_EQ(page.console, "");
  EXPECT_THAT(page.dom, HasSubstr("data-ready=\"yes\""));
  EXPECT_THAT(page.dom,
              HasSubstr("Not fitted: the campaign's cnvW1A1 is not the study's model (parameters "));
  EXPECT_THAT(page.dom, HasSubstr("No ranking of layers"));
}

TEST_F(ReportPage, IndexComparesCampaignsAndLinksThem) {
  const auto index = dir_->file("index.html");
  ASSERT_EQ(fluence("run " + dir_->file("spec.toml") + " " + workspace().inputs() + " --seed 2 --out " +
                    dir_->file("other"))
                .code,
            0);
  const auto made = fluence("report " + out() + " " + dir_->file("other") + " --index " + index);
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
  const auto same = fluence(command + " --list " + list);
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

TEST_F(ReportPage, StudyKeepsTablesAndEveryFigure) {
  const TempDir dir;
  const auto study = [&](const std::string& arguments) {
    return std::system(("FLUENCE='" FLUENCE_BINARY "' CHROMIUM='" FLUENCE_CHROMIUM
                        "' '" FLUENCE_SOURCE_DIR "/scripts/study.mjs' --out " +
                        dir.file("study") + " " + arguments + " >" + dir.file("text") + " 2>&1")
                           .c_str());
  };
  ASSERT_EQ(study(of_the_study()), 0) << read_text(dir.file("text"));
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
