// A network's parameters: the words of every weight and threshold memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

/// The memories of one layer, raw as the hardware stores them.
struct LayerParameters {
  std::vector<std::uint64_t> weights;    ///< [pe][word], low `weight_word_bits()` bits used
  std::vector<std::int32_t> thresholds;  ///< [pe][word][thresh], sign-extended from `accumulator_bits`
};

struct Parameters {
  const Topology* net = nullptr;
  std::vector<LayerParameters> layers;
  std::vector<std::string> classes;  ///< names, 1 to kScores, some maybe empty

  /// Reads a folder of `<layer>-<pe>-weights.bin`, `<layer>-<pe>-thres.bin` and `classes.txt`, the
  /// format of BNN-PYNQ. Every line of classes.txt is a class, and the last layer's files may end where
  /// the rows of the classes do: what they leave out is 0. The topology must outlive the result. Throws
  /// InputError naming the file if one is missing, has not the size that this network needs, or holds a
  /// word wider than the memory.
  static Parameters load(const Topology& net, const std::filesystem::path& folder);
  /// The files that it reads.
  static std::vector<std::filesystem::path> files(const Topology& net,
                                                  const std::filesystem::path& folder);

  [[nodiscard]] int class_count() const { return static_cast<int>(classes.size()); }
  [[nodiscard]] std::uint64_t& weight(int layer, int pe, int word);
  [[nodiscard]] std::uint64_t weight(int layer, int pe, int word) const;
  [[nodiscard]] std::int32_t& threshold(int layer, int pe, int word, int thresh);
  [[nodiscard]] std::int32_t threshold(int layer, int pe, int word, int thresh) const;

  /// Digest of all words (not of the class names), for the manifest: 16 hex digits.
  [[nodiscard]] std::string digest() const;
};

}  // namespace fluence
