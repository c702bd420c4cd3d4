#include "base/data_files.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <system_error>

#include "base/error.hpp"

namespace fluence {

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
    const auto folder = std::filesystem::canonical(self.dli_fname, error).parent_path();
    auto installed = folder.parent_path() / name;
    if (!error && std::filesystem::exists(installed, error)) {
      return installed;
    }
  }
  return built;
}

}  // namespace fluence
