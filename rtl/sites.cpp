#include "rtl/sites.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "rtl/fifo/fifo.hpp"
#include "rtl/memory_cell/memory_cell.hpp"
#include "rtl/stage_kind.hpp"

namespace fluence {
namespace {

constexpr std::array<std::string_view, kSpaces.size()> kSpaceNames = {
    "weights", "thresholds", "window", "vector", "accumulator",
    "pool",    "fifo",       "stream", "read",   "control"};

std::string range_message(std::string_view key, long value, long limit, const Site& site,
                          const Topology& net) {
  return std::string(key) + " " + std::to_string(value) + " does not exist in " +
         std::string(to_string(site.space)) + " of layer " + std::to_string(site.layer) + " of " +
         net.name +
         (limit > 0 ? ": use 0 to " + std::to_string(limit - 1)
                    : ": the layer stores nothing there, see 'fluence sites'");
}

using Registers = std::vector<ControlRegister>;

// Whose variables they are.
struct Owner {
  int layer = 0;
  std::string instance;
  std::optional<std::size_t> stage{}, stream{};
};

void append(std::vector<StateArray>& out, const Owner& owner, const Storage& s) {
  out.push_back({s.space, owner.layer, 0, s.modules, s.words, s.threshes, s.bits,
                 owner.instance + s.variable, owner.stage, owner.stream, 0, s.copies, s.cell});
}

void append(std::vector<StateArray>& out, const Owner& owner, const Registers& registers) {
  for (const auto& r : registers) {
    append(out, owner, Storage{Space::control, 1, 1, 1, r.bits, r.variable});
  }
}

// The run's state machine and the register file, which serve the whole pipeline.
void append_top(std::vector<StateArray>& out, const Topology& net) {
  append(out, Owner{}, Registers{{"state_q", 2}, {"begin_q", 1}});
  Registers registers = {{"start_q", 1},         {"done_q", 1},
                         {"auto_restart_q", 1},  {"gie_q", 1},
                         {"ier_q", 2},           {"isr_q", 2},
                         {"in_addr_q", 64},      {"out_addr_q", 64},
                         {"val_q", 64},          {"do_init_q", 32},
                         {"target_layer_q", 32}, {"target_mem_q", 32},
                         {"target_ind_q", 32},   {"target_thresh_q", 32},
                         {"num_reps_q", 32},     {"bvalid_q", 1},
                         {"rvalid_q", 1},        {"rdata_q", 32}};
  if (has_target_module(net)) {
    registers.push_back({"g_target_module.target_module_q", 32});
  }
  append(out, Owner{0, "u_regs."}, registers);
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

std::string StateArray::variable(std::size_t number) const {
  if (cell.empty()) {
    return rtl_name;
  }
  const auto memories = static_cast<std::size_t>(modules * threshes);
  return rtl_name + ".g_memory[" + std::to_string(number % memories) + "].u_memory.g_copy[" +
         std::to_string(number / memories) + "]." + cell;
}

StateArray::Place StateArray::place(std::uint64_t word) const {
  if (cell.empty()) {
    return {0, word};
  }
  const auto slots = static_cast<std::uint64_t>(threshes);
  const auto depth = static_cast<std::uint64_t>(words);
  const auto row = word / slots;
  return {row / depth * slots + word % slots, row % depth};
}

SiteMap::SiteMap(const Dataflow& flow) : net_(flow.net) {
  append_top(arrays_, *net_);
  for (std::size_t k = 0; k < flow.stages.size(); ++k) {
    const auto& stage = flow.stages[k];
    const auto& layer = net_->layer(stage.layer);
    const Owner own{stage.layer, "u_pipeline.u_" + stage.name + ".", k};
    for (const auto& storage : stage.kind->storages(stage, layer)) {
      append(arrays_, own, storage);
    }
    append(arrays_, own, stage.kind->control(stage, layer));
    if (k < flow.streams.size()) {
      const auto& stream = flow.streams[k];
      const Owner fifo{stream.layer, "u_pipeline.u_" + stream.name + "_fifo.", {}, k};
      append(arrays_, fifo, fifo_storage(stream));
      append(arrays_, fifo, fifo_control(stream));
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

std::vector<Space> SiteMap::spaces() const {
  std::vector<Space> spaces(kSpaces.begin(), kSpaces.end());
  if (bit_count(Space::read) == 0) {
    std::erase(spaces, Space::read);
  }
  return spaces;
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
    check("copy", site.copy, array.copies);
    return array;
  }
  throw InputError(range_message("module", site.module, modules, site, *net_));
}

std::uint64_t SiteMap::address(const Site& site) const {
  const auto& a = array_of(site);
  const auto u = [](int v) { return static_cast<std::uint64_t>(v); };
  const auto module = u(site.copy) * u(a.modules) + u(site.module - a.first_module);
  const auto word = (module * u(a.words) + u(site.index)) * u(a.threshes) + u(site.thresh);
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
  site.module = array->first_module + take(array->modules);
  site.copy = static_cast<int>(rest);
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
