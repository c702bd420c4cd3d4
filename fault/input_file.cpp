#include "fault/input_file.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "network/error.hpp"

namespace fluence {

std::string read_file(const std::filesystem::path& path, std::string_view what,
                      std::string_view remedy) {
  const auto fail = [&](int error) {
    throw InputError("cannot read " + std::string(what) + " " + path.string() + " (" +
                     std::generic_category().message(error) + "): " + std::string(remedy));
  };
  // Opening a folder succeeds, and reading it throws something else.
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored)) {
    fail(EISDIR);
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    fail(errno);
  }
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) {
    fail(errno);
  }
  return text;
}

}  // namespace fluence
