#include "fault/fault_list.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/json_number.hpp"
#include "base/text.hpp"
#include "fault/burst.hpp"
#include "fault/fault_csv.hpp"
#include "rtl/dataflow.hpp"

namespace fluence {
namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = 256 * kMebibyte;
constexpr std::int64_t kMostImages = 1'000'000'000;
constexpr std::size_t kMostFaults = 3'000'000;  // of a list: a shape of few letters stands for many

// What is wrong with a line; the reader puts file and line number before it.
class LineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string in_quotes(std::string_view key) { return "'" + std::string(key) + "'"; }

void check_keys(const json& object, std::string_view what,
                std::initializer_list<std::string_view> known) {
  if (!object.is_object()) {
    throw LineError(std::string(what) + " is not an object: write {\"key\": value, ...}");
  }
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(known, key) == known.end()) {
      std::string list;
      for (const auto& k : known) {
        list += (list.empty() ? "" : ", ") + std::string(k);
      }
      throw LineError("unknown key " + in_quotes(key) + " in " + std::string(what) + ": use " + list);
    }
  }
}

const json& member(const json& object, const char* key, std::string_view what) {
  const auto it = object.find(key);
  if (it == object.end()) {
    throw LineError(in_quotes(key) + " is missing in " + std::string(what) + ": add it");
  }
  return *it;
}

std::int64_t integer(const json& value, std::string_view key, std::int64_t least, std::int64_t most) {
  const auto number = whole_number(value, least, most);
  if (!number) {
    throw LineError(in_quotes(key) + " is no whole number from " + std::to_string(least) + " to " +
                    std::to_string(most) + ": correct it");
  }
  return *number;
}

int small(const json& object, const char* key, std::string_view what) {
  return static_cast<int>(integer(member(object, key, what), key, 0, std::numeric_limits<int>::max()));
}

Space target_space(const json& value) {
  if (!value.is_string()) {
    throw LineError("'target' is no text: write \"weights\", \"thresholds\" or another space");
  }
  const auto name = value.get<std::string>();
  if (name == "weight" || name == "threshold") {
    return name == "weight" ? Space::weights : Space::thresholds;
  }
  return space_from_string(name);
}

// The board's lists say the drawn bit a second way; a difference means the list is for another network.
void check_bit_in_layer(const json& object, const Site& site, const SiteMap& sites) {
  const auto it = object.find("bit_in_layer");
  if (it == object.end()) {
    return;
  }
  const auto stated = integer(*it, "bit_in_layer", 0, std::numeric_limits<std::int64_t>::max());
  const auto n = static_cast<std::uint64_t>(stated);
  if (n >= sites.bit_count(site.space, site.layer) || sites.nth(site.space, site.layer, n) != site) {
    throw LineError("'bit_in_layer' " + std::to_string(stated) +
                    " is another bit than module, index, thresh and bit say for " + sites.net().name +
                    ": check that the list is for this network");
  }
}

std::vector<Scores> parse_scores(const json& rows, int images, int most) {
  if (!rows.is_array() || rows.size() != static_cast<std::size_t>(images)) {
    throw LineError("'scores' is no list of " + std::to_string(images) + " rows: give one row an image");
  }
  std::vector<Scores> scores;
  for (const auto& row : rows) {
    if (!row.is_array() || row.empty() || std::ssize(row) > most) {
      throw LineError("a row of 'scores' is no list of 1 to " + std::to_string(most) +
                      " numbers: give one score a class, or all");
    }
    auto& out = scores.emplace_back();
    for (const auto& score : row) {
      out.push_back(static_cast<Score>(integer(score, "scores", std::numeric_limits<Score>::min(),
                                               std::numeric_limits<Score>::max())));
    }
  }
  return scores;
}

// A number of 16 hexadecimal digits, as base/digest.hpp writes them.
std::uint64_t hexadecimal(const json& value, std::string_view key) {
  constexpr std::size_t kDigits = 16;
  std::uint64_t number = 0;
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    const auto* end = text.data() + text.size();
    if (text.size() == kDigits && std::from_chars(text.data(), end, number, kDigits).ptr == end) {
      return number;
    }
  }
  throw LineError(in_quotes(key) + " holds what is no number of 16 hexadecimal digits: correct it");
}

