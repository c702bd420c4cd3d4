// A recorded schedule, and every question that the fast engine asks of one.
#include "fault/schedule.hpp"

#include <array>
#include <cstring>
#include <limits>

#include "fault/lifetimes.hpp"
#include "tests/fuzz/input.hpp"

using namespace fluence;

namespace {

// Cycles to ask about: of a fault list any from 0 to 2^63 - 1. The last bytes of the input choose one.
std::array<std::uint64_t, 5> cycles(std::string_view text, std::uint64_t length) {
  std::uint64_t chosen = 0;
  std::memcpy(&chosen, text.substr(text.size() - std::min(text.size(), sizeof chosen)).data(),
              std::min(text.size(), sizeof chosen));
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return {0, length / 3, length, chosen & kMost, kMost};
}

// What becomes of an upset of the first and of the last bit of each array.
void follow(const Lifetimes& lifetimes, const SiteMap& sites, const StageCounts& counts, int images) {
  for (const auto& array : sites.arrays()) {
    if (array.space != Space::control) {
      for (const auto address : {array.address, array.address + array.bit_count() - 1}) {
        std::vector<Transient> transients;
        static_cast<void>(lifetimes.follow(sites.site(address), counts, images, transients));
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto& net = topology("cnvW1A1");
  static const SiteMap sites(net);
  static const Lifetimes lifetimes(net);
  return fuzz::refuse_or_read([&] {
    const auto schedule = Schedule::parse(fuzz::as_text(data, size), "cnvW1A1.json", net);
    const auto text = schedule.text();
    const auto again = fuzz::read_own([&] { return Schedule::parse(text, "text", net); });
    fuzz::require(again.text() == text);
    const auto length = schedule.run_length(1000);
    static_cast<void>(schedule.periodic_from() + static_cast<std::int64_t>(schedule.period()));
    for (const auto cycle : cycles(fuzz::as_text(data, size), length)) {
      for (const int images : {1, 1'000'000}) {
        follow(lifetimes, sites, ScheduledCounts(schedule, cycle, images), images);
      }
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
