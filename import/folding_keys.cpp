#include "import/folding_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"

namespace fluence::importing {
namespace {

/// Changes of a letter that make one text of another.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

class Keys {
 public:
  Keys(const IntegerNetwork& network, const std::vector<std::string>& styles) {
    std::vector<KeyPlace> all;
    std::map<std::string, std::vector<KeyPlace>> by_style;
    std::vector<KeyPlace> windows;
    int paddings = 0;
    int pools = 0;
    int general_pools = 0;
    int rtl = 0;
    for (std::size_t i = 0; i < network.units.size(); ++i) {
      const auto& layer = network.units[i].layer;
      const KeyPlace place{Stage::product, layer.index};
      all.push_back(place);
      by_style[styles[i]].push_back(place);
      rtl += styles[i] == "rtl" && layer.thresholds > 0 ? 1 : 0;
      if (layer.convolution && layer.window != Window{}) {
        windows.push_back({Stage::window, layer.index});
        paddings += layer.window.padded() ? 1 : 0;
      }
      if (layer.pool) {
        const auto& pool = layer.pool_window;
        const bool overlaps = pool.stride_y != pool.height || pool.stride_x != pool.width;
        (overlaps ? general_pools : pools) += 1;
        paddings += pool.padded() ? 1 : 0;
        if (overlaps) {
          windows.push_back({Stage::window, layer.index, true});
        }
      }
    }
    for (const auto* type : {"MVAU", "MatrixVectorActivation", "StreamingFCLayer_Batch"}) {
      add(type, all);
    }
    // Where nothing says a unit's backend, all have the one that the keys have.
    const bool said = std::ranges::any_of(styles, [](const auto& style) { return !style.empty(); });
    add("MVAU_hls", said ? by_style["hls"] : all);
    add("MVAU_rtl", said ? by_style["rtl"] : all);
    const int thresholds =
        (network.input.thresholds.empty() ? 0 : 1) + (said ? rtl : static_cast<int>(all.size()));
    for (const auto* end : {"", "_hls", "_rtl", "_Batch"}) {
      const auto with = [&](const char* type) { return std::string(type) + end; };
      add(with("ConvolutionInputGenerator"), windows);
      add(with("Thresholding"), others(thresholds));
      add(with("FMPadding"), others(paddings));
      add(with("StreamingMaxPool"), others(pools));
      add(with("Pool"), others(general_pools));
      add(with("LabelSelect"), others(1));
      add(with("DownSampler"), others(static_cast<int>(windows.size())));
      add(with("StreamingDataWidthConverter"), others(2 * static_cast<int>(all.size()) + 4));
      add(with("StreamingFIFO"), others(4 * static_cast<int>(all.size()) + 8));
    }
  }

  [[nodiscard]] const KeyPlace* find(const std::string& key) const {
    const auto it = places_.find(key);
    return it == places_.end() ? nullptr : &it->second;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, place] : places_) {
      names.push_back(name);
    }
    return names;
  }

 private:
  static std::vector<KeyPlace> others(int count) {
    return std::vector<KeyPlace>(static_cast<std::size_t>(count));
  }
  void add(const std::string& type, const std::vector<KeyPlace>& places) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      places_[fmt::format("{}_{}", type, i)] = places[i];
    }
  }

  std::map<std::string, KeyPlace> places_;
};

}  // namespace

std::map<std::string, KeyPlace> places_of_units(const IntegerNetwork& network,
                                                const std::vector<std::string>& keys,
                                                const std::vector<std::string>& styles,
                                                const std::string& file) {
  const auto has = [&](const char* begin) {
    return std::ranges::any_of(keys, [&](const auto& key) { return key.starts_with(begin); });
  };
  const bool said = std::ranges::any_of(styles, [](const auto& style) { return !style.empty(); });
  if (!said && has("MVAU_hls_") && has("MVAU_rtl_")) {
    throw InputError(
        file +
        " has keys of MVAU_hls and of MVAU_rtl, whose numbers count each type alone, so which "
        "layers are meant is open: add --specialize with FINN's specialization file");
  }
  const Keys known(network, styles);
  std::map<std::string, KeyPlace> places;
  std::map<int, std::string> named;
  for (const auto& key : keys) {
    const auto* place = known.find(key);
    if (place == nullptr) {
      throw InputError(fmt::format(
          "{}: '{}' names no layer of the network, which has {} matrix units, 0 to "
          "{}: is {} meant?",
          file, key, network.units.size(), network.units.size() - 1, nearest(key, known.names())));
    }
    if (place->stage == Stage::product && !named.emplace(place->layer, key).second) {
      throw InputError(fmt::format("{}: '{}' and '{}' both name layer {}: drop one", file,
                                   named[place->layer], key, place->layer));
    }
    places[key] = *place;
  }
  return places;
}

const std::vector<std::string>& unused_keys() {
  static const std::vector<std::string> keys = {"ram_style",
                                                "ram_style_thresholds",
                                                "resType",
                                                "mem_mode",
                                                "impl_style",
                                                "runtime_writeable_weights",
                                                "inFIFODepths",
                                                "depth",
                                                "parallel_window",
                                                "preferred_impl_style",
                                                "pumpedMemory",
                                                "pumpedCompute",
                                                "numSteps",
                                                "depth_trigger_uram",
                                                "cpp_interface",
                                                "depth_trigger_bram",
                                                "is1D",
                                                "use_dsp",
                                                "hls_style",
                                                "M"};
  return keys;
}

std::string nearest(const std::string& text, const std::vector<std::string>& known) {
  return *std::ranges::min_element(known, {}, [&](const auto& name) { return distance(text, name); });
}

}  // namespace fluence::importing
