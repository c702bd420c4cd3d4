// fluence map: whole, in shards, resumed, and what is refused.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "map/buffer_results.hpp"
#include "map/results.hpp"
#include "tests/cli/command.hpp"
#include "tests/support/published.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string map_command(const std::string& more) {
  return "map --network cnvW1A1 --layers 6,7,8 " + workspace().inputs() + " " + more;
}

// A finished map in <dir>/whole, with all its files, made once.
class Whole {
 public:
  Whole()
      : ran_(
            fluence(map_command("--jobs 2 --out " + dir_.file("whole") + " --csv " + dir_.file("m.csv") +
                                " --totals " + dir_.file("t.csv") + " --json " + dir_.file("m.json")))) {
  }
  [[nodiscard]] const Finished& ran() const { return ran_; }
  [[nodiscard]] std::string folder() const { return dir_.file("whole"); }
  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }

 private:
  TempDir dir_;
  Finished ran_;
};

const Whole& whole() {
  static const Whole made;
  return made;
}

// Commands, and what the sentence of each says.
void expect_refused(const std::vector<std::pair<std::string, std::string>>& cases) {
  for (const auto& [command, what] : cases) {
    const auto finished = fluence(command);
    EXPECT_EQ(finished.code, 2) << command << finished.out;
    EXPECT_EQ(finished.error_lines(), 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(what));
  }
}

std::string digest_of(const std::string& folder) {
  return fluence("digest " + folder).out.substr(0, 16);
}

TEST(MapCommand, SaysWhatEveryBitDoes) {
  const auto& ran = whole().ran();
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("cnvW1A1: 442368 bits, each inverted in each of 12 images"));
  EXPECT_THAT(ran.out, HasSubstr("thresholds     7      8192"));
  EXPECT_THAT(ran.out, HasSubstr("digest " + digest_of(whole().folder())));
  const auto csv = read_text(whole().file("m.csv"));
  EXPECT_EQ(std::ranges::count(csv, '\n'), 442368 + 1);
  EXPECT_THAT(csv, StartsWith("space,layer,module,index,thresh,bit,masked,tolerable,critical,"
                              "right_to_wrong,wrong_to_right,wrong_to_wrong\nweights,6,0,0,0,0,"));
  const auto totals = read_text(whole().file("t.csv"));
  EXPECT_EQ(std::ranges::count(totals, '\n'), 1 + 3 + 2);
  const auto json = nlohmann::json::parse(read_text(whole().file("m.json")));
  EXPECT_EQ(json["images"], 12);
  for (const auto& layer : json["layers"]) {
    EXPECT_EQ(layer["masked"].get<int>() + layer["tolerable"].get<int>() +
                  layer["right_to_wrong"].get<int>() + layer["wrong_to_right"].get<int>() +
                  layer["wrong_to_wrong"].get<int>(),
              12 * layer["bits"].get<int>());
  }
}

TEST(MapCommand, PrintsAFinishedMapAgainWithoutWork) {
  const auto again = fluence(map_command("--out " + whole().folder()));
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, whole().ran().out);
}

TEST(MapCommand, ShardsMergeToTheSameDigest) {
  const TempDir dir;
  const auto out = dir.file("m");
  EXPECT_EQ(fluence(map_command("--shard 0/2 --out " + out)).code, 0);
  EXPECT_EQ(fluence("merge --unfinished 2 --out " + out).out, "1\n");
  EXPECT_EQ(fluence(map_command("--shard 1/2 --jobs 1 --out " + out)).code, 0);
  const auto merged = fluence("merge --out " + out + " " + out + "/shard-*");
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_THAT(merged.out, StartsWith("12 images of 2 shards merged"));
  EXPECT_EQ(digest_of(out), digest_of(whole().folder()));
}

TEST(MapCommand, AKilledMapIsResumedToTheSameDigest) {
  const TempDir dir;
  const auto out = dir.file("m");
  const auto command = "'" FLUENCE_BINARY "' " + map_command("--jobs 1 --out " + out);
  // Wherever that comes, before the first block or, on a fast machine, after the last one.
  static_cast<void>(std::system(("timeout -s KILL 0.15 " + command + " >/dev/null 2>&1").c_str()));
  const auto resumed = fluence(map_command("--out " + out));
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(digest_of(out), digest_of(whole().folder()));
}

