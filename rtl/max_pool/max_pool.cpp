#include "rtl/max_pool/max_pool.hpp"

#include <algorithm>

namespace fluence {
namespace {

// A step: a pixel of two lines enters, then a pixel of the pooled line leaves.
class MaxPool final : public StageKind {
 public:
  [[nodiscard]] Instance instance(const Stage&, const Layer& l) const override {
    return {"fl_max_pool", {{"Dim", l.out_dim}, {"Channels", l.out_channels}, {"Bits", l.out_bits}}};
  }
  [[nodiscard]] std::vector<Storage> storages(const Stage& stage, const Layer& layer) const override {
    return {{Space::pool, 1, layer.out_dim / 2, 1, stage.out_width, "row_q"}};
  }
  [[nodiscard]] std::vector<ControlRegister> control(const Stage&, const Layer& layer) const override {
    return {{"col_q", counter_bits(layer.out_dim / 2)},
            {"odd_pixel_q", 1},
            {"odd_line_q", 1},
            {"emitting_q", 1}};
  }
  [[nodiscard]] StageWork work(const Stage&, const Layer& layer) const override {
    StageWork work;
    work.line = layer.out_dim;
    work.row = 2 * work.line + work.line / 2;
    work.steps = work.line / 2 * work.row;
    return work;
  }
  [[nodiscard]] std::int64_t popped(const StageWork& work, std::int64_t steps) const override {
    return steps / work.row * 2 * work.line + std::min(steps % work.row, 2 * work.line);
  }
  [[nodiscard]] std::int64_t pushed(const StageWork& work, std::int64_t steps,
                                    std::int64_t) const override {
    return steps / work.row * (work.line / 2) +
           std::max<std::int64_t>(steps % work.row - 2 * work.line, 0);
  }
  [[nodiscard]] StreamTarget output(const Stage& stage, const Layer& layer, bool,
                                    const StreamTarget&) const override {
    return {stage.layer + 1, Transient::Point::input, layer.out_channels * layer.out_bits,
            layer.next_pixels()};
  }
  // Two lines of pixels are folded into the row buffer, which then leaves.
  [[nodiscard]] Fate follow(const StoredBit& bit, EffectSink& effects) const override {
    const auto& layer = bit.layer;
    const auto& work = bit.work;
    const auto lines = bit.steps() / work.row;
    const auto step = bit.steps() % work.row;
    const int column = bit.site.index;
    int folded = 0;
    for (const auto first : {std::int64_t{0}, work.line}) {
      folded += static_cast<int>(std::clamp<std::int64_t>(step - first - 2 * column, 0, 2));
    }
    const int dim = layer.out_dim / 2;
    const auto all_lines = bit.images * dim;
    if (folded == 0) {
      return unread(lines < all_lines);
    }
    if (step - 2 * work.line > column) {
      return unread(lines + 1 < all_lines);
    }
    const auto image = lines / dim;
    const auto pixel = static_cast<int>(lines % dim) * dim + column;
    effects.add(
        folded == 4
            ? Transient{image, layer.index + 1, Transient::Point::input, pixel, 0, 0, bit.site.bit}
            : Transient{image, layer.index, Transient::Point::maximum, pixel, 0, folded, bit.site.bit});
    return Fate::read;
  }
  [[nodiscard]] std::int64_t next_store(const StoredBit& bit) const override {
    const auto& work = bit.work;
    const auto lines = bit.steps() / work.row;
    for (const auto first : {std::int64_t{0}, work.line}) {
      for (const auto step : {first + 2 * bit.site.index, first + 2 * bit.site.index + 1}) {
        if (step >= bit.steps() % work.row) {
          return lines * work.row + step + 1;
        }
      }
    }
    return (lines + 1) * work.row + 2 * bit.site.index + 1;
  }
  [[nodiscard]] std::string absorbed(const Stage& stage, const std::string& words,
                                     const std::function<bool(Space)>&) const override {
    return "absorbed by the max pool of layer " + std::to_string(stage.layer) + ": " + words +
           ", no maximum";
  }

 protected:
  [[nodiscard]] Position position(const StageWork& work, const Layer&,
                                  const ControlValues& values) const override {
    return {values.own("emitting_q") != 0 ? 2 * work.line + values.own("col_q")
                                          : values.own("odd_line_q") * work.line +
                                                2 * values.own("col_q") + values.own("odd_pixel_q"),
            work.row};
  }
};

}  // namespace

const StageKind& max_pool() {
  static const MaxPool kind;
  return kind;
}

}  // namespace fluence
