#include "fault/capabilities.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace fluence {
namespace {

// "weights, window and fifo"
std::string list(const std::vector<std::string>& items, const char* last) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == items.size() ? last : ", ") + items[i];
  }
  return text;
}

std::string list(const std::vector<Space>& spaces) {
  std::vector<std::string> names;
  for (const auto space : spaces) {
    names.emplace_back(to_string(space));
  }
  return list(names, " and ");
}

// Ways out, without those that are none.
std::string remedy(std::vector<std::string> ways) {
  std::erase(ways, "");
  return ways.empty() ? ": leave it out" : ": " + list(ways, " or ");
}
std::string use(std::vector<std::string> things) {
  std::erase(things, "");
  return things.empty() ? remedy({}) : ": use " + list(things, " or ");
}

// What is asked for between images, if the engine cannot apply it so; else empty.
std::string inapplicable(const Capabilities& can, Semantics semantics) {
  if (std::ranges::find(can.image_semantics, semantics) != can.image_semantics.end()) {
    return "";
  }
  return semantics == Semantics::physical
             ? "flips stored bits between images"
             : "writes words as in semantics " + std::string(to_string(semantics));
}

// The semantics of the host, if the engine can apply it.
std::string source(const Capabilities& can, const char* option) {
  return inapplicable(can, Semantics::source).empty() ? option : "";
}

std::string other(const Capabilities& can) {
  return can.alternative.empty() ? "" : "use " + can.alternative;
}

// "a fault", "a stuck bit"
std::string noun(FaultKind kind) {
  return kind == FaultKind::flip ? "a fault" : is_stuck(kind) ? "a stuck bit" : "an intermittent fault";
}

// No engine knows intermittent faults where words are written all the time.
bool has_no_engine(Space space, FaultKind kind) {
  return kind == FaultKind::intermittent && !is_parameter(space);
}

void check_fault(const Capabilities& can, const Fault& fault, const std::string& name) {
  const auto space = fault.site.space;
  const auto kind = fault.kind;
  const bool by_cycle = fault.cycle.has_value();
  if (can.evaluates(space, by_cycle, kind)) {
    return;
  }
  const auto& known = can.spaces(by_cycle, kind);
  const bool at_other_time = can.evaluates(space, !by_cycle, kind);
  auto what = name + " has " + noun(kind) +
              (known.empty() ? "" : " in " + std::string(to_string(space))) + " timed by " +
              (by_cycle ? "cycle" : "image") + ", and " + can.name;
  if (known.empty()) {
    throw InputError(what +
                     (by_cycle && can.needs_schedule ? " was given no schedule"
                                                     : std::string(" knows those timed by ") +
                                                           (by_cycle ? "image" : "cycle") + " only") +
                     remedy({!at_other_time ? ""
                             : by_cycle     ? "give before_image"
                                            : "give cycle",
                             other(can)}));
  }
  throw InputError(
      what + " knows those in " + list(known) + " only" +
      remedy({at_other_time && !by_cycle ? "give cycle" : "",
              has_no_engine(space, kind) ? "use kind stuck0 or stuck1 with a duration" : other(can)}));
}

}  // namespace

const std::vector<Space>& Capabilities::spaces(bool at_cycle, FaultKind of_kind) const {
  if (of_kind == FaultKind::flip) {
    return at_cycle ? by_cycle : by_image;
  }
  const auto& both = is_stuck(of_kind) ? stuck : intermittent;
  return at_cycle ? both.by_cycle : both.by_image;
}

bool Capabilities::evaluates(Space space, bool at_cycle, FaultKind of_kind) const {
  const auto& known = spaces(at_cycle, of_kind);
  return std::ranges::find(known, space) != known.end();
}

void check_capable(const Capabilities& can, const FaultCase& trial, Semantics semantics) {
  const auto name = "case " + std::to_string(trial.id);
  if (can.most_images > 0 && trial.images > can.most_images) {
    throw InputError(std::to_string(trial.images) + " images do not fit in the platform's memory: use " +
                     std::to_string(can.most_images) + " or fewer");
  }
  for (const auto& fault : trial.faults) {
    check_fault(can, fault, name);
    if (const auto what = inapplicable(can, semantics);
        fault.kind == FaultKind::flip && !fault.cycle && !what.empty()) {
      throw InputError(name + " " + what + ", which " + can.name + " cannot do" +
                       use({source(can, "--semantics source"), can.alternative,
                            can.evaluates(fault.site.space, true) ? "faults at cycles" : ""}));
    }
  }
}

void check_capable(const Capabilities& can, const DrawPlan& plan) {
  if (can.most_images > 0 && plan.images > can.most_images) {
    throw InputError("'count' " + std::to_string(plan.images) + " of an " + can.kind +
                     " part does not fit in the platform's memory: use " +
                     std::to_string(can.most_images) + " or fewer");
  }
  for (const auto space : plan.spaces) {
    if (!can.evaluates(space, plan.by_cycle, plan.kind)) {
      const auto* other = plan.by_cycle ? "time image" : "time cycle";
      throw InputError("engine " + can.kind + " cannot do " +
                       (plan.kind == FaultKind::flip ? "" : noun(plan.kind) + " in ") + "space " +
                       std::string(to_string(space)) + (plan.by_cycle ? " by cycle" : " by image") +
                       use({has_no_engine(space, plan.kind) ? "modes stuck0 and stuck1 with a duration"
                                                            : can.alternative_key,
                            can.evaluates(space, !plan.by_cycle, plan.kind) ? other : ""}));
    }
  }
  if (const auto what = inapplicable(can, plan.semantics);
      plan.kind == FaultKind::flip && !plan.by_cycle && !what.empty()) {
    const bool at_cycles =
        std::ranges::all_of(plan.spaces, [&](const Space space) { return can.evaluates(space, true); });
    throw InputError(
        "an " + can.kind + " part " + what + " (semantics " + std::string(to_string(plan.semantics)) +
        ", time image), which " + can.name + " cannot do" +
        use({can.alternative_key, source(can, "semantics source"), at_cycles ? "time cycle" : ""}));
  }
}

}  // namespace fluence
