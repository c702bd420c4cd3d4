// How a memory stores the words that a layer computes with. A codec is one file of this folder.
//
// Neighbouring words of a module (of thresholds: those of one number) make a *group*, which is stored in
// as many words for each copy. A logical word has `bits` bits; both kinds of words have them from bit 0
// up, in limbs of 64 bits (base/bits.hpp), the lowest first.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace fluence {

/// What an access of the datapath finds in a group.
enum class AccessStatus : std::uint8_t {
  clean,      ///< nothing that it could see
  corrected,  ///< what it gives is not what is stored
  detected    ///< something is wrong, and it gives what is stored
};

class Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  virtual ~Codec() = default;

  /// As a hardware's file writes it: "interleave 2".
  [[nodiscard]] virtual std::string name() const = 0;
  /// Words of a group.
  [[nodiscard]] virtual int words() const { return 1; }
  [[nodiscard]] virtual int copies() const { return 1; }
  /// Of a stored word, check bits included.
  [[nodiscard]] virtual int stored_bits(int bits) const { return bits; }
  /// Why it does not store words of so many bits, as the end of a sentence; empty: it does. Words of any
  /// number of bits are asked for.
  [[nodiscard]] virtual std::string refusal(int /*bits*/) const { return {}; }

  /// `words`: [word][limb]; `stored`: [copy][word][limb], as many words a copy as are given. A memory's
  /// last group may be incomplete.
  virtual void encode(std::span<const std::uint64_t> words, int bits,
                      std::span<std::uint64_t> stored) const = 0;
  virtual AccessStatus decode(std::span<const std::uint64_t> stored, int bits,
                              std::span<std::uint64_t> words) const = 0;
  /// Whether the host reads and writes stored words as they are, one copy or one word of a group.
  [[nodiscard]] virtual bool host_sees_stored() const { return true; }
  /// Whether it takes words for numbers, in two's complement: then there are numbers which it does not
  /// give as they are, and of which a memory must have none.
  [[nodiscard]] virtual bool stores_numbers() const { return false; }
  /// Whether every access of the datapath stores anew what it gives.
  [[nodiscard]] virtual bool repairs() const { return false; }
};

/// Copies that the host writes and reads one by one.
inline int host_copies(const Codec& codec) { return codec.host_sees_stored() ? codec.copies() : 1; }

/// Words as they are: what a hardware's file need not say.
const Codec& plain_codec();
inline bool is_plain(const Codec& codec) { return &codec == &plain_codec(); }

/// Codecs that differ in a number. `make` gives none for a number that is not `numbers`; `numbers` is
/// the end of a sentence, and empty if the kind takes no number (`make` is then given 0). Those that
/// differ in two numbers, of any sign, have `make_range` instead.
struct CodecKind {
  std::string name;
  std::string numbers{};
  std::function<std::unique_ptr<const Codec>(int)> make;
  std::function<std::unique_ptr<const Codec>(int, int)> make_range{};
};

/// Makes a kind known beside those of this folder. Throws std::logic_error if there is one of its name.
void add_codec_kind(CodecKind kind);

/// The codec of that name, the same object each time. Throws InputError, in a sentence that names the
/// known ones, if there is none.
const Codec& find_codec(std::string_view name);

}  // namespace fluence
