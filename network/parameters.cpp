#include "network/parameters.hpp"

#include <cstddef>
#include <fstream>
#include <sstream>
#include <system_error>

#include "base/bits.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWordBytes = 8;
constexpr auto kWeights = "weights";
constexpr auto kThresholds = "thres";
constexpr std::size_t kMostClassBytes = 10'000;

std::size_t weight_index(const Layer& layer, int pe, int word) {
  return static_cast<std::size_t>(pe) * static_cast<std::size_t>(layer.weight_words()) +
         static_cast<std::size_t>(word);
}

std::size_t threshold_index(const Layer& layer, int pe, int word, int thresh) {
  return (static_cast<std::size_t>(pe) * static_cast<std::size_t>(layer.threshold_words()) +
          static_cast<std::size_t>(word)) *
             static_cast<std::size_t>(layer.thresholds) +
         static_cast<std::size_t>(thresh);
}

fs::path words_file(const fs::path& folder, const Layer& layer, int pe, const char* kind) {
  return folder / (std::to_string(layer.index) + "-" + std::to_string(pe) + "-" + kind + ".bin");
}

fs::path classes_file(const fs::path& folder) { return folder / "classes.txt"; }

std::string quoted(const fs::path& file) { return "'" + file.string() + "'"; }

/// The little-endian 64-bit words that make up the whole file: `count`, or fewer but at least `least`,
/// then zeros.
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
  std::vector<std::uint64_t> words(count);
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

// Of the last layer only the rows of the classes must be there; row r is in neuron fold r / PE.
void read_weights(const fs::path& file, const Topology& net, const Layer& layer, int classes,
                  LayerParameters& memory) {
  const bool last = layer.thresholds == 0;
  const int folds = last ? (classes + layer.pe - 1) / layer.pe : layer.neuron_folds();
  const auto words = read_words(file, static_cast<std::size_t>(layer.weight_words()),
                                static_cast<std::size_t>(folds * layer.synapse_folds()), net);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if ((words[i] & ~low_bits(layer.weight_word_bits())) != 0) {
      throw_wide_word(file, i, layer.weight_word_bits(), net);
    }
    memory.weights.push_back(words[i]);
  }
}

void read_thresholds(const fs::path& file, const Topology& net, const Layer& layer,
                     LayerParameters& memory) {
  const auto count = static_cast<std::size_t>(layer.threshold_words() * layer.thresholds);
  const auto words = read_words(file, count, count, net);
  const auto limit = std::int64_t{1} << (layer.accumulator_bits - 1);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = static_cast<std::int64_t>(words[i]);
    if (value < -limit || value >= limit) {
      throw_wide_word(file, i, layer.accumulator_bits, net);
    }
    memory.thresholds.push_back(static_cast<std::int32_t>(value));
  }
}

std::vector<std::string> read_classes(const fs::path& file) {
  const auto rule =
      ": it must hold the names of 1 to " + std::to_string(kScores) + " classes, one a line";
  std::ifstream in(file);
  if (!in) {
    throw InputError("cannot read " + quoted(file) + rule);
  }
  std::string text(kMostClassBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMostClassBytes) {
    throw InputError(quoted(file) + " has more than " + std::to_string(kMostClassBytes) + " bytes" +
                     rule);
  }
  require_utf8(text, quoted(file));
  std::istringstream lines(text);
  std::vector<std::string> classes;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    classes.push_back(line);  // a class that has no name, too: hosts count the lines
  }
  if (classes.empty() || classes.size() > static_cast<std::size_t>(kScores)) {
    throw InputError(quoted(file) + " names " + std::to_string(classes.size()) + " classes" + rule);
  }
  return classes;
}

}  // namespace

Parameters Parameters::load(const Topology& net, const fs::path& folder) {
  Parameters result;
  result.net = &net;
  result.classes = read_classes(classes_file(folder));
  for (const auto& layer : net.layers) {
    auto& memory = result.layers.emplace_back();
    for (int pe = 0; pe < layer.pe; ++pe) {
      read_weights(words_file(folder, layer, pe, kWeights), net, layer, result.class_count(), memory);
      if (layer.thresholds > 0) {
        read_thresholds(words_file(folder, layer, pe, kThresholds), net, layer, memory);
      }
    }
  }
  return result;
}

std::vector<fs::path> Parameters::files(const Topology& net, const fs::path& folder) {
  std::vector<fs::path> result{classes_file(folder)};
  for (const auto& layer : net.layers) {
    for (int pe = 0; pe < layer.pe; ++pe) {
      result.push_back(words_file(folder, layer, pe, kWeights));
      if (layer.thresholds > 0) {
        result.push_back(words_file(folder, layer, pe, kThresholds));
      }
    }
  }
  return result;
}

std::uint64_t& Parameters::weight(int layer, int pe, int word) {
  return layers.at(static_cast<std::size_t>(layer))
      .weights.at(weight_index(net->layer(layer), pe, word));
}

std::uint64_t Parameters::weight(int layer, int pe, int word) const {
  return layers.at(static_cast<std::size_t>(layer))
      .weights.at(weight_index(net->layer(layer), pe, word));
}

std::int32_t& Parameters::threshold(int layer, int pe, int word, int thresh) {
  return layers.at(static_cast<std::size_t>(layer))
      .thresholds.at(threshold_index(net->layer(layer), pe, word, thresh));
}

std::int32_t Parameters::threshold(int layer, int pe, int word, int thresh) const {
  return layers.at(static_cast<std::size_t>(layer))
      .thresholds.at(threshold_index(net->layer(layer), pe, word, thresh));
}

std::string Parameters::digest() const {
  Digest digest;
  for (const auto& memory : layers) {
    for (const auto word : memory.weights) {
      digest.add(word);
    }
    for (const auto word : memory.thresholds) {
      digest.add(static_cast<std::uint64_t>(std::int64_t{word}));
    }
  }
  return digest.hex();
}

}  // namespace fluence
