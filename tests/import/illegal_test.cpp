// What the data say must be refused is refused with node or key, layer and rule, and what must not is
// not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "import/check.hpp"
#include "import/import.hpp"
#include "network/image_arrays.hpp"
#include "tests/support/data.hpp"

namespace fluence::test {
namespace {

using importing::Imported;
using testing::HasSubstr;

// What the sentence says of each.
const std::map<std::string, std::vector<std::string>>& sentences() {
  static const std::map<std::string, std::vector<std::string>> all = {
      {"folding/pe_does_not_divide.json",
       {"'MVAU_hls_2' of layer 2 (MatMul_2)", "PE 8, which does not divide its 33 rows", "is 11"}},
      {"folding/misspelt_key_from_finn.json", {"'MVA_hls_3' names no layer", "is MVAU_hls_3 meant?"}},
      {"folding/misspelt_key.json", {"'MVUA_hls_3' names no layer", "is MVAU_hls_3 meant?"}},
      {"folding/simd_wider_than_columns.json",
       {"layer 0 (MatMul_0)", "SIMD 1200, which exceeds its 600 columns", "is 600"}},
      {"folding/simd_does_not_divide.json",
       {"layer 1 (MatMul_1)", "SIMD 7, which does not divide its 400 columns", "is 8"}},
      {"folding/layer_number_too_high.json",
       {"'MVAU_hls_4' names no layer", "has 4 matrix units, 0 to 3"}},
      {"folding/pe_zero.json", {"'PE' of 'MVAU_hls_0' is 0", "a whole number from 1"}},
      {"folding/pe_is_text.json", {"'PE' of 'MVAU_hls_0' is \"4\"", "a whole number"}},
      {"folding/cut_off.json", {"is no JSON or ends in its middle"}},
      {"graph/weights_not_whole.onnx", {"Conv_1 of layer 1", "not whole numbers and have no scale"}},
      {"graph/weight_outside_type.onnx",
       {"Conv_0 of layer 0", "the weight 5 that does not fit its annotated type INT3"}},
      {"graph/threshold_rows.onnx", {"MultiThreshold_1", "5 rows of thresholds for 8 channels"}},
      {"graph/grouped_convolution.onnx", {"Conv_1 of layer 1", "group 2"}},
      {"graph/dilated_convolution.onnx", {"Conv_1 of layer 1", "dilation 2"}},
      {"graph/padding_of_bipolar.onnx", {"Conv_1 of layer 1", "pads a BIPOLAR tensor with zeros"}},
      {"graph/two_paths_meet.onnx", {"Add_0", "two data paths meet", "residual connections"}},
      {"graph/missing_weights.onnx", {"MatMul_0 of layer 2", "no constant of the file"}},
      {"graph/no_activation_between.onnx", {"Conv_1 of layer 1", "fed by Conv_0 without a quantizer"}},
      {"graph/unknown_operator.onnx", {"(Sigmoid) of layer 0", "is not supported"}},
      {"graph/cut_off.onnx", {"ends in its middle"}},
      {"graph/depthwise.onnx", {"Im2Col_0 of layer 0", "is depthwise"}},
      {"qonnx/mnist-conv.onnx", {"has no quantizer"}}};
  return all;
}

TEST(IllegalData, IsRefusedWithNodeLayerAndRule) {
  FLUENCE_NEEDS_DATA();
  const auto root = data_dir() / "networks";
  std::ifstream in(root / "illegal/cases.json");
  const auto cases = nlohmann::json::parse(in);
  ASSERT_EQ(cases.size(), 23U);
  for (const auto& one : cases) {
    std::string file = one["file"];
    importing::ImportOptions options;
    auto model = root / file;
    if (one["kind"] == "folding") {
      options.folding.folding = model;
      model = root / one["network"].get<std::string>();
      const auto beside = model.parent_path() / "specialize_layers_config.json";
      options.folding.specialize = std::filesystem::exists(beside) ? beside : std::filesystem::path();
    }
    file = file.starts_with("illegal/") ? file.substr(8) : file;
    if (file == "folding/window_simd_does_not_divide.json") {
      // The one that may be ignored with a word.
      const Imported made(model, options);
      EXPECT_THAT(made.network().remarks,
                  testing::Contains(HasSubstr("SIMD 5 does not divide the 48 channels")));
      continue;
    }
    try {
      const Imported made(model, options);
      ADD_FAILURE() << file << " is not refused: " << one["rule"];
    } catch (const InputError& e) {
      for (const auto& part : sentences().at(file)) {
        EXPECT_THAT(e.what(), HasSubstr(part)) << file;
      }
    }
  }
}

TEST(LegalData, OfWhichTheIllegalIsMadeGivesItsScores) {
  FLUENCE_NEEDS_DATA();
  const auto folder = data_dir() / "networks/illegal/legal_base";
  std::ifstream inputs(folder / "inputs.u8", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(inputs), {}};
  std::ifstream scores(folder / "scores.i32", std::ios::binary);
  std::vector<std::int32_t> expected(24);
  scores.read(reinterpret_cast<char*>(expected.data()), 24 * 4);
  for (const auto* name : {"base_conv.onnx", "base_im2col.onnx"}) {
    const Imported made(folder / name, {});
    std::vector<std::vector<int>> images(8);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      images[i / 200].push_back(static_cast<unsigned char>(bytes[i]));
    }
    const NumpyArray array{{8, 3}, false, {expected.begin(), expected.end()}};
    EXPECT_EQ(importing::check(made.network(), made.parameters(), images, array, "scores").images, 8)
        << name;
  }
}

TEST(LegalData, FoldingsOfFinnAreTaken) {
  FLUENCE_NEEDS_DATA();
  const auto root = data_dir() / "networks";
  for (const auto* folder :
       {"synthetic/syn_a_28x28_k5_w3a4_7", "synthetic/syn_b_stride2_pad1_w2a2_10",
        "synthetic/syn_c_48_80_33_w1a1_10", "synthetic/syn_d_mlp_600_128_128_2",
        "synthetic/syn_e_w2a8_6", "synthetic/syn_f_pool3s2_w4a3_5", "cnv/finn_cnv_half_w1a1"}) {
    const auto path = root / folder;
    importing::ImportOptions options;
    options.folding.folding = path / "folding_config.json";
    if (std::filesystem::exists(path / "specialize_layers_config.json")) {
      options.folding.specialize = path / "specialize_layers_config.json";
    }
    const Imported made(path / (path.filename().string() + ".onnx"), options);
    std::ifstream in(options.folding.folding);
    const auto folding = nlohmann::json::parse(in);
    EXPECT_EQ(made.network().units.front().pe, folding["MVAU_hls_0"]["PE"]) << folder;
    EXPECT_EQ(made.network().units.front().simd, folding["MVAU_hls_0"]["SIMD"]) << folder;
  }
}

TEST(LegalData, OfFinnsSampleGivesItsClasses) {
  FLUENCE_NEEDS_DATA();
  const auto root = data_dir() / "networks";
  for (const auto& [model, folder] :
       std::map<std::string, std::string>{{"finn/build_dataflow/model.onnx", "finn/build_dataflow"},
                                          {"qonnx/kwsmlp_w3a3.onnx", "finn/kws"}}) {
    const Imported made(root / model, {});
    const auto images = image_numbers_of(read_npy(root / folder / "input.npy", "images"),
                                         made.network().input.numbers, "input.npy");
    const auto expected = read_npy(root / folder / "expected_output.npy", "classes");
    EXPECT_EQ(importing::check(made.network(), made.parameters(), images, expected, "classes").images,
              static_cast<int>(images.size()));
  }
}

}  // namespace
}  // namespace fluence::test
