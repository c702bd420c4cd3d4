// A campaign's specification: a TOML file and the grid of scenarios that it stands for.
//
//   name = "example"           # also the default name of the results folder
//   seed = 1
//   params = "../params"       # DIR of the parameters and FILE of the images, from the spec's folder;
//   images = "../images.bin"   # without both, the embedded models and images
//   count = 1000               # images a trial
//   trials = 100               # a scenario
//   study = "khoshavi2020"     # a published study that the report compares the results with (study/)
//   critical = { top = 3 }     # which changed images are critical (outcome_rule.hpp): also "class", the
//                              # default, { pairs = [["stop", "speed 30"], [14, "*"]] }, { margin = 10 }
//   plausible = [0, 512]       # scores of classes that a host takes for plausible
//   watchdog = 200000          # cycles beyond a run without faults after which one hangs
//   bursts = { ion = [{ probability = 1, bits = [[0, 0], [1, 0]] }] }    # rows and columns, from the
//                              # drawn bit, of the layout that the hardware's file states
//   limit = 600                # seconds that a trial may take before its worker is killed; if left out,
//                              # any time: how long a trial takes depends on the machine too much
//
//   [[part]]                   # every combination of the lists is a scenario, up to 10,000 in all parts
//   engine = "fast"            # or "rtl"
//   networks = ["NAME"]
//   modes = ["seu", "mbu"]     # stuck bits: "stuck0", "stuck1"; for a while: "stuck1:N" and
//                              # "intermittent:N"; "burst:N", N bits side by side; "burst:NAME", shapes
//                              # of a table; "stuck0@module" or "seu@storage", all bits of these
//   spaces = ["weights", ["weights", "thresholds"]]   # a list within the list: drawn together
//   layers = ["all", 0, [0, 1, 2]]                    # likewise
//   faults = [1, 10]           # upsets a trial, or a dose in their place (see below)
//   time = "image"             # or "cycle", or "start": that of the run
//
// A part may also set `semantics` (default: source for time image or start, physical for time cycle and
// for modes that hold bits, whose N are images or cycles as `time`), and `count`, `trials` and `limit`
// of its own. `engine` is fast and `layers` all where a part does not say. With a margin a scenario ends
// as soon as its mean accuracy is known to it, and `trials` is the most it may need:
//
//   margin = 0.5               # points, half the width of the interval
//   confidence = 95            # of the interval, per cent; 95 where a part does not say
//
// A dose says how many upsets a trial has on average; their number is Poisson's:
//
//   rate = [1e-8, 1e-7]        # upsets a bit and image, of the images of a trial
//   per = "second"             # of the time in which the accelerator computes them, if not "image"
//   clock_MHz = 100            # of the accelerator; 100 where a part does not say
//
//   fluence = [1e9, 1e10]      # or particles a square centimetre in a trial
//   cross_section = 6.32e-15   # cm2 a bit, or a table of it by space: { weights = 6.32e-15 },
//                              # or a device's file, whose neutrons_cm2 they are (docs/rates.md)
//
//   draw = "common"            # what hits a bit hits it in the same trial on every hardware of the
//                              # network that has it; "own" where a part does not say
//   draw = { map = "results/map", plain = 0.2 }    # by what a complete map found critical, but for a
//                              # share of trials; a list of maps serves several networks and modes
//
//   reload = 10                # the host writes all parameters anew after so many images; never where a
//                              # part does not say
//
// A part that is
// one scenario may state accuracies that were measured elsewhere, for the report to compare with:
//
//   recorded = [66.3, 62.5]    # per cent
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/scenario.hpp"

namespace fluence {

/// Of a campaign, and of whatever else is drawn: what a file's integers can say.
inline constexpr auto kMostSeed = std::numeric_limits<std::int64_t>::max();

/// Of `limit`, seconds.
inline constexpr double kLeastLimit = 0.001;
inline constexpr double kMostLimit = 1e6;

/// Cross sections of a device's file, cm2 a bit of each space. Throws InputError naming it.
using DeviceReader = std::function<std::map<Space, double>(const std::filesystem::path& file)>;

/// What faults the complete map in a folder finds critical. Throws InputError naming it.
using MapReader = std::function<std::shared_ptr<const Importance>(const std::filesystem::path& folder)>;

struct Spec {
  std::string name;
  /// The file's content as TOML in one form: no comments, keys in order, maps by their digests. Without
  /// limit and study, which change no result.
  std::string text;
  std::uint64_t seed = 0;
  std::string study;             ///< empty if not stated
  std::filesystem::path params;  ///< empty if not stated
  std::filesystem::path images;  ///< empty if not stated
  std::vector<Scenario> scenarios;

  /// Reads and checks a spec. Throws InputError naming file, line, key and remedy for whatever is
  /// malformed, unknown, out of range, impossible in a network or beyond an engine. `devices` and `maps`
  /// read the device's files and the maps that it names; without, such are refused.
  static Spec load(const std::filesystem::path& file, const DeviceReader& devices = {},
                   const MapReader& maps = {});
  /// The same from text; `file` is what errors call it and what paths are relative to. Of a text that
  /// holds the digests of maps, as `text` does, scenarios have no importance, and draw nothing.
  static Spec parse(std::string_view text, const std::filesystem::path& file,
                    const DeviceReader& devices = {}, const MapReader& maps = {});

  /// `text` of what a specification says, of this or an older build that wrote TOML in another form;
  /// what is no TOML remains what it is.
  static std::string in_one_form(const std::string& text);

  /// Networks that occur, in the order of the scenarios.
  [[nodiscard]] std::vector<const Topology*> networks() const;
  /// Images of the largest trial, of all networks or of one.
  [[nodiscard]] int most_images(std::string_view network = {}) const;
};

}  // namespace fluence
