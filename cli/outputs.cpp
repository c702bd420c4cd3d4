#include "cli/outputs.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "campaign/database.hpp"
#include "map/results.hpp"

namespace fluence::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array kDatabaseSuffixes = {"", "-wal", "-shm", "-journal"};

// Where a path leads, through links, also if nothing is there yet.
fs::path target(const fs::path& path) {
  std::error_code error;
  auto result = fs::weakly_canonical(fs::absolute(path), error);
  return error ? fs::absolute(path).lexically_normal() : result;
}

bool is_same(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return (fs::equivalent(a, b, error) && !error) || target(a) == target(b);
}

bool is_within(const fs::path& file, const fs::path& folder) {
  const auto inner = target(file);
  const auto outer = target(folder);
  return std::ranges::mismatch(outer, inner).in1 == outer.end();
}

bool is_database(const fs::path& path) {
  const auto name = target(path).filename().string();
  return std::ranges::any_of(
      kDatabaseSuffixes, [&](const char* suffix) { return name == std::string(kResultsFile) + suffix; });
}

}  // namespace

Outputs& Outputs::reads(const std::string& what, const fs::path& path) {
  if (!path.empty()) {
    inputs_.push_back({what, path, true});
  }
  return *this;
}

// Of its files the database is an input, whatever further name it has.
Outputs& Outputs::reads_results(const std::string& what, const fs::path& folder) {
  return reads(what, folder.empty() ? folder : folder / kResultsFile);
}

Outputs& Outputs::writes(const std::string& what, const fs::path& path) {
  if (!path.empty()) {
    outputs_.push_back({what, path, true});
  }
  return *this;
}

Outputs& Outputs::may_write(const std::string& what, const fs::path& path) {
  outputs_.push_back({what, path, false});
  return *this;
}

void Outputs::check() const {
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (is_replaced(outputs_[i].path)) {  // pipes and devices take any number and lose nothing
      check_one(outputs_[i], i);
    }
  }
  for (const auto& output : outputs_) {
    if (output.required) {
      check_writable(output.path);
    }
  }
}

// `others`: the outputs before this one.
void Outputs::check_one(const File& output, std::size_t others) const {
  const auto refuse = [&](const std::string& why) {
    throw InputError(output.what + " " + output.path.string() + " is " + why + ": name another file");
  };
  if (is_database(output.path)) {
    refuse("a campaign's database, which it would destroy");
  }
  for (const auto& input : inputs_) {
    if (is_same(output.path, input.path)) {
      refuse("what " + input.what + " is read from");
    }
    std::error_code ignored;
    if (fs::is_directory(input.path, ignored) && fs::exists(output.path, ignored) &&
        is_within(output.path, input.path)) {
      refuse("one of the files that " + input.what + " is read from");
    }
  }
  if (target(output.path).filename() == kMapFile) {
    refuse("a map, which it would destroy");
  }
  for (std::size_t i = 0; i < others; ++i) {
    if (is_same(output.path, outputs_[i].path)) {
      refuse("the file of " + outputs_[i].what + ", too");
    }
  }
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder, error)) {
    throw InputError("cannot make the folder " + folder.string() +
                     ": name a folder with --out that can be written");
  }
}

}  // namespace fluence::cli
