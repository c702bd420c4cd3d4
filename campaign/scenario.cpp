#include "campaign/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <system_error>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace fluence {
namespace {

constexpr std::uint64_t kLongestDuration = 1'000'000'000'000;

// A number behind a mode's colon, 0 if there is none up to the most.
std::uint64_t number_in(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end && number <= most ? number : 0;
}

// What the bits of bursts depend on.
std::string burst_digest(const Scenario& scenario, bool with_layout) {
  Digest digest;
  for (const auto& shape : scenario.draw_plan.bursts) {
    digest.add(fmt::format("{}", shape.probability));
    for (const auto& bit : shape.bits) {
      digest.add(fmt::format(" {} {}", bit.row, bit.column));
    }
  }
  for (const auto space : with_layout ? scenario.draw_plan.spaces : std::vector<Space>()) {
    const auto layout = scenario.net->layout_of(to_string(space));
    digest.add(fmt::format(" {} {}", layout.width, layout.interleave));
  }
  return digest.hex();
}

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
  if (const auto at = name.find('@'); at != name.npos) {
    auto mode = mode_from_string(name.substr(0, at));
    mode.extent = extent_from_string(std::string_view(name).substr(at + 1));
    if (mode.word_size != 1 || !mode.burst.empty()) {
      throw InputError("'" + name + "' is of several bits twice: leave out one of both");
    }
    mode.word_size = kWholeWord;
    return mode;
  }
  if (name == "seu" || name == "mbu") {
    return {name == "seu" ? 1 : 8};
  }
  const auto colon = name.find(':');
  const auto kind = name.substr(0, colon);
  Mode mode;
  if (kind == "burst" && colon != name.npos) {
    mode.burst = name.substr(colon + 1);
    if (is_burst_name(mode.burst) || number_in(mode.burst, kMostBurstBits) > 1) {
      return mode;
    }
    throw InputError("'" + name + "' is no burst: use burst:N for N bits side by side, 2 to " +
                     std::to_string(kMostBurstBits) + ", or burst:NAME of a table in [bursts]");
  }
  bool known = kind == "stuck0" || kind == "stuck1" || (kind == "intermittent" && colon != kind.npos);
  if (known) {
    mode.kind = fault_kind_from_string(kind);
    if (colon != std::string::npos) {
      mode.duration = number_in(std::string_view(name).substr(colon + 1), kLongestDuration);
      known = mode.duration != std::uint64_t{0};
    }
  }
  if (!known) {
    throw InputError("'" + name +
                     "' is unknown: use seu, mbu, burst:N, stuck0 or stuck1, or for N cycles or images "
                     "stuck0:N, stuck1:N or intermittent:N, and @module or @storage behind it");
  }
  return mode;
}

bool is_burst_name(std::string_view text) {
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  return !text.empty() && letter(text.front()) && std::ranges::all_of(text, [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string Scenario::mode() const {
  if (!burst.empty()) {
    return "burst:" + burst;
  }
  const bool whole = draw_plan.extent != Extent::bit;
  const auto extent = whole ? "@" + std::string(to_string(draw_plan.extent)) : "";
  if (draw_plan.kind == FaultKind::flip) {
    return (draw_plan.word_size == 1 || whole ? "seu" : "mbu") + extent;
  }
  return std::string(to_string(draw_plan.kind)) +
         (draw_plan.duration ? ":" + std::to_string(*draw_plan.duration) : "") + extent;
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

std::string Scenario::text() const { return text_of(false); }

std::string Scenario::text_of(bool drawn) const {
  const bool of_network = drawn && draw_plan.common;
  return (of_network ? net->network : net->name) + " " + mode() + " " + spaces() + " layers " +
         layers() +
         (dose ? " dose " + dose->text(draw_plan.spaces)
               : " faults " + std::to_string(draw_plan.faults)) +
         " time " + time() + " semantics " + std::string(to_string(draw_plan.semantics)) + " images " +
         std::to_string(draw_plan.images) +
         (burst.empty() ? "" : " bursts " + burst_digest(*this, !of_network)) +
         (drawn || draw_plan.reload == 0 ? "" : " reload " + std::to_string(draw_plan.reload)) +
         (draw_plan.common ? " draw common" : "") + (draw.empty() ? "" : " draw " + draw);
}

std::uint64_t Scenario::key() const {
  Digest digest;
  digest.add(text_of(true));
  return digest.value();
}

}  // namespace fluence
