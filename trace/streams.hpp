// The words of two runs, stream by stream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "rtl/dataflow.hpp"
#include "rtl/model/rtl_model.hpp"
#include "trace/timeline.hpp"
#include "trace/trace.hpp"

namespace fluence {

/// Compares word n of each stream with word n of the same stream in the other run.
class StreamComparison {
 public:
  enum Side : std::size_t { fault_free, faulty };

  StreamComparison(Dataflow flow, RtlModel& fault_free_model, RtlModel& faulty_model);
  ~StreamComparison();
  StreamComparison(const StreamComparison&) = delete;
  StreamComparison& operator=(const StreamComparison&) = delete;

  /// A run begins, of images from `first_image` on. From now on the fault-free words are counted.
  void begin_run(int first_image);
  /// From now on the words of both are compared: next in the faulty run comes what comes next in the
  /// fault-free one. Its cycles are `offset` more than those of the run.
  void compare_from_here(std::uint64_t offset);
  /// The run has ended: words without a partner will not get one.
  void end_run();

  /// When the last word came in the faulty run, in cycles of it.
  [[nodiscard]] std::uint64_t last_word() const { return last_word_; }

  /// The bins begin at this cycle.
  void set_begin(std::uint64_t begin) { begin_ = begin; }
  /// All that was found, with bins up to the cycle `end`.
  [[nodiscard]] std::vector<StreamTrace> result(std::uint64_t end);

 private:
  struct Word {
    std::uint64_t cycle;
    std::vector<std::uint64_t> limbs;
  };
  struct Observer final : StreamObserver {
    void pushed(std::size_t stream, int slot, const std::vector<std::uint64_t>& word,
                std::uint64_t cycle) override;
    StreamComparison* owner = nullptr;
    Side side{};
    RtlModel* model = nullptr;
  };
  struct Pairing {
    std::int64_t matched = 0;                 ///< words of the run
    std::array<std::deque<Word>, 2> waiting;  ///< [side]; never both
  };
  void add(Side side, std::size_t stream, const std::vector<std::uint64_t>& limbs, std::uint64_t cycle);
  void match(std::size_t stream, const Word& clean, const Word& upset);

  Dataflow flow_;
  std::array<Observer, 2> observers_;
  std::vector<Pairing> pairings_;    ///< [stream]
  std::vector<StreamTrace> traces_;  ///< [stream]
  Timeline words_, differing_;
  std::uint64_t begin_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t last_word_ = 0;
  int first_image_ = 0;
  bool comparing_ = false;
};

}  // namespace fluence
