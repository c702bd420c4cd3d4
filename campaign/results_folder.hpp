// The folder of a campaign's results while one process writes there.
#pragma once

#include <filesystem>
#include <vector>

namespace fluence {

/// Makes the folder, with those above it, if it is not there, and locks it against a second process; the
/// lock ends with the process, however it ends. Unless `keep` was called, what has been made, the
/// results file included, is removed again at the end.
class ResultsFolder {
 public:
  /// Throws InputError if the folder cannot be made or another process writes there.
  explicit ResultsFolder(std::filesystem::path folder);
  ~ResultsFolder();
  ResultsFolder(const ResultsFolder&) = delete;
  ResultsFolder& operator=(const ResultsFolder&) = delete;

  void keep() { kept_ = true; }

 private:
  void make();
  void remove_made();

  std::filesystem::path folder_;
  std::vector<std::filesystem::path> made_;  ///< outermost first
  bool made_file_ = false;
  bool kept_ = false;
  int lock_ = -1;
};

}  // namespace fluence
