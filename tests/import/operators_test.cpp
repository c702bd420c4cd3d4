// What single nodes compute.
#include "import/operators.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace fluence::importing {
namespace {

Node node(const std::string& op) { return {op, op, {}, {op + "_out"}, {}}; }

Values list(const std::vector<double>& values) {
  return {{1, static_cast<std::int64_t>(values.size())}, values};
}
Values number(double value) { return {{}, {value}}; }

std::vector<double> quantized(const std::vector<double>& values, double scale, double zero, double bits,
                              bool is_signed, bool narrow) {
  auto quant = node("Quant");
  quant.attributes["signed"].integer = is_signed ? 1 : 0;
  quant.attributes["narrow"].integer = narrow ? 1 : 0;
  const auto x = list(values);
  const auto s = number(scale);
  const auto z = number(zero);
  const auto b = number(bits);
  return compute(quant, {&x, &s, &z, &b}).values;
}

TEST(Operators, QuantClipsThenRoundsHalfToEven) {
  EXPECT_EQ(quantized({-9, -2.5, -0.5, 0.5, 1.5, 2.5, 9}, 1, 0, 3, true, false),
            (std::vector<double>{-4, -2, 0, 0, 2, 2, 3}));
  EXPECT_EQ(quantized({-9, 0.25, 9}, 0.5, 0, 2, true, true), (std::vector<double>{-0.5, 0, 0.5}));
  EXPECT_EQ(quantized({-9, 9}, 1, 0, 2, false, true), (std::vector<double>{0, 2}));
  EXPECT_EQ(quantized({-9, 0, 9}, 1, 2, 2, false, false), (std::vector<double>{-2, 0, 1}));
}

TEST(Operators, BipolarQuantTakesZeroAndMinusZeroForPlus) {
  const auto x = list({-0.0, 0, -1e-30});
  const auto s = number(0.5);
  EXPECT_EQ(compute(node("BipolarQuant"), {&x, &s}).values, (std::vector<double>{0.5, 0.5, -0.5}));
}

TEST(Operators, ThresholdsAreCountedInWhicheverOrder) {
  auto threshold = node("MultiThreshold");
  threshold.attributes["out_scale"].real = 2;
  threshold.attributes["out_bias"].real = -1;
  const Values x{{1, 2, 1, 2}, {1, 2, 3, 4}};
  const Values rows{{2, 3}, {2, 0, 1, 9, 3, 4}};
  EXPECT_EQ(compute(threshold, {&x, &rows}).values, (std::vector<double>{3, 5, 1, 3}));
  threshold.attributes["data_layout"].text = "NHWC";
  EXPECT_EQ(compute(threshold, {&x, &rows}).values, (std::vector<double>{3, -1, 5, 3}));
  const Values other{{3, 1}, {1, 2, 3}};
  EXPECT_THROW(compute(threshold, {&x, &other}), InputError);
}

TEST(Operators, AConvolutionIsTheProductOfItsWindows) {
  const Values image{{1, 2, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 0, 1, 0, 1, 0, 1, 0, 1}};
  const Values weights{{1, 2, 2, 2}, {1, -1, 2, 0, 3, 1, 0, -2}};
  auto conv = node("Conv");
  conv.attributes["strides"].integers = {2, 1};
  conv.attributes["pads"].integers = {1, 0, 0, 0};
  const auto sums = compute(conv, {&image, &weights});
  EXPECT_EQ(sums.shape, (Shape{1, 1, 2, 2}));
  EXPECT_EQ(sums.values, (std::vector<double>{2, 2, 14, 16}));

  const auto last = transposed(image, {0, 2, 3, 1});
  auto gather = node("Im2Col");
  gather.attributes["kernel_size"].integers = {2, 2};
  gather.attributes["stride"].integers = {2, 1};
  gather.attributes["pad_amount"].integers = {1, 0, 0, 0};
  const auto columns = compute(gather, {&last});
  const auto matrix = reshaped(transposed(weights, {2, 3, 1, 0}), {8, 1});
  EXPECT_EQ(compute(node("MatMul"), {&columns, &matrix}).values, sums.values);
}

TEST(Operators, PoolsStartFromTheLowestNumber) {
  const Values image{{1, 1, 3, 3}, {-5, -4, -9, -8, -7, -6, -3, -2, -1}};
  auto pool = node("MaxPool");
  pool.attributes["kernel_shape"].integers = {3, 3};
  pool.attributes["strides"].integers = {2, 2};
  pool.attributes["pads"].integers = {1, 1, 1, 1};
  EXPECT_EQ(compute(pool, {&image}).values, (std::vector<double>{-4, -4, -2, -1}));
  pool.attributes["ceil_mode"].integer = 1;
  pool.attributes["pads"].integers = {0, 0, 0, 1};
  EXPECT_THROW(compute(pool, {&image}), InputError);
}

TEST(Operators, MatchesAreEqualBits) {
  const auto bits = list({0, 1, 1, 0});
  const auto signs = list({-1, 1, 1, -1});
  const Values weights{{4, 2}, {1, 0, 1, 1, 0, 0, 0, 1}};
  EXPECT_EQ(compute(node("PopcountMatMul"), {&bits, &weights}).values, (std::vector<double>{2, 2}));
  EXPECT_EQ(compute(node("PopcountMatMul"), {&signs, &weights}).values, (std::vector<double>{2, 2}));
}

TEST(Operators, RefuseWhatHasNoWindow) {
  const Values image = filled({1, 2, 5, 5}, 1);
  const Values weights = filled({2, 2, 3, 3}, 1);
  for (const auto& [key, value] : std::map<std::string, Shape>{
           {"dilations", {2, 2}}, {"pads", {-1, 0, 0, 0}}, {"strides", {0, 1}}}) {
    auto conv = node("Conv");
    conv.attributes[key].integers = value;
    EXPECT_THROW(compute(conv, {&image, &weights}), InputError) << key;
  }
  auto conv = node("Conv");
  conv.attributes["group"].integer = 2;
  EXPECT_THROW(compute(conv, {&image, &weights}), InputError);
}

}  // namespace
}  // namespace fluence::importing
