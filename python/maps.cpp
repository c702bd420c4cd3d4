#include <optional>

#include "base/json_text.hpp"
#include "map/summary.hpp"
#include "network/known_networks.hpp"
#include "python/long_call.hpp"
#include "session/map.hpp"

namespace fluence::python {
namespace {

void put_consequences(py::dict& table, const std::vector<MapTotals>& totals) {
  table["masked"] = array_of(column(totals, &MapTotals::masked));
  table["tolerable"] = array_of(column(totals, &MapTotals::tolerable));
  table["right_to_wrong"] = array_of(column(totals, &MapTotals::right_to_wrong));
  table["wrong_to_right"] = array_of(column(totals, &MapTotals::wrong_to_right));
  table["wrong_to_wrong"] = array_of(column(totals, &MapTotals::wrong_to_wrong));
}

// A row for each space and layer.
py::dict totals_table(const MapResults& map) {
  const auto totals = map_totals(map);
  std::vector<std::int8_t> spaces;
  std::vector<double> avf, critical_share;
  for (const auto& one : totals) {
    spaces.push_back(static_cast<std::int8_t>(one.space));
    avf.push_back(one.avf());
    critical_share.push_back(one.critical_share());
  }
  py::dict table;
  table["space"] = array_of(std::move(spaces));
  table["layer"] = array_of(column(totals, &MapTotals::layer));
  table["bits"] = array_of(column(totals, &MapTotals::faults));
  put_consequences(table, totals);
  table["never_critical_bits"] = array_of(column(totals, &MapTotals::never_critical));
  table["avf"] = array_of(std::move(avf));
  table["critical_share"] = array_of(std::move(critical_share));
  return table;
}

// A row for each fault, in the order of sites; "number" is its row of the counts.
py::dict entry_table(const MapResults& map) {
  const auto& layout = map.layout();
  const auto images = static_cast<std::uint32_t>(map.images_done());
  SiteColumns sites;
  sites.reserve(layout.size());
  std::vector<std::int64_t> numbers;
  std::vector<std::uint32_t> masked, tolerable, critical, right_to_wrong, wrong_to_right, wrong_to_wrong;
  numbers.reserve(layout.size());
  for (const auto& region : layout.regions()) {
    layout.for_each(region, [&](const Site& site, std::size_t number) {
      const auto& counts = map.counts()[number];
      sites.add(site);
      numbers.push_back(static_cast<std::int64_t>(number));
      masked.push_back(counts.masked(images));
      tolerable.push_back(counts.tolerable());
      critical.push_back(counts.critical());
      right_to_wrong.push_back(counts.of(Consequence::right_to_wrong));
      wrong_to_right.push_back(counts.of(Consequence::wrong_to_right));
      wrong_to_wrong.push_back(counts.of(Consequence::wrong_to_wrong));
    });
  }
  py::dict table;
  sites.move_to(table);
  table["number"] = array_of(std::move(numbers));
  table["masked"] = array_of(std::move(masked));
  table["tolerable"] = array_of(std::move(tolerable));
  table["critical"] = array_of(std::move(critical));
  table["right_to_wrong"] = array_of(std::move(right_to_wrong));
  table["wrong_to_right"] = array_of(std::move(wrong_to_right));
  table["wrong_to_wrong"] = array_of(std::move(wrong_to_wrong));
  return table;
}

// The map's own, read-only, as long as somebody has it.
py::array counts_of(const py::object& self) {
  const auto& counts = self.cast<const MapResults&>().counts();
  static_assert(sizeof(MapCounts) == kCounted * sizeof(std::uint32_t));
  py::array_t<std::uint32_t> array({signed_size(counts.size()), signed_size(kCounted)},
                                   counts.empty() ? nullptr : counts.front().images.data(), self);
  array.attr("setflags")(py::arg("write") = false);
  return array;
}

// Gives the folder of the map and sentences that are no errors.
py::tuple run(MapOrder order, const py::object& progress) {
  std::vector<std::string> sentences;
  order.warn = [&](const std::string& sentence) { sentences.push_back(sentence); };
  Told told(progress);
  order.progress = told.sink();
  auto end = long_call([&] { return run_map(order); });
  if (end.interrupted) {
    raise_interrupt("interrupted with " + std::to_string(end.map.images_done()) + " of " +
                    std::to_string(end.map.request().images) + " images in " + end.folder +
                    ": run the same again to resume");
  }
  return py::make_tuple(std::move(end.map), end.folder, sentences);
}

}  // namespace

void add_maps(py::module_& module) {
  using InTurn = py::call_guard<Turn>;
  py::class_<MapResults>(module, "MapResults")
      .def_property_readonly(
          "network", [](const MapResults& map) { return map.request().net; },
          py::return_value_policy::reference)
      .def_property_readonly(
          "mode", [](const MapResults& map) { return std::string(to_string(map.request().mode)); })
      .def_property_readonly("images", [](const MapResults& map) { return map.request().images; })
      .def_property_readonly("images_done", &MapResults::images_done)
      .def_property_readonly("counts", &counts_of)
      .def("manifest", &MapResults::manifest)
      .def("digest", &MapResults::digest, InTurn())
      .def("totals", &totals_table, InTurn())
      .def("entries", &entry_table, InTurn())
      .def("text", &map_text, InTurn())
      .def(
          "report", [](const MapResults& map) { return json_text(map_json(map), -1); }, InTurn());
  module.def(
      "open_map", [](const std::string& folder) { return MapResults::load(folder); }, py::arg("folder"),
      InTurn());
  module.def(
      "run_map",
      [](const Topology& net, const std::string& out, const std::string& mode,
         const std::vector<std::string>& spaces, const std::vector<int>& layers,
         const std::string& params, const std::string& images, const std::optional<int>& count,
         const std::string& shard, int jobs, const py::object& progress) {
        MapOrder order;
        order.request.net = &net;
        order.request.mode = map_mode_from_string(mode);
        order.request.spaces.clear();
        for (const auto& name : spaces) {
          order.request.spaces.push_back(space_from_string(name));
        }
        order.request.layers = layers;
        order.out = out;
        order.params = params;
        order.images = images;
        order.shard = shard;
        order.count = count;
        order.jobs = jobs;
        return run(std::move(order), progress);
      },
      py::arg("network"), py::arg("out"), py::arg("mode"), py::arg("spaces"), py::arg("layers"),
      py::arg("params"), py::arg("images"), py::arg("count"), py::arg("shard"), py::arg("jobs"),
      py::arg("progress"), InTurn());
}

}  // namespace fluence::python