TEST(MapCommand, GateAndComparisonAreExact) {
  const TempDir dir;
  const auto same = fluence("gate " + whole().folder() + " --baseline " + whole().folder());
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_EQ(same.out, fluence("map --compare " + whole().folder() + " " + whole().folder()).out);
  EXPECT_EQ(fluence(map_command("--count 3 --out " + dir.file("few"))).code, 0);
  const auto other = fluence("gate " + dir.file("few") + " --baseline " + whole().folder());
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("cannot be compared (their count differ)"));
}

TEST(MapCommand, IsVerifiedOnTheRtl) {
  const TempDir dir;
  const auto out = dir.file("m");
  fs::copy(whole().folder(), out);
  const auto verify = "verify " + out + " --sample 2 --seed 3 --jobs 2 ";
  const auto equal = fluence(verify + workspace().inputs());
  EXPECT_EQ(equal.code, 0) << equal.err;
  EXPECT_THAT(equal.out, StartsWith("space       layer  faults    images   equal\n"));
  const auto kept = nlohmann::json::parse(read_text(out + "/verify.json"));
  EXPECT_EQ(kept["trials"], 2);
  EXPECT_EQ(kept["images"], 2 * 12);
  EXPECT_EQ(kept["scores"], 2 * 12 * kScores);
  EXPECT_EQ(kept["mismatches"], 0);
  const auto report = fluence("report " + out);
  EXPECT_THAT(report.out, HasSubstr("the engines: 2 faults compared with RTL cnvW1A1 "));
  EXPECT_THAT(read_text(out + "/report.html"), HasSubstr("2 faults compared with RTL"));

  // A map that says of every fault that it turns one image from right to wrong.
  auto wrong = MapResults::load(out);
  wrong = MapResults(wrong.request(), wrong.manifest());
  std::vector<BlockCounts> block(wrong.layout().size(), one_of(Consequence::right_to_wrong));
  wrong.add(wrong.images_left(), block);
  wrong.save(out);
  const auto differs = fluence(verify + workspace().inputs());
  EXPECT_EQ(differs.code, 1);
  EXPECT_THAT(differs.out, HasSubstr(" gives other counts than the map's\n"));
  EXPECT_THAT(fluence("report " + out).out, HasSubstr("2 faults differ\n"));

  const auto embedded = fluence(verify);
  EXPECT_EQ(embedded.code, 2);
  EXPECT_THAT(embedded.err,
              HasSubstr("the map in " + out + " was run with other inputs (its images differ)"));
  const auto beyond = fluence("verify " + out + " --sample 442369 " + workspace().inputs());
  EXPECT_EQ(beyond.code, 2);
  EXPECT_THAT(beyond.err, HasSubstr("ask for 442368 or fewer"));
  MapResults(wrong.request(), wrong.manifest()).save(out);
  EXPECT_THAT(fluence(verify + workspace().inputs()).err, HasSubstr("lacks 12 of its images"));
}

TEST(MapCommand, MapsSecondUpsetsGivenFirstOnes) {
  const TempDir dir;
  const auto out = dir.file("m");
  const auto command = map_command("--layers 8 --count 4 --out " + out + " --given ");
  const auto one = fluence(command + "weights,6,0,17,0,2");
  ASSERT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("u_l6_mvau.weights_q[0][17] bit 2 (layer 6)\n"));
  write_text(dir.file("list.jsonl"),
             R"({"id": 1, "images": 1, "faults": [{"before_image": 0, "target": )"
             R"("weights", "layer": 6, "module": 0, "index": 17, "bit": 2}]})"
             "\n");
  EXPECT_EQ(fluence(command + dir.file("list.jsonl")).out, one.out);
  const auto verified = fluence("verify " + out + " --sample 2 " + workspace().inputs());
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {command + "weights,6,0,17,0,3", "holds another map (its given differs)"},
      {map_command("--layers 8 --count 4 --out " + out), "holds another map (its given differs)"},
      {command + "weights,6,0,17,0,x", "is no stored bit (its bit 'x' is no number)"},
      {command + "weights,6,0,17,0,", "is no stored bit (its bit '' is no number)"},
      {command + "weights,6,0,17,0,64", "is no stored bit ("},
      {command + "fifo,8,0,0,0,0", "another fault than an upset of weights or thresholds"},
      {command + dir.file("none.jsonl"), "none.jsonl"},
      {map_command("--spaces fifo --out " + dir.file("x") + " --given weights,6,0,17,0,3"),
       "leave out --given"},
      {"rate " + out +
           " --device " FLUENCE_SOURCE_DIR
           "/radiation/7-series.device.toml --environment " FLUENCE_SOURCE_DIR
           "/radiation/new-york.environment.toml",
       "is one of second upsets given others"},
      {"protect " + out + " --budget bits=2%", "is one of second upsets given others"},
  };
  expect_refused(cases);
}

