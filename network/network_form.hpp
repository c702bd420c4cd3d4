// The words of the files of networks and hardwares, and what is left out of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "network/topology.hpp"

namespace fluence::network_form {

/// A classic network, decided from 0 on, is written in the first form, which all versions read.
inline const std::string kFirstNetworkForm = "fluence network 1";
inline const std::string kNetworkForm = "fluence network 2";
inline const std::string kHardwareForm = "fluence hardware 1";
inline const std::string kConvolution = "convolution";
inline const std::string kFull = "full";
inline const std::string kPixelCodes = "pixel codes";
inline const std::string kPixelSigns = "pixel signs";
inline const std::string kSigned = "signed";
inline const std::string kUnsigned = "unsigned";
inline const std::string kSums = "sums";
inline const std::string kMatches = "matches";
inline const std::string kProtection = "protection";
inline const std::string kRead = "read";
inline const std::string kSynchronous = "synchronous";
inline const std::string kAsynchronous = "asynchronous";
inline const std::string kWeights = "weights";
inline const std::string kThresholds = "thresholds";
inline const std::string kLayout = "layout";
/// Spaces of memories, which have rows of words; all others are registers.
inline const std::vector<std::string> kMemories = {kWeights, kThresholds, "window",
                                                   "vector", "pool",      "fifo"};

using Decisions = std::map<std::string, Decision>;
inline const Decisions kDecisions = {{"from_zero", Decision::from_zero},
                                     {"highest", Decision::highest},
                                     {"highest_bit", Decision::highest_bit},
                                     {"sign", Decision::sign}};
/// The first form's word.
inline const Decisions kFirstDecisions = {{"highest", Decision::from_zero}};

inline std::vector<std::string> names_of(const Decisions& decisions) {
  std::vector<std::string> names;
  for (const auto& [name, decision] : decisions) {
    names.push_back(name);
  }
  return names;
}

/// The lowest output where none is given: 0, or what lets the highest be the highest that there is.
inline int least_output(const NumberFormat& format, int thresholds) {
  if (thresholds == 0) {
    return Layer{}.out_least;
  }
  // Bits that no rule allows are refused by the rules.
  return format.is_unsigned || format.bits > 16 ? 0 : format.most() - thresholds * format.step();
}

/// Whether a layer counts matches where nothing is given.
inline bool counts_matches(const Layer& layer) {
  return layer.in_bits == 1 && !layer.in_unsigned && layer.weight_bits == 1;
}

}  // namespace fluence::network_form
