#include "rtl/word_packer/word_packer.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace fluence {
namespace {

// A step: a word enters, if fewer bits are held than leave; or one leaves.
class WordPacker final : public StageKind {
 public:
  explicit WordPacker(bool slots) : slots_(slots) {}

  [[nodiscard]] Instance instance(const Stage& stage, const Layer& layer) const override {
    return {"fl_word_packer",
            {{"InWidth", stage.in_width},
             {"OutWidth", stage.out_width},
             {"WordsIn", stage.words_in},
             {"WordsOut", stage.words_out},
             {"SlotBits", slots_ ? slot_bits(layer) : 1},
             {"ValueBits", slots_ ? layer.in_bits : 1}}};
  }
  [[nodiscard]] std::vector<Storage> storages(const Stage& stage, const Layer& layer) const override {
    return {{Space::stream, 1, 1, 1, held_bits(stage, layer), "data_q"}};
  }
  [[nodiscard]] std::vector<ControlRegister> control(const Stage& stage,
                                                     const Layer& layer) const override {
    return {{"fill_q", counter_bits(held_bits(stage, layer) + 1)},
            {"taken_q", counter_bits(stage.words_in + 1)},
            {"given_q", counter_bits(stage.words_out)}};
  }
  [[nodiscard]] StageWork work(const Stage& stage, const Layer& layer) const override {
    StageWork work;
    work.line = in_bits(stage, layer);
    work.row = stage.out_width;
    work.words = stage.words_in;
    work.steps = std::int64_t{stage.words_in} + stage.words_out;
    return work;
  }
  [[nodiscard]] std::int64_t popped(const StageWork& work, std::int64_t steps) const override {
    return steps / work.steps * work.words + steps % work.steps - given(work, steps % work.steps);
  }
  [[nodiscard]] std::int64_t pushed(const StageWork& work, std::int64_t steps,
                                    std::int64_t) const override {
    return steps - popped(work, steps);
  }
  // Words enter at the end of what is held and leave from its low end.
  [[nodiscard]] Fate follow(const StoredBit& bit, EffectSink& effects) const override {
    const auto& work = bit.work;
    const auto step = bit.steps() % work.steps;
    const auto image = bit.steps() / work.steps;
    const auto out = given(work, step);
    const auto held = (step - out) * work.line - out * work.row;
    const auto word = out + bit.site.bit / work.row;
    const auto words = work.steps - work.words;
    if (bit.site.bit >= held || word >= words) {
      return unread(bit.steps() < bit.images * work.steps);
    }
    effects.output_word(image * words + word, static_cast<int>(bit.site.bit % work.row));
    return Fate::read;
  }

 protected:
  [[nodiscard]] Position position(const StageWork& work, const Layer&,
                                  const ControlValues& values) const override {
    return {values.own("taken_q") + values.own("given_q"), work.steps};
  }

 private:
  static int slot_bits(const Layer& layer) {
    return static_cast<int>(std::bit_ceil(static_cast<unsigned>(layer.in_bits)));
  }
  /// That are passed on of a word that enters.
  [[nodiscard]] int in_bits(const Stage& stage, const Layer& layer) const {
    return slots_ ? stage.in_width / slot_bits(layer) * layer.in_bits : stage.in_width;
  }
  /// Those, and what is left of a word that leaves.
  [[nodiscard]] int held_bits(const Stage& stage, const Layer& layer) const {
    const int in = in_bits(stage, layer);
    return in + stage.out_width - std::gcd(in, stage.out_width);
  }
  /// Words that have left before a step of an image.
  static std::int64_t given(const StageWork& work, std::int64_t step) {
    // That in which a word leaves: as many as it needs have entered before.
    const auto leaves = [&](std::int64_t word) {
      return word + std::min(work.words, ((word + 1) * work.row + work.line - 1) / work.line);
    };
    std::int64_t done = 0;
    for (auto left = work.steps - work.words; left > 0;) {
      const auto half = left / 2;
      if (leaves(done + half) < step) {
        done += half + 1;
        left -= half + 1;
      } else {
        left = half;
      }
    }
    return done;
  }

  bool slots_;
};

}  // namespace

const StageKind& word_packer() {
  static const WordPacker kind(false);
  return kind;
}

const StageKind& value_packer() {
  static const WordPacker kind(true);
  return kind;
}

}  // namespace fluence
