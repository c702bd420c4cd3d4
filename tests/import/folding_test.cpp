// What a folding file says, and what of it is refused.
#include "import/folding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "import/import.hpp"
#include "tests/import/networks.hpp"

namespace fluence::test {
namespace {

using importing::FoldingTexts;
using importing::Imported;
using testing::HasSubstr;
using testing::ThrowsMessage;

Imported folded(const std::string& folding, const std::string& specialize = "", long cycles = 50'000) {
  FoldingTexts texts;
  if (!folding.empty()) {
    texts.folding = folding;
  }
  if (!specialize.empty()) {
    texts.specialize = specialize;
  }
  texts.cycles = cycles;
  return {brevitas_model().read(), "x", texts, {}};
}

TEST(Folding, IsThatOfTheFile) {
  const auto made = folded(
      R"({"Defaults": {}, "Thresholding_rtl_0": {"PE": 1}, "FMPadding_rtl_0": {"SIMD": 1},
          "MVAU_hls_0": {"PE": 2, "SIMD": 2, "ram_style": "auto", "outFIFODepths": [32]},
          "MVAU_hls_1": {"PE": 5, "SIMD": 12}, "MVAU_hls_2": {"PE": 3, "SIMD": 1}, "LabelSelect_hls_0": {"PE": 1}})");
  const auto& layers = made.network().net.layers;
  EXPECT_EQ(layers[0].pe, 2);
  EXPECT_EQ(layers[0].simd, 2);
  EXPECT_EQ(layers[0].out_fifo_depth, 32);
  EXPECT_EQ(layers[1].pe, 5);
  EXPECT_EQ(layers[1].simd, 12);
  EXPECT_EQ(layers[2].pe, 3);
  EXPECT_THAT(made.network().remarks, testing::Contains(HasSubstr("not used: ram_style")));
}

TEST(Folding, OfColumnsAcrossAWindowIsWrittenAsTheHardwareCan) {
  const auto made = folded(R"({"MVAU_0": {"PE": 4, "SIMD": 9}, "MVAU_1": {}, "MVAU_2": {}})");
  EXPECT_EQ(made.network().units[0].simd, 9);
  EXPECT_EQ(made.network().net.layers[0].simd, 2);
  EXPECT_THAT(made.network().remarks, testing::Contains(HasSubstr("says SIMD 2 instead of 9")));
}

TEST(Folding, OfWordsOfMoreThan64BitsIsThatOfTheFile) {
  const auto made = folded(R"({"MVAU_0": {"PE": 4}, "MVAU_1": {"PE": 5, "SIMD": 36}, "MVAU_2": {}})");
  EXPECT_EQ(made.network().net.layers[1].simd, 36);
  EXPECT_EQ(made.network().net.layers[1].weight_word_bits(), 144);
  EXPECT_THAT(made.network().remarks, testing::Not(testing::Contains(HasSubstr("instead of"))));
}

TEST(Folding, OfMixedBackendsNeedsTheSpecialization) {
  const std::string mixed =
      R"({"MVAU_hls_0": {"PE": 1}, "MVAU_rtl_0": {"PE": 5}, "Thresholding_rtl_1": {"PE": 1}, "MVAU_hls_1": {"PE": 3}})";
  EXPECT_THAT([&] { folded(mixed); }, ThrowsMessage<InputError>(HasSubstr("add --specialize")));
  const auto made = folded(
      mixed, R"({"MVAU_0": {"preferred_impl_style": ""}, "MVAU_1": {"preferred_impl_style": "rtl"}})");
  EXPECT_EQ(made.network().net.layers[1].pe, 5);
  EXPECT_EQ(made.network().net.layers[2].pe, 3);
  EXPECT_THAT(made.network().remarks, testing::Contains(HasSubstr("is an rtl unit")));
  EXPECT_THAT([&] { folded(mixed, R"({"MVAU_1": {"preferred_impl_style": "vhdl"}})"); },
              ThrowsMessage<InputError>(HasSubstr("MVAU_1")));
}

TEST(Folding, IsRefusedWithTheNearestPossibleOne) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"MVAU_0": {"PE": 3}})",
       "PE 3, which does not divide its 4 rows: the nearest possible one is 4"},
      {R"({"MVAU_1": {"SIMD": 7}})",
       "SIMD 7, which does not divide its 36 columns: the nearest possible one is 6"},
      {R"({"MVAU_1": {"SIMD": 70}})",
       "SIMD 70, which exceeds its 36 columns: the nearest possible one is 36"},
      {R"({"MVAU_1": {"PE": 0}})", "'PE' of 'MVAU_1' is 0"},
      {R"({"MVAU_1": {"PE": "5"}})", "'PE' of 'MVAU_1' is \"5\""},
      {R"({"MVAU_1": {"PE": 1.5}})", "'PE' of 'MVAU_1' is 1.5"},
      {R"({"MVAU_1": {"PR": 5}})", "is PE meant?"},
      {R"({"MVUA_hls_1": {"PE": 5}})",
       "'MVUA_hls_1' names no layer of the network, which has 3 matrix units, 0 to 2: is MVAU_hls_1 "
       "meant?"},
      {R"({"MVAU_3": {"PE": 1}})", "'MVAU_3' names no layer"},
      {R"({"MVAU_1": {"PE": 1}, "MVAU_hls_1": {"PE": 1}})", "both name layer 1"},
      {R"({"MVAU_1": 5})", "'MVAU_1' is no table"},
      {R"([1])", "is no table of layers"},
      {R"({"MVAU_1": {"PE")", "is no JSON or ends in its middle"}};
  for (const auto& [text, sentence] : cases) {
    const auto fold = [text = text] { folded(text); };
    EXPECT_THAT(fold, ThrowsMessage<InputError>(HasSubstr(sentence))) << text;
  }
}

TEST(Folding, OfWindowsIsIgnoredWithAWord) {
  const auto made = folded(
      R"({"ConvolutionInputGenerator_rtl_0": {"SIMD": 5}, "MVAU_0": {}, "MVAU_1": {}, "MVAU_2": {}})");
  EXPECT_THAT(made.network().remarks,
              testing::Contains(
                  HasSubstr("'ConvolutionInputGenerator_rtl_0' of the folding is ignored: SIMD 5")));
}

TEST(Folding, IsChosenForATargetOfCycles) {
  const auto cycles = [](const Layer& layer) { return layer.out_pixels() * layer.weight_words(); };
  for (const long target : {100'000L, 324L, 40L}) {
    const auto made = folded("", "", target);
    for (const auto& layer : made.network().net.layers) {
      EXPECT_LE(cycles(layer), std::max(target, layer.index == 0 ? 36L * 9 : 1L));
      if (target == 100'000) {
        EXPECT_EQ(layer.pe * layer.simd, 1);
      }
    }
    EXPECT_THAT(made.network().remarks, testing::Contains(HasSubstr("no folding is given")));
  }
}

// Wider words than a register's are for what else is not fast enough.
TEST(Folding, IsOfWideWordsOnlyForTheirSpeed) {
  EXPECT_EQ(folded("", "", 3).network().net.layers[1].simd, 12);
  const auto fastest = folded("", "", 2).network().net.layers[1];
  EXPECT_EQ(fastest.simd, 18);
  EXPECT_EQ(fastest.weight_word_bits(), 72);
}

}  // namespace
}  // namespace fluence::test
