// Stored words of the Verilated model by flat state address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rtl/sites.hpp"

namespace fluence {

/// Where Verilator keeps one RTL variable.
struct StateBinding {
  std::string rtl_name;
  void* data = nullptr;
  std::size_t bytes = 0;
};

/// Bytes in which Verilator keeps a word of so many bits.
std::size_t stored_bytes(int bits);

/// Reads, writes and flips words through pointers into the Verilated model.
class StateAccess {
 public:
  /// `bindings` belong to the variables of `sites.arrays()`, in their order. Throws std::logic_error if
  /// a name or size differs.
  StateAccess(const SiteMap& sites, std::vector<StateBinding> bindings);

  /// Bit k of mask flips the site at address + k; all must lie in one word. Throws std::logic_error if
  /// not.
  void flip(std::uint64_t address, std::uint64_t mask);
  /// Some of the bits of a byte of a stored word.
  struct Bits {
    std::byte* byte;
    std::byte mask;
  };
  /// Those that such a mask means. Throws likewise.
  [[nodiscard]] std::vector<Bits> bits(std::uint64_t address, std::uint64_t mask) const;
  /// The word that holds the site, least significant 64-bit limb first.
  [[nodiscard]] std::vector<std::uint64_t> read(std::uint64_t address) const;
  void write(std::uint64_t address, std::span<const std::uint64_t> limbs);
  /// All words of `sites.arrays()[array]`, each in stored_bytes(). Throws std::logic_error for one of
  /// memory cells, whose words do not lie together.
  [[nodiscard]] std::span<const std::byte> stored(std::size_t array) const;
  /// One of them, counted by flat state address.
  [[nodiscard]] std::span<const std::byte> stored_word(std::size_t array, std::uint64_t word) const;

  /// Bytes of all arrays of the spaces `first` to `last`.
  [[nodiscard]] std::size_t size(Space first, Space last) const;
  /// Their content, as the model stores it.
  [[nodiscard]] std::vector<std::byte> save(Space first, Space last) const;
  /// What `save` gave for the same spaces. Throws std::logic_error if it has another size.
  void restore(Space first, Space last, std::span<const std::byte> bytes);
  /// Fills them with zeros.
  void clear(Space first, Space last);

 private:
  struct Word {
    std::byte* data;
    std::size_t bytes;  ///< of its storage
    int bits;
    int bit;  ///< of the addressed site
  };
  [[nodiscard]] Word word(std::uint64_t address) const;
  [[nodiscard]] std::byte* data(std::size_t array, std::uint64_t word) const;
  [[nodiscard]] std::span<const StateBinding> bindings_of(Space first, Space last) const;

  const SiteMap& sites_;
  std::vector<StateBinding> bindings_;
  std::vector<std::size_t> first_;  ///< [array] binding; one more than there are arrays
};

}  // namespace fluence
