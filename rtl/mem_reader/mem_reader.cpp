#include "rtl/mem_reader/mem_reader.hpp"

#include "rtl/memory_ports.hpp"

namespace fluence {
namespace {

class MemReader final : public MemoryPort {
 public:
  [[nodiscard]] Instance instance(const Stage& stage, const Layer&) const override {
    Instance instance{"fl_mem_reader"};
    instance.input = {{"start_i", "start_i && !readback_i"},
                      {"addr_i", "in_addr_i"},
                      {"words_i", "images_i * " + std::to_string(stage.words_out)}};
    append(instance, {"araddr", "arlen", "arvalid", "arready", "rdata", "rvalid", "rready"});
    return instance;
  }
  [[nodiscard]] std::vector<ControlRegister> control(const Stage&, const Layer&) const override {
    return {{"addr_q", 64}, {"left_q", 32}, {"beats_left_q", 5}, {"arvalid_q", 1}, {"data_valid_q", 1}};
  }
  [[nodiscard]] std::int64_t popped(const StageWork&, std::int64_t) const override { return 0; }
  [[nodiscard]] std::int64_t pushed(const StageWork&, std::int64_t,
                                    std::int64_t results) const override {
    return results;
  }
  [[nodiscard]] Fate follow(const StoredBit& bit, EffectSink& effects) const override {
    return follow_register(bit, [&](std::int64_t word) { effects.output_word(word, bit.site.bit); });
  }
  // Its registers say how many words it has yet to fetch.
  [[nodiscard]] std::int64_t observed_steps(const Stage&, const Layer&, const StageWork& work,
                                            const ControlValues& values, std::int64_t) const override {
    return values.top("u_regs.num_reps_q") * work.steps - values.own("left_q") -
           values.own("beats_left_q");
  }
  // A word that is offered has entered the register at the end of the cycle before.
  void observe(const StageSignals& signals, const std::string&, StepLog& log) const override {
    if (signals.out_valid && log.steps() == log.results()) {
      log.take_step(signals.cycle - 1);
    }
    if (signals.pushes) {
      log.give_result(signals.cycle);
    }
  }
};

}  // namespace

const StageKind& mem_reader() {
  static const MemReader kind;
  return kind;
}

}  // namespace fluence
