// Runs the built command as a user does, and the files that it needs.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "network/synthetic.hpp"
#include "tests/support/parameter_files.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {

inline std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

struct Finished {
  int code = -1;  ///< -1: killed by a signal
  std::string out;
  std::string err;

  [[nodiscard]] auto error_lines() const { return std::ranges::count(err, '\n'); }
};

/// Runs `fluence <arguments>` through the shell in a folder of its own, so `arguments` may redirect.
inline Finished fluence(const std::string& arguments, const std::string& before = "") {
  const TempDir dir;
  const auto status = std::system(
      (before + " '" FLUENCE_BINARY "' >" + dir.file("out") + " 2>" + dir.file("err") + " " + arguments)
          .c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(dir.file("out")),
          read_text(dir.file("err"))};
}

/// Runs `fluence <arguments>` through the shell, sends it a signal once `reached` says so, and returns
/// how it ended, as waitpid tells it.
template <typename Reached>
int stopped(const std::string& arguments, int signal, const Reached& reached) {
  const auto command = "exec '" FLUENCE_BINARY "' " + arguments;
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  while (!reached()) {
    if (::waitpid(child, &status, WNOHANG) == child) {
      return status;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(child, signal);
  ::waitpid(child, &status, 0);
  return status;
}

/// Random parameters of two networks and random images, made once a process.
class Workspace {
 public:
  static constexpr int kImages = 12;

  Workspace() {
    for (const auto* name : {"cnvW1A1", "cnvW2A2"}) {
      const auto folder = dir_.path() / "params" / name;
      std::filesystem::create_directories(folder);
      write_parameters(random_parameters(topology(name), 5), folder);
    }
    std::vector<Image> images;
    for (int i = 0; i < kImages; ++i) {
      images.push_back(random_image(static_cast<std::uint64_t>(i)));
      images.back().label = static_cast<std::uint8_t>(i % 10);
    }
    write_text(dir_.path() / "images.bin", cifar10_bytes(ImageSet(std::move(images))));
  }

  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }
  [[nodiscard]] std::filesystem::path path() const { return dir_.path(); }
  /// "--params ... --images ..."
  [[nodiscard]] std::string inputs() const {
    return "--params " + file("params") + " --images " + file("images.bin");
  }

 private:
  TempDir dir_;
};

inline const Workspace& workspace() {
  static const Workspace made;
  return made;
}

/// A campaign of two trials that takes no time.
inline constexpr auto kSmallSpec = R"(name = "t"
seed = 1
count = 3
trials = 2
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = "weights"
faults = 1
)";

/// With so many trials.
inline std::string small_spec(int trials) {
  std::string spec = kSmallSpec;
  const auto at = spec.find("trials = ");
  return spec.replace(at, spec.find('\n', at) - at, "trials = " + std::to_string(trials));
}

/// What runs <dir>/spec.toml on the workspace's inputs into <dir>/<out>.
inline std::string run_command(const TempDir& dir, const std::string& out) {
  return "run " + dir.file("spec.toml") + " " + workspace().inputs() + " --out " + dir.file(out);
}

}  // namespace fluence::test
