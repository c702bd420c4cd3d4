#include "campaign/scenario.hpp"

#include <charconv>
#include <system_error>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace fluence {
namespace {

constexpr std::uint64_t kLongestDuration = 1'000'000'000'000;

}  // namespace

std::string_view to_string(EngineKind kind) { return kind == EngineKind::fast ? "fast" : "rtl"; }

EngineKind engine_from_string(std::string_view name) {
  for (const auto kind : {EngineKind::fast, EngineKind::rtl}) {
    if (name == to_string(kind)) {
      return kind;
    }
  }
  throw InputError("unknown engine '" + std::string(name) + "': use fast or rtl");
}

Mode mode_from_string(const std::string& name) {
  if (name == "seu" || name == "mbu") {
    return {name == "seu" ? 1 : 8};
  }
  const auto colon = name.find(':');
  const auto kind = name.substr(0, colon);
  Mode mode;
  bool known = kind == "stuck0" || kind == "stuck1" || (kind == "intermittent" && colon != kind.npos);
  if (known) {
    mode.kind = fault_kind_from_string(kind);
    if (colon != std::string::npos) {
      std::uint64_t duration = 0;
      const auto* end = name.data() + name.size();
      const auto [rest, error] = std::from_chars(name.data() + colon + 1, end, duration);
      known = error == std::errc() && rest == end && duration > 0 && duration <= kLongestDuration;
      mode.duration = duration;
    }
  }
  if (!known) {
    throw InputError("'" + name +
                     "' is unknown: use seu, mbu, stuck0 or stuck1, or for N cycles or images "
                     "stuck0:N, stuck1:N or intermittent:N");
  }
  return mode;
}

std::string Scenario::mode() const {
  if (draw_plan.kind == FaultKind::flip) {
    return draw_plan.word_size == 1 ? "seu" : "mbu";
  }
  return std::string(to_string(draw_plan.kind)) +
         (draw_plan.duration ? ":" + std::to_string(*draw_plan.duration) : "");
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
  return net->name + " " + mode() + " " + spaces() + " layers " + layers() +
         (dose ? " dose " + dose->text(draw_plan.spaces)
               : " faults " + std::to_string(draw_plan.faults)) +
         " time " + time() + " semantics " + std::string(to_string(draw_plan.semantics)) + " images " +
         std::to_string(draw_plan.images);
}

std::uint64_t Scenario::key() const {
  Digest digest;
  digest.add(text());
  return digest.value();
}

}  // namespace fluence
