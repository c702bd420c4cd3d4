// What the accelerator is built of. A kind of stage is one folder: its SystemVerilog, and beside it a
// class that answers here every question about its stages.
//
// Every stage takes its steps in a fixed order, at most one a cycle. A step takes a word from the
// stage's input stream, gives one to its output stream, or both; which, follows from its number alone.
// So the number of steps that a stage has taken tells what each of its stored words holds. Some stages
// hold *results* that leave later: a row of sums, a word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "network/transient.hpp"
#include "rtl/dataflow.hpp"
#include "rtl/fate.hpp"
#include "rtl/site.hpp"
#include "rtl/window_lines.hpp"

namespace fluence {

/// Bits of a register that counts 0 .. values-1, as the RTL declares them.
int counter_bits(int values);

/// An array of data words that a module stores: unpacked dimensions {modules, words, threshes}.
struct Storage {
  Space space{};
  int modules = 1, words = 1, threshes = 1;
  int bits = 1;  ///< of a word
  std::string variable;
  int copies = 1;
  /// Not empty: there is a memory cell for each module and thresh, in the block that `variable` names;
  /// which variable of its copies.
  std::string cell{};
};

/// A register that steers a module.
struct ControlRegister {
  std::string variable;
  int bits = 1;
};

/// The value of a parameter, as the RTL's source has it.
struct ParameterValue {
  std::string text;
  ParameterValue(int number) : text(std::to_string(number)) {}  // NOLINT(google-explicit-constructor)
  ParameterValue(std::string source)                            // NOLINT(google-explicit-constructor)
      : text(std::move(source)) {}
};

/// A module's instance in the pipeline. Clock, reset and the ports of both streams are the generator's.
struct Instance {
  std::string module;
  std::vector<std::pair<std::string, ParameterValue>> parameters{};
  /// Port and signal (empty: of the same name). `input` stands in the place of the input stream's ports.
  std::vector<std::pair<std::string, std::string>> input{}, further{};
  bool counts = false;  ///< It shows counted accesses: corrected_o and detected_o, 0 unless selected.
};

/// The steps of one stage, an image. What `line` and `row` count, says its kind.
struct StageWork {
  const StageKind* kind = nullptr;
  std::int64_t steps = 0;
  std::int64_t fold = 0;  ///< steps to a result; 0: nothing is held
  std::int64_t line = 1;
  std::int64_t row = 1;
  bool narrow = false;     ///< converters
  std::int64_t words = 0;  ///< packers: that enter
  WindowLines lines{};     ///< what takes lines of a map and gives rows of windows

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

/// What the bits of a stream's words, in their order, are bits of.
struct StreamTarget {
  int layer = 0;
  Transient::Point point{};
  int pixel_bits = 0;  ///< of a map's pixel
  int pixels = 0;      ///< of the map
};

/// A bit that is inverted while its stage has come so far, in a run of so many images.
struct StoredBit {
  const Site& site;
  const Stage& stage;
  const Layer& layer;
  const StageWork& work;
  const StageCounts& counts;
  std::size_t index = 0;  ///< of the stage
  std::int64_t images = 0;

