// The one exception for what a user can mend: a file, a key, a flag.
#pragma once

#include <stdexcept>
#include <string>

namespace fluence {

/// Bad input: the message is one sentence that says what is wrong, where, and what to do. The command
/// prints it and exits with code 2.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace fluence
