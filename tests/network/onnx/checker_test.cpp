// ONNX's own checker takes the parameter files, and what their graphs compute are the network's scores.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "network/digits.hpp"
#include "network/parameter_file.hpp"
#include "network/reference.hpp"
#include "network/synthetic.hpp"
#include "tests/support/cifar_networks.hpp"
#include "tests/support/data.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;

constexpr int kImages = 2;

class Checker : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& bytes) {
    std::ofstream(dir_.path() / name, std::ios::binary) << bytes;
  }
  /// What the graph takes: channel by channel.
  static std::string planes(const Image& image) {
    const auto codes = image.shape.pixel_signs ? signs(image) : image.codes();
    const auto channels = static_cast<std::size_t>(image.shape.channels);
    std::string bytes;
    for (std::size_t channel = 0; channel < channels; ++channel) {
      for (std::size_t i = channel; i < codes.size(); i += channels) {
        bytes += static_cast<char>(codes[i]);
      }
    }
    return bytes;
  }
  static std::vector<std::int8_t> signs(const Image& image) {
    const auto numbers = image.numbers();
    return {numbers.begin(), numbers.end()};
  }
  /// The first scores as sums of products, which the hardware's are not where it counts equal bits.
  static std::string sums(const Layer& last, const Scores& scores, std::size_t count) {
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) {
      const int sum =
          last.xnor && last.thresholds == 0 ? 2 * scores[i] - last.matrix_width() : scores[i];
      for (int shift = 0; shift < 32; shift += 8) {
        bytes += static_cast<char>(static_cast<unsigned>(sum) >> shift);
      }
    }
    return bytes;
  }
  void expect_good(const Parameters& parameters, const ImageSet& images,
                   const fs::path& reference = "") {
    SCOPED_TRACE(parameters.net->name);
    const ReferenceNetwork network(parameters);
    const auto count = static_cast<std::size_t>(rows_to_write(parameters));
    std::string codes, scores;
    for (int i = 0; i < kImages; ++i) {
      codes += planes(images[i]);
      scores += sums(parameters.net->layers.back(), network.run(images[i]), count);
    }
    write("model.onnx", parameter_file(parameters));
    write("codes", codes);
    write("scores", scores);
    const auto command = "cd " + dir_.path().string() +
                         " && /usr/bin/python3 -B " FLUENCE_CHECK_MODEL " model.onnx codes scores " +
                         reference.string();
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }

  TempDir dir_;
};

TEST_F(Checker, TakesTheEmbeddedModels) {
  for (const auto& net : all_topologies()) {
    expect_good(Parameters::load(net, fs::path(FLUENCE_SOURCE_DIR) / "models" / (net.name + ".onnx")),
                embedded_images(net.image(), kSyntheticTestSeed, 0, kImages));
  }
}

// Other channels, formats and fractions, with every content. (Accumulators that wrap do so in no graph.)
TEST_F(Checker, TakesMadeNetworks) {
  for (const auto& net : made_networks()) {
    if (net.name != "wrapping") {
      expect_good(random_parameters(net, 3),
                  ImageSet({random_image(1, net.image()), random_image(2, net.image())}));
    }
  }
}

TEST_F(Checker, TakesThePublishedParameters) {
  FLUENCE_NEEDS_DATA();
  const auto images = ImageSet::load(data_dir() / "cifar10/test_first1000.bin");
  for (const auto& net : cifar_networks()) {
    expect_good(Parameters::load(net, data_dir() / "params" / net.name), images);
  }
  const auto streetview =
      Parameters::load(topology("cnvW1A1"), data_dir() / "classes/params/cnvW1A1-streetview");
  EXPECT_EQ(rows_to_write(streetview), 12);
  expect_good(streetview, images);
}

// A file of another making, with ten rows in the last layer.
TEST_F(Checker, FindsTheParametersOfFinnsOwnForm) {
  FLUENCE_NEEDS_DATA();
  const auto reference = data_dir() / "networks/cnv/cnvW1A1/cnvW1A1_10rows_conv.onnx";
  expect_good(Parameters::load(topology("cnvW1A1"), data_dir() / "params/cnvW1A1"),
              ImageSet::load(data_dir() / "cifar10/test_first1000.bin"), fs::absolute(reference));
}

}  // namespace
}  // namespace fluence::test
