#include "session/run_clock.hpp"

#include <memory>

#include "base/error.hpp"
#include "platform/hang_bound.hpp"
#include "rtl/cycle_model.hpp"
#include "rtl/dataflow.hpp"
#include "session/session.hpp"

namespace fluence {

RunClock run_clock(const Topology& net, const OutcomeRule& rule, const Manifest& manifest) {
  const auto schedule = std::make_shared<const Schedule>(load_schedule(net));
  const auto recorded = manifest.find("schedule " + net.name);
  if (recorded != manifest.end() && recorded->second != schedule->digest()) {
    throw InputError("the schedule of " + net.name + " at hand is another than that of the results");
  }
  const auto prediction =
      std::make_shared<const CyclePrediction>(predict_cycles(dataflow(net), kPredictedImages));
  return {[schedule](int images) { return schedule->run_length(images); },
          [prediction, watchdog = rule.watchdog](int images) {
            return hang_bound(*prediction, images, watchdog);
          }};
}

}  // namespace fluence
