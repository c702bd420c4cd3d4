#include "base/terminal.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace fluence {

bool takes_escapes(int stream) {
  const char* kind = std::getenv("TERM");
  return ::isatty(stream) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

bool takes_colours(int stream) {
  const char* none = std::getenv("NO_COLOR");
  return takes_escapes(stream) && (none == nullptr || *none == '\0');
}

}  // namespace fluence
