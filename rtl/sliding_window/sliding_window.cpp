#include "rtl/sliding_window/sliding_window.hpp"

#include <algorithm>

namespace fluence {
namespace {

constexpr int kLineBlocks = 4;  // kernel 3, and one that is being filled

int pixel_words(const Layer& layer) { return layer.in_channels / layer.simd; }

// A step: a word of the first lines enters, then a word of the windows leaves, and with it a word of the
// next line enters.
class SlidingWindow final : public StageKind {
 public:
  [[nodiscard]] Instance instance(const Stage&, const Layer& l) const override {
    return {"fl_sliding_window",
            {{"InDim", l.in_dim},
             {"OutDim", l.out_dim},
             {"Kernel", l.kernel()},
             {"Channels", l.in_channels},
             {"Simd", l.simd},
             {"Bits", l.in_bits}}};
  }
  [[nodiscard]] std::vector<Storage> storages(const Stage& stage, const Layer& layer) const override {
    return {
        {Space::window, kLineBlocks, layer.in_dim * pixel_words(layer), 1, stage.in_width, "lines_q"}};
  }
  [[nodiscard]] std::vector<ControlRegister> control(const Stage&, const Layer& layer) const override {
    const int line_words = layer.in_dim * pixel_words(layer);
    return {{"col_q", counter_bits(line_words + 1)},
            {"wblock_q", counter_bits(kLineBlocks)},
            {"line_q", counter_bits(layer.in_dim)},
            {"filling_q", 1},
            {"done_q", 1},
            {"rblock_q", counter_bits(kLineBlocks)},
            {"ky_q", counter_bits(layer.kernel())},
            {"tap_q", counter_bits(layer.kernel() * pixel_words(layer))},
            {"base_q", counter_bits(line_words)},
            {"row_q", counter_bits(layer.in_dim)}};
  }
  [[nodiscard]] StageWork work(const Stage&, const Layer& layer) const override {
    StageWork work;
    work.line = layer.in_dim * pixel_words(layer);
    work.row = std::int64_t{layer.out_dim} * layer.synapse_folds();
    work.steps = layer.kernel() * work.line + layer.out_dim * work.row;
    return work;
  }
  [[nodiscard]] std::int64_t popped(const StageWork& work, std::int64_t steps) const override {
    // An image's lines: three of its own, and one with each row of windows but the last.
    const auto rows = (work.steps - 3 * work.line) / work.row;
    const auto lines = rows + 2;
    const auto step = steps % work.steps;
    const auto beyond = std::max<std::int64_t>(step - 3 * work.line, 0);
    const auto entered = std::min(step, 3 * work.line) + beyond / work.row * work.line +
                         std::min(beyond % work.row, work.line);
    return steps / work.steps * lines * work.line + std::min(entered, lines * work.line);
  }
  [[nodiscard]] std::int64_t pushed(const StageWork& work, std::int64_t steps,
                                    std::int64_t) const override {
    return steps / work.steps * (work.steps - 3 * work.line) +
           std::max<std::int64_t>(steps % work.steps - 3 * work.line, 0);
  }
  [[nodiscard]] StreamTarget output(const Stage& stage, const Layer&, bool,
                                    const StreamTarget&) const override {
    return {stage.layer, Transient::Point::operand, 0, 0};
  }
  [[nodiscard]] Fate follow(const StoredBit& bit, EffectSink& effects) const override {
    const auto& layer = bit.layer;
    const auto& work = bit.work;
    const auto step = bit.steps() % work.steps;
    const auto image = bit.steps() / work.steps;
    const int word = bit.site.index;
    const auto filling = layer.kernel() * work.line;  // steps
    const auto stored_in = [&](int line) { return step_storing(bit, line); };
    int line = bit.site.module;
    if (line >= layer.in_dim) {
      return Fate::never_read;  // a map of three lines leaves the fourth block alone
    }
    if (stored_in(line) >= step) {
      return unread(image < bit.images);
    }
    while (line + kLineBlocks < layer.in_dim && stored_in(line + kLineBlocks) < step) {
      line += kLineBlocks;
    }
    const int words = pixel_words(layer);
    const int column = word / words;
    bool read = false;
    for (int y = std::max(line - layer.kernel() + 1, 0); y <= std::min(line, layer.out_dim - 1); ++y) {
      for (int x = std::max(column - layer.kernel() + 1, 0); x <= std::min(column, layer.out_dim - 1);
           ++x) {
        const int tap = ((line - y) * layer.kernel() + column - x) * words + word % words;
        if (filling + y * work.row + x * layer.synapse_folds() + tap >= step) {
          effects.add({image, layer.index, Transient::Point::operand, y * layer.out_dim + x, tap, 0,
                       bit.site.bit});
          read = true;
        }
      }
    }
    return read ? Fate::read : unread(line + kLineBlocks < layer.in_dim || image + 1 < bit.images);
  }
  [[nodiscard]] std::int64_t next_store(const StoredBit& bit) const override {
    const auto image = bit.steps() / bit.work.steps;
    for (int line = bit.site.module; line < bit.layer.in_dim; line += kLineBlocks) {
      if (const auto step = step_storing(bit, line); step >= bit.steps() % bit.work.steps) {
        return image * bit.work.steps + step + 1;
      }
    }
    return bit.site.module < bit.layer.in_dim
               ? (image + 1) * bit.work.steps + step_storing(bit, bit.site.module) + 1
               : kNeverStored;
  }

 protected:
  [[nodiscard]] Position position(const StageWork& work, const Layer& layer,
                                  const ControlValues& values) const override {
    if (values.own("filling_q") != 0) {
      return {values.own("line_q") * work.line + values.own("col_q"), work.steps};
    }
    const auto kernel_row = layer.kernel() * pixel_words(layer);
    return {layer.kernel() * work.line + values.own("row_q") * work.row +
                values.own("base_q") / pixel_words(layer) * layer.synapse_folds() +
                values.own("ky_q") * kernel_row + values.own("tap_q"),
            work.steps};
  }

 private:
  // The step of an image in which the bit's word of a line enters.
  static std::int64_t step_storing(const StoredBit& bit, int line) {
    const int kernel = bit.layer.kernel();
    const auto& work = bit.work;
    return (line < kernel ? line * work.line : kernel * work.line + (line - kernel) * work.row) +
           bit.site.index;
  }
};

}  // namespace

const StageKind& sliding_window() {
  static const SlidingWindow kind;
  return kind;
}

}  // namespace fluence
