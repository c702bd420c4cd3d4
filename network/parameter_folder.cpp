#include "network/parameter_folder.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <system_error>
#include <vector>

#include "base/bits.hpp"
#include "base/error.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWordBytes = 8;
constexpr auto kWeights = "weights";
constexpr auto kThresholds = "thres";
constexpr auto kClasses = "classes.txt";

std::string words_file(const Layer& layer, int pe, const char* kind) {
  return std::to_string(layer.index) + "-" + std::to_string(pe) + "-" + kind + ".bin";
}

std::string quoted(const fs::path& file) { return "'" + file.string() + "'"; }

// Of the last layer only the rows of the classes must be there; row r is in neuron fold r / PE.
int folds_of(const Layer& layer, int rows) { return (rows + layer.pe - 1) / layer.pe; }

/// The little-endian 64-bit words that the whole file is made of, `least` to `count`.
std::vector<std::uint64_t> read_words(const fs::path& file, std::size_t count, std::size_t least,
                                      const Topology& net) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error) {
    throw InputError("cannot read " + quoted(file) + " (" + error.message() +
                     "): give the folder that holds all parameter files of " + net.name);
  }
  if (size % kWordBytes != 0 || size < least * kWordBytes || size > count * kWordBytes) {
    const auto range = least < count ? std::to_string(least * kWordBytes) + " to " : std::string();
    throw InputError(quoted(file) + " has " + std::to_string(size) + " bytes where " + net.name +
                     " needs " + range + std::to_string(count * kWordBytes) +
                     ": it is damaged or belongs to another network");
  }
  std::vector<unsigned char> bytes(size);
  std::ifstream in(file, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
    throw InputError("cannot read " + quoted(file) + ": check that it is a readable file");
  }
  std::vector<std::uint64_t> words(size / kWordBytes);
  for (std::size_t i = 0; i < size; ++i) {
    words[i / kWordBytes] |= static_cast<std::uint64_t>(bytes[i]) << (8 * (i % kWordBytes));
  }
  return words;
}

[[noreturn]] void throw_wide_word(const fs::path& file, std::size_t index, int bits,
                                  const Topology& net) {
  throw InputError("word " + std::to_string(index) + " of " + quoted(file) + " does not fit into the " +
                   std::to_string(bits) + " bits of that memory of " + net.name +
                   ": the file is damaged or belongs to another network");
}

void read_weights(const fs::path& file, const Layer& layer, int pe, Parameters& parameters) {
  const bool last = layer.thresholds == 0;
  const int folds = last ? folds_of(layer, rows_of_classes(parameters)) : layer.neuron_folds();
  const int limbs = layer.weight_limbs();
  const auto words = read_words(file, index(layer.weight_words() * limbs),
                                index(folds * layer.synapse_folds() * limbs), *parameters.net);
  if (words.size() % index(limbs) != 0) {
    throw InputError(quoted(file) + " ends within a word of " +
                     std::to_string(layer.weight_word_bits()) + " bits, which takes " +
                     std::to_string(limbs) + " of 64: it is damaged or belongs to another network");
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    const int limb = static_cast<int>(i) % limbs;
    const int used = std::min(layer.weight_word_bits() - limb * kWordBits, kWordBits);
    if ((words[i] & ~low_bits(used)) != 0) {
      throw_wide_word(file, i, used, *parameters.net);
    }
    parameters.weight(layer.index, pe, static_cast<int>(i) / limbs, limb) = words[i];
  }
  if (last) {
    const int given = divide_up(static_cast<int>(words.size()), layer.synapse_folds() * limbs);
    parameters.given_rows = std::max(parameters.given_rows, (given - 1) * layer.pe + pe + 1);
  }
}

void read_thresholds(const fs::path& file, const Layer& layer, int pe, Parameters& parameters) {
  const auto count = static_cast<std::size_t>(layer.threshold_words() * layer.thresholds);
  const auto words = read_words(file, count, count, *parameters.net);
  const auto limit = std::int64_t{1} << (layer.accumulator_bits - 1);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = static_cast<std::int64_t>(words[i]);
    if (value < -limit || value >= limit) {
      throw_wide_word(file, i, layer.accumulator_bits, *parameters.net);
    }
    const int index = static_cast<int>(i);
    parameters.threshold(layer.index, pe, index / layer.thresholds, index % layer.thresholds) =
        static_cast<std::int32_t>(value);
  }
}

std::string read_classes(const fs::path& file, int scores) {
  std::ifstream in(file);
  if (!in) {
    throw InputError("cannot read " + quoted(file) + ": it must hold the names of 1 to " +
                     std::to_string(scores) + " classes, one a line");
  }
  std::string text(kMostClassBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

void put_word(std::string& bytes, std::uint64_t word) {
  for (std::size_t i = 0; i < kWordBytes; ++i, word >>= 8) {
    bytes += static_cast<char>(word & 0xff);
  }
}

// Of the last layer, as many words as the rows make, but those that reading asks for.
int words_to_write(const Parameters& parameters, const Layer& layer, int pe) {
  if (layer.thresholds > 0) {
    return layer.weight_words();
  }
  const int rows = rows_to_write(parameters);
  const int folds = rows > pe ? folds_of(layer, rows - pe) : 0;
  return std::max(folds, folds_of(layer, rows_of_classes(parameters))) * layer.synapse_folds();
}

}  // namespace

Parameters read_parameter_folder(const Topology& net, const fs::path& folder) {
  if (net.input.thresholds > 0) {
    throw InputError(quoted(folder) + " has no place for the thresholds of the image of " + net.network +
                     ": give a parameter file");
  }
  auto result = Parameters::blank(net);
  result.classes_text = read_classes(folder / kClasses, net.most_classes());
  result.classes = class_names(result.classes_text, quoted(folder / kClasses), net.most_classes());
  for (const auto& layer : net.layers) {
    for (int pe = 0; pe < layer.pe; ++pe) {
      read_weights(folder / words_file(layer, pe, kWeights), layer, pe, result);
      if (layer.thresholds > 0) {
        read_thresholds(folder / words_file(layer, pe, kThresholds), layer, pe, result);
      }
    }
  }
  return result;
}

std::map<std::string, std::string> parameter_files(const Parameters& parameters) {
  if (!parameters.input_thresholds.empty() || !parameters.score_offsets.empty() ||
      !parameters.score_factors.empty() || !parameters.score_biases.empty()) {
    throw InputError("a folder has no place for the thresholds of the image of " +
                     parameters.net->network +
                     ", or for what is added to scores or multiplied with: "
                     "write a file whose name ends with .onnx");
  }
  std::map<std::string, std::string> files{{kClasses, classes_text(parameters)}};
  for (const auto& layer : parameters.net->layers) {
    for (int pe = 0; pe < layer.pe; ++pe) {
      auto& weights = files[words_file(layer, pe, kWeights)];
      const int words = words_to_write(parameters, layer, pe);
      for (int word = 0; word < words; ++word) {
        for (const auto limb : parameters.weight_word(layer.index, pe, word)) {
          put_word(weights, limb);
        }
      }
      for (int i = 0; i < layer.threshold_words() * layer.thresholds; ++i) {
        const auto value =
            parameters.threshold(layer.index, pe, i / layer.thresholds, i % layer.thresholds);
        put_word(files[words_file(layer, pe, kThresholds)],
                 static_cast<std::uint64_t>(std::int64_t{value}));
      }
    }
  }
  return files;
}

}  // namespace fluence
