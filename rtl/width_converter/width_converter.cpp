#include "rtl/width_converter/width_converter.hpp"

#include <algorithm>

namespace fluence {
namespace {

// A narrowing converter's step: a piece leaves. A widening one's: a word enters.
class WidthConverter final : public StageKind {
 public:
  [[nodiscard]] Instance instance(const Stage& stage, const Layer&) const override {
    return {"fl_width_converter", {{"InWidth", stage.in_width}, {"OutWidth", stage.out_width}}};
  }
  [[nodiscard]] std::vector<Storage> storages(const Stage& stage, const Layer&) const override {
    return {{Space::stream, 1, 1, 1,
             std::max(stage.in_width, stage.out_width) - std::min(stage.in_width, stage.out_width),
             "data_q"}};
  }
  [[nodiscard]] std::vector<ControlRegister> control(const Stage& stage, const Layer&) const override {
    return {{"count_q", counter_bits(std::max(stage.in_width, stage.out_width) /
                                     std::min(stage.in_width, stage.out_width))}};
  }
  [[nodiscard]] StageWork work(const Stage& stage, const Layer&) const override {
    StageWork work;
    work.narrow = stage.in_width > stage.out_width;
    work.line = work.narrow ? stage.in_width / stage.out_width : stage.out_width / stage.in_width;
    work.steps = std::max(stage.words_in, stage.words_out);
    return work;
  }
  [[nodiscard]] std::int64_t popped(const StageWork& work, std::int64_t steps) const override {
    return work.narrow ? (steps + work.line - 1) / work.line : steps;
  }
  [[nodiscard]] std::int64_t pushed(const StageWork& work, std::int64_t steps,
                                    std::int64_t) const override {
    return work.narrow ? steps : steps / work.line;
  }
  [[nodiscard]] Fate follow(const StoredBit& bit, EffectSink& effects) const override {
    return bit.work.narrow ? follow_narrowing(bit, effects) : follow_widening(bit, effects);
  }

 protected:
  [[nodiscard]] Position position(const StageWork& work, const Layer&,
                                  const ControlValues& values) const override {
    return {values.own("count_q"), work.line};
  }

 private:
  // The first piece of a wide word passes by the register; the others leave it from its low end, and
  // zeros follow them.
  static Fate follow_narrowing(const StoredBit& bit, EffectSink& effects) {
    const auto& work = bit.work;
    const auto steps = bit.steps();
    const auto left = (work.line - steps % work.line) % work.line;  // pieces in the register
    const auto width = bit.stage.out_width;
    const auto piece = bit.site.bit / width;
    if (piece < left) {
      effects.output_word(steps + piece, bit.site.bit % width);
      return Fate::read;
    }
    return unread(steps + left < bit.images * work.steps);
  }

  // Words enter at the register's high end and move down; the last one of a wide word passes by.
  static Fate follow_widening(const StoredBit& bit, EffectSink& effects) {
    const auto& work = bit.work;
    const auto steps = bit.steps();
    const auto width = bit.stage.in_width;
    const auto first = work.line - 1 - steps % work.line;  // place of the wide word's first word
    const auto place = bit.site.bit / width;
    if (place >= first) {
      effects.output_word(steps / work.line,
                          static_cast<int>((place - first) * width + bit.site.bit % width));
      return Fate::read;
    }
    return unread(steps < bit.images * work.steps);
  }
};

}  // namespace

const StageKind& width_converter() {
  static const WidthConverter kind;
  return kind;
}

}  // namespace fluence
