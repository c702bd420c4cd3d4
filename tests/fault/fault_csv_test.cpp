#include "fault/fault_csv.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

const SiteMap& sites() {
  static const SiteMap map(topology("cnvW1A1"));
  return map;
}

std::vector<ListedCase> read_csv(const std::string& text) {
  std::istringstream in(text);
  return read_fault_csv(in, "list.csv", sites());
}

std::string csv_error(const std::string& text) {
  try {
    read_csv(text);
    return "no error";
  } catch (const InputError& e) {
    return e.what();
  }
}

std::string name_error(const std::string& name, std::optional<int> bit = {}) {
  try {
    site_of_rtl_name(name, bit, sites());
    return "no error";
  } catch (const InputError& e) {
    return e.what();
  }
}

// The name of a site with all indices that are not those of a dimension of one element.
std::string name_of(const Site& site) {
  const auto& array = sites().array_of(site);
  auto name = array.rtl_name;
  for (const auto& [size, index] : {std::pair{array.modules, site.module - array.first_module},
                                    {array.words, site.index},
                                    {array.threshes, site.thresh},
                                    {array.bits, site.bit}}) {
    name += size > 1 ? "[" + std::to_string(index) + "]" : "";
  }
  return name;
}

TEST(FaultCsv, NamesOfTheRtlAreSites) {
  for (const auto& array : sites().arrays()) {
    for (const auto address : {array.address, array.address + array.bit_count() - 1}) {
      const auto site = sites().site(address);
      EXPECT_EQ(site_of_rtl_name(name_of(site), {}, sites()), site) << name_of(site);
      EXPECT_EQ(site_of_rtl_name("tb.dut.fl_accel." + name_of(site), {}, sites()), site);
    }
  }
  const Site weight{Space::weights, 5, 0, 901, 0, 17};
  for (const auto* name :
       {"u_pipeline.u_l5_mvau.weights_q[901][17]", "u_pipeline.u_l5_mvau.weights_q[0][901][17]",
        "/tb/dut/u_pipeline/u_l5_mvau/weights_q[0][901][17]"}) {
    EXPECT_EQ(site_of_rtl_name(name, {}, sites()), weight) << name;
  }
  EXPECT_EQ(site_of_rtl_name("u_pipeline.u_l5_mvau.weights_q[901]", 17, sites()), weight);
}

TEST(FaultCsv, NamesThatTheRtlDoesNotHaveAreRefused) {
  EXPECT_EQ(name_error("u_pipeline.u_l5_mvau.weights[901][17]"),
            "'u_pipeline.u_l5_mvau.weights[901][17]' is no stored bit of cnvW1A1: use the names that "
            "'fluence sites --csv' prints");
  // The run's own state_q has no hierarchy above it: another module's is not it.
  EXPECT_THAT(name_error("u_pipeline.u_other.state_q[0]"), ::testing::HasSubstr("is no stored bit"));
  EXPECT_EQ(
      name_error("u_pipeline.u_l5_mvau.weights_q[18432][17]"),
      "'u_pipeline.u_l5_mvau.weights_q[18432][17]' is no bit of "
      "u_pipeline.u_l5_mvau.weights_q[18432][32]: give an index for each of these dimensions, the bit "
      "last");
  EXPECT_THAT(name_error("u_pipeline.u_l5_mvau.weights_q[901]"), ::testing::HasSubstr("is no bit of"));
  EXPECT_THAT(name_error("u_pipeline.u_l5_mvau.weights_q[901]", -1),
              ::testing::HasSubstr("with 'bit' -1 is no bit of"));
  EXPECT_THAT(name_error("u_pipeline.u_l5_mvau.weights_q[901][7:0]"),
              ::testing::HasSubstr("has something else than [number] behind its name"));
}

