// A network of others, from its file to scores.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/npy.hpp"
#include "import/check.hpp"
#include "import/import.hpp"
#include "network/decision.hpp"
#include "network/image_arrays.hpp"
#include "network/reference.hpp"
#include "tests/cli/command.hpp"
#include "tests/import/networks.hpp"

namespace fluence::test {
namespace {

using testing::HasSubstr;

/// An array of bytes of NumPy.
std::string npy(const std::string& type, const std::string& shape, const std::string& data) {
  auto header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize(118, ' ');
  return std::string("\x93NUMPY\x01\0\x76\0", 10) + header + data;
}

class Import : public testing::Test {
 protected:
  static constexpr int kImages = 20;

  Import() {
    write_text(dir_.path() / "model.onnx", brevitas_model().bytes());
    images_ = importing::drawn_images(made_.network().input.numbers, kImages, 11);
    const Decider decider(made_.parameters());
    const ReferenceNetwork reference(made_.parameters());
    std::string bytes;
    std::string classes;
    for (const auto& numbers : images_) {
      bytes.append(numbers.begin(), numbers.end());
      const auto scores =
          reference.run(image_of(numbers, made_.network().net.image(), made_.network().input.numbers));
      for (const auto sum : decider.sums(scores)) {
        scores_.push_back(static_cast<double>(sum));
      }
      classes += static_cast<char>(decider(scores));
    }
    write_text(dir_.path() / "images.npy", npy("|u1", "20, 2, 6, 6", bytes));
    write_text(dir_.path() / "classes.npy", npy("|u1", "20,", classes));
    classes[3] = static_cast<char>((classes[3] + 1) % 3);
    write_text(dir_.path() / "wrong.npy", npy("|u1", "20,", classes));
  }

  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }

  TempDir dir_;
  importing::Imported made_{brevitas_model().read(), "model", {}, {}};
  std::vector<std::vector<int>> images_;
  std::vector<double> scores_;
};

TEST_F(Import, LeadsFromAFileToScores) {
  const auto import = fluence("import " + file("model.onnx") + " --out " + file("net") + " --check " +
                              file("images.npy") + " " + file("classes.npy"));
  ASSERT_EQ(import.code, 0) << import.err;
  EXPECT_THAT(import.out, HasSubstr("conv 3x3 padded, pool 2x2"));
  EXPECT_THAT(import.out, HasSubstr("the same class and scores of 20 images"));

  const auto classify = "classify --network " + file("net") + " --images " + file("images.npy");
  const auto without = fluence(classify + " --scores " + file("scores.npy"));
  ASSERT_EQ(without.code, 0) << without.err;
  EXPECT_EQ(without.out, "model: 20 images without labels (--labels)\n");
  const auto scores = read_npy(file("scores.npy"), "the scores");
  EXPECT_EQ(scores.shape, (std::vector<std::int64_t>{20, 3}));
  EXPECT_EQ(scores.values, scores_);

  EXPECT_EQ(fluence(classify + " --labels " + file("classes.npy")).out,
            "model: 20 of 20 correct, 100.00 %\n");
  EXPECT_EQ(fluence(classify + " --labels " + file("wrong.npy")).out,
            "model: 19 of 20 correct, 95.00 %\n");
}

TEST_F(Import, ChecksItselfOnDrawnImagesAndDoesNotWriteWhatDiffers) {
  const auto drawn = fluence("import " + file("model.onnx") + " --out " + file("a"));
  EXPECT_THAT(drawn.out, HasSubstr("of 100 drawn images"));
  const auto wrong = fluence("import " + file("model.onnx") + " --out " + file("b") + " --check " +
                             file("images.npy") + " " + file("wrong.npy"));
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("image 3 is of class"));
  EXPECT_FALSE(std::filesystem::exists(file("b")));
}

TEST_F(Import, RefusesBadInputInOneSentence) {
  write_text(dir_.path() / "cut.onnx", brevitas_model().bytes().substr(0, 500));
  write_text(dir_.path() / "folding.json", R"({"MVUA_0": {"PE": 1}})");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/nonexistent.onnx", "/nonexistent.onnx"},
      {file("cut.onnx"), "ends in its middle"},
      {file("model.onnx") + " --folding " + file("folding.json"), "is MVAU_0 meant?"},
      {file("model.onnx") + " --input int9", "--input int9"},
      {file("model.onnx") + " --check " + file("model.onnx"), "is no array of NumPy"},
      {file("model.onnx") + " --cycles 0", "--cycles"}};
  for (const auto& [arguments, sentence] : cases) {
    const auto refused = fluence("import " + arguments + " --out " + file("net"));
    EXPECT_EQ(refused.code, 2) << arguments;
    EXPECT_EQ(refused.error_lines(), 1) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(sentence));
  }
  EXPECT_FALSE(std::filesystem::exists(file("net")));
}

}  // namespace
}  // namespace fluence::test
