#include "session/comparison_journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/output_file.hpp"
#include "campaign/provenance.hpp"

namespace fluence {
namespace {

constexpr auto kFile = "verify.unfinished";

void add_program(Digest& digest) {
  std::ifstream program("/proc/self/exe", std::ios::binary);
  std::array<char, 65536> block;
  while (program.read(block.data(), block.size()), program.gcount() > 0) {
    digest.add(std::string_view(block.data(), static_cast<std::size_t>(program.gcount())));
  }
}

std::string key_of(const Manifest& manifest, const std::vector<std::string>& asked) {
  Digest digest;
  add_program(digest);
  digest.add(inputs_digest(manifest));
  for (const auto& text : asked) {
    digest.add(text + '\0');
  }
  return "fluence verify " + digest.hex();
}

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw InputError("cannot write " + file.string() + " (" + std::generic_category().message(errno) +
                   "): make the folder writable");
}

// "12 3 what differs"
std::string line_of(int index, const Compared& compared) {
  return std::to_string(index) + " " + std::to_string(compared.fates) + " " + compared.difference + "\n";
}

// False if that is none. `rest`: behind what was read.
bool read_number(std::string_view& rest, int& number) {
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc() || number < 0 || end == rest.data() + rest.size() || *end != ' ') {
    return false;
  }
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  return true;
}

}  // namespace

ComparisonJournal::ComparisonJournal(std::filesystem::path folder, const Manifest& manifest,
                                     const std::vector<std::string>& asked)
    : file_(std::move(folder) / kFile) {
  try {
    open();
    take_up(key_of(manifest, asked), static_cast<int>(asked.size()));
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

ComparisonJournal::~ComparisonJournal() { ::close(fd_); }

void ComparisonJournal::open() {
  struct stat status {};
  do {  // until it is not one that another process has just removed
    ::close(fd_);
    fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd_ < 0) {
      fail(file_);
    }
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      throw InputError("another 'fluence verify' compares the results in " +
                       file_.parent_path().string() + ": wait for its end");
    }
    if (::fstat(fd_, &status) != 0) {
      fail(file_);
    }
  } while (status.st_nlink == 0);
}

void ComparisonJournal::take_up(const std::string& key, int count) {
  const auto text = read_file(file_, "the comparisons");
  std::size_t kept = 0;  // bytes
  for (std::size_t end = 0; (end = text.find('\n', kept)) != std::string::npos; kept = end + 1) {
    std::string_view line(text.data() + kept, end - kept);
    if (kept == 0) {
      if (line != key) {
        break;
      }
      continue;
    }
    int index = 0;
    Compared compared;
    if (!read_number(line, index) || index >= count || !read_number(line, compared.fates)) {
      break;
    }
    compared.difference = line;
    made_[index] = std::move(compared);
  }
  // What a process was writing when it was killed goes; so does all that answers something else.
  if (::ftruncate(fd_, static_cast<off_t>(kept)) != 0 || (kept == 0 && !write_all(fd_, key + "\n"))) {
    fail(file_);
  }
}

void ComparisonJournal::add(int index, const Compared& compared) {
  if (!write_all(fd_, line_of(index, compared))) {
    throw std::runtime_error("cannot write " + file_.string() + ": " +
                             std::generic_category().message(errno));
  }
}

void ComparisonJournal::remove() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace fluence
