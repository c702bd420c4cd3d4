// The pipeline of a network as a chain: stage, stream, stage, stream, ..., stage.
//
// Derived from the topology; the RTL generator, the cycle model and the list of injectable sites all
// read this chain, so they cannot disagree about what the accelerator consists of.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

class StageKind;

/// One pipeline stage. It consumes stream k-1 and produces stream k if it is stage k of the chain.
struct Stage {
  const StageKind* kind = nullptr;
  std::string name;   ///< RTL instance name without its "u_" prefix
  int layer = 0;      ///< the layer that owns the stage
  int in_width = 0;   ///< bits of a word of the consumed stream (mem_reader: 0)
  int out_width = 0;  ///< bits of a word of the produced stream (mem_writer: 0)
  int words_in = 0;   ///< words consumed an image
  int words_out = 0;  ///< words produced an image
};

/// One stream with its FIFO.
struct Stream {
  std::string name;             ///< "inter0" ... as in the board's source, or the producing stage's name
  int layer = 0;                ///< the layer that owns the FIFO: its producer's
  int width = 0;                ///< bits of a word
  int depth = 0;                ///< words the FIFO holds
  int words = 0;                ///< words an image
  bool named_on_board = false;  ///< one of the 14 streams that the board's source names
};

/// `streams[k]` connects `stages[k]` to `stages[k+1]`.
struct Dataflow {
  const Topology* net = nullptr;
  std::vector<Stage> stages;
  std::vector<Stream> streams;
  std::vector<std::size_t> units;  ///< [layer] the stage that holds its parameters
};

/// A stream that the board's source names and that leaves a layer, or the pool behind it.
struct NamedOutput {
  std::string name;
  int layer = 0;
  bool pooled = false;
};

/// In order. Where a layer has a pool, both.
std::vector<NamedOutput> named_outputs(const Dataflow& flow);

/// The chain of a network. The topology must outlive the result.
Dataflow dataflow(const Topology& net);

/// Throws InputError naming layer, rule and remedy if the RTL does not build a network that the
/// inference computes.
void require_buildable(const Dataflow& flow);

}  // namespace fluence
