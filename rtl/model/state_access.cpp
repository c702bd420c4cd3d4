#include "rtl/model/state_access.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace fluence {

// Up to 8, 16, 32 and 64 bits in an integer of that size and wider words in 32-bit limbs.
std::size_t stored_bytes(int bits) {
  if (bits <= 8) return 1;
  if (bits <= 16) return 2;
  if (bits <= 32) return 4;
  if (bits <= 64) return 8;
  return static_cast<std::size_t>((bits + 31) / 32) * 4;
}

StateAccess::StateAccess(const SiteMap& sites, std::vector<StateBinding> bindings)
    : sites_(sites), bindings_(std::move(bindings)) {
  std::size_t next = 0;
  for (const auto& a : sites_.arrays()) {
    first_.push_back(next);
    const auto words = a.bit_count() / static_cast<std::uint64_t>(a.bits) / a.variable_count();
    for (std::size_t i = 0; i < a.variable_count(); ++i) {
      const auto variable = a.variable(i);
      if (next == bindings_.size()) {
        throw std::logic_error("the RTL model has " + std::to_string(next) +
                               " variables with state, the site map has more, such as " + variable);
      }
      const auto& binding = bindings_[next++];
      if (variable != binding.rtl_name || binding.bytes != words * stored_bytes(a.bits)) {
        throw std::logic_error("RTL variable " + binding.rtl_name + " (" +
                               std::to_string(binding.bytes) + " bytes) is not the site map's " +
                               variable);
      }
    }
  }
  first_.push_back(next);
  if (next != bindings_.size()) {
    throw std::logic_error("the RTL model has " + std::to_string(bindings_.size()) +
                           " variables with state, the site map " + std::to_string(next));
  }
}

std::byte* StateAccess::data(std::size_t array, std::uint64_t word) const {
  const auto& a = sites_.arrays().at(array);
  const auto place = a.place(word);
  return static_cast<std::byte*>(bindings_[first_[array] + place.variable].data) +
         place.word * stored_bytes(a.bits);
}

StateAccess::Word StateAccess::word(std::uint64_t address) const {
  const auto* array = sites_.find(address);
  if (array == nullptr) {
    throw std::logic_error("no site at flat state address " + std::to_string(address));
  }
  const auto bits = static_cast<std::uint64_t>(array->bits);
  const auto offset = address - array->address;
  const auto number = static_cast<std::size_t>(array - sites_.arrays().data());
  return {data(number, offset / bits), stored_bytes(array->bits), array->bits,
          static_cast<int>(offset % bits)};
}

std::vector<StateAccess::Bits> StateAccess::bits(std::uint64_t address, std::uint64_t mask) const {
  const auto w = word(address);
  std::vector<Bits> found;
  for (int k = 0; k < 64; ++k) {
    if ((mask >> k & 1U) == 0) {
      continue;
    }
    const int bit = w.bit + k;
    if (bit >= w.bits) {
      throw std::logic_error("a mask reaches beyond its word");
    }
    // Little-endian storage: limbs and integers alike keep bit b in byte b / 8.
    const auto own = static_cast<std::byte>(1U << (bit % 8));
    if (found.empty() || found.back().byte != w.data + bit / 8) {
      found.push_back({w.data + bit / 8, own});
    } else {
      found.back().mask |= own;
    }
  }
  return found;
}

void StateAccess::flip(std::uint64_t address, std::uint64_t mask) {
  for (const auto& [byte, bits_of_byte] : bits(address, mask)) {
    *byte ^= bits_of_byte;
  }
}

std::vector<std::uint64_t> StateAccess::read(std::uint64_t address) const {
  const auto w = word(address);
  std::vector<std::uint64_t> limbs(static_cast<std::size_t>((w.bits + 63) / 64));
  std::memcpy(limbs.data(), w.data, w.bytes);
  return limbs;
}

void StateAccess::write(std::uint64_t address, std::span<const std::uint64_t> limbs) {
  const auto w = word(address);
  std::vector<std::uint64_t> masked(static_cast<std::size_t>((w.bits + 63) / 64));
  for (std::size_t i = 0; i < masked.size() && i < limbs.size(); ++i) {
    masked[i] = limbs[i];
  }
  if (w.bits % 64 != 0) {
    masked.back() &= (std::uint64_t{1} << (w.bits % 64)) - 1;
  }
  std::memcpy(w.data, masked.data(), w.bytes);
}

std::span<const std::byte> StateAccess::stored(std::size_t array) const {
  if (!sites_.arrays().at(array).cell.empty()) {
    throw std::logic_error(sites_.arrays()[array].rtl_name + " has its words in several variables");
  }
  const auto& binding = bindings_[first_[array]];
  return {static_cast<const std::byte*>(binding.data), binding.bytes};
}

std::span<const std::byte> StateAccess::stored_word(std::size_t array, std::uint64_t word) const {
  return {data(array, word), stored_bytes(sites_.arrays()[array].bits)};
}

// Arrays are ordered by space, and bindings as the arrays are.
std::span<const StateBinding> StateAccess::bindings_of(Space first, Space last) const {
  const auto& arrays = sites_.arrays();
  const auto begin = std::ranges::lower_bound(arrays, first, {}, &StateArray::space);
  const auto end = std::ranges::upper_bound(arrays, last, {}, &StateArray::space);
  const auto first_binding = first_[static_cast<std::size_t>(begin - arrays.begin())];
  return std::span(bindings_).subspan(
      first_binding, first_[static_cast<std::size_t>(end - arrays.begin())] - first_binding);
}

void StateAccess::clear(Space first, Space last) {
  for (const auto& binding : bindings_of(first, last)) {
    std::memset(binding.data, 0, binding.bytes);
  }
}

std::size_t StateAccess::size(Space first, Space last) const {
  std::size_t bytes = 0;
  for (const auto& binding : bindings_of(first, last)) {
    bytes += binding.bytes;
  }
  return bytes;
}

std::vector<std::byte> StateAccess::save(Space first, Space last) const {
  std::vector<std::byte> bytes;
  bytes.reserve(size(first, last));
  for (const auto& binding : bindings_of(first, last)) {
    const auto* data = static_cast<const std::byte*>(binding.data);
    bytes.insert(bytes.end(), data, data + binding.bytes);
  }
  return bytes;
}

void StateAccess::restore(Space first, Space last, std::span<const std::byte> bytes) {
  if (const auto own = size(first, last); bytes.size() != own) {
    throw std::logic_error("saved state has " + std::to_string(bytes.size()) + " bytes, the model " +
                           std::to_string(own));
  }
  for (const auto& binding : bindings_of(first, last)) {
    std::memcpy(binding.data, bytes.data(), binding.bytes);
    bytes = bytes.subspan(binding.bytes);
  }
}

}  // namespace fluence
