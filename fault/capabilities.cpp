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

void check_fault(const Capabilities& can, const Fault& fault, const std::string& name) {
  const auto space = fault.site.space;
  if (can.evaluates(space, fault.cycle.has_value())) {
    return;
  }
  const auto in_space = name + " has a fault in " + std::string(to_string(space));
  if (!fault.cycle) {
    throw InputError(in_space + " timed by image, and " + can.name + " knows those in " +
                     list(can.by_image) + " only" +
                     remedy({can.evaluates(space, true) ? "give cycle" : "", other(can)}));
  }
  if (can.by_cycle.empty()) {
    throw InputError(
        name + " has a fault timed by cycle, and " + can.name +
        (can.needs_schedule ? " was given no schedule" : " knows those timed by image only") +
        remedy({can.evaluates(space, false) ? "give before_image" : "", other(can)}));
  }
  throw InputError(in_space + " timed by cycle, and " + can.name + " knows those in " +
                   list(can.by_cycle) + " only" + use({can.alternative}));
}

}  // namespace

bool Capabilities::evaluates(Space space, bool at_cycle) const {
  const auto& spaces = at_cycle ? by_cycle : by_image;
  return std::ranges::find(spaces, space) != spaces.end();
}

void check_capable(const Capabilities& can, const FaultCase& trial, Semantics semantics) {
  const auto name = "case " + std::to_string(trial.id);
  if (can.most_images > 0 && trial.images > can.most_images) {
    throw InputError(std::to_string(trial.images) + " images do not fit in the platform's memory: use " +
                     std::to_string(can.most_images) + " or fewer");
  }
  for (const auto& fault : trial.faults) {
    check_fault(can, fault, name);
    if (const auto what = inapplicable(can, semantics); !fault.cycle && !what.empty()) {
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
    if (!can.evaluates(space, plan.by_cycle)) {
      const auto* other = plan.by_cycle ? "time image" : "time cycle";
      throw InputError("engine " + can.kind + " cannot do space " + std::string(to_string(space)) +
                       (plan.by_cycle ? " by cycle" : " by image") +
                       use({can.alternative_key, can.evaluates(space, !plan.by_cycle) ? other : ""}));
    }
  }
  if (const auto what = inapplicable(can, plan.semantics); !plan.by_cycle && !what.empty()) {
    const bool at_cycles =
        std::ranges::all_of(plan.spaces, [&](const Space space) { return can.evaluates(space, true); });
    throw InputError(
        "an " + can.kind + " part " + what + " (semantics " + std::string(to_string(plan.semantics)) +
        ", time image), which " + can.name + " cannot do" +
        use({can.alternative_key, source(can, "semantics source"), at_cycles ? "time cycle" : ""}));
  }
}

}  // namespace fluence
