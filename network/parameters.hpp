// A network's parameters: the words of every weight and threshold memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

/// The memories of one layer, raw as the hardware stores them.
struct LayerParameters {
  /// [pe][word][limb]: of a word of `weight_word_bits()` its 64-bit limbs, the lowest first.
  std::vector<std::uint64_t> weights;
  std::vector<std::int32_t> thresholds;  ///< [pe][word][thresh], sign-extended from `accumulator_bits`
};

struct Parameters {
  const Topology* net = nullptr;
  std::vector<LayerParameters> layers;
  /// [row][thresh] of the input thresholds, as they are stored: what is counted is a value above them.
  std::vector<std::int32_t> input_thresholds;
  /// What the host adds to each score, as a sum of products, before it decides; empty: nothing.
  std::vector<std::int32_t> score_offsets;
  /// What the host then multiplies each with; empty: 1.
  std::vector<double> score_factors;
  /// What it then adds to each, where that is no whole number of sums; empty: nothing.
  std::vector<double> score_biases;
  std::vector<std::string> classes;  ///< names, 1 to as many as scores, some maybe empty
  /// How they were given, so that they can be written in the same way: the text of classes.txt, and how
  /// many rows the last layer had where the others are 0. Nothing that is computed depends on it; empty
  /// and 0 where it is not known.
  std::string classes_text;
  int given_rows = 0;

  /// Memories of a network, all 0, without classes. The topology must outlive the result.
  static Parameters blank(const Topology& net);
  /// Reads parameters from a file (network/parameter_file.hpp) or a folder
  /// (network/parameter_folder.hpp). Throws InputError as these do.
  static Parameters load(const Topology& net, const std::filesystem::path& path);
  /// Where the parameters of a network are: `path` may be those, or a folder of those of several
  /// networks as <name>.onnx or a folder <name>, the name that of the hardware or of the network; or of
  /// folders of any names with one <name>.onnx. Throws InputError if it has several of a name.
  static std::filesystem::path find(const Topology& net, const std::filesystem::path& path);

  [[nodiscard]] int class_count() const { return static_cast<int>(classes.size()); }
  /// A limb of a word of weights, and the whole word.
  [[nodiscard]] std::uint64_t& weight(int layer, int pe, int word, int limb = 0);
  [[nodiscard]] std::uint64_t weight(int layer, int pe, int word, int limb = 0) const;
  [[nodiscard]] std::span<std::uint64_t> weight_word(int layer, int pe, int word);
  [[nodiscard]] std::span<const std::uint64_t> weight_word(int layer, int pe, int word) const;
  [[nodiscard]] std::int32_t& threshold(int layer, int pe, int word, int thresh);
  [[nodiscard]] std::int32_t threshold(int layer, int pe, int word, int thresh) const;

  /// The numbers that the weights of a row of a layer's matrix stand for, wherever the folding stores
  /// them. Column of a convolution: (ky * kernel + kx) * in_channels + channel.
  [[nodiscard]] std::vector<int> row_weights(int layer, int row) const;
  /// The code of one of them.
  [[nodiscard]] std::uint32_t weight_code(int layer, int row, int column) const;
  /// One for each column, of those that `weight_bits` can stand for.
  void set_row_weights(int layer, int row, const std::vector<int>& values);
  /// A threshold of a row of a layer's matrix, as it is stored.
  [[nodiscard]] std::int32_t& row_threshold(int layer, int row, int thresh);
  [[nodiscard]] std::int32_t row_threshold(int layer, int row, int thresh) const;

  /// A threshold of a row of the input thresholds.
  [[nodiscard]] std::int32_t& input_threshold(int row, int thresh);
  [[nodiscard]] std::int32_t input_threshold(int row, int thresh) const;

  /// Digest of all words (not of the class names), for the manifest: 16 hex digits.
  [[nodiscard]] std::string digest() const;
};

inline constexpr std::size_t kMostClassBytes = 10'000;

/// The names in the text of a classes.txt, in which every line is one. Throws InputError, in a sentence
/// that begins with `what`, unless it is UTF-8 of at most kMostClassBytes with 1 to `scores`
/// lines.
std::vector<std::string> class_names(const std::string& text, const std::string& what, int scores);
/// The text that names the classes: the one that was given, if it still does.
std::string classes_text(const Parameters& parameters);
/// Rows of the last layer whose scores decide.
int rows_of_classes(const Parameters& parameters);
/// Rows of the last layer that must be written: those that were given, if all others are still 0.
int rows_to_write(const Parameters& parameters);

}  // namespace fluence
