#include "session/outcome_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/error.hpp"
#include "network/packed.hpp"

namespace fluence {
namespace {

// A host that takes some scores without faults for implausible would detect what is not there.
void check_plausible(const ScoreRange& range, const Topology& net, const Session& session,
                     const std::string& file) {
  const auto& parameters = session.parameters(net);
  PackedNetwork packed(parameters);
  const auto classes = static_cast<std::size_t>(parameters.class_count());
  for (int i = 0; i < session.images(net).size(); ++i) {
    const auto scores = packed.run(session.images(net)[i]);
    const auto of_classes = std::span<const Score>(scores).first(std::min(classes, scores.size()));
    if (!range.holds(of_classes)) {
      const auto [least, most] = std::ranges::minmax(of_classes);
      throw InputError(fmt::format(
          "{}: 'plausible': {} gives image {} scores from {} to {} without faults, which are not "
          "within {}: widen it",
          file, net.name, i, least, most, range.text()));
    }
  }
}

}  // namespace

void prepare_outcome(OutcomeRule& rule, const Topology& net, Session& session,
                     const std::string& folder) {
  const auto& parameters = session.parameters(net);
  try {
    rule.critical.resolve(parameters.classes, Decider(parameters));
  } catch (const InputError& e) {
    throw InputError(folder + ": 'critical': of " + net.name + ", " + e.what());
  }
  session.use_watchdog(net, rule.watchdog);
}

void prepare_outcomes(Spec& spec, Session& session, const std::string& file) {
  for (auto& scenario : spec.scenarios) {
    prepare_outcome(scenario.rule, *scenario.net, session, file);
  }
  for (const auto* net : spec.networks()) {
    const auto of_net = std::ranges::find(spec.scenarios, net, &Scenario::net);
    if (of_net->rule.plausible) {
      check_plausible(*of_net->rule.plausible, *net, session, file);
    }
  }
}

}  // namespace fluence
