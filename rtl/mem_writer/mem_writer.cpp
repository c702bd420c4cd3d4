#include "rtl/mem_writer/mem_writer.hpp"

#include "rtl/memory_ports.hpp"

namespace fluence {
namespace {

class MemWriter final : public MemoryPort {
 public:
  [[nodiscard]] Instance instance(const Stage& stage, const Layer&) const override {
    Instance instance{"fl_mem_writer"};
    instance.input = {{"start_i", "start_i"},
                      {"addr_i", "out_addr_i"},
                      {"words_i", "readback_i ? 32'd1 : images_i * " + std::to_string(stage.words_in)},
                      {"done_o", "done_o"},
                      {"data_i", "writer_data"},
                      {"valid_i", "writer_valid"},
                      {"ready_o", "writer_ready"}};
    append(instance, {"awaddr", "awlen", "awvalid", "awready", "wdata", "wlast", "wvalid", "wready",
                      "bvalid", "bready"});
    return instance;
  }
  [[nodiscard]] std::vector<ControlRegister> control(const Stage&, const Layer&) const override {
    return {{"state_q", 2},         {"addr_q", 64},         {"left_q", 32},
            {"beats_to_take_q", 5}, {"beats_to_send_q", 5}, {"data_valid_q", 1}};
  }
  [[nodiscard]] std::int64_t popped(const StageWork&, std::int64_t steps) const override {
    return steps;
  }
  [[nodiscard]] std::int64_t pushed(const StageWork&, std::int64_t, std::int64_t) const override {
    return 0;
  }
  [[nodiscard]] Fate follow(const StoredBit& bit, EffectSink& effects) const override {
    return follow_register(bit, [&](std::int64_t word) { effects.input_word(word, bit.site.bit); });
  }
  // A word leaves the register in the next cycle, always.
  void observe(const StageSignals& signals, const std::string&, StepLog& log) const override {
    if (signals.pops) {
      log.take_step(signals.cycle);
      log.give_result(signals.cycle + 1);
    }
  }
};

}  // namespace

const StageKind& mem_writer() {
  static const MemWriter kind;
  return kind;
}

}  // namespace fluence
