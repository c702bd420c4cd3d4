#include "base/data_files.hpp"

#include <dlfcn.h>
#include <link.h>

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

// What an environment variable names, or nothing.
std::filesystem::path named_by(const char* variable) {
  const char* named = std::getenv(variable);
  if (named != nullptr && *named == '\0') {
    throw InputError("environment variable " + std::string(variable) +
                     " is empty: give it a path, or unset it");
  }
  return named == nullptr ? "" : named;
}

// A folder that the system's conventions name; a relative path counts for none there.
std::filesystem::path folder_by(const char* variable) {
  const char* named = std::getenv(variable);
  const std::filesystem::path folder = named == nullptr ? "" : named;
  return folder.is_absolute() ? folder : std::filesystem::path();
}

// The program or library that this is a part of. Of a program the linker has the name alone by which it
// was called, which says nothing of its folder where the shell found it by PATH.
std::filesystem::path own_file(std::error_code& error) {
  Dl_info info;
  link_map* object = nullptr;
  const bool is_library = dladdr1(reinterpret_cast<const void*>(&own_file), &info,
                                  reinterpret_cast<void**>(&object), RTLD_DL_LINKMAP) != 0 &&
                          *object->l_name != '\0';
  return std::filesystem::canonical(is_library ? object->l_name : "/proc/self/exe", error);
}

}  // namespace

std::filesystem::path data_file(const char* variable, const std::string& name,
                                const std::filesystem::path& built) {
  if (auto named = named_by(variable); !named.empty()) {
    return named;
  }
  std::error_code error;
  const auto prefix = prefix_of(own_file(error));
  auto installed = prefix / name;
  if (!error && !prefix.empty() && std::filesystem::exists(installed, error)) {
    return installed;
  }
  return built;
}

std::filesystem::path cache_folder() {
  if (const auto named = named_by("FLUENCE_CACHE"); !named.empty()) {
    return std::filesystem::absolute(named);
  }
  if (const auto caches = folder_by("XDG_CACHE_HOME"); !caches.empty()) {
    return caches / "fluence";
  }
  const auto home = folder_by("HOME");
  if (home.empty()) {
    throw InputError(
        "nothing says where simulated accelerators are kept: name a folder in FLUENCE_CACHE");
  }
  return home / ".cache" / "fluence";
}

}  // namespace fluence
