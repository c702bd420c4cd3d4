#include "network/cycle_model.hpp"

#include <cassert>
#include <memory>

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

// A loop: says what its next iteration needs, and advances when it gets it.
class Loop {
 public:
  virtual ~Loop() = default;
  [[nodiscard]] virtual bool reads() const = 0;
  [[nodiscard]] virtual bool writes() const = 0;
  virtual void advance() = 0;
};

class ConverterLoop final : public Loop {
 public:
  explicit ConverterLoop(const Stage& s)
      : down_(s.in_width > s.out_width),
        ratio_(down_ ? s.in_width / s.out_width : s.out_width / s.in_width) {}
  [[nodiscard]] bool reads() const override { return !down_ || count_ == 0; }
  [[nodiscard]] bool writes() const override { return down_ || count_ == ratio_ - 1; }
  void advance() override { count_ = (count_ + 1) % ratio_; }

 private:
  bool down_;
  int ratio_;
  int count_ = 0;
};

class WindowLoop final : public Loop {
 public:
  explicit WindowLoop(const Layer& l)
      : line_words_(l.in_dim * (l.in_channels / l.simd)),
        fill_words_(line_words_ * l.kernel()),
        lines_after_fill_(l.in_dim - l.kernel()),
        row_words_(l.out_dim * l.synapse_folds()),
        rows_(l.out_dim) {}
  [[nodiscard]] bool filling() const { return filled_ < fill_words_; }
  [[nodiscard]] bool reads() const override {
    return filling() || (row_ < lines_after_fill_ && word_ < line_words_);
  }
  [[nodiscard]] bool writes() const override { return !filling(); }
  void advance() override {
    if (filling()) {
      ++filled_;
      return;
    }
    if (++word_ == row_words_) {
      word_ = 0;
      if (++row_ == rows_) {
        row_ = 0;
        filled_ = 0;
      }
    }
  }

 private:
  int line_words_, fill_words_, lines_after_fill_, row_words_, rows_;
  int filled_ = 0, word_ = 0, row_ = 0;
};

class MatrixVectorLoop final : public Loop {
 public:
  explicit MatrixVectorLoop(const Layer& l)
      : synapse_folds_(l.synapse_folds()), neuron_folds_(l.neuron_folds()) {}
  [[nodiscard]] bool reads() const override { return nf_ == 0; }
  [[nodiscard]] bool writes() const override { return sf_ == synapse_folds_ - 1; }
  void advance() override {
    if (++sf_ == synapse_folds_) {
      sf_ = 0;
      nf_ = (nf_ + 1) % neuron_folds_;
    }
  }

 private:
  int synapse_folds_, neuron_folds_;
  int sf_ = 0, nf_ = 0;
};

class PoolLoop final : public Loop {
 public:
  explicit PoolLoop(const Layer& l) : in_(2 * l.out_dim), out_(l.out_dim / 2) {}
  [[nodiscard]] bool reads() const override { return count_ < in_; }
  [[nodiscard]] bool writes() const override { return count_ >= in_; }
  void advance() override { count_ = (count_ + 1) % (in_ + out_); }

 private:
  int in_, out_;
  int count_ = 0;
};

std::unique_ptr<Loop> make_loop(const Stage& stage, const Layer& layer) {
  switch (stage.kind) {
    case StageKind::width_converter: return std::make_unique<ConverterLoop>(stage);
    case StageKind::sliding_window: return std::make_unique<WindowLoop>(layer);
    case StageKind::matrix_vector: return std::make_unique<MatrixVectorLoop>(layer);
    case StageKind::max_pool: return std::make_unique<PoolLoop>(layer);
    case StageKind::mem_reader:
    case StageKind::mem_writer: break;
  }
  return nullptr;
}

}  // namespace

double CyclePrediction::steady_state() const {
  const auto n = image_done.size();
  if (n < 2) {
    return static_cast<double>(image_done.front());
  }
  const auto half = n / 2 - (n == 2 ? 1 : 0);
  return static_cast<double>(image_done[n - 1] - image_done[half]) / static_cast<double>(n - 1 - half);
}

CyclePrediction predict_cycles(const Dataflow& flow, int images) {
  std::vector<Fifo> fifos;
  for (const auto& stream : flow.streams) {
    fifos.push_back({stream.depth});
  }
  std::vector<std::unique_ptr<Loop>> loops;
  for (const auto& stage : flow.stages) {
    loops.push_back(make_loop(stage, flow.net->layer(stage.layer)));
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
      auto& loop = *loops[k];
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
