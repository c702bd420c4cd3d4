#include "network/parameters.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/bits.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "codec/codec.hpp"
#include "network/parameter_folder.hpp"
#include "tests/support/cifar_networks.hpp"
#include "tests/support/data.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/parameter_files.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string load_error(const Topology& net, const std::filesystem::path& folder) {
  try {
    Parameters::load(net, folder);
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

class ParameterFolder : public testing::Test {
 protected:
  void SetUp() override { write_parameters(parameters_, folder_.path()); }

  const Topology& net_ = topology("cnvW2A2");
  Parameters parameters_ = random_parameters(net_, 1);
  TempDir folder_;
};

TEST_F(ParameterFolder, LoadsWhatWasWritten) {
  const auto loaded = Parameters::load(net_, folder_.path());
  ASSERT_EQ(loaded.layers.size(), parameters_.layers.size());
  for (std::size_t i = 0; i < loaded.layers.size(); ++i) {
    EXPECT_EQ(loaded.layers[i].weights, parameters_.layers[i].weights) << i;
    EXPECT_EQ(loaded.layers[i].thresholds, parameters_.layers[i].thresholds) << i;
  }
  EXPECT_EQ(loaded.classes, parameters_.classes);
  EXPECT_EQ(loaded.digest(), parameters_.digest());
}

TEST_F(ParameterFolder, ThresholdsThatTheirMemoryDoesNotKeepAreRefusedWithTheirRange) {
  const auto [least, most] = std::ranges::minmax(parameters_.layers[3].thresholds);
  const auto ends = [](int from, int to) {
    return "clamp " + std::to_string(from) + " " + std::to_string(to);
  };
  auto net = net_;
  net.layers[3].threshold_codec = &find_codec(ends(least, most));
  EXPECT_EQ(load_error(net, folder_.path()), "");
  for (const auto& name : {ends(least + 1, most), ends(least, most - 1)}) {
    net.layers[3].threshold_codec = &find_codec(name);
    EXPECT_THAT(
        load_error(net, folder_.path()),
        HasSubstr("layer 3 has thresholds from " + std::to_string(least) + " to " +
                  std::to_string(most) + ", and its memory does not keep all of them by " + name));
  }
}

TEST_F(ParameterFolder, AccessorsAddressTheWordsOfAProcessingElement) {
  EXPECT_EQ(parameters_.weight(1, 2, 3), parameters_.layers[1].weights[2 * 144 + 3]);
  EXPECT_EQ(parameters_.threshold(1, 2, 3, 1), parameters_.layers[1].thresholds[(2 * 4 + 3) * 2 + 1]);
}

TEST_F(ParameterFolder, AMissingFileIsNamed) {
  std::filesystem::remove(folder_.path() / "3-5-weights.bin");
  EXPECT_THAT(load_error(net_, folder_.path()),
              AllOf(HasSubstr("3-5-weights.bin"), HasSubstr("cnvW2A2")));
}

TEST_F(ParameterFolder, AMissingFolderIsNamed) {
  EXPECT_THAT(load_error(net_, folder_.path() / "nowhere"), HasSubstr("nowhere"));
}

TEST_F(ParameterFolder, ATruncatedFileIsNamed) {
  std::filesystem::resize_file(folder_.path() / "7-1-thres.bin", 4095);
  EXPECT_THAT(load_error(net_, folder_.path()),
              AllOf(HasSubstr("7-1-thres.bin"), HasSubstr("4095 bytes"), HasSubstr("needs 4096")));
}

TEST_F(ParameterFolder, AnotherNetworksFilesAreRefused) {
  EXPECT_THAT(load_error(topology("cnvW1A1"), folder_.path()),
              AllOf(HasSubstr("0-0-weights.bin"), HasSubstr("another network")));
}

TEST_F(ParameterFolder, AWeightWordOneBitTooWideIsRefused) {
  auto words = std::vector<std::uint64_t>(parameters_.layers[2].weights.begin(),
                                          parameters_.layers[2].weights.begin() + 576);
  words[7] = 0xffffffff;
  write_words(folder_.path() / "2-0-weights.bin", words);
  EXPECT_EQ(load_error(net_, folder_.path()), "");
  words[7] = 0x100000000;
  write_words(folder_.path() / "2-0-weights.bin", words);
  EXPECT_THAT(load_error(net_, folder_.path()),
              AllOf(HasSubstr("word 7"), HasSubstr("2-0-weights.bin"), HasSubstr("32 bits")));
}

// Of words of more than 64 bits.
TEST(ParameterFolderOfWideWords, HasTheLimbsOfEachWordFromTheLowest) {
  const Topology net = MadeNetwork("wide", "cnvW2A2")
                           .channels({48, 64, 128, 128, 256, 256, 512, 512})
                           .folding(1, 48, 16)
                           .folding(8, 64, 4);
  ASSERT_EQ(net.layer(1).weight_word_bits(), 96);
  const auto parameters = random_parameters(net, 1);
  const TempDir folder;
  write_parameters(parameters, folder.path());
  const auto loaded = Parameters::load(net, folder.path());
  EXPECT_EQ(loaded.digest(), parameters.digest());
  for (const auto& [name, bytes] : parameter_files(loaded)) {
    std::ifstream file(folder.path() / name, std::ios::binary);
    EXPECT_EQ(bytes, std::string(std::istreambuf_iterator<char>(file), {})) << name;
  }
  auto words = parameters.layers[1].weights;
  words.resize(index(net.layer(1).weight_words() * 2));
  words[7] = 0x1'0000'0000;
  write_words(folder.path() / "1-0-weights.bin", words);
  EXPECT_THAT(load_error(net, folder.path()),
              AllOf(HasSubstr("word 7"), HasSubstr("1-0-weights.bin"), HasSubstr("32 bits")));
  words[7] = 0;
  write_words(folder.path() / "1-0-weights.bin", words);
  EXPECT_EQ(load_error(net, folder.path()), "");
  words.assign(parameters.layers[8].weights.begin(), parameters.layers[8].weights.begin() + 49);
  write_words(folder.path() / "8-0-weights.bin", words);
  EXPECT_THAT(load_error(net, folder.path()),
              AllOf(HasSubstr("8-0-weights.bin"), HasSubstr("ends within a word of 128 bits")));
}

TEST_F(ParameterFolder, AThresholdBeyondItsWordIsRefused) {
  const auto with = [&](int layer, int count, std::int64_t value) {
    const auto name = std::to_string(layer) + "-0-thres.bin";
    std::vector<std::uint64_t> words(static_cast<std::size_t>(count));
    words[1] = static_cast<std::uint64_t>(value);
    write_words(folder_.path() / name, words);
    return load_error(net_, folder_.path());
  };
  EXPECT_EQ(with(0, 16, 0x7fffff), "");
  EXPECT_THAT(with(0, 16, 0x800000), AllOf(HasSubstr("word 1"), HasSubstr("24 bits")));
  EXPECT_EQ(with(0, 16, -0x800000), "");
  EXPECT_THAT(with(0, 16, -0x800001), HasSubstr("0-0-thres.bin"));
  EXPECT_EQ(with(0, 16, 0), "");
  EXPECT_EQ(with(4, 128, -0x8000), "");
  EXPECT_THAT(with(4, 128, -0x8001), AllOf(HasSubstr("4-0-thres.bin"), HasSubstr("16 bits")));
}

TEST_F(ParameterFolder, EveryLineOfClassesIsAClass) {
  const auto with = [&](const std::string& text) {
    std::ofstream(folder_.path() / "classes.txt") << text;
    return load_error(net_, folder_.path());
  };
  const auto classes = [&] { return Parameters::load(net_, folder_.path()).classes; };
  EXPECT_EQ(with("cat\r\ndog\r\n"), "");
  EXPECT_THAT(classes(), ElementsAre("cat", "dog"));
  EXPECT_EQ(with("cat\n\ndog"), "");
  EXPECT_THAT(classes(), ElementsAre("cat", "", "dog"));
  EXPECT_EQ(with("cat\n\n"), "");
  EXPECT_THAT(classes(), ElementsAre("cat", ""));
  std::string many;
  for (int i = 0; i < 64; ++i) {
    many += "class " + std::to_string(i) + "\n";
  }
  EXPECT_EQ(with(many), "");
  EXPECT_EQ(classes().size(), 64U);
  EXPECT_THAT(with(many + "one more\n"),
              AllOf(HasSubstr("classes.txt"), HasSubstr("65 classes"), HasSubstr("1 to 64")));
  EXPECT_THAT(with(""), HasSubstr("0 classes"));
  std::filesystem::remove(folder_.path() / "classes.txt");
  EXPECT_THAT(load_error(net_, folder_.path()), HasSubstr("classes.txt"));
}

// As of networks for fewer classes, whose files end with the rows of the classes.
TEST_F(ParameterFolder, TheLastLayersFilesMayEndWithTheRowsOfTheClasses) {
  const auto& last = net_.layers.back();
  const auto file = folder_.path() / "8-1-weights.bin";
  std::ofstream(folder_.path() / "classes.txt") << "a\nb\nc\nd\ne\n";  // two folds of four PEs
  const auto row = static_cast<std::uintmax_t>(last.synapse_folds()) * 8;
  std::filesystem::resize_file(file, 2 * row);
  const auto loaded = Parameters::load(net_, folder_.path());
  for (int word = 0; word < last.weight_words(); ++word) {
    ASSERT_EQ(loaded.weight(8, 1, word),
              word < 2 * last.synapse_folds() ? parameters_.weight(8, 1, word) : 0)
        << word;
  }
  std::filesystem::resize_file(file, 2 * row - 8);
  EXPECT_THAT(
      load_error(net_, folder_.path()),
      AllOf(HasSubstr("8-1-weights.bin"), HasSubstr("needs " + std::to_string(2 * row) + " to ")));
  std::filesystem::resize_file(file, 2 * row + 4);
  EXPECT_THAT(load_error(net_, folder_.path()), HasSubstr("8-1-weights.bin"));
  std::filesystem::resize_file(file, 16 * row + 8);
  EXPECT_THAT(load_error(net_, folder_.path()), HasSubstr("8-1-weights.bin"));
  std::filesystem::resize_file(file, 16 * row);
  std::filesystem::resize_file(folder_.path() / "7-0-weights.bin",
                               std::filesystem::file_size(folder_.path() / "7-0-weights.bin") - 8);
  EXPECT_THAT(load_error(net_, folder_.path()), HasSubstr("7-0-weights.bin")) << "no other layer's may";
}

TEST(Parameters, DigestDependsOnEveryWord) {
  auto parameters = random_parameters(topology("cnvW1A2"), 2);
  const auto before = parameters.digest();
  parameters.layers[8].weights.back() ^= 1;
  EXPECT_NE(parameters.digest(), before);
  parameters.layers[8].weights.back() ^= 1;
  EXPECT_EQ(parameters.digest(), before);
  parameters.layers[0].thresholds.front() ^= 1;
  EXPECT_NE(parameters.digest(), before);
}

TEST(Parameters, TrainedFilesLoadForTheirNetworkOnly) {
  FLUENCE_NEEDS_DATA();
  for (const auto& net : cifar_networks()) {
    for (const auto& other : cifar_networks()) {
      const auto error = load_error(net, data_dir() / "params" / other.name);
      EXPECT_EQ(error.empty(), net.name == other.name) << net.name << " from " << other.name;
    }
  }
  EXPECT_EQ(Parameters::load(topology("cnvW1A1"), data_dir() / "params/cnvW1A1").classes[6], "Frog");
}

TEST(Digest, IsFnv1a) {
  EXPECT_EQ(Digest().hex(), "cbf29ce484222325");
  Digest digest;
  digest.add("foo");
  digest.add("bar");
  EXPECT_EQ(digest.hex(), "85944171f73967e8");  // published test vector of "foobar"
  Digest number;
  number.add(std::uint64_t{0x6f6f66});
  Digest bytes;
  bytes.add(std::string_view("foo\0\0\0\0\0", 8));
  EXPECT_EQ(number.value(), bytes.value());
}

}  // namespace
}  // namespace fluence::test