std::vector<std::uint64_t> parse_words(const json& given, int images, const Topology& net) {
  if (net.score_words() != 1) {
    throw LineError("the scores of an image of " + net.name + " are " +
                    std::to_string(net.score_words()) + " words of memory: state 'scores', not 'words'");
  }
  if (!given.is_array() || given.size() != static_cast<std::size_t>(images)) {
    throw LineError("'words' is no list of " + std::to_string(images) + " texts: give one an image");
  }
  std::vector<std::uint64_t> words;
  for (const auto& word : given) {
    words.push_back(hexadecimal(word, "words"));
  }
  return words;
}

std::map<std::string, std::uint64_t> parse_streams(const json& given, const Topology& net) {
  if (!given.is_object()) {
    throw LineError("'last_streams' is no object: write {\"stream\": \"digest\", ...}");
  }
  const auto known = named_outputs(dataflow(net));
  std::map<std::string, std::uint64_t> digests;
  for (const auto& [name, digest] : given.items()) {
    if (std::ranges::find(known, name, &NamedOutput::name) == known.end()) {
      std::string names;
      for (const auto& output : known) {
        names += (names.empty() ? "" : ", ") + output.name;
      }
      throw LineError("no stream " + in_quotes(name) + " leaves a layer of " + net.name + ": use " +
                      names);
    }
    digests[name] = hexadecimal(digest, "last_streams");
  }
  return digests;
}

// `length`: of the rows of the list so far; 0 while there is none.
void check_row_length(const ListedCase& listed, std::size_t& length) {
  for (const auto& row : listed.scores) {
    if (length != 0 && row.size() != length) {
      throw LineError("a row of 'scores' holds " + std::to_string(row.size()) +
                      " numbers where those before it hold " + std::to_string(length) +
                      ": give all rows of a list the same length");
    }
    length = row.size();
  }
}

// The library lets the last one of two equal keys win.
json parse_json(const std::string& line) {
  if (line_nested_too_deep(line) != 0) {
    throw LineError("its lists are nested more than " + std::to_string(kMostNesting) +
                    " deep: write one case a line");
  }
  std::vector<std::set<std::string>> keys;  // of the open objects
  return json::parse(line, [&keys](int /*depth*/, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == json::parse_event_t::key && !keys.back().insert(parsed).second) {
      throw LineError(in_quotes(parsed.get<std::string>()) + " is there twice: keep one");
    }
    return true;
  });
}

// A fault, or those that its shape makes of it.
std::vector<Fault> with_shape(const json& object, Fault fault, const SiteMap& sites) {
  const auto shape = object.find("shape");
  if (shape == object.end()) {
    return {fault};
  }
  if (fault.word_size != 1) {
    throw LineError("a fault has a 'shape' and a 'word_size' of " + std::to_string(fault.word_size) +
                    ": keep one of them");
  }
  if (shape->is_string()) {
    const auto extent = extent_from_string(shape->get<std::string>());
    if (const auto groups = group_count(sites.array_of(fault.site), extent); groups > kMostGroups) {
      throw LineError("the " + shape->get<std::string>() + " has " + std::to_string(groups) +
                      " words, and a fault at most " + std::to_string(kMostGroups) +
                      ": choose a smaller one");
    }
    return whole_faults(fault, extent, sites);
  }
  if (!shape->is_array() || shape->empty()) {
    throw LineError(
        "'shape' is no list of bits: write [[0, 0], [row, column], ...], \"module\" or \"storage\"");
  }
  std::vector<BurstBit> bits;
  for (const auto& bit : *shape) {
    if (!bit.is_array() || bit.size() != 2) {
      throw LineError("'shape' holds what is no bit: write [row, column], from the fault's own");
    }
    const auto number = [&](std::size_t i) {
      return static_cast<int>(integer(bit[i], "shape", -kFarthestBit, kFarthestBit));
    };
    bits.push_back({number(0), number(1)});
  }
  auto sorted = bits;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) {
    throw LineError("'shape' names a bit twice: name each once");
  }
  std::vector<Fault> faults;
  for (const auto& site : burst_sites(bits, fault.site, sites)) {
    fault.site = site;
    faults.push_back(fault);
  }
  if (faults.empty()) {
    throw LineError("'shape' lies outside the memory: name a bit within it, [0, 0] for the fault's own");
  }
  return faults;
}

