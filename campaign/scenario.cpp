#include "campaign/scenario.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"

namespace fluence {

std::string_view to_string(EngineKind kind) { return kind == EngineKind::fast ? "fast" : "rtl"; }

EngineKind engine_from_string(std::string_view name) {
  for (const auto kind : {EngineKind::fast, EngineKind::rtl}) {
    if (name == to_string(kind)) {
      return kind;
    }
  }
  throw InputError("unknown engine '" + std::string(name) + "': use fast or rtl");
}

std::string Scenario::spaces() const {
  std::string text;
  for (const auto space : draw_plan.spaces) {
    text += (text.empty() ? "" : "+") + std::string(to_string(space));
  }
  return text;
}

std::string Scenario::layers() const {
  std::string text;
  for (const int layer : draw_plan.layers) {
    text += (text.empty() ? "" : "+") + std::to_string(layer);
  }
  return text.empty() ? "all" : text;
}

std::string Scenario::text() const {
  return net->name + " " + mode() + " " + spaces() + " layers " + layers() + " faults " +
         std::to_string(draw_plan.faults) + " time " + time() + " semantics " +
         std::string(to_string(draw_plan.semantics)) + " images " + std::to_string(draw_plan.images);
}

std::uint64_t Scenario::key() const {
  Digest digest;
  digest.add(text());
  return digest.value();
}

}  // namespace fluence
