#include "session/compared.hpp"

namespace fluence {

std::string text(const Compared& compared) {
  return std::to_string(compared.fates) + "\n" + compared.difference;
}

Compared compared_of(const std::string& text) {
  return {std::stoi(text), text.substr(text.find('\n') + 1)};
}

}  // namespace fluence
