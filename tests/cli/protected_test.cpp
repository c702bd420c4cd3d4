// Hardwares that store parameters by codecs, and rates.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;

// The published triplicated one beside the plain one.
constexpr auto kSpec = R"(name = "protected"
seed = 1
count = 2
trials = 5
[[part]]
networks = ["cnvW1A1", "cnvW1A1-TMR"]
modes = ["seu"]
spaces = ["thresholds"]
layers = [4]
faults = [1, 30]
semantics = "physical"
)";

class ProtectedCommand : public ::testing::Test {
 protected:
  Finished run(const std::string& arguments) { return fluence(arguments + " " + workspace().inputs()); }
  std::string campaign() {
    write_text(dir_.file("spec.toml"), kSpec);
    const auto made = run("run " + dir_.file("spec.toml") + " --out " + dir_.file("r"));
    EXPECT_EQ(made.code, 0) << made.err;
    return dir_.file("r");
  }
  TempDir dir_;
};

TEST_F(ProtectedCommand, CampaignsAreRunReportedAndReplayed) {
  const auto folder = campaign();
  const auto report = fluence("report " + folder + " --json " + dir_.file("r.json"));
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(report.out, HasSubstr("cnvW1A1-TMR"));
  const auto trial = run("trial " + folder + " --scenario 3 --trial 2 --out " + dir_.file("l.jsonl"));
  EXPECT_EQ(trial.code, 0) << trial.err;
  EXPECT_THAT(read_text(dir_.file("l.jsonl")), HasSubstr("\"copy\":"));
  const auto replay = run("replay --network cnvW1A1-TMR --semantics physical --faults " +
                          dir_.file("l.jsonl") + " --out " + dir_.file("s.jsonl"));
  EXPECT_EQ(replay.code, 0) << replay.err << replay.out;
}

// Without upsets that meet, three copies cost nothing: the scenario of one upset.
TEST_F(ProtectedCommand, SingleUpsetsInTriplicatedThresholdsAreMasked) {
  const auto folder = campaign();
  EXPECT_EQ(fluence("report " + folder + " --json " + dir_.file("r.json")).code, 0);
  const auto json = nlohmann::json::parse(read_text(dir_.file("r.json")));
  int seen = 0;
  for (const auto& scenario : json.at("scenarios")) {
    if (scenario.at("network") == "cnvW1A1-TMR" && scenario.at("faults") == 1) {
      EXPECT_EQ(scenario.at("masked").at("share"), 1.0) << scenario;
      ++seen;
    }
  }
  EXPECT_EQ(seen, 1);
}

// Of every copy, from the command to rates, and to trials that are drawn by it.
TEST_F(ProtectedCommand, HasAMapOfWhatIsStored) {
  const auto map = dir_.file("map");
  const auto made = run("map --network cnvW1A1-TMR --layers 0,5 --count 2 --out " + map + " --csv " +
                        dir_.file("m.csv"));
  ASSERT_EQ(made.code, 0) << made.err;
  const auto csv = read_text(dir_.file("m.csv"));
  EXPECT_THAT(csv, HasSubstr(",wrong_to_wrong,copy\n"));
  EXPECT_THAT(csv, HasSubstr("\nweights,0,0,0,0,0,2,0,0,0,0,0,0\n"));
  EXPECT_THAT(csv, HasSubstr("\nthresholds,0,15,3,0,23,2,0,0,0,0,0,2\n"));
  const auto totals = nlohmann::json::parse(fluence("report " + map + " --json").out);
  std::map<std::pair<std::string, int>, std::pair<int, int>> found;  // bits, masked
  for (const auto& row : totals.at("layers")) {
    found[{row.at("space"), row.at("layer")}] = {row.at("bits"), row.at("masked")};
  }
  EXPECT_EQ(found.at({"weights", 0}), std::pair(3 * 1728, 2 * 3 * 1728));
  EXPECT_EQ(found.at({"thresholds", 0}), std::pair(3 * 64 * 24, 2 * 3 * 64 * 24));
  EXPECT_LT(found.at({"thresholds", 5}).second, 2 * found.at({"thresholds", 5}).first);
  const auto protect = fluence("protect " + map + " --budget bits=2%");
  EXPECT_EQ(protect.code, 2);
  EXPECT_THAT(protect.err, HasSubstr("whose memories have codecs already"));
  write_text(dir_.file("drawn.toml"), R"(name = "drawn"
seed = 1
count = 2
trials = 10
[[part]]
networks = "cnvW1A1-TMR"
modes = "seu"
spaces = [["weights", "thresholds"]]
layers = [[0, 5]]
faults = 2
semantics = "physical"
draw = { map = "map" }
)");
  const auto drawn = run("run " + dir_.file("drawn.toml") + " --out " + dir_.file("drawn"));
  EXPECT_EQ(drawn.code, 0) << drawn.err;
}

