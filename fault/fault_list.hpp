// Fault lists: JSON Lines, one case a line.
//
//   {"id": 7, "images": 25, "faults": [{"before_image": 3, "target": "weights", "layer": 1, "module": 0,
//     "index": 17, "thresh": 0, "bit": 5, "word_size": 1}], "scores": [[...10 class scores...], ...]}
//
// A fault with "kind": "stuck0", "stuck1" or "intermittent" holds its bits, for "duration" cycles or
// images (as its time), or if that is absent for good. A fault's time is `before_image` or `cycle`;
// `target` is the name of a space, or "weight" or "threshold" as the board's software writes it.
// `scores`, one row an image, is what the case is expected to give and may be absent; its rows hold the
// scores of the classes, or all, but the same throughout a list. A fault in a memory that
// stores several copies of its words has `copy`, 0 if it is left out. The board's lists also hold
// `bit_in_layer`, which must agree with the site, and `rd`, `wr`, `rd_after` and a case's `kind`, which
// are ignored.
//
// A case with "reload": N has the host write all parameters anew before images N, 2 N and so on.
//
// Where all scores of an image lie in one word of memory, a case may state those: `words`, one an image,
// in hexadecimal digits. `last_streams`, by the names of streams, are digests (base/digest.hpp), in as
// many digits, of the bytes that the streams behind layers and pools carried for the last image, their
// words one after the other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "fault/fault.hpp"
#include "network/images.hpp"
#include "network/topology.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// A case and, if the list says it, what it should give.
struct ListedCase {
  FaultCase trial;
  /// [images], rows of one length (the scores of the classes, or all), or empty: not stated
  std::vector<Scores> scores;
  std::vector<std::uint64_t> words{};                   ///< [images], or empty: not stated
  std::map<std::string, std::uint64_t> last_streams{};  ///< digests of those that are stated
};

/// Whether a case's faults are timed by cycle (else by image, or there are none). A case is never mixed.
bool timed_by_cycle(const FaultCase& trial);

/// Reads a list for the network of `sites`. Throws InputError naming file, line, key and remedy if the
/// file cannot be read, a line is no case, a site does not exist in the network, or a case mixes faults
/// timed by image with faults timed by cycle. Empty lines are skipped; `name` is what errors call it.
std::vector<ListedCase> read_fault_list(std::istream& in, const std::string& name, const SiteMap& sites);
/// A file whose name ends with .csv is one of another tool (fault_csv.hpp).
std::vector<ListedCase> read_fault_list(const std::filesystem::path& file, const SiteMap& sites);

/// One fault of a case of so many images, from an object as in a list. Throws std::runtime_error, or its
/// InputError, saying what is wrong without file and line.
Fault parse_listed_fault(const nlohmann::json& object, int images, const SiteMap& sites);

/// One case as a line of a list, without the newline. Reading it gives the same case.
std::string to_line(const ListedCase& listed);

}  // namespace fluence
