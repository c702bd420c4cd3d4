// A recorded schedule, and every question that the fast engine asks of one.
#include "fault/schedule.hpp"

#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto& net = topology("cnvW1A1");
  return fuzz::refuse_or_read([&] {
    const auto schedule = Schedule::parse(fuzz::as_text(data, size), "cnvW1A1.json", net);
    const auto text = schedule.text();
    const auto again = fuzz::read_own([&] { return Schedule::parse(text, "text", net); });
    fuzz::require(again.text() == text);
    const auto length = schedule.run_length(1000);
    static_cast<void>(schedule.periodic_from() + static_cast<std::int64_t>(schedule.period()));
    for (const auto cycle : {std::uint64_t{0}, length / 3, length}) {
      for (std::size_t stage = 0; stage < schedule.works().size(); ++stage) {
        static_cast<void>(schedule.steps_before(stage, cycle));
        if (schedule.works()[stage].fold > 0) {
          static_cast<void>(schedule.results_before(stage, cycle));
        }
      }
      for (const auto& layer : net.layers) {
        static_cast<void>(schedule.first_read({Space::weights, layer.index, 0, 0, 0, 0}, cycle));
      }
    }
  });
}
