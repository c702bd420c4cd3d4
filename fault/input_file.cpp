#include "fault/input_file.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <new>
#include <system_error>

#include "network/error.hpp"
#include "network/text.hpp"

namespace fluence {

std::string read_file(const std::filesystem::path& path, std::string_view what,
                      std::string_view remedy) {
  const auto failure = [&](int error) {
    return InputError("cannot read " + std::string(what) + " " + path.string() + " (" +
                      std::generic_category().message(error) + "): " + std::string(remedy));
  };
  // Opening a folder succeeds, and reading it throws something else.
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored)) {
    throw failure(EISDIR);
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw failure(errno);
  }
  try {
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in.bad()) {
      return text;
    }
  } catch (const std::bad_alloc&) {
    throw InputError(std::string(what) + " " + path.string() +
                     " is too large for the memory: give a smaller one");
  }
  throw failure(errno);
}

std::string read_text(const std::filesystem::path& path, std::string_view what) {
  auto text = read_file(path, what);
  require_utf8(text, std::string(what) + " " + path.string());
  return text;
}

}  // namespace fluence
