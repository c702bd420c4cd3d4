#include "rtl/cycle_model.hpp"

#include <algorithm>
#include <cstddef>

#include "rtl/stage_kind.hpp"

namespace fluence {
namespace {

// A FIFO with registered occupancy: a word pushed in a cycle can be popped in the next one, and a slot
// freed in a cycle can be filled in the next one.
struct Fifo {
  int depth = 0;
  int fill = 0;
  bool popped = false;
  bool pushed = false;

  [[nodiscard]] bool has_word() const { return fill > 0; }
  [[nodiscard]] bool has_room() const { return fill < depth; }
  void commit() {
    fill += static_cast<int>(pushed) - static_cast<int>(popped);
    popped = pushed = false;
  }
};

// A stage's loop: what each step of an image needs, one iteration a cycle. A result is written in the
// iteration that completes it, as its HLS ancestor does.
class Loop {
 public:
  explicit Loop(const StageWork& work)
      : reads_(static_cast<std::size_t>(work.steps)), writes_(reads_.size()) {
    for (std::int64_t step = 0; step < work.steps; ++step) {
      const auto at = static_cast<std::size_t>(step);
      reads_[at] = work.popped(step + 1) > work.popped(step);
      writes_[at] =
          work.fold > 0 ? (step + 1) % work.fold == 0 : work.pushed(step + 1, 0) > work.pushed(step, 0);
    }
  }
  [[nodiscard]] bool reads() const { return reads_[step_]; }
  [[nodiscard]] bool writes() const { return writes_[step_]; }
  void advance() { step_ = step_ + 1 == reads_.size() ? 0 : step_ + 1; }

 private:
  std::vector<bool> reads_, writes_;  ///< [step]
  std::size_t step_ = 0;
};

}  // namespace

double CyclePrediction::steady_state() const {
  const auto n = image_done.size();
  if (n < 2) {
    return static_cast<double>(image_done.front());
  }
  const auto half = n / 2 - (n == 2 ? 1 : 0);
  return static_cast<double>(image_done[n - 1] - image_done[half]) / static_cast<double>(n - 1 - half);
}

double CyclePrediction::run_length(int images) const {
  const auto n = static_cast<int>(image_done.size());
  return static_cast<double>(image_done[static_cast<std::size_t>(std::min(images, n)) - 1]) +
         std::max(0, images - n) * steady_state();
}

CyclePrediction predict_cycles(const Dataflow& flow, int images) {
  std::vector<Fifo> fifos;
  for (const auto& stream : flow.streams) {
    fifos.push_back({stream.depth});
  }
  std::vector<Loop> loops;
  for (const auto& work : stage_works(flow)) {
    loops.emplace_back(work);
  }
  std::int64_t to_read = static_cast<std::int64_t>(images) * flow.stages.front().words_out;
  const std::int64_t words_per_image = flow.stages.back().words_in;
  std::int64_t written = 0;
  CyclePrediction result;
  for (std::int64_t cycle = 1; written < images * words_per_image; ++cycle) {
    if (to_read > 0 && fifos.front().has_room()) {
      fifos.front().pushed = true;
      --to_read;
    }
    for (std::size_t k = 1; k + 1 < flow.stages.size(); ++k) {
      auto& loop = loops[k];
      auto& in = fifos[k - 1];
      auto& out = fifos[k];
      if ((loop.reads() && !in.has_word()) || (loop.writes() && !out.has_room())) {
        continue;
      }
      in.popped = loop.reads();
      out.pushed = loop.writes();
      loop.advance();
    }
    if (fifos.back().has_word()) {
      fifos.back().popped = true;
      if (++written % words_per_image == 0) {
        result.image_done.push_back(cycle);
      }
    }
    for (auto& fifo : fifos) {
      fifo.commit();
    }
  }
  return result;
}

}  // namespace fluence
