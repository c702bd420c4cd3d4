// What the memory reader and the memory writer have in common: a register between the pipeline and the
// memory, through which every word goes. A word's entry is a step, its leaving a result.
#pragma once

#include <algorithm>

#include "rtl/stage_kind.hpp"

namespace fluence {

class MemoryPort : public StageKind {
 public:
  [[nodiscard]] std::vector<Storage> storages(const Stage& stage, const Layer&) const override {
    return {{Space::stream, 1, 1, 1, std::max(stage.in_width, stage.out_width), "data_q"}};
  }
  [[nodiscard]] const char* waiting() const override { return "data_valid_q"; }
  [[nodiscard]] StageWork work(const Stage& stage, const Layer&) const override {
    StageWork work;
    work.steps = std::max(stage.words_in, stage.words_out);
    work.fold = 1;
    return work;
  }

 protected:
  // A step is all that a port repeats.
  [[nodiscard]] Position position(const StageWork&, const Layer&, const ControlValues&) const override {
    return {};
  }
  // `give`: passes on the word that the register holds.
  template <class Give>
  static Fate follow_register(const StoredBit& bit, Give give) {
    const auto steps = bit.steps();
    if (bit.results() < steps) {
      give(steps - 1);
      return Fate::read;
    }
    return unread(steps < bit.images * bit.work.steps);
  }
  static void append(Instance& instance, std::initializer_list<const char*> ports) {
    for (const char* port : ports) {
      instance.input.emplace_back(std::string("m_axi_") + port, "");
    }
  }
};

}  // namespace fluence
