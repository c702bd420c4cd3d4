// What a network takes of what its graph takes.
#include "import/input.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "import/check.hpp"
#include "import/import.hpp"
#include "network/image_arrays.hpp"
#include "tests/import/networks.hpp"

namespace fluence::test {
namespace {

using importing::Imported;

/// A dense layer, its thresholds and another one behind what is there.
void add_layers(Model& model, std::int64_t columns) {
  std::mt19937_64 random(2);
  model.node("MatMul", {model.constant(drawn(random, static_cast<std::size_t>(columns * 3), -2, 1),
                                       {columns, 3}, "INT2")});
  model.thresholds({-4, 0, 3, -2, 1, 2, 0, 1, 5}, {3, 3}, "UINT2");
  model.node("MatMul", {model.constant({1, -1, 1, 0, 1, -1}, {3, 2}, "INT2")});
}

Imported imported(Model& model, const std::string& input = "") {
  std::optional<importing::GivenInput> given;
  if (!input.empty()) {
    given = importing::given_input(input);
  }
  return {model.read(), "x", {}, given};
}

void expect_equal(const Imported& made) {
  const auto drawn = importing::drawn_images(made.network().input.numbers, 100, 3);
  EXPECT_EQ(importing::check(made.network(), made.parameters(), drawn).images, 100);
}

TEST(ImportedInput, OfAQuantizerBeyond0To1StaysWithTheHost) {
  Model model({1, 1, 2, 4});
  model.quant(0.75F, 8, true, true);
  model.node("Flatten");
  add_layers(model, 8);
  const auto made = imported(model);
  const auto& numbers = made.network().input.numbers;
  EXPECT_EQ(numbers.format, NumberFormat{8});
  EXPECT_EQ(numbers.least, -127);
  EXPECT_EQ(made.network().net.input.thresholds, 0);
  EXPECT_EQ(numbers.number(0.75 * 2.5), 2);
  EXPECT_EQ(numbers.number(0.75 * 3.5), 4);
  EXPECT_EQ(numbers.number(-1e9), -127);
  EXPECT_EQ(made.network().remarks.size(), 2U);
  expect_equal(made);
}

TEST(ImportedInput, IsBytesWhereTheQuantizerTellsApart0To1Only) {
  Model model({1, 8});
  model.node("Mul", {model.constant({2})});
  model.node("Sub", {model.constant({1})});
  model.node("BipolarQuant", {model.constant({1})});
  add_layers(model, 8);
  const auto made = imported(model);
  EXPECT_EQ(made.network().input.numbers.format, (NumberFormat{8, true}));
  EXPECT_EQ(made.network().input.thresholds, (std::vector<std::vector<std::int64_t>>{{128}}));
  EXPECT_EQ(made.network().input.numbers.number(0.5), 128);
  expect_equal(made);
}

TEST(ImportedInput, WithoutAQuantizerHasToBeSaid) {
  Model model({1, 8});
  add_layers(model, 8);
  EXPECT_THAT([&] { imported(model); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr("--input int8:4")));
  const auto made = imported(model, "int8:4");
  EXPECT_EQ(made.network().input.numbers.number(0.5), 8);
  EXPECT_EQ(made.network().input.scale, 1.0 / 16);
  expect_equal(made);
}

TEST(ImportedInput, MayBeScaledButNotChannelByChannel) {
  Model model({1, 8}, "BIPOLAR");
  model.node("Add", {model.constant({1})});
  model.node("Div", {model.constant({2})});
  add_layers(model, 8);
  const auto made = imported(model);
  EXPECT_EQ(made.network().input.scale, 0.5);
  EXPECT_EQ(made.network().input.offset, 0.5);
  expect_equal(made);

  Model other({1, 2, 2, 2}, "UINT8");
  other.node("Mul", {other.constant({1, 2}, {2, 1, 1})});
  other.node("Conv", {other.constant({1, -1}, {1, 2, 1, 1}, "BIPOLAR")});
  other.quant(4, 2, true);
  other.node("Flatten");
  other.node("MatMul", {other.constant({1, -1, 1, 1, 1, 1, -1, 1}, {4, 2}, "BIPOLAR")});
  EXPECT_THAT([&] { imported(other); }, testing::ThrowsMessage<InputError>(
                                            testing::HasSubstr("differently from channel to channel")));
}

TEST(ImportedInput, MayHaveThresholdsOfEachChannel) {
  Model model({1, 2, 2, 2}, "UINT8");
  auto& threshold = model.node("MultiThreshold", {model.constant({10, 20, 30, 40, 5, 250}, {2, 3})});
  Model::set_text(threshold, "out_dtype", "UINT2");
  model.node("Conv", {model.constant({1, -1}, {1, 2, 1, 1}, "BIPOLAR")});
  model.quant(1, 2, true);
  model.node("Flatten");
  model.node("MatMul", {model.constant({1, -1, 1, 1, 1, 1, -1, 1}, {4, 2}, "BIPOLAR")});
  const auto made = imported(model);
  EXPECT_TRUE(made.network().net.input.per_channel);
  EXPECT_EQ(made.network().input.thresholds[1], (std::vector<std::int64_t>{5, 40, 250}));
  expect_equal(made);
}

TEST(ImportedInput, FormatsAreTypesWithAFractionOrADivisor) {
  EXPECT_EQ(importing::given_input("int8:4").divisor, 16);
  EXPECT_EQ(importing::given_input("UINT8/255").divisor, 255);
  EXPECT_EQ(importing::given_input("bipolar").format, NumberFormat{1});
  for (const auto* text :
       {"", "int", "int1", "int9", "int8:", "int8:-1", "uint8/0", "int8:4x", "float"}) {
    EXPECT_THROW(importing::given_input(text), InputError) << text;
  }
}

TEST(ImageArrays, AreWholeNumbersOrWhatTheGraphTakes) {
  ImageNumbers form;
  form.shape = {1, 2, 1, 2};
  form.format = {4};
  form.least = -7;
  form.most = 7;
  form.scale = 0.5;
  const auto numbers = [&](const NumpyArray& array) { return image_numbers_of(array, form, "a"); };
  EXPECT_EQ(numbers({{2, 2, 1, 2}, false, {1, 2, 3, 4, 5, 6, 7, -7}}),
            (std::vector<std::vector<int>>{{1, 2, 3, 4}, {5, 6, 7, -7}}));
  EXPECT_EQ(numbers({{1, 4}, true, {0.25, 0.75, 99, -99}}),
            (std::vector<std::vector<int>>{{0, 2, 7, -7}}));
  EXPECT_EQ(numbers({{2, 1, 2}, false, {1, 2, 3, 4}}).size(), 1U);
  EXPECT_THROW(numbers({{1, 4}, false, {8, 0, 0, 0}}), InputError);
  EXPECT_THROW(numbers({{1, 3}, false, {0, 0, 0}}), InputError);
  EXPECT_THROW(numbers({{0, 4}, false, {}}), InputError);
  EXPECT_THROW(numbers({{1, 4}, true, {NAN, 0, 0, 0}}), InputError);

  const ImageShape shape(1, 2, 2, {4});
  EXPECT_EQ(image_of({1, 2, 3, -1}, shape, form).planes, (std::vector<std::uint8_t>{1, 2, 3, 15}));
  form.channels_last = true;
  EXPECT_EQ(image_of({1, 2, 3, -1}, shape, form).planes, (std::vector<std::uint8_t>{1, 3, 2, 15}));
}

}  // namespace
}  // namespace fluence::test
