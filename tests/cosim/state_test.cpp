// No flip-flop is forgotten: what the RTL assigns at a clock edge is named *_q, and every *_q of the
// Verilated model is a site.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "rtl/sites.hpp"

namespace fluence {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(State, WhatAClockEdgeAssignsIsNamedAsARegister) {
  // At the start of a statement: a comparison stands within parentheses or behind an operator.
  const std::regex assignment(
      R"((?:;|\)|:|\bbegin|\belse)\s*([A-Za-z_]\w*|\{[^;}]*\})(?:\[[^\]]*\])*\s*<=)");
  const std::regex comment("//[^\n]*");
  int seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FLUENCE_SOURCE_DIR "/rtl")) {
    if (entry.path().extension() != ".sv") {
      continue;
    }
    const auto text = std::regex_replace(content(entry.path()), comment, "");
    for (std::sregex_iterator it(text.begin(), text.end(), assignment), end; it != end; ++it) {
      const auto name = (*it)[1].str();
      EXPECT_TRUE(name.ends_with("_q")) << entry.path() << " assigns " << name << " at a clock edge";
      ++seen;
    }
  }
  EXPECT_GT(seen, 100);
}

class StateOf : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, StateOf, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(StateOf, TheModelIsItsSites) {
  const std::string net = GetParam();
  std::set<std::string> sites;
  const SiteMap map(topology(net));
  for (const auto& array : map.arrays()) {
    sites.insert("fl_accel." + array.rtl_name);
  }
  const auto header = content(FLUENCE_VERILATED_DIR "/" + net + "/V" + net + "___024root.h");
  const std::regex member(R"((fl_accel__DOT__\w+_q);)");
  std::set<std::string> registers;
  for (std::sregex_iterator it(header.begin(), header.end(), member), end; it != end; ++it) {
    const auto name = std::regex_replace((*it)[1].str(), std::regex("__DOT__"), ".");
    if (name.find(".u_rules.") == std::string::npos) {  // what assertions remember is no hardware
      registers.insert(name);
    }
  }
  EXPECT_EQ(registers, sites);
}

}  // namespace
}  // namespace fluence
