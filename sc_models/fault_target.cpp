#include "sc_models/fault_target.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace fluence {
namespace {

constexpr unsigned kLimbBytes = 8;

// Up to eight bytes as a little-endian number.
std::uint64_t limb(std::span<const unsigned char> bytes, unsigned first) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + first, std::min<std::size_t>(kLimbBytes, bytes.size() - first));
  return value;
}

// Byte n of the stored word from bit `first` on.
unsigned char stored_byte(std::span<const std::uint64_t> limbs, unsigned first) {
  const std::size_t index = first / 64;
  const unsigned shift = first % 64;
  std::uint64_t value = limbs[index] >> shift;
  if (shift != 0 && index + 1 < limbs.size()) {
    value |= limbs[index + 1] << (64 - shift);
  }
  return static_cast<unsigned char>(value);
}

// Whether the mask has a bit at position `first` or above.
bool reaches(std::span<const unsigned char> mask, unsigned first) {
  for (unsigned i = first / 8; i < mask.size(); ++i) {
    const unsigned ignored = i == first / 8 ? first % 8 : 0;
    if ((mask[i] >> ignored) != 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

unsigned FaultTarget::serve(
    tlm::tlm_generic_payload& transaction, const RtlState& model,
    const std::function<void(std::uint64_t address, std::uint64_t mask)>& write) const {
  const auto fail = [&](tlm::tlm_response_status status) {
    transaction.set_response_status(status);
    return 0U;
  };
  const std::uint64_t address = transaction.get_address();
  const std::span data(transaction.get_data_ptr(), transaction.get_data_length());
  const auto* array = sites_.find(address);
  if (array == nullptr) {
    return fail(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
  if (transaction.get_byte_enable_ptr() != nullptr) {
    return fail(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  }
  if (data.empty() || transaction.get_streaming_width() < data.size()) {
    return fail(tlm::TLM_BURST_ERROR_RESPONSE);
  }
  const auto word_bits = static_cast<unsigned>(array->bits);
  const auto bit = static_cast<unsigned>((address - array->address) % word_bits);
  const unsigned bits = word_bits - bit;
  const auto bytes = static_cast<unsigned>(std::min<std::size_t>(data.size(), (bits + 7) / 8));
  if (transaction.is_write()) {
    if (reaches(data, bits)) {
      return fail(tlm::TLM_BURST_ERROR_RESPONSE);
    }
    for (unsigned first = 0; first < bytes; first += kLimbBytes) {
      if (const auto mask = limb(data.first(bytes), first); mask != 0) {
        write(address + 8ULL * first, mask);
      }
    }
  } else if (transaction.is_read()) {
    const auto limbs = model.read_word(address);
    std::ranges::fill(data, static_cast<unsigned char>(0));
    for (unsigned i = 0; i < bytes; ++i) {
      data[i] = stored_byte(limbs, bit + 8 * i);
    }
    if (bits % 8 != 0 && bytes == (bits + 7) / 8) {
      data[bytes - 1] &= static_cast<unsigned char>((1U << bits % 8) - 1);
    }
  }
  transaction.set_response_status(tlm::TLM_OK_RESPONSE);
  return bytes;
}

}  // namespace fluence
