// Numbers in JSON that a user gives.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

namespace fluence {

/// The whole number from `least` to `most` that a value is. Nothing for a fraction, an exponent, true, a
/// text, or what 64 bits do not hold: the library's own conversion would cut or wrap it.
template <typename Json>
std::optional<std::int64_t> whole_number(const Json& value, std::int64_t least, std::int64_t most) {
  const bool fits =
      value.is_number_integer() &&
      (!value.is_number_unsigned() || value.template get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (!fits || value.template get<std::int64_t>() < least || value.template get<std::int64_t>() > most) {
    return std::nullopt;
  }
  return value.template get<std::int64_t>();
}

}  // namespace fluence
