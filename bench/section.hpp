// Parts of a benchmark, each in a process of its own.
#pragma once

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

namespace fluence {

inline double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Runs `part` in a child process, as a campaign's worker is one, and prints the most memory that it
/// held. Throws std::runtime_error if it fails.
template <class Part>
void in_a_worker(const std::string& what, Part part) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    int code = 0;
    try {
      part();
    } catch (const std::exception& e) {
      std::cerr << what << ": " << e.what() << "\n";
      code = 2;
    }
    std::fflush(stdout);
    _exit(code);
  }
  int status = 0;
  rusage used{};
  if (child < 0 || wait4(child, &status, 0, &used) != child || status != 0) {
    throw std::runtime_error(what + " did not end well");
  }
  fmt::print("{:<52} {:>12.0f} MiB\n", what + ", most memory",
             static_cast<double>(used.ru_maxrss) / 1024);
}

}  // namespace fluence