// `room`: faults that the cases before it leave.
ListedCase parse_case(const std::string& line, const SiteMap& sites, std::size_t room) {
  constexpr std::string_view kWhat = "a case";
  const json object = parse_json(line);
  check_keys(object, kWhat,
             {"id", "images", "reload", "faults", "scores", "words", "last_streams", "kind"});
  ListedCase listed;
  listed.trial.id = integer(member(object, "id", kWhat), "id", std::numeric_limits<std::int64_t>::min(),
                            std::numeric_limits<std::int64_t>::max());
  listed.trial.images =
      static_cast<int>(integer(member(object, "images", kWhat), "images", 1, kMostImages));
  if (object.contains("reload")) {
    listed.trial.reload = static_cast<int>(integer(object["reload"], "reload", 1, kMostImages));
  }
  const auto& faults = member(object, "faults", kWhat);
  if (!faults.is_array()) {
    throw LineError("'faults' is no list: write [{...}, ...]");
  }
  for (const auto& fault : faults) {
    std::ranges::copy(with_shape(fault, parse_listed_fault(fault, listed.trial.images, sites), sites),
                      std::back_inserter(listed.trial.faults));
    if (listed.trial.faults.size() > room) {
      throw LineError("the list has more than " + std::to_string(kMostFaults) +
                      " faults, with those that its shapes stand for: make it several lists");
    }
    if (listed.trial.faults.back().cycle.has_value() != timed_by_cycle(listed.trial)) {
      throw LineError("the case mixes 'before_image' and 'cycle': time all its faults the same way");
    }
  }
  if (object.contains("scores")) {
    listed.scores = parse_scores(object["scores"], listed.trial.images, sites.net().scores());
  }
  if (object.contains("words")) {
    listed.words = parse_words(object["words"], listed.trial.images, sites.net());
  }
  if (object.contains("last_streams")) {
    listed.last_streams = parse_streams(object["last_streams"], sites.net());
  }
  return listed;
}

// The library's sentence without its "[json.exception...] " prefix.
std::string reason(const json::exception& e) {
  const std::string_view text = e.what();
  const auto end = text.find("] ");
  return std::string(end == std::string_view::npos ? text : text.substr(end + 2));
}

// An error as one line, whatever the file's keys and texts contain.
InputError error_at(const std::string& name, int line, const std::string& text) {
  return InputError(name + ":" + std::to_string(line) + ": " + printable(text));
}

}  // namespace

Fault parse_listed_fault(const json& object, int images, const SiteMap& sites) {
  constexpr std::string_view kWhat = "a fault";
  check_keys(object, kWhat,
             {"before_image", "cycle", "target", "layer", "module", "index", "thresh", "bit",
              "word_size", "shape", "copy", "kind", "duration", "bit_in_layer", "rd", "wr", "rd_after"});
  Fault fault;
  const auto image = object.find("before_image");
  const auto cycle = object.find("cycle");
  if ((image == object.end()) == (cycle == object.end())) {
    throw LineError("a fault needs either 'before_image' or 'cycle': give exactly one");
  }
  if (image != object.end()) {
    fault.before_image = integer(*image, "before_image", 0, images - 1);
  } else {
    fault.cycle = static_cast<std::uint64_t>(
        integer(*cycle, "cycle", 0, std::numeric_limits<std::int64_t>::max()));
  }
  auto& site = fault.site;
  site.space = target_space(member(object, "target", kWhat));
  site.layer = small(object, "layer", kWhat);
  site.module = small(object, "module", kWhat);
  site.index = small(object, "index", kWhat);
  site.thresh = object.contains("thresh") ? small(object, "thresh", kWhat) : 0;
  site.bit = small(object, "bit", kWhat);
  site.copy = object.contains("copy") ? small(object, "copy", kWhat) : 0;
  fault.word_size = object.contains("word_size") ? small(object, "word_size", kWhat) : 1;
  if (!is_word_size(fault.word_size)) {
    throw LineError("'word_size' " + std::to_string(fault.word_size) + " is unknown: use 1, 8 or 64");
  }
  if (const auto kind = object.find("kind"); kind != object.end()) {
    if (!kind->is_string()) {
      throw LineError("'kind' is no text: write \"flip\", \"stuck0\", \"stuck1\" or \"intermittent\"");
    }
    fault.kind = fault_kind_from_string(kind->get<std::string>());
  }
  if (const auto duration = object.find("duration"); duration != object.end()) {
    fault.duration = static_cast<std::uint64_t>(
        integer(*duration, "duration", 1, std::numeric_limits<std::int64_t>::max()));
  }
  if (fault.kind == FaultKind::flip && fault.duration) {
    throw LineError("'duration' is that of a stuck or intermittent bit: leave it out, or add 'kind'");
  }
  if (fault.kind == FaultKind::intermittent && !fault.duration) {
    throw LineError("'duration' is missing in an intermittent fault: add it");
  }
  static_cast<void>(sites.array_of(site));  // throws if the site does not exist
  check_bit_in_layer(object, site, sites);
  return fault;
}

