// What docs/ state as numbers is what the code says. A failure shows the line that belongs there.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "campaign/store.hpp"
#include "fault/schedule.hpp"
#include "platform/timing.hpp"
#include "rtl/cycle_model.hpp"
#include "rtl/sites.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

std::string doc(const std::string& name) {
  std::ifstream file(std::string(FLUENCE_SOURCE_DIR) + "/docs/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void expect_line(const std::string& name, const std::string& line) {
  EXPECT_NE(doc(name).find("\n" + line + "\n"), std::string::npos)
      << "docs/" << name << " lacks: " << line;
}

TEST(FaultModelDoc, CountsTheBitsOfEverySpace) {
  std::string total = "| total |";
  for (const auto& net : all_topologies()) {
    total += fmt::format(" {} |", SiteMap(net).bit_count());
  }
  expect_line("fault-model.md", total);
  for (const auto space : SiteMap(topology("cnvW1A1")).spaces()) {
    auto row = fmt::format("| `{}` |", to_string(space));
    for (const auto& net : all_topologies()) {
      row += fmt::format(" {} |", SiteMap(net).bit_count(space));
    }
    expect_line("fault-model.md", row);
  }
}

TEST(ResultsDoc, ListsTheColumnsOfEveryTable) {
  const test::TempDir folder;
  static_cast<void>(Store::open(folder.path(), {}, {}));
  const SQLite::Database db((folder.path() / "results.sqlite").string());
  int tables = 0;
  for (SQLite::Statement table(db, "SELECT name FROM sqlite_master WHERE type = 'table'");
       table.executeStep();) {
    const std::string name = table.getColumn(0);
    std::string columns;
    for (SQLite::Statement column(db, "PRAGMA table_info(" + name + ")"); column.executeStep();) {
      columns += fmt::format("{}`{}`", columns.empty() ? "" : ", ", column.getColumn(1).getString());
    }
    expect_line("results.md", fmt::format("| `{}` | {} |", name, columns));
    ++tables;
  }
  EXPECT_EQ(tables, 7);
}

TEST(ScheduleDoc, SaysWhenEveryNetworkBecomesPeriodic) {
  for (const auto& net : all_topologies()) {
    const auto schedule = Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net);
    expect_line("schedule.md",
                fmt::format("| {} | {} | {} |", net.name, schedule.period(), schedule.periodic_from()));
  }
}

TEST(ScheduleDoc, ShowsALayerAsItIsInTheFile) {
  const auto text = Schedule::read(FLUENCE_SOURCE_DIR "/schedules", topology("cnvW2A2")).text();
  const auto example = doc("schedule.md");
  const auto begin = example.find("```json\n") + 8;
  const auto layer = example.substr(begin, example.find("\n```", begin) - begin);
  EXPECT_EQ(layer.rfind("{\"name\"", 0), 0U);
  EXPECT_NE(text.find("\n" + layer + ",\n"), std::string::npos) << layer;
}

class TimingDoc : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, TimingDoc, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(TimingDoc, StatesPredictedMeasuredAndRecordedCycles) {
  const auto& net = topology(GetParam());
  const auto predicted = predict_cycles(dataflow(net), 8);
  const auto rtl = measure_timing(net, 8);
  const auto board = net.board.value();
  expect_line("timing.md", fmt::format("| {} | {} | {:.0f} | {} | {:.0f} | {:.0f} | {} |", net.name,
                                       predicted.first_image(), rtl.one_image, board.one_image,
                                       predicted.steady_state(), rtl.steady_state, board.steady_state));
}

TEST_P(TimingDoc, StatesWhatTheHostAdds) {
  const auto& net = topology(GetParam());
  for (const auto& row : measure_hosts(net, FLUENCE_FIRMWARE_FILE)) {
    EXPECT_GT(row.host_cycles, row.accelerator);
    expect_line("platform.md",
                fmt::format("| {} | {} | {} | {} | {} | {} |", net.name, row.host, row.wait,
                            row.accelerator, row.host_cycles, row.host_cycles - row.accelerator));
  }
}

TEST_P(TimingDoc, StatesWhatItTakesToLoadParameters) {
  const auto& net = topology(GetParam());
  const auto rows = measure_loads(net, FLUENCE_FIRMWARE_FILE);
  ASSERT_EQ(rows.size(), 2U);
  expect_line("platform.md", fmt::format("| {} | {} | {} | {} |", net.name, rows[0].words,
                                         rows[0].cycles, rows[1].cycles));
}

class AnyQuantum : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Cycles, AnyQuantum, testing::Values(50, 1000, 200'000));

TEST_P(AnyQuantum, LeavesWhatTheHostAdds) {
  PlatformOptions options;
  options.quantum_cycles = GetParam();
  for (const auto& row : measure_hosts(topology("cnvW1A1"), FLUENCE_FIRMWARE_FILE, options)) {
    // When the last poll comes depends on where the earlier ones fell.
    const bool exact = row.host == "native" || row.wait == "interrupt";
    const auto text =
        exact ? fmt::format("{} | {} |", row.host_cycles, row.host_cycles - row.accelerator) : "";
    EXPECT_NE(doc("platform.md")
                  .find(fmt::format("\n| cnvW1A1 | {} | {} | {} | {}", row.host, row.wait,
                                    row.accelerator, text)),
              std::string::npos)
        << row.host << ", " << row.wait;
  }
}

}  // namespace
}  // namespace fluence