  [[nodiscard]] std::int64_t steps() const { return counts.steps(index); }
  [[nodiscard]] std::int64_t results() const { return counts.results(index); }
};

/// Takes in what a flip changes in the arithmetic.
class EffectSink {
 public:
  EffectSink() = default;
  EffectSink(const EffectSink&) = delete;
  EffectSink& operator=(const EffectSink&) = delete;
  virtual ~EffectSink() = default;
  virtual void add(const Transient& transient) = 0;
  /// A bit of a word of the stage's input or output stream, counted from the run's start.
  virtual void input_word(std::int64_t word, int bit) = 0;
  virtual void output_word(std::int64_t word, int bit) = 0;
};

/// The present values of a running RTL's control registers.
class ControlValues {
 public:
  ControlValues() = default;
  ControlValues(const ControlValues&) = delete;
  ControlValues& operator=(const ControlValues&) = delete;
  virtual ~ControlValues() = default;
  /// Of the stage's own, by variable, and of any other, by RTL name.
  [[nodiscard]] virtual std::int64_t own(const char* variable) const = 0;
  [[nodiscard]] virtual std::int64_t top(const char* rtl_name) const = 0;
};

/// What happens at a stage's streams in a cycle.
struct StageSignals {
  std::uint64_t cycle = 0;
  bool pops = false, pushes = false;
  bool in_ready = false, in_has_word = false;
  bool out_valid = false, out_full = false;
};

/// Where the steps of the image at hand are written down as they are seen.
class StepLog {
 public:
  virtual ~StepLog() = default;
  [[nodiscard]] virtual const StageWork& work() const = 0;
  [[nodiscard]] virtual std::int64_t steps() const = 0;
  [[nodiscard]] virtual std::int64_t results() const = 0;
  virtual void take_step(std::uint64_t cycle) = 0;
  virtual void give_result(std::uint64_t cycle) = 0;
};

class StageKind {
 public:
  StageKind() = default;
  StageKind(const StageKind&) = delete;
  StageKind& operator=(const StageKind&) = delete;
  virtual ~StageKind() = default;

  // What it is.
  [[nodiscard]] virtual Instance instance(const Stage& stage, const Layer& layer) const = 0;
  /// In the order of the RTL's source, as the control registers.
  [[nodiscard]] virtual std::vector<Storage> storages(const Stage& stage, const Layer& layer) const = 0;
  [[nodiscard]] virtual std::vector<ControlRegister> control(const Stage& stage,
                                                             const Layer& layer) const = 0;

  // What it does step by step.
  [[nodiscard]] virtual StageWork work(const Stage& stage, const Layer& layer) const = 0;
  [[nodiscard]] virtual std::int64_t popped(const StageWork& work, std::int64_t steps) const = 0;
  [[nodiscard]] virtual std::int64_t pushed(const StageWork& work, std::int64_t steps,
                                            std::int64_t results) const = 0;
  /// What the words of the output stream are, `input` being what those of the input stream are.
  [[nodiscard]] virtual StreamTarget output(const Stage& stage, const Layer& layer, bool last,
                                            const StreamTarget& input) const;

  // What becomes of a flip in one of its storages.
  [[nodiscard]] virtual Fate follow(const StoredBit& bit, EffectSink& effects) const = 0;
  /// How many steps it has taken when a word is stored there next, in that step; kNeverStored: no step
  /// does that. As it is here: each of its steps stores one.
  [[nodiscard]] virtual std::int64_t next_store(const StoredBit& bit) const { return bit.steps() + 1; }
  static constexpr auto kNeverStored = std::numeric_limits<std::int64_t>::max();

  // How far it has come in a running RTL.
  /// Steps since the run's start, if it has taken `taken` words. Throws std::logic_error if its
  /// registers contradict that.
  [[nodiscard]] virtual std::int64_t observed_steps(const Stage& stage, const Layer& layer,
                                                    const StageWork& work, const ControlValues& values,
                                                    std::int64_t taken) const;
  /// The register that says that a result waits; asked only if it holds some.
  [[nodiscard]] virtual const char* waiting() const { return ""; }
  /// Takes down what a cycle shows. As it is here: a step is taken when the streams that it needs move.
  virtual void observe(const StageSignals& signals, const std::string& stage, StepLog& log) const;

  /// Where differing words of its input stream ended: `words` says which, `differed` whether a space of
  /// the layer did.
  [[nodiscard]] virtual std::string absorbed(const Stage& stage, const std::string& words,
                                             const std::function<bool(Space)>& differed) const;

 protected:
  /// Steps into the work that a stage repeats, and how many steps that is.
  struct Position {
    std::int64_t step = 0, period = 1;
  };
  [[nodiscard]] virtual Position position(const StageWork& work, const Layer& layer,
                                          const ControlValues& values) const = 0;
};

}  // namespace fluence