TEST(FaultCsv, TimesKindsAndCasesAreThoseOfTheRows) {
  const auto cases = read_csv(
      "# another tool's\r\n"
      "Case,Signal,time_ns,Type,duration_ns,images,clock_MHz\r\n"
      "7,\"u_pipeline.u_l5_mvau.weights_q[901][17]\",15,seu,,3,\r\n"
      "\r\n"
      "7,u_pipeline.u_l5_mvau.weights_q[902][17],30,sa1,,3,\r\n"
      "9,u_pipeline.u_l0_mvau.g_thresholds.thresholds_q[1][0][5],30,stuck-at-0,30,1,200\r\n");
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].trial.id, 7);
  EXPECT_EQ(cases[0].trial.images, 3);
  ASSERT_EQ(cases[0].trial.faults.size(), 2U);
  EXPECT_EQ(cases[0].trial.faults[0].cycle, 1U);  // from 10 ns on
  EXPECT_EQ(cases[0].trial.faults[0].kind, FaultKind::flip);
  EXPECT_EQ(cases[0].trial.faults[1].cycle, 3U);
  EXPECT_EQ(cases[0].trial.faults[1].kind, FaultKind::stuck1);
  EXPECT_EQ(cases[1].trial.faults[0].cycle, 6U);
  EXPECT_EQ(cases[1].trial.faults[0].duration, 6U);
  EXPECT_EQ(cases[1].trial.faults[0].site, (Site{Space::thresholds, 0, 1, 0, 0, 5}));
  // Without cases, each row is one; written as a list of ours it is the same.
  const auto rows = read_csv(
      "name,before_image,images\nu_pipeline.u_l5_mvau.weights_q[901][17],1,2\n"
      "u_pipeline.u_l5_mvau.weights_q[901][17],0,2\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(to_line(rows[1]),
            R"({"id":1,"images":2,"faults":[{"before_image":0,"target":"weights","layer":5,"module":0,)"
            R"("index":901,"thresh":0,"bit":17,"word_size":1}]})");
}

TEST(FaultCsv, AFileIsOneByItsName) {
  const test::TempDir dir;
  const auto file = dir.path() / "list.csv";
  std::ofstream(file) << "name,cycle\nu_pipeline.u_l5_mvau.weights_q[901][17],5\n";
  EXPECT_EQ(read_fault_list(file, sites()).at(0).trial.faults.at(0).cycle, 5U);
  std::ofstream(file) << "name,cycle\n";
  EXPECT_THROW(read_fault_list(file, sites()), InputError);
}

TEST(FaultCsv, WhatIsWrongIsNamedWithItsLine) {
  const std::string name = "u_pipeline.u_l5_mvau.weights_q[901][17]";
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"name,when\n",
       "1: the column 'when' is unknown: take it out, or use one of name, bit, copy, cycle, "
       "time_ns, before_image, clock_mhz, kind, duration, duration_ns, word_size, case, images"},
      {"cycle,time_cycles,name\n", "1: the column 'cycle' is there twice: keep one"},
      {"cycle\n5\n", "1: there is no column 'name', of hierarchical names of the RTL: add it"},
      {"name,cycle\n" + name + "\n",
       "2: the row has 1 cells where there are 2 columns: give one a column"},
      {"name,cycle\n\"" + name + ",5\n", "2: a quote is not closed: close it in its line"},
      {"name,cycle\n" + name + ",5x\n", "2: 'cycle' '5x' is no whole number: correct it"},
      {"name,cycle\n" + name + ",\n",
       "2: no time is filled in: give 'cycle', 'time_ns' or 'before_image'"},
      {"name,cycle,time_ns\n" + name + ",5,50\n",
       "2: 'cycle' and 'time_ns' say the same: fill in one of them"},
      {"name,time_ns\n" + name + ",-1\n", "2: 'time_ns' '-1' is below 0: correct it"},
      {"name,time_ns\n" + name + ",1e300\n",
       "2: 'time_ns' '1e300' is later than any run: correct it, or the clock"},
      {"name,cycle,kind\n" + name + ",5,open\n",
       "2: 'kind' 'open' is unknown: use flip (or seu), stuck0 (sa0), stuck1 (sa1) or intermittent"},
      {"name,cycle,kind\n" + name + ",5,intermittent\n",
       "2: 'duration' is missing in an intermittent fault: add it"},
      {"name,before_image\n" + name + ",1\n",
       "2: 'before_image' is no whole number from 0 to 0: correct it"},
      {"name,cycle,images\n" + name + ",1,0\n", "2: 'images' 0 is none of 1 to 1000000000: correct it"},
      {"name,cycle,images,case\n" + name + ",1,2,4\n" + name + ",1,3,4\n",
       "3: 'images' of case 4 was 2 before: give all its rows the same"},
      {"name,cycle,before_image,case\n" + name + ",1,,4\n" + name + ",,0,4\n",
       "3: case 4 mixes 'before_image' and cycles: time all its faults the same way"},
      {"name,cycle,word_size\n" + name + ",1,3\n", "2: 'word_size' 3 is unknown: use 1, 8 or 64"}};
  for (const auto& [text, message] : refused) {
    EXPECT_EQ(csv_error(text), "list.csv:" + message);
  }
}

}  // namespace
}  // namespace fluence
