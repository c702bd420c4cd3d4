// What the trials of a scenario did to each image, from the sets of images that results keep of a trial.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace SQLite {
class Database;
}

namespace fluence {

/// Sums over trials are of their weights, 1 each unless they are drawn by a map: they count trials then.
struct ImageCounts {
  std::vector<int> fault_free;            ///< [image] 1 if it is correct without faults
  double trials = 0;                      ///< of all
  double trial_squares = 0;               ///< of all, of squared weights, as the other squares
  std::vector<double> correct, critical;  ///< [image] of trials in which it was
  std::vector<double> correct_squares, critical_squares;  ///< [image] likewise
};

/// Over the finished trials of a scenario of the results in `folder`; none if there are none or one of
/// them does not say it, as those of a build that did not keep it. Throws InputError if the sets are not
/// those of the trials.
std::optional<ImageCounts> image_counts(SQLite::Database& db, int scenario,
                                        const std::filesystem::path& folder);

}  // namespace fluence
