#include "rtl/window/window.hpp"

#include <algorithm>
#include <utility>

namespace fluence {
namespace {

int words_of_pixel(const Layer& layer) { return layer.in_channels / layer.simd; }
int words_of_line(const Layer& layer) { return layer.in_dim * words_of_pixel(layer); }

/// The first and the last window, of `count` that begin every `stride`, that has place `at` of a padded
/// side.
std::pair<int, int> windows_with(int at, int side, int stride, int count) {
  return {at < side ? 0 : (at - side) / stride + 1, std::min(count - 1, at / stride)};
}

// Line l is in block l % kernel height.
class WindowUnit final : public StageKind {
 public:
  [[nodiscard]] Instance instance(const Stage&, const Layer& l) const override {
    return {"fl_window",
            {{"InHeight", l.in_height},
             {"InWidth", l.in_dim},
             {"OutHeight", l.out_height},
             {"OutWidth", l.out_dim},
             {"KernelHeight", l.window.height},
             {"KernelWidth", l.window.width},
             {"StrideY", l.window.stride_y},
             {"StrideX", l.window.stride_x},
             {"Top", l.window.top},
             {"Left", l.window.left},
             {"Channels", l.in_channels},
             {"Simd", l.simd},
             {"Bits", l.in_bits}}};
  }
  [[nodiscard]] std::vector<Storage> storages(const Stage& stage, const Layer& layer) const override {
    return {{Space::window, layer.window.height, words_of_line(layer), 1, stage.in_width, "lines_q"}};
  }
  [[nodiscard]] std::vector<ControlRegister> control(const Stage&, const Layer& layer) const override {
    return {{"line_q", counter_bits(layer.in_height + 1)}, {"col_q", counter_bits(words_of_line(layer))},
            {"row_q", counter_bits(layer.out_height + 1)}, {"x_q", counter_bits(layer.out_dim)},
            {"ky_q", counter_bits(layer.window.height)},   {"kx_q", counter_bits(layer.window.width)},
            {"ch_q", counter_bits(words_of_pixel(layer))}};
  }
  [[nodiscard]] StageWork work(const Stage&, const Layer& layer) const override {
    StageWork work;
    work.lines = {layer.window, layer.in_height, layer.out_height, words_of_line(layer),
                  std::int64_t{layer.out_dim} * layer.synapse_folds()};
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
  [[nodiscard]] StreamTarget output(const Stage& stage, const Layer&, bool,
                                    const StreamTarget&) const override {
    return {stage.layer, Transient::Point::operand, 0, 0};
  }
  [[nodiscard]] Fate follow(const StoredBit& bit, EffectSink& effects) const override {
    const auto& layer = bit.layer;
    const auto& window = layer.window;
    const auto& lines = bit.work.lines;
    const auto step = bit.steps() % bit.work.steps;
    const auto image = bit.steps() / bit.work.steps;
    const int word = bit.site.index;
    int line = bit.site.module;
    if (line >= layer.in_height) {
      return Fate::never_read;  // padding makes the kernel higher than the map
    }
    if (lines.enters(line, word) >= step) {
      return unread(image < bit.images);
    }
    while (line + window.height < layer.in_height && lines.enters(line + window.height, word) < step) {
      line += window.height;
    }
    const int words = words_of_pixel(layer);
    const int column = word / words;
    bool read = false;
    const auto [y_first, y_last] =
        windows_with(line + window.top, window.height, window.stride_y, layer.out_height);
    const auto [x_first, x_last] =
        windows_with(column + window.left, window.width, window.stride_x, layer.out_dim);
    for (int y = y_first; y <= y_last; ++y) {
      for (int x = x_first; x <= x_last; ++x) {
        const int tap = ((line + window.top - y * window.stride_y) * window.width + column +
                         window.left - x * window.stride_x) *
                            words +
                        word % words;
        if (lines.leaves(y, x * layer.synapse_folds() + tap) >= step) {
          effects.add({image, layer.index, Transient::Point::operand, y * layer.out_dim + x, tap, 0,
                       bit.site.bit});
          read = true;
        }
      }
    }
    return read ? Fate::read : unread(line + window.height < layer.in_height || image + 1 < bit.images);
  }
  [[nodiscard]] std::int64_t next_store(const StoredBit& bit) const override {
    const auto& lines = bit.work.lines;
    const auto image = bit.steps() / bit.work.steps;
    const int first = bit.site.module;
    for (int line = first; line < bit.layer.in_height; line += bit.layer.window.height) {
      if (const auto step = lines.enters(line, bit.site.index); step >= bit.steps() % bit.work.steps) {
        return image * bit.work.steps + step + 1;
      }
    }
    return first < bit.layer.in_height
               ? (image + 1) * bit.work.steps + lines.enters(first, bit.site.index) + 1
               : kNeverStored;
  }

 protected:
  [[nodiscard]] Position position(const StageWork& work, const Layer& layer,
                                  const ControlValues& values) const override {
    const auto tap =
        (values.own("ky_q") * layer.window.width + values.own("kx_q")) * words_of_pixel(layer) +
        values.own("ch_q");
    return {values.own("line_q") * work.lines.line + values.own("col_q") +
                values.own("row_q") * work.lines.row + values.own("x_q") * layer.synapse_folds() + tap,
            work.steps};
  }
};

}  // namespace

const StageKind& window_unit() {
  static const WindowUnit kind;
  return kind;
}

}  // namespace fluence
