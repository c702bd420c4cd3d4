// fluence protect: from a map to a hardware that runs, and what is refused.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Maps of three layers of random parameters, made once.
class Maps {
 public:
  Maps() {
    for (const auto* mode : {"seu", "mbu"}) {
      static_cast<void>(fluence(std::string("map --network cnvW1A1 --layers 6,7,8 --mode ") + mode +
                                " " + workspace().inputs() + " --jobs 2 --out " + of(mode)));
    }
  }
  [[nodiscard]] std::string of(const std::string& mode) const { return dir_.file(mode); }

 private:
  TempDir dir_;
};

const Maps& maps() {
  static const Maps made;
  return made;
}

TEST(ProtectCommand, WritesAHardwareThatKeepsWhatItPromises) {
  const TempDir dir;
  const auto out = dir.file("hardened");
  const auto ran = fluence("protect " + maps().of("seu") + " --budget bits=2% --out " + out +
                           " --json " + dir.file("p.json") + " --csv " + dir.file("p.csv"));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("hardware hardened, and check.toml"));
  const auto rows = nlohmann::json::parse(read_text(dir.file("p.json")));
  std::string layers;
  long more = 0;
  for (const auto& row : rows) {
    if (row["protected"] == "yes") {
      ASSERT_EQ(row["space"], "thresholds");
      layers += (layers.empty() ? "" : ", ") + std::to_string(row["layer"].get<int>());
      more += row["extra_bits"].get<long>();
    }
  }
  ASSERT_FALSE(layers.empty());
  EXPECT_LE(more, 442368 / 50);

  // Single upsets anywhere in what is protected, check bits included, change no score.
  write_text(fs::path(out) / "single.toml",
             "name = \"single\"\nseed = 1\ncount = 12\ntrials = 200\n[[part]]\n"
             "networks = \"hardened.hardware.json\"\nmodes = \"seu\"\nspaces = \"thresholds\"\n"
             "layers = [[" +
                 layers + "]]\nfaults = 1\ntime = \"image\"\nsemantics = \"physical\"\n");
  const auto single =
      fluence("run " + out + "/single.toml " + workspace().inputs() + " --out " + dir.file("single"));
  ASSERT_EQ(single.code, 0) << single.err;
  const auto report = fluence("report " + dir.file("single"));
  EXPECT_THAT(report.out, HasSubstr("  100.00      0.00     0.00  0.00")) << report.out;

  // The campaign that it leaves runs, with fewer trials.
  auto check = read_text(out + "/check.toml");
  check.replace(check.find("trials = 200"), 12, "trials = 1");
  write_text(out + "/check.toml", check);
  const auto checked =
      fluence("run " + out + "/check.toml " + workspace().inputs() + " --out " + dir.file("checked"));
  EXPECT_EQ(checked.code, 0) << checked.err;
  const auto compared = fluence("report " + dir.file("checked") + " --json");
  ASSERT_EQ(compared.code, 0) << compared.err;
  for (const auto& pair : nlohmann::json::parse(compared.out).at("hardware_differences")) {
    EXPECT_EQ(pair.at("second"), "hardened");
    EXPECT_EQ(pair.at("draw"), "common");
  }
}

TEST(ProtectCommand, ReachesATargetWithTheLeast) {
  const auto all = fluence("protect " + maps().of("mbu") +
                           " --target critical=0% --codecs tmr,tmr-writeback,secded --json");
  ASSERT_EQ(all.code, 0) << all.err;
  for (const auto& row : nlohmann::json::parse(all.out)) {
    // Of codecs that correct groups of bits and store equally many, the first one named.
    EXPECT_EQ(row["codec"], "tmr");
    EXPECT_EQ(row["extra_bits"].get<long>(), 2 * row["bits"].get<long>());
    EXPECT_EQ(row["protected"] == "yes", row["critical_share"].get<double>() > 0);
  }
}

TEST(ProtectCommand, RefusesWhatItCannotDo) {
  const auto map = maps().of("seu");
  const TempDir dir;
  write_text(dir.file("there"), "");
  const auto refused = [&](const std::string& arguments, const std::string& sentence) {
    const auto ran = fluence("protect " + arguments + " --out " + dir.file("new"));
    EXPECT_EQ(ran.code, 2) << arguments;
    EXPECT_EQ(ran.error_lines(), 1) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(sentence)) << arguments;
    EXPECT_EQ(ran.out, "") << arguments;
    EXPECT_FALSE(fs::exists(dir.file("new")));
  };
  refused(map, "give --budget, what protection may cost, or --target");
  refused(map + " --budget bits=0", "the budget bits=0 fits no memory: the cheapest, ");
  refused(map + " --budget bits=nan", "give bits=N%");
  refused(map + " --target critical=0% --codecs 'interleave 3'", "interleave");
  refused(map + " --target critical=0% --codecs 'parity 4'", "none of parity 4 corrects");
  refused(maps().of("mbu") + " --budget bits=5% --codecs secded", "none of secded corrects");
  refused(dir.file("none") + " --budget bits=5%", "none");
  const auto there = fluence("protect " + map + " --budget bits=5% --out " + dir.file("there"));
  EXPECT_EQ(there.code, 2);
  EXPECT_EQ(there.out, "");
}

}  // namespace
}  // namespace fluence::test
