#include "campaign/provenance.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

TEST(Provenance, IsNoDifference) {
  const Manifest one = {{"seed", "1"}, {"version", "1"}, {kGivenImages, "/a"}};
  EXPECT_EQ(first_difference(one, {{"seed", "1"}, {kGivenParams, kEmbedded}}), "");
  EXPECT_EQ(first_difference(one, {{"seed", "2"}}), "seed");
}

TEST(Provenance, GivesTheOptionsWithWhichACommandFindsTheInputs) {
  const test::TempDir dir;
  const auto params = dir.path() / "a b";
  const auto images = dir.file("it's.bin");
  fs::create_directory(params);
  std::ofstream(images) << "x";
  const Manifest manifest = {{kGivenParams, lasting_path(params)}, {kGivenImages, lasting_path(images)}};
  const auto where = fs::canonical(dir.path()).string();
  EXPECT_EQ(input_options(manifest),
            " --params '" + where + "/a b' --images '" + where + "/it'\\''s.bin'");
  const auto before = fs::current_path();
  fs::current_path(dir.path());
  EXPECT_EQ(input_options(manifest), " --params 'a b' --images 'it'\\''s.bin'");
  fs::current_path(before);
  EXPECT_EQ(input_options({{kGivenParams, kEmbedded}, {kGivenImages, kEmbedded}}), "");

  fs::remove(images);
  EXPECT_EQ(input_options(manifest), std::nullopt) << "they are gone";
  EXPECT_EQ(input_options({}), std::nullopt) << "of an older version";
  EXPECT_EQ(lasting_path("/dev/null"), "");
  EXPECT_EQ(lasting_path(images), "");
  EXPECT_EQ(input_options({{kGivenParams, kEmbedded}, {kGivenImages, ""}}), std::nullopt) << "a pipe";
}

}  // namespace
}  // namespace fluence
