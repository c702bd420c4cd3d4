// What is printed to be run runs, in folders of any name; what others wrote is shown and no more.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "analysis/report.hpp"
#include "base/escape.hpp"
#include "tests/cli/browser.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

constexpr auto kSpec = R"(name = "t"
seed = 1
count = 6
trials = 1
[[part]]
networks = "cnvW1A1"
modes = "mbu"
spaces = "thresholds"
faults = 1500
)";

// A folder in which commands are run as a user would type them.
class Printed : public testing::Test {
 protected:
  Printed() { write_text(dir_.file("spec.toml"), kSpec); }

  [[nodiscard]] test::Finished shell(const std::string& command) const {
    write_text(dir_.file("command"), command + "\n");
    const auto path = fs::path(FLUENCE_BINARY).parent_path().string();
    const auto status = std::system(
        ("cd " + shell_path(dir_.path()) + " && PATH='" + path + "':$PATH sh ./command >out 2>err")
            .c_str());
    return {WEXITSTATUS(status), read_text(dir_.file("out")), read_text(dir_.file("err"))};
  }
  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }

  const TempDir dir_;
};

// Those in a text, one a line, up to the line's end.
std::set<std::string> commands_in(const std::string& text) {
  std::set<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (const auto at = line.find("fluence "); at != std::string::npos) {
      found.insert(line.substr(at));
    }
  }
  return found;
}

std::set<std::string> commands_in(const Json& data) {
  std::set<std::string> found{data["verify"].get<std::string>()};
  for (const auto& worst : data["worst_trials"]) {
    found.insert(worst["command"].get<std::string>());
  }
  return found;
}

std::set<std::string> commands_on(const std::string& page) {
  std::set<std::string> found;
  const auto dom = browse(page).dom;
  for (auto at = dom.find("<code"); at != std::string::npos; at = dom.find("<code", at + 1)) {
    const auto begin = dom.find('>', at) + 1;
    found.insert(dom.substr(begin, dom.find("</code>", begin) - begin));
  }
  return found;
}

TEST_F(Printed, CommandsOfACampaignOnInputsOfItsOwnRun) {
  fs::create_directory(file("it's $HOME"));
  fs::copy(FLUENCE_SOURCE_DIR "/models/cnvW1A1.onnx", file("it's $HOME/params.onnx"));
  ASSERT_EQ(shell("fluence images --count 6 --out \"it's \\$HOME/i.bin\"").code, 0);
  const auto ran = shell(
      "fluence run spec.toml --params \"it's \\$HOME/params.onnx\" --images \"it's \\$HOME/i.bin\" "
      "--out "
      "\"my \\$run's\"");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto next = commands_in(ran.out);
  ASSERT_EQ(next.size(), 1U) << ran.out;
  const auto text = shell(*next.begin() + " --json r.json");
  ASSERT_EQ(text.code, 0) << text.err;
  const auto commands = commands_in(Json::parse(read_text(file("r.json"))));
  EXPECT_EQ(commands.size(), 2U);
  EXPECT_EQ(commands_in(text.out), commands);
  fs::copy(file("my $run's/report.html"), file("page.html"));
  EXPECT_EQ(commands_on(file("page.html")), commands);
  for (const auto& command : commands) {
    const auto finished = shell(command);
    EXPECT_EQ(finished.code, 0) << command << "\n" << finished.err;
  }

  fs::remove(file("it's $HOME/i.bin"));
  const auto gone = shell(*next.begin() + " --json r.json");
  EXPECT_EQ(gone.code, 0) << gone.err;
  EXPECT_THAT(gone.out, HasSubstr(" points lost: scenario 0, trial 0\n"));
  EXPECT_THAT(gone.out, Not(HasSubstr("fluence ")));
  EXPECT_TRUE(Json::parse(read_text(file("r.json")))["verify"].is_null());
}

TEST_F(Printed, CommandsOfASearchRun) {
  const auto found = shell(
      "fluence attack --network cnvW1A1 --bits 1 --count 20 --search-count 8 --evaluations 300 --jobs 2 "
      "--out 'a b.jsonl'");
  ASSERT_EQ(found.code, 0) << found.err;
  const auto commands = commands_in(found.out);
  ASSERT_EQ(commands.size(), 1U) << found.out;
  const auto finished = shell(*commands.begin());
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("1 of 1 give the listed scores"));
}