TEST_F(ProtectedCommand, WhatTheRtlLacksIsRefusedInASentence) {
  const auto refused = [&](const std::string& command) {
    const auto finished = run(command);
    EXPECT_EQ(finished.code, 2) << command << finished.out;
    EXPECT_EQ(finished.error_lines(), 1) << finished.err;
    return finished.err;
  };
  const auto map = "map --count 2 --out " + dir_.file("m") + " --network ";
  EXPECT_THAT(refused(map + "cnvW1A1-TMR --given weights,1,0,0,0,0"),
              HasSubstr("a map takes no --given of it"));
  EXPECT_THAT(refused(map + "cnvW1A1-TMR --mode stuck1"), HasSubstr("stuck bits of weights of layer 0"));
  EXPECT_THAT(refused(map + "cnvW1A1-interleaved --mode mbu --spaces thresholds"),
              HasSubstr("changes other bits than one such fault of a value"));
  EXPECT_THAT(refused("classify --network cnvW1A1-TMR --engine rtl --count 1"),
              HasSubstr("cnvW1A1-TMR"));
  write_text(
      dir_.file("cycle.jsonl"),
      R"({"id": 1, "images": 1, "faults": [{"cycle": 5, "target": "weights", "layer": 1, "module": 0, "index": 0, "bit": 0}]})");
  EXPECT_THAT(refused("replay --network cnvW1A1-TMR --faults " + dir_.file("cycle.jsonl") + " --out " +
                      dir_.file("s.jsonl")),
              HasSubstr("there is no simulated accelerator of cnvW1A1-TMR"));
  auto by_host = std::string(kSpec);
  by_host.replace(by_host.find("physical"), 8, "source").append("engine = \"rtl\"\n");
  write_text(dir_.file("host.toml"), by_host);
  EXPECT_THAT(refused("run " + dir_.file("host.toml") + " --out " + dir_.file("h")),
              HasSubstr("there is no simulated accelerator of cnvW1A1-TMR"));
  EXPECT_THAT(refused("verify " + campaign() + " --sample 2"), HasSubstr("cnvW1A1-TMR"));
}

TEST_F(ProtectedCommand, UnknownCodecsAreRefusedWithFileAndLayer) {
  const auto hardware = read_text(FLUENCE_SOURCE_DIR "/networks/protected/cnvW1A1-TMR.hardware.json");
  const auto refused = [&](const std::string& from, const std::string& to) {
    auto text = hardware;
    text.replace(text.find(from), from.size(), to);
    write_text(dir_.file("x.hardware.json"), text);
    write_text(dir_.file("cnvW1A1.network.json"),
               read_text(FLUENCE_SOURCE_DIR "/networks/cnvW1A1.network.json"));
    const auto finished = fluence("sites --network " + dir_.file("x.hardware.json"));
    EXPECT_EQ(finished.code, 2) << finished.out;
    return finished.err;
  };
  EXPECT_THAT(refused("tmr-writeback", "hamming"),
              HasSubstr("x.hardware.json: layer 0: 'protection': 'weights': unknown codec 'hamming': "
                        "use one of none, "));
  EXPECT_THAT(refused("tmr-writeback", "interleave 3"), HasSubstr("a power of two from 2 to 64"));
  EXPECT_THAT(
      refused("tmr-writeback", "resilient-interleave"),
      HasSubstr("layer 0 of network x has weight words of 3 bits, and resilient-interleave has a "
                "pattern for words of 16 and of 24 bits only"));
  EXPECT_THAT(refused("\"weights\": ", "\"wights\": "), HasSubstr("wights"));
}

TEST_F(ProtectedCommand, RatesOfTheCampaignCountTheCopies) {
  const auto folder = campaign();
  const auto files =
      " --device " FLUENCE_SOURCE_DIR "/radiation/7-series.device.toml --environment " FLUENCE_SOURCE_DIR
      "/radiation/new-york.environment.toml";
  const auto rate = fluence("rate " + folder + files + " --json " + dir_.file("rate.json") + " --csv " +
                            dir_.file("rate.csv"));
  EXPECT_EQ(rate.code, 0) << rate.err;
  EXPECT_THAT(rate.out, HasSubstr("nobody has verified the cross sections of the memory block RAM"));
  const auto json = nlohmann::json::parse(read_text(dir_.file("rate.json")));
  ASSERT_EQ(json.at("rows").size(), 2U);
  EXPECT_EQ(json.at("rows")[0].at("bits"), 4096);
  EXPECT_EQ(json.at("rows")[1].at("bits"), 12288);
  EXPECT_EQ(json.at("rows")[1].at("critical").at("fit"), 0.0);

  const auto over = fluence("rate " + folder + files + " --csv " + folder + "/results.sqlite");
  EXPECT_EQ(over.code, 2);
  EXPECT_EQ(fluence("rate " + dir_.file("nothing") + files).code, 2);
}

}  // namespace
}  // namespace fluence::test
