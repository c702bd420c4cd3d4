#include "base/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

#include "base/error.hpp"

namespace fluence {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  throw InputError("cannot write " + path.string() + " (" + std::generic_category().message(error) +
                   "): name a file in a folder that exists, is writable and has room");
}

// The open descriptor that a path means, as /dev/stdout and /dev/fd/3 do, also through links; -1: none.
// What it leads to may be a file, which must not be replaced: others write to it, too.
int descriptor_of(std::filesystem::path path) {
  constexpr int kMostLinks = 40;
  std::error_code error;
  const auto own = std::filesystem::canonical("/proc/self/fd", error);
  for (int i = 0; i < kMostLinks && !error; ++i) {
    const auto folder = std::filesystem::canonical(std::filesystem::absolute(path).parent_path(), error);
    const auto name = path.filename().string();
    int fd = -1;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), fd);
    if (!error && folder == own && wrong == std::errc() && end == name.data() + name.size()) {
      return fd;
    }
    path = folder / std::filesystem::read_symlink(path, error);
  }
  return -1;
}

// A device or pipe cannot be replaced by a rename, and has no half-written state to avoid.
bool is_device(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored);
}

std::string name_beside(const std::filesystem::path& path) {
  return path.string() + ".part-" + std::to_string(::getpid());
}

// Of "folder/", "folder".
std::filesystem::path without_slash(const std::filesystem::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

int open_beside(const std::filesystem::path& path) {
  const int fd = ::open(name_beside(path).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) {
    fail(path, errno);
  }
  return fd;
}

}  // namespace

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return false;
    }
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool is_replaced(const std::filesystem::path& path) {
  return descriptor_of(path) < 0 && !is_device(path);
}

void check_writable(const std::filesystem::path& path) {
  if (const int fd = descriptor_of(path); fd >= 0) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
      fail(path, EBADF);
    }
    return;
  }
  if (is_device(path)) {
    if (std::filesystem::is_directory(path)) {
      fail(path, EISDIR);
    }
    return;
  }
  ::close(open_beside(path));
  ::unlink(name_beside(path).c_str());
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  write_file(path, [&](const TextSink& sink) { sink(content); });
}

void write_file(const std::filesystem::path& path, const std::function<void(const TextSink&)>& make) {
  const auto to = [&](int fd) {
    return [&path, fd](std::string_view piece) {
      if (!write_all(fd, piece)) {
        fail(path, errno);
      }
    };
  };
  if (const int fd = descriptor_of(path); fd >= 0) {
    make(to(fd));
    return;
  }
  const bool device = is_device(path);
  const auto beside = name_beside(path);
  const int fd = device ? ::open(path.c_str(), O_WRONLY | O_CLOEXEC) : open_beside(path);
  if (fd < 0) {
    fail(path, errno);
  }
  try {
    make(to(fd));
  } catch (...) {
    ::close(fd);
    if (!device) {
      ::unlink(beside.c_str());
    }
    throw;
  }
  int error = ::close(fd) == 0 || device ? 0 : errno;
  if (!device && error == 0 && ::rename(beside.c_str(), path.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    ::unlink(beside.c_str());
    fail(path, error);
  }
}

void check_new_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(without_slash(path), ignored))) {
    throw InputError("cannot make a folder " + path.string() +
                     ", for there is something: name a new one");
  }
  check_writable(without_slash(path));
}

void write_folder(const std::filesystem::path& path, const std::map<std::string, std::string>& files) {
  check_new_folder(path);
  const auto folder = without_slash(path);
  const std::filesystem::path beside = name_beside(folder);
  std::error_code error;
  // One of a process that was killed, if there is one.
  std::filesystem::remove_all(beside, error);
  std::filesystem::create_directory(beside, error);
  if (error) {
    fail(path, error.value());
  }
  try {
    for (const auto& [name, content] : files) {
      write_file(beside / name, content);
    }
    if (::rename(beside.c_str(), folder.c_str()) != 0) {
      fail(path, errno);
    }
  } catch (...) {
    std::filesystem::remove_all(beside, error);
    throw;
  }
}

}  // namespace fluence
