// docs/import.md, line by line: what it has a reader type leads from a file to the first campaign.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "tests/cli/command.hpp"
#include "tests/import/networks.hpp"

namespace fluence::test {
namespace {

using testing::HasSubstr;

struct Block {
  std::string language;  ///< empty: lines for a shell
  std::string text;
};

std::vector<Block> blocks_of(const std::string& page) {
  std::vector<Block> blocks;
  std::istringstream lines(page);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) {
        blocks.push_back({line.substr(3), ""});
      }
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

std::string array(const std::string& shape, const std::string& data) {
  auto header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\0\x76\0", 10) + header + "\n" + data;
}

TEST(ImportPage, LeadsFromAFileToTheFirstCampaign) {
  const TempDir dir;
  constexpr int kImages = 20, kNumbers = 2 * 6 * 6;
  std::string images;
  for (int i = 0; i < kImages * kNumbers; ++i) {
    images += static_cast<char>(i * 37 % 251);
  }
  write_text(dir.path() / "model.onnx", brevitas_model().bytes());
  write_text(dir.path() / "images.npy", array("20, 2, 6, 6", images));
  write_text(dir.path() / "images.labels.npy", array("20,", std::string(kImages, '\1')));
  write_text(dir.path() / "folding_config.json", R"({"Defaults": {}})");
  const auto before = "cd " + dir.path().string() + " && export FLUENCE_CACHE=" + dir.file("cache") +
                      " PATH=\"$(dirname '" FLUENCE_BINARY "'):$PATH\" && ";
  std::string printed;
  int commands = 0;
  for (const auto& block : blocks_of(read_text(FLUENCE_SOURCE_DIR "/docs/import.md"))) {
    if (block.language == "toml") {
      write_text(dir.path() / "campaign.toml", block.text);
      continue;
    }
    ASSERT_EQ(block.language, "");
    std::istringstream lines(block.text);
    for (std::string line; std::getline(lines, line); ++commands) {
      ASSERT_THAT(line, testing::StartsWith("fluence "));
      ASSERT_EQ(std::system((before + line + " > " + dir.file("out") + " 2>&1").c_str()), 0)
          << line << "\n"
          << read_text(dir.file("out"));
      printed += read_text(dir.file("out"));
    }
  }
  EXPECT_EQ(commands, 10);
  EXPECT_THAT(printed, HasSubstr("the same class and scores of 100 drawn images"));
  EXPECT_THAT(printed, HasSubstr("model: "));
  EXPECT_THAT(printed, HasSubstr("of 20 correct"));
  EXPECT_THAT(printed, HasSubstr("3 images in "));
  EXPECT_THAT(printed, HasSubstr("200 trials in results/model"));
  EXPECT_THAT(printed, HasSubstr("20 trials compared with RTL model"));
  EXPECT_THAT(printed, HasSubstr("; all equal"));
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "scores.npy"));
  EXPECT_THAT(printed,
              HasSubstr("each inverted in each of 20 images from the start; nothing is sampled"));
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "results/model/report.html"));
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "results/map/report.html"));
}

}  // namespace
}  // namespace fluence::test