TEST(MapCommand, HasAPage) {
  const TempDir dir;
  const auto report = fluence("report " + whole().folder() + " --page " + dir.file("map.html"));
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(report.out, StartsWith("cnvW1A1: 442368 bits"));
  EXPECT_THAT(read_text(dir.file("map.html")), HasSubstr("\"pictures\""));
}

TEST(MapCommand, RefusesInOneSentence) {
  const TempDir dir;
  const auto bad = dir.file("bad");
  fs::create_directory(bad);
  auto bytes = read_text(whole().folder() + "/map.bin");
  bytes[bytes.size() / 2] ^= 1;
  write_text(bad + "/map.bin", bytes);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {map_command("--spaces window --out " + dir.file("x")), "there is nothing to map"},
      {map_command("--spaces weights,fifo --out " + dir.file("x")), "make a map of each"},
      {map_command("--spaces control --out " + dir.file("x")), "control is in no map"},
      {map_command("--spaces fifo --mode mbu --out " + dir.file("x")), "leave out --mode mbu"},
      {map_command("--spaces fifo --cycles 7:7 --out " + dir.file("x")), "--cycles 7:7 are none"},
      {map_command("--cycles 0:7 --out " + dir.file("x")), "leave out --cycles"},
      {map_command("--spaces anything --out " + dir.file("x")), "anything"},
      {"map --network cnvW1A1 --layers 9 --out " + dir.file("x"), "has no layer 9: its last one is 8"},
      {"map --network cnvW1A1 --layers 8 --spaces thresholds --out " + dir.file("x"),
       "there is nothing to map"},
      {"map --network cnvW1A1", "give --network and --out"},
      {"map --network none --out " + dir.file("x"), "unknown network 'none'"},
      {map_command("--mode both --out " + dir.file("x")), "both is not possible: give seu or mbu"},
      {map_command("--count 13 --out " + dir.file("x")), "--count asks for 13 images"},
      {map_command("--count 5 --out " + whole().folder()), "holds another map (its count differs)"},
      {"map --network cnvW1A1 --layers 6,7,8 --count 12 --out " + whole().folder(),
       "holds another map (its images differs)"},
      {map_command("--out " + bad), "is damaged (its digest is not that of its content)"},
      {"digest " + bad, "is damaged"},
      {"report " + bad, "is damaged"},
      {map_command("--out " + whole().folder() + " --csv " + whole().folder() + "/map.bin"),
       "is what the map is read from"},
      {map_command("--out " + dir.file("x") + " --csv " + dir.file("none/m.csv")), "cannot write "},
      {"map --compare " + whole().folder() + " " + dir.file("none"), "cannot read the map"},
      {"gate " + whole().folder() + " --baseline " + dir.file("none"), "is compared with a map"},
      {"gate " + whole().folder() + " --baseline " + whole().folder() + " --margin 1",
       "none of --write-baseline, --junit, --level and --margin"},
  };
  expect_refused(cases);
  EXPECT_FALSE(fs::exists(dir.file("x")));
}

