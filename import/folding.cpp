#include "import/folding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/json_text.hpp"
#include "import/folding_keys.hpp"

namespace fluence::importing {
namespace {

using nlohmann::json;

constexpr int kRegisterBits = 64;  // that the host writes at once
constexpr std::int64_t kMostNumber = 1 << 20;
constexpr std::int64_t kMostDepth = 65'536;
constexpr auto kDefaults = "Defaults";

json parsed(const std::string& text, const std::string& file) {
  try {
    auto value = parse_json<json>(text);
    if (!value.is_object()) {
      throw InputError(file + " is no table of layers: give FINN's folding or specialization file");
    }
    return value;
  } catch (const json::exception&) {
    throw InputError(file + " is no JSON or ends in its middle: mend or replace it");
  } catch (const std::length_error& e) {
    throw InputError(file + " is no good (" + e.what() + "): mend or replace it");
  }
}

/// What a layer's columns are divided into by SIMD.
int divided_columns(const Layer& layer) {
  return layer.convolution ? layer.in_channels : layer.matrix_width();
}

bool fits_word(const Layer& layer, int simd, int bits) {
  return long{simd} * std::max(layer.in_bits, layer.weight_bits) <= bits;
}

/// The divisor of `number` that is nearest to `wanted`; of two the greater one.
int nearest_divisor(int number, std::int64_t wanted) {
  int best = 1;
  for (int divisor = 1; divisor <= number; ++divisor) {
    if (number % divisor == 0 && std::abs(divisor - wanted) <= std::abs(best - wanted)) {
      best = divisor;
    }
  }
  return best;
}

long cycles_of(const Layer& layer, int pe, int simd) {
  return static_cast<long>(layer.out_pixels()) * (layer.out_channels / pe) *
         (layer.matrix_width() / simd);
}

class Folder {
 public:
  Folder(IntegerNetwork& network, const FoldingTexts& texts) : network_(network), texts_(texts) {}

  void fold() {
    if (texts_.folding) {
      take_file();
    } else if (texts_.specialize) {
      throw InputError("--specialize " + texts_.specialize_file +
                       " is given without a folding: add --folding");
    }
    bool chosen = false;
    for (auto& unit : network_.units) {
      auto& layer = unit.layer;
      if (unit.pe == 0 && unit.simd == 0 && !texts_.folding) {
        choose(layer);
        chosen = true;
        continue;
      }
      unit.pe = std::max(unit.pe, 1);
      unit.simd = std::max(unit.simd, 1);
      check(unit, unit.node);
      take(unit);
    }
    if (chosen) {
      long most = 0;
      for (const auto& unit : network_.units) {
        most = std::max(most, cycles_of(unit.layer, unit.layer.pe, unit.layer.simd));
      }
      network_.remarks.push_back(
          fmt::format("no folding is given: one is chosen for {} cycles an image at most (--cycles), of "
                      "which the slowest layer takes {}",
                      texts_.cycles, most));
    }
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw InputError(texts_.folding_file + ": " + why);
  }

  /// Throws unless PE and SIMD divide rows and columns. `key`: who says them.
  void check(const Unit& unit, const std::string& key) const {
    const auto& layer = unit.layer;
    const auto refuse_it = [&](const char* what, int value, int of, const char* things) {
      const auto sentence = fmt::format(
          "{} of layer {} ({}) has {} {}, which {} its {} {}: the nearest possible one is {}", key,
          layer.index, unit.node, what, value, value > of ? "exceeds" : "does not divide", of, things,
          nearest_divisor(of, value));
      throw InputError(texts_.folding ? texts_.folding_file + ": " + sentence : sentence);
    };
    if (layer.out_channels % unit.pe != 0) {
      refuse_it("PE", unit.pe, layer.out_channels, "rows");
    }
    if (layer.matrix_width() % unit.simd != 0) {
      refuse_it("SIMD", unit.simd, layer.matrix_width(), "columns");
    }
  }

