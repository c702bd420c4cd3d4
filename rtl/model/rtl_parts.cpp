// What a model does that lacks a part.
#include <stdexcept>
#include <string>

#include "rtl/model/rtl_model.hpp"

namespace fluence {
namespace {

[[noreturn]] void throw_lacking(const char* what) {
  throw std::logic_error(std::string("this model has no ") + what);
}

}  // namespace

void RtlState::hold_at(const Hold&) { throw_lacking("bits that it could hold"); }
void RtlState::hold_now(std::uint64_t, std::uint64_t, bool) { throw_lacking("bits that it could hold"); }
void RtlState::release_now(std::uint64_t, std::uint64_t) { throw_lacking("bits that it could hold"); }

RtlSnapshot RtlSnapshots::save() const { throw_lacking("snapshots"); }
void RtlSnapshots::restore(const RtlSnapshot&) { throw_lacking("snapshots"); }
std::vector<std::byte> RtlSnapshots::save_parameters() const { throw_lacking("snapshots"); }
void RtlSnapshots::restore_parameters(std::span<const std::byte>) { throw_lacking("snapshots"); }

std::span<const std::byte> RtlProbes::stored(std::size_t) const { throw_lacking("view of its words"); }
std::span<const std::byte> RtlProbes::stored_word(std::size_t, std::uint64_t) const {
  throw_lacking("view of its words");
}
std::vector<StreamStatus> RtlProbes::streams() const { throw_lacking("view of its streams"); }
void RtlProbes::observe(StreamObserver*) { throw_lacking("view of its streams"); }
void RtlProbes::count_gauges(bool) { throw_lacking("gauges"); }
void RtlProbes::reset_gauges() { throw_lacking("gauges"); }
std::vector<StreamGauge> RtlProbes::gauges() const { throw_lacking("gauges"); }

}  // namespace fluence