// Buffers in every cycle: whole, in shards, again, and what other commands say of it.
TEST(MapCommand, MapsBuffersAtCycles) {
  const TempDir dir;
  const auto command = map_command("--spaces vector,stream --count 2 --cycles 50000:150000 --out ");
  const auto whole = fluence(command + dir.file("whole") + " --totals " + dir.file("totals.csv") +
                             " --csv " + dir.file("map.csv"));
  ASSERT_EQ(whole.code, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("in each of the cycles 50000 to 149999 of a run of 2 images"));
  EXPECT_THAT(read_text(dir.file("totals.csv")), HasSubstr("vector,6,256,100000,"));
  EXPECT_EQ(fluence(command + dir.file("whole")).out, whole.out);
  const auto parts = dir.file("parts");
  for (const auto* left : {"1\n", "\n"}) {
    const auto* shard = left[0] == '1' ? "0/2" : "1/2";
    EXPECT_EQ(fluence(command + parts + " --shard " + shard).code, 0);
    EXPECT_EQ(fluence("merge --unfinished 2 --out " + parts).out, left);
  }
  const auto twice =
      fluence("merge --out " + parts + " " + parts + "/shard-0-of-2 " + parts + "/shard-0-of-2");
  EXPECT_EQ(twice.code, 2);
  EXPECT_THAT(twice.err, HasSubstr("are the same shard, 0/2"));
  EXPECT_EQ(
      fluence("merge --out " + parts + " " + parts + "/shard-0-of-2 " + parts + "/shard-1-of-2").code,
      0);
  const auto digest = fluence("digest " + parts).out;
  EXPECT_EQ(digest.substr(0, 16), fluence("digest " + dir.file("whole")).out.substr(0, 16));
  EXPECT_EQ(fluence("digest --check " + dir.file("whole")).code, 0);
  EXPECT_EQ(fluence(map_command("--spaces vector --count 2 --out ") + dir.file("whole")).code, 2);
  const auto other = fluence(map_command("--out ") + dir.file("whole"));
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("holds a map of buffers"));
  const auto over =
      fluence(command + dir.file("whole") + " --totals " + dir.file("whole") + "/buffers.map");
  EXPECT_EQ(over.code, 2);
  EXPECT_THAT(over.err, HasSubstr("--totals"));

  const auto verified =
      fluence("verify --sample 2 --seed 3 " + workspace().inputs() + " " + dir.file("whole"));
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_EQ(nlohmann::json::parse(read_text(dir.file("whole/verify.json")))["images"], 2 * 2);
  const auto report = fluence("report " + dir.file("whole"));
  EXPECT_THAT(report.out, HasSubstr("% AVF"));
  EXPECT_THAT(report.out, HasSubstr("the engines: 2 faults compared with RTL cnvW1A1 "));
  EXPECT_THAT(read_text(dir.file("whole/report.html")), HasSubstr("\"pictures\""));
  const auto same = fluence("gate " + parts + " --baseline " + dir.file("whole"));
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_EQ(same.out, fluence("map --compare " + parts + " " + parts).out);
  const auto rates =
      " --device " FLUENCE_SOURCE_DIR "/radiation/7-series.device.toml --environment " FLUENCE_SOURCE_DIR
      "/radiation/new-york.environment.toml";
  EXPECT_THAT(fluence("rate " + parts + " " + fluence::test::whole().folder() + rates).out,
              HasSubstr("\ncnvW1A1    sum"));
  expect_refused(
      {{"gate " + parts + " --baseline " + fluence::test::whole().folder(), "name two of one kind"},
       {"verify --sample 1 " + dir.file("whole"), "was run with other inputs"},
       {"verify --sample 9999 " + workspace().inputs() + " " + dir.file("whole"), "ask for "},
       {"rate " + parts + " " + parts + rates, "as one before it does"},
       {"rate " + parts + rates + " --scrub 10", "leave out --scrub"},
       {"evidence " + parts, "is a map"},
       {"protect " + parts + " --budget bits=2%", "is one of buffers: name one of weights"}});
}

// What a map of buffers says wrongly, the RTL finds.
TEST(MapCommand, AWrongMapOfBuffersIsFound) {
  const TempDir dir;
  const auto out = dir.file("m");
  ASSERT_EQ(fluence(map_command("--spaces stream --count 1 --out " + out)).code, 0);
  auto map = BufferMap::load(out);
  std::vector<std::string> regions;
  for (const auto& region : map.layout()->regions()) {
    RegionWriter writer(region, map.request().cycles);
    for (const auto* array : region.arrays) {
      BufferClasses::WordClass word;
      word.site = {array->space, array->layer, array->first_module, 0, 0, 0};
      word.bits = array->bits;
      word.span = map.request().cycles;
      writer.add(word, std::vector(static_cast<std::size_t>(array->bits), Consequence::right_to_wrong));
      writer.end_array();
    }
    regions.push_back(writer.bytes());
  }
  map.add(0, regions, out);
  const auto differs = fluence("verify --sample 2 " + workspace().inputs() + " " + out);
  EXPECT_EQ(differs.code, 1) << differs.err;
  EXPECT_THAT(differs.out, HasSubstr(" gives other counts than the map's\n"));
}

}  // namespace
}  // namespace fluence::test
