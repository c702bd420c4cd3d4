// A look inside one trial: the faulty accelerator beside the fault-free one, cycle by cycle.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fault/fault.hpp"
#include "network/decision.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"
#include "rtl/dataflow.hpp"

namespace fluence {

/// First and last cycle of something that happened.
struct CycleSpan {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// One stream. Word n of a run is compared with word n of the other, whenever each comes.
struct StreamTrace {
  std::uint64_t words = 0;               ///< compared
  std::uint64_t differing = 0;           ///< of them
  std::uint64_t missing = 0;             ///< came in the fault-free run alone
  std::uint64_t extra = 0;               ///< came in the faulty run alone
  std::optional<CycleSpan> when;         ///< differing words entered, in the faulty run
  int first_image = 0, last_image = 0;   ///< of the differing words, in the trial
  std::optional<std::uint64_t> shifted;  ///< the first word that came earlier or later, the earlier time
  std::vector<std::uint32_t> flow;       ///< [bin] words compared
  std::vector<std::uint32_t> difference;  ///< [bin] differing words
};

/// The bits stored in one variable of the RTL, without parameters.
struct ArrayTrace {
  std::size_t array = 0;   ///< of SiteMap::arrays()
  CycleSpan when;          ///< some differed
  std::uint32_t most = 0;  ///< bits that differed at once
};

/// The same for all of a layer.
struct LayerTrace {
  std::optional<CycleSpan> when;
  std::uint32_t most = 0;
  std::vector<std::uint32_t> difference;  ///< [bin] the most bits that differed at once
};

/// How the comparison came to its end.
enum class TraceEnd {
  gone,  ///< the runs were alike again, to the last bit
  over,  ///< the last run ended
  hang,  ///< the faulty run did not end
};

/// Cycles are those of the run that begins with the first image after the first fault between images,
/// and of later runs as if they followed at once; with faults at cycles there is but one run.
struct TraceResult {
  std::vector<StreamTrace> streams;  ///< in the order of dataflow().streams
  std::vector<LayerTrace> layers;
  std::vector<ArrayTrace> arrays;  ///< those in which a bit differed, in the order in which they did
  std::uint64_t begin = 0;         ///< the first bin's first cycle
  std::uint64_t end = 0;           ///< the last cycle compared
  std::uint64_t bin_cycles = 1;    ///< width of a bin

  int classes = 0;      ///< of the parameters: scores that count
  Decider decider;      ///< likewise
  int images = 0;       ///< the scores of which are known, from image 0 on
  Scores scores;        ///< [images][scores] of the faulty run; 0: not finished
  Scores fault_free;    ///< likewise
  int images_done = 0;  ///< of the faulty runs, all of `images` unless they hung

  TraceEnd ending = TraceEnd::over;
  std::optional<std::uint64_t> alike_from;  ///< no bit of storage but of parameters differs from here on
  std::uint32_t lasting_bits = 0;           ///< of parameters, that differ at the end
  std::uint64_t cycles = 0;             ///< of the faulty runs from the first fault's on, if they ended
  std::uint64_t fault_free_cycles = 0;  ///< likewise
  std::string hang;                     ///< which stream is blocked
};

struct TraceOptions {
  std::filesystem::path waves;  ///< FST file; empty: none
  std::uint64_t before = 100;   ///< cycles that it begins before the first upset
  std::uint64_t after = 4000;   ///< and ends after it
  /// Told now and then how far the comparison is.
  std::function<void(std::uint64_t cycle)> progress{};
};

/// Runs a trial. The scores are those of engine `rtl`. Throws InputError if a fault cannot be, or comes
/// after the run's end, or the file cannot be written.
TraceResult trace(const Parameters& parameters, const ImageSet& images, const FaultCase& trial,
                  Semantics semantics, const TraceOptions& options = {});

}  // namespace fluence