  /// As the hardware's file can say it.
  void take(Unit& unit) {
    auto& layer = unit.layer;
    layer.pe = unit.pe;
    layer.simd = unit.simd;
    while (divided_columns(layer) % layer.simd != 0 || !fits_word(layer, layer.simd, kMostWordBits)) {
      --layer.simd;
    }
    if (layer.simd != unit.simd) {
      network_.remarks.push_back(
          fmt::format("layer {} ({}): the hardware's file says SIMD {} instead of {}, for it has no "
                      "windows that are converted to other words than of channels, and none of more "
                      "than {} bits",
                      layer.index, unit.node, layer.simd, unit.simd, kMostWordBits));
    }
  }

  /// The least hardware that is fast enough, or else the fastest; of wider words than a register's only
  /// where there is none of these that is fast enough.
  void choose(Layer& layer) const {
    long best_size = 0;
    long best_cycles = 0;
    for (int simd = 1; fits_word(layer, simd, kMostWordBits); ++simd) {
      const bool found = best_size > 0 && best_cycles <= texts_.cycles;
      if (found && !fits_word(layer, simd, kRegisterBits)) {
        break;
      }
      if (divided_columns(layer) % simd != 0) {
        continue;
      }
      for (int pe = 1; pe <= layer.out_channels; ++pe) {
        if (layer.out_channels % pe != 0) {
          continue;
        }
        const auto cycles = cycles_of(layer, pe, simd);
        const auto size = static_cast<long>(pe) * simd;
        const bool fast = cycles <= texts_.cycles;
        const bool best_fast = best_size > 0 && best_cycles <= texts_.cycles;
        // Of equal ones that with more columns: it needs fewer accumulators.
        const bool better = best_size == 0 || (fast && !best_fast) ||
                            (fast == best_fast && (fast ? size <= best_size : cycles <= best_cycles));
        if (better) {
          best_size = size;
          best_cycles = cycles;
          layer.pe = pe;
          layer.simd = simd;
        }
      }
    }
  }

  void take_file() {
    const auto table = parsed(*texts_.folding, texts_.folding_file);
    const auto backends = styles();
    const auto places = places_of_units(network_, table_keys(table), backends, texts_.folding_file);
    remark_searched(backends);
    std::set<int> named;
    for (const auto& [key, entry] : table.items()) {
      if (key == kDefaults) {
        if (!entry.empty()) {
          unused_.insert(key);
        }
        continue;
      }
      if (!entry.is_object()) {
        fail("'" + key + "' is no table: give it PE and SIMD");
      }
      const auto place = places.at(key);
      for (const auto& [name, value] : entry.items()) {
        take_value(key, name, value, place);
      }
      if (place.stage == Stage::product) {
        auto& unit = network_.units[static_cast<std::size_t>(place.layer)];
        unit.pe = entry.contains("PE") ? unit.pe : 1;
        unit.simd = entry.contains("SIMD") ? unit.simd : 1;
        check(unit, "'" + key + "'");
        named.insert(place.layer);
      } else if (place.stage == Stage::window && entry.contains("SIMD")) {
        remark_window(key, entry["SIMD"].get<std::int64_t>(), place);
      }
    }
    for (const auto& unit : network_.units) {
      if (!named.contains(unit.layer.index)) {
        network_.remarks.push_back(fmt::format("layer {} ({}) is not in {}: it gets PE {}, SIMD {}",
                                               unit.layer.index, unit.node, texts_.folding_file,
                                               std::max(unit.pe, 1), std::max(unit.simd, 1)));
      }
    }
    if (!unused_.empty()) {
      network_.remarks.push_back(
          fmt::format("of {} not used: {}", texts_.folding_file, fmt::join(unused_, ", ")));
    }
  }

  static std::vector<std::string> table_keys(const json& table) {
    std::vector<std::string> keys;
    for (const auto& [key, entry] : table.items()) {
      if (key != kDefaults) {
        keys.push_back(key);
      }
    }
    return keys;
  }

