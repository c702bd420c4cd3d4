#include "rtl/pool/pool.hpp"

#include <algorithm>

namespace fluence {
namespace {

/// Rows of maxima that are held: those whose windows have a line, at most.
int rows_held(const Layer& layer) {
  const auto& window = layer.pool_window;
  return std::min((window.height + window.stride_y - 1) / window.stride_y, layer.next_height());
}

// Row y is in places (y % rows held) * columns and so on. A pixel that enters is folded into all windows
// that have it.
class PoolUnit final : public StageKind {
 public:
  [[nodiscard]] Instance instance(const Stage&, const Layer& l) const override {
    return {"fl_pool",
            {{"InHeight", l.out_height},
             {"InWidth", l.out_dim},
             {"OutHeight", l.next_height()},
             {"OutWidth", l.next_dim()},
             {"KernelHeight", l.pool_window.height},
             {"KernelWidth", l.pool_window.width},
             {"StrideY", l.pool_window.stride_y},
             {"StrideX", l.pool_window.stride_x},
             {"Top", l.pool_window.top},
             {"Left", l.pool_window.left},
             {"Channels", l.out_channels},
             {"Bits", l.out_bits},
             // Of one bit the code is the order, whatever it stands for.
             {"Signed", l.out_bits > 1 && !l.out_unsigned ? 1 : 0}}};
  }
  [[nodiscard]] std::vector<Storage> storages(const Stage& stage, const Layer& layer) const override {
    return {{Space::pool, 1, rows_held(layer) * layer.next_dim(), 1, stage.out_width, "rows_q"}};
  }
  [[nodiscard]] std::vector<ControlRegister> control(const Stage&, const Layer& layer) const override {
    return {{"line_q", counter_bits(layer.out_height + 1)},
            {"col_q", counter_bits(layer.out_dim)},
            {"row_q", counter_bits(layer.next_height() + 1)},
            {"x_q", counter_bits(layer.next_dim())}};
  }
  [[nodiscard]] StageWork work(const Stage&, const Layer& layer) const override {
    StageWork work;
    work.lines = {layer.pool_window, layer.out_height, layer.next_height(), layer.out_dim,
                  layer.next_dim()};
    work.steps = work.lines.steps();
    return work;
  }
  [[nodiscard]] std::int64_t popped(const StageWork& work, std::int64_t steps) const override {
    return work.lines.popped(steps);
  }
  [[nodiscard]] std::int64_t pushed(const StageWork& work, std::int64_t steps,
                                    std::int64_t) const override {
    return steps - work.lines.popped(steps);
  }
  [[nodiscard]] StreamTarget output(const Stage& stage, const Layer& layer, bool,
                                    const StreamTarget&) const override {
    return {stage.layer + 1, Transient::Point::input, layer.out_channels * layer.out_bits,
            layer.next_pixels()};
  }
  [[nodiscard]] Fate follow(const StoredBit& bit, EffectSink& effects) const override {
    const auto& layer = bit.layer;
    const auto step = bit.steps() % bit.work.steps;
    const auto image = bit.steps() / bit.work.steps;
    const int x = bit.site.index % layer.next_dim();
    const int held = rows_held(layer);
    int y = bit.site.index / layer.next_dim();
    if (folds_before(bit, y, x, step) == 0) {
      return unread(image < bit.images);
    }
    while (y + held < layer.next_height() && folds_before(bit, y + held, x, step) > 0) {
      y += held;
    }
    if (bit.work.lines.leaves(y, x) < step) {
      return unread(y + held < layer.next_height() || image + 1 < bit.images);
    }
    const int folded = folds_before(bit, y, x, step);
    const int pixel = y * layer.next_dim() + x;
    const bool all = folded == folds_before(bit, y, x, bit.work.steps);
    effects.add(
        all ? Transient{image, layer.index + 1, Transient::Point::input, pixel, 0, 0, bit.site.bit}
            : Transient{image, layer.index, Transient::Point::maximum, pixel, 0, folded, bit.site.bit});
    return Fate::read;
  }
  [[nodiscard]] std::int64_t next_store(const StoredBit& bit) const override {
    const auto& layer = bit.layer;
    const auto image = bit.steps() / bit.work.steps;
    const int first = bit.site.index / layer.next_dim();
    const int x = bit.site.index % layer.next_dim();
    std::int64_t next = kNeverStored;
    for (int y = first; y < layer.next_height() && next == kNeverStored; y += rows_held(layer)) {
      for_each_fold(bit, y, x, [&](std::int64_t step) {
        if (step >= bit.steps() % bit.work.steps) {
          next = std::min(next, step);
        }
      });
    }
    if (next == kNeverStored) {
      for_each_fold(bit, first, x,
                    [&](std::int64_t step) { next = std::min(next, bit.work.steps + step); });
    }
    return image * bit.work.steps + next + 1;
  }
  [[nodiscard]] std::string absorbed(const Stage& stage, const std::string& words,
                                     const std::function<bool(Space)>&) const override {
    return "absorbed by the max pool of layer " + std::to_string(stage.layer) + ": " + words +
           ", no maximum";
  }

 protected:
  [[nodiscard]] Position position(const StageWork& work, const Layer&,
                                  const ControlValues& values) const override {
    return {values.own("line_q") * work.lines.line + values.own("col_q") +
                values.own("row_q") * work.lines.row + values.own("x_q"),
            work.steps};
  }

 private:
  /// Calls visit(step) with the steps of an image in which pixels are folded into a window, in order.
  template <class Visit>
  static void for_each_fold(const StoredBit& bit, int y, int x, Visit visit) {
    const auto& layer = bit.layer;
    const auto& window = layer.pool_window;
    const int top = y * window.stride_y - window.top;
    const int left = x * window.stride_x - window.left;
    for (int row = std::max(top, 0); row < std::min(top + window.height, layer.out_height); ++row) {
      for (int column = std::max(left, 0); column < std::min(left + window.width, layer.out_dim);
           ++column) {
        visit(bit.work.lines.enters(row, column));
      }
    }
  }
  static int folds_before(const StoredBit& bit, int y, int x, std::int64_t step) {
    int folds = 0;
    for_each_fold(bit, y, x, [&](std::int64_t fold) { folds += fold < step ? 1 : 0; });
    return folds;
  }
};

}  // namespace

const StageKind& pool_unit() {
  static const PoolUnit kind;
  return kind;
}

}  // namespace fluence
