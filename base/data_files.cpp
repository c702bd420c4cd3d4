#include "base/data_files.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <system_error>

#include "base/error.hpp"

namespace fluence {
namespace {

// The prefix below which a file is installed, at whatever depth: what holds the bin or lib that it is
// in. Empty if it is in neither.
std::filesystem::path prefix_of(const std::filesystem::path& file) {
  auto folder = file.parent_path();
  while (folder.has_relative_path() && folder.filename() != "bin" && folder.filename() != "lib") {
    folder = folder.parent_path();
  }
  return folder.has_relative_path() ? folder.parent_path() : std::filesystem::path();
}

}  // namespace

std::filesystem::path data_file(const char* variable, const std::string& name,
                                const std::filesystem::path& built) {
  if (const char* named = std::getenv(variable)) {
    if (*named == '\0') {
      throw InputError("environment variable " + std::string(variable) +
                       " is empty: give it a path, or unset it");
    }
    return named;
  }
  Dl_info self;
  std::error_code error;
  if (dladdr(reinterpret_cast<const void*>(&data_file), &self) != 0) {
    const auto prefix = prefix_of(std::filesystem::canonical(self.dli_fname, error));
    auto installed = prefix / name;
    if (!error && !prefix.empty() && std::filesystem::exists(installed, error)) {
      return installed;
    }
  }
  return built;
}

}  // namespace fluence
