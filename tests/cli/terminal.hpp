// The command as it is seen on a terminal.
#pragma once

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/cli/command.hpp"

namespace fluence::test {

/// What `fluence <arguments>` writes where both of its streams are a terminal that can rewrite a line;
/// the arguments may redirect one. `environment`: "NO_COLOR=1".
inline Finished on_terminal(const std::string& arguments, const std::string& environment = "") {
  int terminal = 0;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    const auto command = "exec env " + environment + " '" FLUENCE_BINARY "' " + arguments;
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  Finished finished;
  char block[256];
  for (ssize_t n = 0; (n = ::read(terminal, block, sizeof block)) > 0;) {
    finished.out.append(block, static_cast<std::size_t>(n));
  }
  ::close(terminal);
  int status = 0;
  ::waitpid(child, &status, 0);
  finished.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return finished;
}

}  // namespace fluence::test
