// The rule that every command that writes keeps to, before any work and before any line is printed: no
// output is an input, another output or a campaign's database, and each can be written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fluence::cli {

class Outputs {
 public:
  /// Files and folders that the command reads or writes; `what` is the option, or what else messages
  /// call it. An empty path is one that was not given. All files in a folder that is read are inputs,
  /// but a campaign's folder may take further files.
  Outputs& reads(const std::string& what, const std::filesystem::path& path);
  Outputs& reads_results(const std::string& what, const std::filesystem::path& folder);
  Outputs& writes(const std::string& what, const std::filesystem::path& path);
  /// An output that the command does without where it cannot be written.
  Outputs& may_write(const std::string& what, const std::filesystem::path& path);

  /// Throws InputError naming the option, the path and what it would destroy or why it cannot be
  /// written.
  void check() const;

 private:
  struct File {
    std::string what;
    std::filesystem::path path;
    bool required = true;
  };
  void check_one(const File& output, std::size_t others) const;

  std::vector<File> inputs_, outputs_;
};

/// That of --out, with those above it. Throws InputError if it cannot be made.
void make_folder(const std::filesystem::path& folder);

}  // namespace fluence::cli
