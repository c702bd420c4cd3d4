// What the shells offer for a word that is begun.
#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>

#include "base/escape.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// The command and the words, each quoted.
std::string quoted(const std::vector<std::string>& words) {
  std::string text = "'" FLUENCE_BINARY "'";
  for (const auto& word : words) {
    text += " '" + word + "'";
  }
  return text;
}

// The lines that a shell prints of a script, run in a folder.
std::vector<std::string> printed(const std::string& shell, const std::string& script,
                                 const fs::path& folder = FLUENCE_SOURCE_DIR) {
  const TempDir dir;
  write_text(dir.file("script"), "cd " + shell_path(folder) + "\n" + script);
  EXPECT_EQ(
      std::system((shell + " " + dir.file("script") + " >" + dir.file("out") + " 2>/dev/null").c_str()),
      0);
  std::vector<std::string> found;
  std::istringstream lines(read_text(dir.file("out")));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) {
      found.push_back(line);
    }
  }
  return found;
}

// By bash for the last of the words behind "fluence", in a folder.
std::vector<std::string> offered(const std::vector<std::string>& words,
                                 const fs::path& folder = FLUENCE_SOURCE_DIR) {
  return printed("bash",
                 "source '" FLUENCE_SOURCE_DIR "/cli/completion/fluence.bash'\nCOMP_WORDS=(" +
                     quoted(words) + ")\nCOMP_CWORD=" + std::to_string(words.size()) +
                     "\n_fluence '" FLUENCE_BINARY "'\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n",
                 folder);
}

// What zsh's completion system is asked for, told by stubs of its functions, which need an editor.
std::vector<std::string> asked_in_zsh(const std::vector<std::string>& words) {
  return printed("zsh -f",
                 "_describe() { print -rl -- ${(P)2} }\n_files() { print -r -- files $@ }\nwords=(" +
                     quoted(words) +
                     ")\nCURRENT=$#words\nsource '" FLUENCE_SOURCE_DIR
                     "/cli/completion/_fluence'\ntrue\n");
}

// By fish, each with what it is behind a tab, for a command line that ends in a word.
std::vector<std::string> offered_by_fish(const std::string& words) {
  return printed("fish --no-config", "set PATH (path dirname '" FLUENCE_BINARY
                                     "') $PATH\nsource '" FLUENCE_SOURCE_DIR
                                     "/cli/completion/fluence.fish'\ncomplete -C 'fluence " +
                                         words + "'\n");
}

TEST(Completion, OfCommandsAndFlags) {
  EXPECT_THAT(offered({""}), IsSupersetOf({"run", "report", "sites", "timing"}));
  EXPECT_THAT(offered({"tr"}), UnorderedElementsAre("trial", "trace"));
  EXPECT_THAT(offered({"--v"}), ElementsAre("--version"));
  EXPECT_THAT(offered({"plan", "--ma"}), ElementsAre("--margin"));
  EXPECT_THAT(offered({"classify", "--"}),
              IsSupersetOf({"--network", "--out", "--scores", "--json", "--list", "--help"}));
  EXPECT_THAT(offered({"no-such-command", ""}), IsEmpty());
}

TEST(Completion, OfValues) {
  EXPECT_THAT(offered({"sites", "--network", "cnvW1A1"}),
              IsSupersetOf({"cnvW1A1", "cnvW1A1-TMR", "cnvW1A1-interleaved"}));
  EXPECT_THAT(offered({"sites", "--network", "lfc"}), ElementsAre("lfcW1A1", "lfcW1A2"));
  EXPECT_THAT(offered({"replay", "--engine", ""}), ElementsAre("fast", "rtl"));
  EXPECT_THAT(offered({"run", "x.toml", "--host", ""}), ElementsAre("native", "arm"));
  EXPECT_THAT(offered({"map", "--mode", "st"}), ElementsAre("stuck0", "stuck1"));
  EXPECT_THAT(offered({"replay", "--semantics", "s"}), ElementsAre("source", "shipped"));
  EXPECT_THAT(offered({"plan", "--spaces", "weights", "th"}), ElementsAre("thresholds"));
  EXPECT_THAT(offered({"plan", "--margin", ""}), IsEmpty()) << "any number";
}

TEST(Completion, OfFiles) {
  EXPECT_THAT(offered({"run", "campaigns/fir"}), ElementsAre("campaigns/first-light.toml"));
  EXPECT_THAT(offered({"run", "campaigns"}), ElementsAre("campaigns"));
  const TempDir dir;
  fs::create_directory(dir.file("a b"));
  write_text(dir.file("a b/c d.toml"), "");
  write_text(dir.file("x.json"), "");
  EXPECT_THAT(offered({"run", ""}, dir.path()), IsSupersetOf({"a b", "first-light", "smoke"}));
  EXPECT_THAT(offered({"run", "a b/"}, dir.path()), ElementsAre("a b/c d.toml"));
  EXPECT_THAT(offered({"report", "", ""}, dir.path()), ElementsAre("a b")) << "a folder";
  EXPECT_THAT(offered({"run", "--out", ""}, dir.path()), ElementsAre("a b"));
  EXPECT_THAT(offered({"sites", "--network", "x"}, dir.path()), ElementsAre("x.json"))
      << "a network of one's own";
  EXPECT_THAT(offered({"sites", "--json", ""}, dir.path()), UnorderedElementsAre("a b", "x.json"));
}

TEST(Completion, InZsh) {
  EXPECT_THAT(asked_in_zsh({"tim"}), ElementsAre(StartsWith("timing:")));
  EXPECT_THAT(asked_in_zsh({"sites", "--network", "lfc"}), ElementsAre("files", "lfcW1A1", "lfcW1A2"));
  EXPECT_THAT(asked_in_zsh({"run", "smo"}), ElementsAre("files -g *.toml", "smoke"));
  EXPECT_THAT(asked_in_zsh({"report", ""}), ElementsAre("files -/"));
}

TEST(Completion, InFish) {
  EXPECT_THAT(offered_by_fish("tim"), ElementsAre(StartsWith("timing\t")));
  EXPECT_THAT(offered_by_fish("sites --network lfc"), ElementsAre("lfcW1A1", "lfcW1A2"));
  EXPECT_THAT(offered_by_fish("run campaigns/fir"),
              ElementsAre(StartsWith("campaigns/first-light.toml")));
  EXPECT_THAT(offered_by_fish("run campaigns/example"), IsEmpty()) << "no campaign";
  EXPECT_THAT(offered_by_fish("report cli/comp"), ElementsAre(StartsWith("cli/completion/")));
}

}  // namespace
}  // namespace fluence::test
