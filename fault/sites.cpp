#include "fault/sites.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "network/dataflow.hpp"

namespace fluence {
namespace {

constexpr std::array<std::string_view, kSpaces.size()> kSpaceNames = {
    "weights", "thresholds", "window", "vector", "accumulator", "pool", "fifo", "stream", "control"};

constexpr int kLineBlocks = 4;  // kernel 3, and one that is being filled

std::string range_message(std::string_view key, long value, long limit, const Site& site,
                          const Topology& net) {
  return std::string(key) + " " + std::to_string(value) + " does not exist in " +
         std::string(to_string(site.space)) + " of layer " + std::to_string(site.layer) + " of " +
         net.name +
         (limit > 0 ? ": use 0 to " + std::to_string(limit - 1)
                    : ": the layer stores nothing there, see 'fluence sites'");
}

// Bits of a register that counts 0 .. values-1, as the RTL declares them.
int counter_bits(int values) {
  return std::max(1, static_cast<int>(std::bit_width(static_cast<unsigned>(values - 1))));
}

struct Register {
  const char* name;
  int bits;
};

void append_registers(std::vector<StateArray>& out, int layer, const std::string& instance,
                      const std::vector<Register>& registers) {
  for (const auto& r : registers) {
    out.push_back({Space::control, layer, 0, 1, 1, 1, r.bits, instance + r.name, 0});
  }
}

// The run's state machine and the register file, which serve the whole pipeline.
void append_top(std::vector<StateArray>& out) {
  append_registers(out, 0, "", {{"state_q", 2}, {"begin_q", 1}});
  append_registers(out, 0, "u_regs.",
                   {{"start_q", 1},
                    {"done_q", 1},
                    {"auto_restart_q", 1},
                    {"gie_q", 1},
                    {"ier_q", 2},
                    {"isr_q", 2},
                    {"in_addr_q", 64},
                    {"out_addr_q", 64},
                    {"val_q", 64},
                    {"do_init_q", 32},
                    {"target_layer_q", 32},
                    {"target_mem_q", 32},
                    {"target_ind_q", 32},
                    {"target_thresh_q", 32},
                    {"num_reps_q", 32},
                    {"bvalid_q", 1},
                    {"rvalid_q", 1},
                    {"rdata_q", 32}});
}

// The registers that steer one stage, in the order of the RTL source.
std::vector<Register> control_of(const Stage& stage, const Layer& layer) {
  switch (stage.kind) {
    case StageKind::mem_reader:
      return {
          {"addr_q", 64}, {"left_q", 32}, {"beats_left_q", 5}, {"arvalid_q", 1}, {"data_valid_q", 1}};
    case StageKind::mem_writer:
      return {{"state_q", 2},         {"addr_q", 64},         {"left_q", 32},
              {"beats_to_take_q", 5}, {"beats_to_send_q", 5}, {"data_valid_q", 1}};
    case StageKind::width_converter:
      return {{"count_q", counter_bits(std::max(stage.in_width, stage.out_width) /
                                       std::min(stage.in_width, stage.out_width))}};
    case StageKind::sliding_window: {
      const int pixel_words = layer.in_channels / layer.simd;
      const int line_words = layer.in_dim * pixel_words;
      return {{"col_q", counter_bits(line_words + 1)},
              {"wblock_q", counter_bits(kLineBlocks)},
              {"line_q", counter_bits(layer.in_dim)},
              {"filling_q", 1},
              {"done_q", 1},
              {"rblock_q", counter_bits(kLineBlocks)},
              {"ky_q", counter_bits(layer.kernel())},
              {"tap_q", counter_bits(layer.kernel() * pixel_words)},
              {"base_q", counter_bits(line_words)},
              {"row_q", counter_bits(layer.in_dim)}};
    }
    case StageKind::matrix_vector:
      return {{"sf_q", counter_bits(layer.synapse_folds())},
              {"nf_q", counter_bits(layer.neuron_folds())},
              {"nf_out_q", counter_bits(layer.neuron_folds())},
              {"tile_q", counter_bits(layer.weight_words())},
              {"out_valid_q", 1}};
    case StageKind::max_pool:
      return {{"col_q", counter_bits(layer.out_dim / 2)},
              {"odd_pixel_q", 1},
              {"odd_line_q", 1},
              {"emitting_q", 1}};
  }
  return {};
}

std::vector<Register> control_of(const Stream& stream) {
  const int pointer = counter_bits(stream.depth);
  return {{"rptr_q", pointer}, {"wptr_q", pointer}, {"fill_q", counter_bits(stream.depth + 1)}};
}

// Appends the data arrays of one stage, in the order of the RTL source.
void append_stage(std::vector<StateArray>& out, const Stage& stage, const Layer& layer) {
  const auto name = [&](const char* variable) { return "u_pipeline.u_" + stage.name + "." + variable; };
  const auto add = [&](Space space, int modules, int words, int threshes, int bits,
                       const char* variable) {
    out.push_back({space, stage.layer, 0, modules, words, threshes, bits, name(variable), 0});
  };
  switch (stage.kind) {
    case StageKind::mem_reader:
    case StageKind::mem_writer:
      add(Space::stream, 1, 1, 1, std::max(stage.in_width, stage.out_width), "data_q");
      break;
    case StageKind::width_converter:
      add(Space::stream, 1, 1, 1,
          std::max(stage.in_width, stage.out_width) - std::min(stage.in_width, stage.out_width),
          "data_q");
      break;
    case StageKind::sliding_window:
      add(Space::window, kLineBlocks, layer.in_dim * (layer.in_channels / layer.simd), 1, stage.in_width,
          "lines_q");
      break;
    case StageKind::matrix_vector:
      add(Space::weights, layer.pe, layer.weight_words(), 1, layer.weight_word_bits(), "weights_q");
      if (layer.thresholds > 0) {
        add(Space::thresholds, layer.pe, layer.threshold_words(), layer.thresholds,
            layer.accumulator_bits, "g_thresholds.thresholds_q");
      }
      add(Space::vector, 1, layer.synapse_folds(), 1, stage.in_width, "vector_q");
      add(Space::accumulator, layer.pe, 1, 1, layer.accumulator_bits, "acc_q");
      break;
    case StageKind::max_pool: add(Space::pool, 1, layer.out_dim / 2, 1, stage.out_width, "row_q"); break;
  }
}

}  // namespace

std::string_view to_string(Space space) { return kSpaceNames.at(static_cast<std::size_t>(space)); }

Space space_from_string(std::string_view name) {
  const auto it = std::ranges::find(kSpaceNames, name);
  if (it == kSpaceNames.end()) {
    std::string known;
    for (const auto& n : kSpaceNames) {
      known += (known.empty() ? "" : ", ") + std::string(n);
    }
    throw InputError("unknown space '" + std::string(name) + "': use one of " + known);
  }
  return static_cast<Space>(it - kSpaceNames.begin());
}

SiteMap::SiteMap(const Topology& net) : net_(&net) {
  const auto flow = dataflow(net);
  append_top(arrays_);
  for (std::size_t k = 0; k < flow.stages.size(); ++k) {
    const auto& stage = flow.stages[k];
    const auto& layer = net.layer(stage.layer);
    append_stage(arrays_, stage, layer);
    append_registers(arrays_, stage.layer, "u_pipeline.u_" + stage.name + ".", control_of(stage, layer));
    if (k < flow.streams.size()) {
      const auto& stream = flow.streams[k];
      const auto fifo = "u_pipeline.u_" + stream.name + "_fifo.";
      arrays_.push_back(
          {Space::fifo, stream.layer, 0, 1, stream.depth, 1, stream.width, fifo + "mem_q", 0});
      append_registers(arrays_, stream.layer, fifo, control_of(stream));
    }
  }
  std::ranges::stable_sort(arrays_, {}, [](const StateArray& a) { return std::pair(a.space, a.layer); });
  std::uint64_t address = 0;
  std::map<std::pair<Space, int>, int> modules;
  for (auto& array : arrays_) {
    array.address = address;
    address += array.bit_count();
    auto& next = modules[{array.space, array.layer}];
    array.first_module = next;
    next += array.modules;
  }
}

std::uint64_t SiteMap::bit_count() const { return arrays_.back().address + arrays_.back().bit_count(); }

std::uint64_t SiteMap::bit_count(Space space) const {
  std::uint64_t bits = 0;
  for (const auto& layer : net_->layers) {
    bits += bit_count(space, layer.index);
  }
  return bits;
}

std::uint64_t SiteMap::bit_count(Space space, int layer) const {
  std::uint64_t bits = 0;
  for (const auto& array : arrays_) {
    if (array.space == space && array.layer == layer) {
      bits += array.bit_count();
    }
  }
  return bits;
}

const StateArray& SiteMap::array_of(const Site& site) const {
  const int layers = static_cast<int>(net_->layers.size());
  if (site.layer < 0 || site.layer >= layers) {
    throw InputError("layer " + std::to_string(site.layer) + " does not exist in " + net_->name +
                     ": use 0 to " + std::to_string(layers - 1));
  }
  int modules = 0;
  for (const auto& array : arrays_) {
    if (array.space != site.space || array.layer != site.layer) {
      continue;
    }
    modules = array.first_module + array.modules;
    if (site.module < array.first_module || site.module >= modules) {
      continue;
    }
    const auto check = [&](std::string_view key, int value, int limit) {
      if (value < 0 || value >= limit) {
        throw InputError(range_message(key, value, limit, site, *net_));
      }
    };
    check("index", site.index, array.words);
    check("thresh", site.thresh, array.threshes);
    check("bit", site.bit, array.bits);
    return array;
  }
  throw InputError(range_message("module", site.module, modules, site, *net_));
}

std::uint64_t SiteMap::address(const Site& site) const {
  const auto& a = array_of(site);
  const auto u = [](int v) { return static_cast<std::uint64_t>(v); };
  const auto word =
      (u(site.module - a.first_module) * u(a.words) + u(site.index)) * u(a.threshes) + u(site.thresh);
  return a.address + word * u(a.bits) + u(site.bit);
}

const StateArray* SiteMap::find(std::uint64_t address) const {
  auto it = std::ranges::upper_bound(arrays_, address, {}, &StateArray::address);
  if (it == arrays_.begin()) {
    return nullptr;
  }
  --it;
  return address - it->address < it->bit_count() ? &*it : nullptr;
}

Site SiteMap::site(std::uint64_t address) const {
  const auto* array = find(address);
  if (array == nullptr) {
    throw InputError("flat state address " + std::to_string(address) + " does not exist in " +
                     net_->name + ": use 0 to " + std::to_string(bit_count() - 1));
  }
  auto rest = address - array->address;
  const auto take = [&rest](int radix) {
    const auto digit = static_cast<int>(rest % static_cast<std::uint64_t>(radix));
    rest /= static_cast<std::uint64_t>(radix);
    return digit;
  };
  Site site{array->space, array->layer};
  site.bit = take(array->bits);
  site.thresh = take(array->threshes);
  site.index = take(array->words);
  site.module = array->first_module + static_cast<int>(rest);
  return site;
}

Site SiteMap::nth(Space space, int layer, std::uint64_t n) const {
  for (const auto& array : arrays_) {
    if (array.space == space && array.layer == layer) {
      if (n < array.bit_count()) {
        return site(array.address + n);
      }
      n -= array.bit_count();
    }
  }
  throw InputError("bit " + std::to_string(n) + " lies beyond " + std::string(to_string(space)) +
                   " of layer " + std::to_string(layer) + " of " + net_->name);
}

}  // namespace fluence
