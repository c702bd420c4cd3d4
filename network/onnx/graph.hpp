// The ONNX graph of a network, as FINN's and QONNX's tools read it: what a parameter file holds beside
// the numbers. docs/parameters.md describes it.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "network/topology.hpp"

namespace fluence {

/// Metadata: the form, which is another one whenever what a file means changes; the name of the network;
/// the text of classes.txt.
inline constexpr auto kForm = "1";
inline constexpr auto kFormKey = "fluence.parameters";
inline constexpr auto kNetworkKey = "fluence.network";
inline constexpr auto kClassesKey = "fluence.classes";

/// Names of the initializers of a layer. Weights are [out, in, y, x] in a convolution, else [in, out];
/// thresholds [out, threshold]; the scale, where there is one, is what turns sums into the
/// accumulator's fraction bits.
std::string weights_name(const Layer& layer);
std::string thresholds_name(const Layer& layer);
std::string scale_name(const Layer& layer);
/// Those of the input thresholds, [row, threshold], and of what the host adds to the scores, then
/// multiplies them with and then adds again.
inline constexpr auto kInputThresholds = "input_thresholds";
inline constexpr auto kScoreOffsets = "score_offsets";
inline constexpr auto kScoreFactors = "score_factors";
inline constexpr auto kScoreBiases = "score_biases";

/// What a graph has at its end.
struct ScoreForm {
  int scores = 0;  ///< that are computed, the first ones
  bool offsets = false;
  bool factors = false;
  bool biases = false;
};

/// The model of a network, without metadata. Initializers have name, type and dimensions, and only
/// scales have data.
onnx::ModelProto parameter_model(const Topology& net, const ScoreForm& form);

/// The name that FINN gives to the numbers of a format.
std::string finn_datatype(const NumberFormat& format);
/// The one that the graph gives to a tensor; empty if it gives none.
std::string finn_datatype(const onnx::GraphProto& graph, const std::string& tensor);

}  // namespace fluence
