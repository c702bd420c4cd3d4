// What the fuzz targets have in common. A target is one function that libFuzzer calls with bytes; it
// reads them as a user's file and does with the result what the command does.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fluence::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Runs what reads an input. An InputError is the only exception that may leave it; any other ends the
/// target, which libFuzzer reports.
template <typename Read>
int refuse_or_read(Read&& read) {
  try {
    read();
  } catch (const InputError&) {
    // As it should be.
  }
  return 0;
}

/// For what must do its work: what was written by the product itself can be read.
template <typename Read>
auto read_own(Read&& read) noexcept {
  return read();
}

/// For what must hold of an input that was read.
inline void require(bool good) {
  if (!good) {
    std::abort();
  }
}

/// A file that is in memory only, for readers that take a path.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("input", MFD_CLOEXEC)) { require(fd_ >= 0); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }

  void assign(const std::uint8_t* data, std::size_t size) {
    require(::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, data, size, 0) == static_cast<ssize_t>(size));
  }
  [[nodiscard]] std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace fluence::fuzz
