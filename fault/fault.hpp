// What is injected: faults, when, and the list of them that makes a trial.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rtl/sites.hpp"

namespace fluence {

/// How a fault is applied.
enum class Semantics {
  physical,  ///< the stored bit flips
  source,    ///< the board's host reads the parameter word, XORs a mask and writes it back
  shipped,   ///< as `source`, with the library of October 2019: unaligned bursts, one fault an image
};

std::string_view to_string(Semantics semantics);
/// Throws InputError naming the known ones.
Semantics semantics_from_string(std::string_view name);

/// Whether it is what the board's host can reach: a word of weights or thresholds.
inline bool is_parameter(Space space) { return space == Space::weights || space == Space::thresholds; }

/// What a fault does to its bits.
enum class FaultKind {
  flip,          ///< inverts them once
  stuck0,        ///< holds them at 0, whatever is written
  stuck1,        ///< holds them at 1
  intermittent,  ///< inverts them, and at its end once more
};

std::string_view to_string(FaultKind kind);
/// Throws InputError naming the known ones.
FaultKind fault_kind_from_string(std::string_view name);

inline bool is_stuck(FaultKind kind) { return kind == FaultKind::stuck0 || kind == FaultKind::stuck1; }

/// Bits of a group that is a whole word of up to so many, or a part of a wider one.
inline constexpr int kWholeWord = 64;
/// Whether a fault may be so many bits wide: 1, 8 or kWholeWord.
inline bool is_word_size(int bits) { return bits == 1 || bits == 8 || bits == kWholeWord; }

/// One particle, one defect or one host access: a word, the drawn bit, how many bits, and when. Exactly
/// one of `before_image` and `cycle` is set.
struct Fault {
  std::optional<std::int64_t> before_image;  ///< between image i-1 and i of the trial
  std::optional<std::uint64_t> cycle;        ///< clock cycles of the accelerator since the run's start
  Site site;                                 ///< its `bit` is the drawn bit
  int word_size = 1;                         ///< 1: its bit; 8: multi-bit upset; kWholeWord
  FaultKind kind = FaultKind::flip;
  /// Cycles or images, as its time, from when it begins to its end. Absent: a flip, or a bit that is
  /// stuck for good.
  std::optional<std::uint64_t> duration{};

  /// Its time as a number: a cycle or an image.
  [[nodiscard]] std::uint64_t begin() const {
    return cycle ? *cycle : static_cast<std::uint64_t>(before_image.value_or(0));
  }
  /// Likewise when it ends, which is the first cycle or image that is free of it; kForever: never.
  [[nodiscard]] std::uint64_t end() const {
    return duration && *duration < kForever - begin() ? begin() + *duration : kForever;
  }
  static constexpr auto kForever = std::numeric_limits<std::uint64_t>::max();
};

/// Bits of the word that it concerns, least significant first, as a list of positions in ascending
/// order. `word_bits` is the word's width. Multi-bit: the aligned group of 8 (or 64) that holds the
/// drawn bit (physical, source) or 8 bits upward from the drawn bit (shipped); bits beyond the word, or
/// beyond the limb of 64 bits that the host reads and writes, are lost.
std::vector<int> flipped_bits(const Fault& fault, int word_bits, Semantics semantics);
/// The same as bits of that limb, which is number site.bit / 64 of the word.
std::uint64_t flipped_mask(const Fault& fault, int word_bits, Semantics semantics);

/// One trial's faults. Listed order is the order of application; faults accumulate within the case. At
/// one time those that end come first, and those that hold bits last.
struct FaultCase {
  std::int64_t id = 0;
  int images = 0;  ///< the first N images of the image set are run, back to back
  std::vector<Fault> faults;
  /// The host writes all parameters anew before each image whose number is a multiple of it but 0, and
  /// before the faults of that image; 0: never.
  int reload = 0;

  /// The first image after an image before which it does.
  [[nodiscard]] std::int64_t next_reload(std::int64_t image) const {
    return reload == 0 ? std::numeric_limits<std::int64_t>::max() : (image / reload + 1) * reload;
  }
};

/// How the memory of a site stores its words; of a memory's register, as that memory.
const Codec& codec_of(const Topology& net, const Site& site);
/// Whether a site is in a memory cell: of parameters that are stored by a codec or read synchronously.
bool in_cell(const Topology& net, const Site& site);
/// For sentences: "weights of layer 1 of NAME, stored by CODEC", or "read synchronously".
std::string stored_by(const Topology& net, const Site& site);

/// What every engine asks of a trial. Throws InputError naming case, fault and remedy if a site does not
/// exist, a time or the number of images is out of bounds, the semantics cannot do what a fault asks, or
/// two faults hold one bit at one time. `images`: how many there are.
void check_trial(const FaultCase& trial, Semantics semantics, const SiteMap& sites, int images);

/// Throws InputError if a fault's cycle lies beyond a run of `run_length` cycles.
void check_cycles(const FaultCase& trial, std::uint64_t run_length);

}  // namespace fluence
