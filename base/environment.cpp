#include "base/environment.hpp"

#include <cstdlib>
#include <string>

#include "base/error.hpp"

namespace fluence {

bool environment_switch(const char* variable) {
  const char* value = std::getenv(variable);
  const std::string text = value == nullptr ? "" : value;
  if (text != "" && text != "0" && text != "1") {
    throw InputError("environment variable " + std::string(variable) + " is '" + text +
                     "': give 0 or 1");
  }
  return text == "1";
}

}  // namespace fluence
