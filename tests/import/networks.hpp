// Small networks of the kinds that are imported, with every trap that they can have.
#pragma once

#include <random>
#include <vector>

#include "tests/import/model.hpp"

namespace fluence::test {

inline std::vector<float> drawn(std::mt19937_64& random, std::size_t count, int least, int most) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(static_cast<float>(
        least + static_cast<int>(random() % static_cast<std::uint64_t>(most - least + 1))));
  }
  return values;
}

/// As Brevitas exports it: a quantizer on pixels from 0 to 1, a convolution with a scale for each row, a
/// normalization with negative factors, pools, a flatten channel by channel, a dense layer whose weights
/// reach -4 and a bipolar one with a bias for all.
inline Model brevitas_model(unsigned seed = 1) {
  std::mt19937_64 random(seed);
  Model model({1, 2, 6, 6});
  model.quant(0.125F, 3, false);
  auto scale = drawn(random, 4, 1, 9);
  for (auto& value : scale) {
    value /= 16;
  }
  auto weights = drawn(random, 4 * 2 * 9, -7, 7);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] *= scale[i / 18];
  }
  auto& conv = model.node("Conv", {model.quantized(model.constant(weights, {4, 2, 3, 3}),
                                                   model.constant(scale, {4, 1, 1, 1}), 4, true)});
  Model::set(conv, "pads", importing::Shape{1, 1, 1, 1});
  auto& norm = model.node(
      "BatchNormalization",
      {model.constant({1.5F, -0.75F, 0.5F, -1.25F}, {4}), model.constant({0.25F, 1, -0.5F, 0.125F}, {4}),
       model.constant({3, -2, 1, 0.5F}, {4}), model.constant({4, 9, 2, 1}, {4})});
  Model::set_real(norm, "epsilon", 1e-5F);
  model.node("Relu");
  model.quant(0.25F, 2, false);
  auto& pool = model.node("MaxPool");
  Model::set(pool, "kernel_shape", importing::Shape{2, 2});
  Model::set(pool, "strides", importing::Shape{2, 2});
  model.node("Flatten");
  auto dense = drawn(random, 5 * 36, -4, 3);
  for (auto& value : dense) {
    value *= 0.5F;
  }
  auto& gemm = model.node(
      "Gemm", {model.quantized(model.constant(dense, {5, 36}), model.constant({0.5F}), 3, false),
               model.constant({0.25F, -1, 0.5F, 3, -0.125F}, {5})});
  Model::set(gemm, "transB", 1);
  model.node("Mul", {model.constant({1, -1, 0.5F, -0.25F, 2}, {5})});
  model.quant(0.5F, 3, true);
  auto last = drawn(random, 5 * 3, -1, 0);
  const auto bipolar =
      model.made("BipolarQuant", {model.constant(last, {5, 3}), model.constant({0.5F})});
  model.node("MatMul", {bipolar});
  model.node("Add", {model.constant({0.3F})});
  return model;
}

}  // namespace fluence::test
