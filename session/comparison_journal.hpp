// Comparisons of both engines that were made before a `fluence verify` was ended, for the next one to
// take up.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "campaign/manifest.hpp"
#include "session/compared.hpp"

namespace fluence {

/// A line each in a file beside the results, from the moment in which it was made. What is found there
/// holds if it answers the same: of equal inputs, the same trials or faults with what is stored of them,
/// by the same program, for another one may have other engines.
class ComparisonJournal {
 public:
  /// `manifest`: of the results in `folder`. `asked`: what is to be compared, and what is stored of it,
  /// a text each. Takes up what is there of the same, else begins anew. Throws InputError if another
  /// process compares the same results, or the file cannot be written.
  ComparisonJournal(std::filesystem::path folder, const Manifest& manifest,
                    const std::vector<std::string>& asked);
  ~ComparisonJournal();
  ComparisonJournal(const ComparisonJournal&) = delete;
  ComparisonJournal& operator=(const ComparisonJournal&) = delete;

  /// Comparisons that need not be made, by their place in `asked`.
  [[nodiscard]] const std::map<int, Compared>& made() const { return made_; }
  /// Throws std::runtime_error if it cannot be kept.
  void add(int index, const Compared& compared);
  /// All were made: nothing is left to be taken up.
  void remove();

 private:
  void open();
  void take_up(const std::string& key, int count);

  std::filesystem::path file_;
  int fd_ = -1;
  std::map<int, Compared> made_;
};

}  // namespace fluence