bool timed_by_cycle(const FaultCase& trial) {
  return !trial.faults.empty() && trial.faults.front().cycle.has_value();
}

std::vector<ListedCase> read_fault_list(std::istream& in, const std::string& name,
                                        const SiteMap& sites) {
  std::vector<ListedCase> cases;
  std::map<std::int64_t, int> lines;  // of the ids
  std::size_t row_length = 0;
  std::size_t room = kMostFaults;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
      continue;
    }
    try {
      cases.push_back(parse_case(line, sites, room));
      room -= cases.back().trial.faults.size();
      check_row_length(cases.back(), row_length);
      const auto id = cases.back().trial.id;
      if (const auto [first, is_new] = lines.emplace(id, number); !is_new) {
        throw LineError("'id' " + std::to_string(id) + " stands on line " +
                        std::to_string(first->second) + " too: give each case its own");
      }
    } catch (const json::exception& e) {
      throw error_at(name, number,
                     "the line is no JSON object (" + reason(e) + "): write one complete case a line");
    } catch (const std::runtime_error& e) {  // LineError, or InputError of a site
      throw error_at(name, number, e.what());
    }
  }
  return cases;
}

std::vector<ListedCase> read_fault_list(const std::filesystem::path& file, const SiteMap& sites) {
  std::istringstream in(read_text(file, "the fault list", kMostBytes));
  auto cases = file.extension() == ".csv" ? read_fault_csv(in, file.string(), sites)
                                          : read_fault_list(in, file.string(), sites);
  if (cases.empty()) {
    throw InputError("the fault list " + file.string() + " holds no case: write one case a line");
  }
  return cases;
}

std::string to_line(const ListedCase& listed) {
  nlohmann::ordered_json object;
  object["id"] = listed.trial.id;
  object["images"] = listed.trial.images;
  if (listed.trial.reload > 0) {
    object["reload"] = listed.trial.reload;
  }
  object["faults"] = json::array();
  for (const auto& fault : listed.trial.faults) {
    nlohmann::ordered_json f;
    if (fault.cycle) {
      f["cycle"] = *fault.cycle;
    } else {
      f["before_image"] = fault.before_image.value();
    }
    f["target"] = to_string(fault.site.space);
    f["layer"] = fault.site.layer;
    f["module"] = fault.site.module;
    f["index"] = fault.site.index;
    f["thresh"] = fault.site.thresh;
    f["bit"] = fault.site.bit;
    if (fault.site.copy != 0) {
      f["copy"] = fault.site.copy;
    }
    f["word_size"] = fault.word_size;
    if (fault.kind != FaultKind::flip) {
      f["kind"] = to_string(fault.kind);
    }
    if (fault.duration) {
      f["duration"] = *fault.duration;
    }
    object["faults"].push_back(std::move(f));
  }
  if (!listed.scores.empty()) {
    object["scores"] = listed.scores;
  }
  for (const auto word : listed.words) {
    object["words"].push_back(hexadecimal_text(word));
  }
  for (const auto& [name, digest] : listed.last_streams) {
    object["last_streams"][name] = hexadecimal_text(digest);
  }
  return object.dump();
}

}  // namespace fluence
