#include "sc_models/register_table.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace fluence {

RegisterTable::RegisterTable(std::vector<Register> registers) : registers_(std::move(registers)) {
  reset();
}

void RegisterTable::reset() {
  values_.clear();
  for (const auto& reg : registers_) {
    values_.push_back(reg.reset);
  }
}

std::size_t RegisterTable::find(std::uint64_t offset) const {
  return static_cast<std::size_t>(
      std::ranges::find(registers_, offset,
                        [](const Register& r) { return static_cast<std::uint64_t>(r.offset); }) -
      registers_.begin());
}

std::uint32_t RegisterTable::value(std::uint32_t offset) const { return values_.at(find(offset)); }

void RegisterTable::transport(tlm::tlm_generic_payload& transaction) {
  const auto respond = [&](tlm::tlm_response_status status) { transaction.set_response_status(status); };
  const std::uint64_t offset = transaction.get_address();
  if (transaction.get_byte_enable_ptr() != nullptr) {
    return respond(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  }
  if (transaction.get_data_length() != 4 || transaction.get_streaming_width() < 4 || offset % 4 != 0) {
    return respond(tlm::TLM_BURST_ERROR_RESPONSE);
  }
  const auto index = find(offset);
  if (index == registers_.size()) {
    return respond(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
  const auto& reg = registers_[index];
  if (transaction.is_read()) {
    const std::uint32_t value = reg.on_read ? reg.on_read() : values_[index];
    std::memcpy(transaction.get_data_ptr(), &value, sizeof value);
  } else if (transaction.is_write()) {
    if (reg.access == Access::read_only) {
      return respond(tlm::TLM_COMMAND_ERROR_RESPONSE);
    }
    std::memcpy(&values_[index], transaction.get_data_ptr(), sizeof values_[index]);
    if (reg.on_write) {
      reg.on_write();
    }
  }
  respond(tlm::TLM_OK_RESPONSE);
}

}  // namespace fluence
