// What each stage of the pipeline does step by step, as its RTL does it.
//
// Every stage takes its steps in a fixed order, at most one a cycle. A step takes a word from the
// stage's input stream, gives one to its output stream, or both; which, follows from its number alone.
// So the number of steps that a stage has taken tells what each of its stored words holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fault/sites.hpp"
#include "network/dataflow.hpp"

namespace fluence {

/// The steps of one stage:
/// - memory reader and writer: a word enters their register;
/// - narrowing converter: a piece leaves; widening converter: a word enters;
/// - sliding window: a word of the first lines enters, then a word of the windows leaves, and with it a
///   word of the next line enters;
/// - matrix-vector unit: a synapse fold is accumulated;
/// - max pool: a pixel of two lines enters, then a pixel of the pooled line leaves.
///
/// Matrix-vector units and the memory ports hold *results* that leave later: a row of sums, a word.
class StageWork {
 public:
  StageWork(const Stage& stage, const Layer& layer);

  StageKind kind{};
  std::int64_t steps = 0;  ///< an image
  std::int64_t fold = 0;   ///< steps to a result; 0: nothing is held
  /// converters: pieces of the wide word; sliding window: words of a line; max pool: pixels of a line of
  /// the input; matrix-vector unit: SF
  std::int64_t line = 1;
  /// sliding window: steps of a row of windows; max pool: steps of a line of the output; matrix-vector
  /// unit: steps of a pixel
  std::int64_t row = 1;
  bool narrow = false;  ///< converters

  [[nodiscard]] std::int64_t results() const { return fold == 0 ? 0 : steps / fold; }
  /// Words that so many steps have taken from the input stream.
  [[nodiscard]] std::int64_t popped(std::int64_t steps_done) const;
  /// Words that so many steps and results have given to the output stream.
  [[nodiscard]] std::int64_t pushed(std::int64_t steps_done, std::int64_t results_done) const;
};

/// That of each stage of the chain.
std::vector<StageWork> stage_works(const Dataflow& flow);

/// How far the stages of a pipeline have come before some cycle of a run, from whatever source: the
/// recorded schedule, or counters in the very run.
class StageCounts {
 public:
  StageCounts() = default;
  StageCounts(const StageCounts&) = delete;
  StageCounts& operator=(const StageCounts&) = delete;
  virtual ~StageCounts() = default;
  /// Steps that a stage of the chain has taken since the run's start.
  [[nodiscard]] virtual std::int64_t steps(std::size_t stage) const = 0;
  /// Results that have left it; only asked of stages that hold some.
  [[nodiscard]] virtual std::int64_t results(std::size_t stage) const = 0;
};

/// Where in a run a stored word is read first.
struct FirstRead {
  std::int64_t image = 0;
  int pixel = 0;  ///< output pixel, y * out_dim + x
  bool operator==(const FirstRead&) const = default;
};

/// The first window that is computed with a word of weights or thresholds as it is in the cycle of
/// `counts` or later, if images never end. `unit`: the stage of the layer's matrix-vector unit.
FirstRead first_read(const Layer& layer, std::size_t unit, const Site& site, const StageCounts& counts);

}  // namespace fluence