  /// Which backend each unit has: "hls", "rtl" or, where nothing says it, "".
  [[nodiscard]] std::vector<std::string> styles() const {
    std::vector<std::string> styles;
    for (const auto& unit : network_.units) {
      styles.emplace_back(unit.op.ends_with("_rtl") ? "rtl" : unit.op.ends_with("_hls") ? "hls" : "");
    }
    if (!texts_.specialize) {
      return styles;
    }
    const auto& file = texts_.specialize_file;
    const auto table = parsed(*texts_.specialize, file);
    for (std::size_t i = 0; i < styles.size(); ++i) {
      const auto key = fmt::format("MVAU_{}", i);
      styles[i] = "hls";  // as FINN where nothing is preferred
      if (!table.contains(key)) {
        continue;
      }
      const auto& entry = table.at(key);
      const auto* said = entry.is_object() && entry.contains("preferred_impl_style")
                             ? entry.at("preferred_impl_style").get_ptr<const json::string_t*>()
                             : nullptr;
      if (said == nullptr || (*said != "hls" && *said != "rtl" && !said->empty())) {
        throw InputError(file + ": '" + key + "' has no preferred_impl_style of hls or rtl: give one");
      }
      styles[i] = *said == "rtl" ? "rtl" : "hls";
    }
    return styles;
  }

  std::int64_t number(const std::string& key, const std::string& name, const json& value,
                      std::int64_t most) const {
    if (!value.is_number_integer() || value < 1 || value > most) {
      fail(fmt::format("'{}' of '{}' is {}: give a whole number from 1 to {}", name, key, value.dump(),
                       most));
    }
    return value.get<std::int64_t>();
  }

  void take_value(const std::string& key, const std::string& name, const json& value,
                  const KeyPlace& place) {
    const bool product = place.stage == Stage::product;
    auto* unit = place.layer < 0 ? nullptr : &network_.units[static_cast<std::size_t>(place.layer)];
    if (name == "PE" || name == "SIMD") {
      const auto said = static_cast<int>(number(key, name, value, kMostNumber));
      if (product) {
        (name == "PE" ? unit->pe : unit->simd) = said;
      }
      return;
    }
    if (name == "outFIFODepths" && value.is_array() && !value.empty()) {
      const bool none = value.front() == 0;  // FINN's least one counts as 2 here
      const auto depth = none ? 0 : static_cast<int>(number(key, name, value.front(), kMostDepth));
      if (product) {
        unit->layer.out_fifo_depth = std::max(depth, 2);
      }
      return;
    }
    const auto& known = unused_keys();
    if (std::ranges::find(known, name) == known.end()) {
      auto all = known;
      all.insert(all.end(), {"PE", "SIMD", "outFIFODepths"});
      fail(fmt::format("'{}' of '{}' is no key that is known: is {} meant?", name, key,
                       nearest(name, all)));
    }
    unused_.insert(name);
  }

  /// FINN's rtl units search their thresholds where ours count them.
  void remark_searched(const std::vector<std::string>& backends) {
    for (const auto& unit : network_.units) {
      if (backends[static_cast<std::size_t>(unit.layer.index)] == "rtl" && unit.layer.thresholds > 0) {
        network_.remarks.push_back(fmt::format(
            "layer {} ({}) is an rtl unit: its thresholds are stored with the layer and counted, where "
            "FINN's thresholding searches and may differ once an upset puts them out of order",
            unit.layer.index, unit.node));
      }
    }
  }

  void remark_window(const std::string& key, std::int64_t simd, const KeyPlace& place) {
    const auto& layer = network_.units[static_cast<std::size_t>(place.layer)].layer;
    const int channels = place.of_pool ? layer.out_channels : layer.in_channels;
    if (channels % simd != 0) {
      network_.remarks.push_back(fmt::format(
          "'{}' of {} is ignored: SIMD {} does not divide the {} channels of layer {}, and windows are "
          "made as the layer needs them",
          key, texts_.folding_file, simd, channels, layer.index));
    }
  }

  IntegerNetwork& network_;
  const FoldingTexts& texts_;
  std::set<std::string> unused_;
};

}  // namespace

void fold(IntegerNetwork& network, const FoldingFiles& files) {
  FoldingTexts texts;
  texts.cycles = files.cycles;
  if (!files.folding.empty()) {
    texts.folding = read_text(files.folding, "the folding", kMebibyte);
    texts.folding_file = files.folding.string();
  }
  if (!files.specialize.empty()) {
    texts.specialize = read_text(files.specialize, "the specialization", kMebibyte);
    texts.specialize_file = files.specialize.string();
  }
  fold(network, texts);
}

void fold(IntegerNetwork& network, const FoldingTexts& texts) { Folder(network, texts).fold(); }

}  // namespace fluence::importing
