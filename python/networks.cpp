#include <filesystem>
#include <map>
#include <optional>

#include "base/error.hpp"
#include "fault/fault_list.hpp"
#include "network/known_networks.hpp"
#include "python/long_call.hpp"
#include "rtl/fate.hpp"
#include "rtl/sites.hpp"

namespace fluence::python {
namespace {

std::vector<std::string> network_list() {
  std::vector<std::string> names;
  for (const auto* known : {&all_topologies(), &protected_topologies()}) {
    for (const auto& net : *known) {
      names.push_back(net.name);
    }
  }
  return names;
}

py::dict layer_table(const Topology& net) {
  const auto& layers = net.layers;
  std::vector<std::int64_t> weight_bits, threshold_bits;
  std::vector<bool> convolution;
  for (const auto& layer : layers) {
    convolution.push_back(layer.convolution);
    weight_bits.push_back(layer.weight_bit_count());
    threshold_bits.push_back(layer.threshold_bit_count());
  }
  py::dict table;
  table["layer"] = array_of(column(layers, &Layer::index));
  table["convolution"] = py::cast(convolution);
  table["in_height"] = array_of(column(layers, &Layer::in_height));
  table["in_width"] = array_of(column(layers, &Layer::in_dim));
  table["in_channels"] = array_of(column(layers, &Layer::in_channels));
  table["out_channels"] = array_of(column(layers, &Layer::out_channels));
  table["in_bits"] = array_of(column(layers, &Layer::in_bits));
  table["out_bits"] = array_of(column(layers, &Layer::out_bits));
  table["bits_of_a_weight"] = array_of(column(layers, &Layer::weight_bits));
  table["thresholds_of_an_output"] = array_of(column(layers, &Layer::thresholds));
  table["pe"] = array_of(column(layers, &Layer::pe));
  table["simd"] = array_of(column(layers, &Layer::simd));
  table["weight_bits"] = array_of(std::move(weight_bits));
  table["threshold_bits"] = array_of(std::move(threshold_bits));
  return table;
}

// Every array of the RTL in it or, of a space and layer, some.
std::vector<const StateArray*> arrays_of(const SiteMap& map, const std::optional<std::string>& space,
                                         const std::optional<int>& layer) {
  if (space) {
    static_cast<void>(space_from_string(*space));  // refuses what is none
  }
  if (layer) {
    const int layers = static_cast<int>(map.net().layers.size());
    if (*layer < 0 || *layer >= layers) {
      throw InputError("layer " + std::to_string(*layer) + " does not exist in " + map.net().name +
                       ": use 0 to " + std::to_string(layers - 1));
    }
  }
  std::vector<const StateArray*> arrays;
  for (const auto& array : map.arrays()) {
    if ((!space || to_string(array.space) == *space) && (!layer || array.layer == *layer)) {
      arrays.push_back(&array);
    }
  }
  return arrays;
}

// What `fluence sites --csv` prints.
py::dict array_table(const Topology& net) {
  const SiteMap map(net);
  const auto& arrays = map.arrays();
  std::vector<std::int8_t> spaces;
  for (const auto& array : arrays) {
    spaces.push_back(static_cast<std::int8_t>(array.space));
  }
  py::dict table;
  table["address"] = array_of(column(arrays, &StateArray::address));
  table["space"] = array_of(std::move(spaces));
  table["layer"] = array_of(column(arrays, &StateArray::layer));
  table["first_module"] = array_of(column(arrays, &StateArray::first_module));
  table["modules"] = array_of(column(arrays, &StateArray::modules));
  table["words"] = array_of(column(arrays, &StateArray::words));
  table["threshes"] = array_of(column(arrays, &StateArray::threshes));
  table["bits"] = array_of(column(arrays, &StateArray::bits));
  table["rtl_name"] = py::cast(column(arrays, &StateArray::rtl_name));
  table["copies"] = array_of(column(arrays, &StateArray::copies));
  return table;
}

// A row for each bit, in the order of addresses; names are numbers in "rtl_names".
py::dict site_table(const Topology& net, const std::optional<std::string>& space,
                    const std::optional<int>& layer) {
  const SiteMap map(net);
  const auto arrays = arrays_of(map, space, layer);
  std::size_t bits = 0;
  for (const auto* array : arrays) {
    bits += array->bit_count();
  }
  SiteColumns sites;
  sites.reserve(bits);
  std::vector<std::uint64_t> addresses;
  addresses.reserve(bits);
  std::vector<std::int32_t> names;
  names.reserve(bits);
  std::vector<std::string> known;
  std::map<std::string, std::int32_t> numbers;
  for (const auto* array : arrays) {
    const auto [name, added] =
        numbers.try_emplace(array->rtl_name, static_cast<std::int32_t>(numbers.size()));
    if (added) {
      known.push_back(array->rtl_name);
    }
    for (auto at = array->address; at < array->address + array->bit_count(); ++at) {
      sites.add(map.site(at));
      addresses.push_back(at);
      names.push_back(name->second);
    }
  }
  py::dict table;
  sites.move_to(table);
  table["address"] = array_of(std::move(addresses));
  table["rtl_name"] = array_of(std::move(names));
  table["rtl_names"] = py::cast(known);
  return table;
}

py::dict sites_at(const Topology& net, const py::array_t<std::int64_t>& addresses) {
  const SiteMap map(net);
  SiteColumns sites;
  const auto flat = addresses.unchecked<1>();
  for (py::ssize_t i = 0; i < flat.shape(0); ++i) {
    sites.add(map.site(static_cast<std::uint64_t>(flat(i))));
  }
  py::dict table;
  sites.move_to(table);
  return table;
}

py::array_t<std::uint64_t> addresses_of(const Topology& net, const py::dict& table) {
  const SiteMap map(net);
  std::vector<std::uint64_t> addresses;
  for (const auto& site : sites_of(table)) {
    addresses.push_back(map.address(site));
  }
  return array_of(std::move(addresses));
}

// A file of `fluence replay`: a row for each fault, "trial" is its case's id.
py::dict fault_list(const Topology& net, const std::string& file) {
  FaultColumns faults;
  std::vector<std::int64_t> trials;
  for (const auto& listed : read_fault_list(std::filesystem::path(file), SiteMap(net))) {
    for (const auto& fault : listed.trial.faults) {
      trials.push_back(listed.trial.id);
      faults.add(fault);
    }
  }
  py::dict table;
  table["trial"] = array_of(std::move(trials));
  faults.move_to(table);
  return table;
}

}  // namespace

void add_networks(py::module_& module) {
  using InTurn = py::call_guard<Turn>;
  std::vector<std::string> spaces, fates;
  for (const auto space : kSpaces) {
    spaces.emplace_back(to_string(space));
  }
  for (int fate = 0; fate < kFates; ++fate) {
    fates.emplace_back(to_string(static_cast<Fate>(fate)));
  }
  module.attr("SPACES") = py::tuple(py::cast(spaces));
  module.attr("FATES") = py::tuple(py::cast(fates));
  module.def("networks", &network_list, InTurn());
  module.def(
      "space_number", [](const std::string& name) { return static_cast<int>(space_from_string(name)); },
      py::arg("name"));
  // Known for the rest of the program.
  py::class_<Topology, std::unique_ptr<Topology, py::nodelete>>(module, "Network")
      .def_readonly("name", &Topology::name)
      .def_readonly("network", &Topology::network)
      .def_property_readonly("digest", &network_digest, InTurn())
      .def_property_readonly("hardware_digest", &hardware_digest, InTurn())
      .def_property_readonly("scores", &Topology::scores)
      .def_property_readonly("image_shape",
                             [](const Topology& net) {
                               const auto image = net.image();
                               return py::make_tuple(image.channels, image.height, image.width);
                             })
      .def("layers", &layer_table, InTurn())
      .def("arrays", &array_table, InTurn())
      .def("sites", &site_table, py::arg("space"), py::arg("layer"), InTurn())
      .def("sites_at", &sites_at, py::arg("addresses"), InTurn())
      .def("addresses", &addresses_of, py::arg("sites"), InTurn())
      .def("faults", &fault_list, py::arg("file"), InTurn());
  module.def(
      "find_network", [](const std::string& name) { return &find_topology(name); },
      py::arg("name_or_path"), py::return_value_policy::reference, InTurn());
}

}  // namespace fluence::python