TEST_F(Printed, FoldersHaveAnyName) {
  for (const auto& name : {std::string("größe"), std::string("gr\xf6sse"), std::string("a b\tc"),
                           std::string("50% #1?x"), std::string("a\nb"), std::string("-r"),
                           std::string("[x]"), std::string("javascript:alert(1)")}) {
    const auto ran = shell("fluence run spec.toml --out " + shell_path(name));
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(std::ranges::count(ran.out, '\n'), 1) << ran.out;
    const auto report = shell(*commands_in(ran.out).begin() + " --json r.json --index index.html");
    EXPECT_EQ(report.code, 0) << report.err;
    EXPECT_TRUE(fs::exists(fs::path(file(name)) / "report.html"));
    EXPECT_THAT(read_text(file("index.html")),
                HasSubstr("\"link\":\"" + link_to(name) + "/report.html\""));
    const auto reported = Json::parse(read_text(file("r.json")));
    for (const auto& worst : reported["worst_trials"]) {
      const auto again = shell(worst["command"].get<std::string>());
      EXPECT_EQ(again.code, 0) << again.err;
    }
  }
}

TEST_F(Printed, TablesOfAFolderThatCannotBeWritten) {
  ASSERT_EQ(shell("fluence run spec.toml --out r").code, 0);
  fs::create_directory(file("r/report.html"));  // so that even root cannot
  const auto tables = shell("fluence report r");
  EXPECT_EQ(tables.code, 0);
  EXPECT_THAT(tables.out, HasSubstr("1 of 1 trials"));
  EXPECT_THAT(tables.out, Not(HasSubstr("page:")));
  EXPECT_EQ(tables.error_lines(), 1) << tables.err;
  EXPECT_THAT(tables.err, HasSubstr("cannot write r/report.html"));
  EXPECT_THAT(tables.err, HasSubstr("--page FILE puts it elsewhere"));
  const auto elsewhere = shell("fluence report r --page 'the page.html'");
  EXPECT_EQ(elsewhere.code, 0) << elsewhere.err;
  EXPECT_EQ(elsewhere.err, "");
  EXPECT_THAT(elsewhere.out, HasSubstr("page: the page.html\n"));
  EXPECT_TRUE(fs::exists(file("the page.html")));
  const auto several = shell("fluence report r r --page p.html");
  EXPECT_EQ(several.code, 2);
  EXPECT_THAT(several.err, HasSubstr("--page are for one campaign"));
}

// Every text that is in a results file, as somebody may have written it there.
Json made_hostile(Json data, const std::string& text) {
  data["campaign"]["name"] = text;
  for (auto& [key, value] : data["manifest"].items()) {
    value = text;
  }
  for (auto& scenario : data["scenarios"]) {
    for (const auto* key : {"group", "mode", "space", "layers"}) {
      scenario[key] = text;
    }
  }
  for (auto& statement : data["statements"]) {
    statement["note"] = text;
  }
  for (auto& worst : data["worst_trials"]) {
    worst["command"] = text;
  }
  return data;
}

TEST_F(Printed, TextOfOthersIsNeverACommand) {
  ASSERT_EQ(shell("fluence run spec.toml --out r && fluence report r --json r.json").code, 0);
  const auto honest = Json::parse(read_text(file("r.json")));
  const std::string script = "<script>document.body.dataset.owned = 1</script>";
  const auto data = made_hostile(honest, "=1+1\x1b[2J</title>" + script +
                                             "<!--<img src=x onerror='document.body.dataset.owned=1'>"
                                             "{{TITLE}}{{DATA}}\xff\xe2\x80\xa8\"");
  write_text(file("page.html"), report_page(data));
  const auto page = browse(file("page.html"));
  EXPECT_THAT(page.dom, HasSubstr("data-ready=\"yes\""));
  EXPECT_THAT(page.dom, Not(HasSubstr("data-owned")));
  EXPECT_THAT(read_text(file("page.html")), Not(HasSubstr(script)));
  write_text(file("index.html"), index_page({data}, {""}));
  EXPECT_THAT(browse(file("index.html")).dom, Not(HasSubstr("data-owned")));
  EXPECT_EQ(report_text(data).find('\x1b'), std::string::npos);
  EXPECT_THAT(report_text(data), HasSubstr("=1+1\\x1b[2J"));
  EXPECT_THAT(report_csv(data), HasSubstr(",\"'=1+1"));
}

}  // namespace
}  // namespace fluence::test
