#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/json_text.hpp"
#include "map/buffer_summary.hpp"
#include "map/summary.hpp"
#include "network/known_networks.hpp"
#include "python/long_call.hpp"
#include "session/buffer_map.hpp"
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

void put_places(py::dict& table, const std::vector<MapTotals>& totals) {
  std::vector<std::int8_t> spaces;
  for (const auto& one : totals) {
    spaces.push_back(static_cast<std::int8_t>(one.space));
  }
  table["space"] = array_of(std::move(spaces));
  table["layer"] = array_of(column(totals, &MapTotals::layer));
  table["bits"] = array_of(column(totals, &MapTotals::faults));
}

void put_shares(py::dict& table, const std::vector<MapTotals>& totals) {
  std::vector<double> avf, critical_share;
  for (const auto& one : totals) {
    avf.push_back(one.avf());
    critical_share.push_back(one.critical_share());
  }
  table["avf"] = array_of(std::move(avf));
  table["critical_share"] = array_of(std::move(critical_share));
}

// A row for each space and layer.
py::dict totals_table(const MapResults& map) {
  const auto totals = map_totals(map);
  py::dict table;
  put_places(table, totals);
  put_consequences(table, totals);
  table["never_critical_bits"] = array_of(column(totals, &MapTotals::never_critical));
  put_shares(table, totals);
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

/// A map and where the files of its images are.
struct StoredBufferMap {
  BufferMap map;
  std::string folder;

  /// Throws InputError if not all images are done.
  [[nodiscard]] const BufferMap& whole() const {
    require_all_images(map.images_done(), map.request().images, folder);
    return map;
  }
};

// A row for each space and layer.
py::dict buffer_totals_table(const StoredBufferMap& stored) {
  const auto totals = buffer_totals(stored.whole());
  py::dict table;
  put_places(table, totals);
  table["cycles"] = array_of(std::vector(totals.size(), stored.map.request().cycles.cycles()));
  put_consequences(table, totals);
  table["read"] = array_of(column(totals, &MapTotals::read));
  put_shares(table, totals);
  return table;
}

// A row for each bit and span of cycles, as in the file of --csv.
py::dict span_table(const StoredBufferMap& stored) {
  constexpr std::size_t kConsequences = kCounted + 1;
  SiteColumns sites;
  std::array<std::vector<std::int32_t>, kConsequences> images;
  std::vector<std::int32_t> critical, image;
  std::vector<std::uint64_t> from, until, weight;
  for_each_span(stored.whole(), stored.folder, [&](const Site& site, const BufferEntry& entry) {
    const bool masked = entry.consequence == Consequence::masked;
    sites.add(site);
    for (std::size_t i = 0; i < kConsequences; ++i) {
      images[i].push_back(static_cast<std::size_t>(entry.consequence) == i ? 1 : 0);
    }
    images[0].back() = stored.map.request().images - (masked ? 0 : 1);
    critical.push_back(entry.consequence > Consequence::tolerable ? 1 : 0);
    from.push_back(entry.span.from);
    until.push_back(entry.span.until);
    weight.push_back(entry.span.cycles());
    image.push_back(masked ? -1 : entry.image);
  });
  py::dict table;
  sites.move_to(table);
  table["masked"] = array_of(std::move(images[0]));
  table["tolerable"] = array_of(std::move(images[1]));
  table["critical"] = array_of(std::move(critical));
  table["right_to_wrong"] = array_of(std::move(images[2]));
  table["wrong_to_right"] = array_of(std::move(images[3]));
  table["wrong_to_wrong"] = array_of(std::move(images[4]));
  table["from"] = array_of(std::move(from));
  table["until"] = array_of(std::move(until));
  table["weight"] = array_of(std::move(weight));
  table["image"] = array_of(std::move(image));
  return table;
}

MapResults stored(MapResults map, const std::string& /*folder*/) { return map; }
StoredBufferMap stored(BufferMap map, const std::string& folder) { return {std::move(map), folder}; }

// Gives the map, its folder and sentences that are no errors.
template <typename Order, typename Make>
py::tuple run(Order order, const py::object& progress, Make make) {
  std::vector<std::string> sentences;
  order.warn = [&](const std::string& sentence) { sentences.push_back(sentence); };
  Told told(progress);
  order.progress = told.sink();
  auto end = long_call([&] { return make(order); });
  const auto folder = std::filesystem::path(end.folder).string();
  if (end.interrupted) {
    raise_interrupt("interrupted with " + std::to_string(end.map.images_done()) + " of " +
                    std::to_string(end.map.request().images) + " images in " + folder +
                    ": run the same again to resume");
  }
  return py::make_tuple(stored(std::move(end.map), folder), folder, sentences);
}

// What maps of all kinds are asked for by.
void take_inputs(MapInputs& to, MapScope& scope, const Topology& net, const std::string& out,
                 const std::vector<std::string>& spaces, const std::vector<int>& layers,
                 const std::string& params, const std::string& images, const std::optional<int>& count,
                 const std::string& shard, int jobs) {
  scope.net = &net;
  scope.spaces.clear();
  for (const auto& name : spaces) {
    scope.spaces.push_back(space_from_string(name));
  }
  scope.layers = layers;
  to.out = out;
  to.params = params;
  to.images = images;
  to.shard = shard;
  to.count = count;
  to.jobs = jobs;
}

}  // namespace

static void add_buffer_maps(py::module_& module) {
  using InTurn = py::call_guard<Turn>;
  using Stored = StoredBufferMap;
  py::class_<Stored>(module, "BufferMapResults")
      .def_property_readonly(
          "network", [](const Stored& stored) { return stored.map.request().net; },
          py::return_value_policy::reference)
      .def_property_readonly("images", [](const Stored& stored) { return stored.map.request().images; })
      .def_property_readonly("images_done",
                             [](const Stored& stored) { return stored.map.images_done(); })
      .def_property_readonly("cycles",
                             [](const Stored& stored) {
                               const auto& cycles = stored.map.request().cycles;
                               return std::pair(cycles.from, cycles.until);
                             })
      .def("manifest", [](const Stored& stored) { return stored.map.manifest(); })
      .def(
          "digest", [](const Stored& stored) { return stored.map.digest(); }, InTurn())
      .def("totals", &buffer_totals_table, InTurn())
      .def("entries", &span_table, InTurn())
      .def(
          "text", [](const Stored& stored) { return buffer_text(stored.whole()); }, InTurn())
      .def(
          "report", [](const Stored& stored) { return json_text(buffer_json(stored.whole()), -1); },
          InTurn());
  module.def(
      "open_buffer_map",
      [](const std::string& folder) {
        return Stored{BufferMap::load(folder), folder};
      },
      py::arg("folder"), InTurn());
  module.def(
      "run_buffer_map",
      [](const Topology& net, const std::string& out, const std::vector<std::string>& spaces,
         const std::string& cycles, const std::vector<int>& layers, const std::string& params,
         const std::string& images, const std::optional<int>& count, const std::string& shard, int jobs,
         const py::object& progress) {
        BufferMapOrder order;
        order.cycles = cycles;
        take_inputs(order, order.request, net, out, spaces, layers, params, images, count, shard, jobs);
        return run(std::move(order), progress, run_buffer_map);
      },
      py::arg("network"), py::arg("out"), py::arg("spaces"), py::arg("cycles"), py::arg("layers"),
      py::arg("params"), py::arg("images"), py::arg("count"), py::arg("shard"), py::arg("jobs"),
      py::arg("progress"), InTurn());
}

void add_maps(py::module_& module) {
  add_buffer_maps(module);
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
        order.request.mode = map_mode_from_string(mode);
        take_inputs(order, order.request, net, out, spaces, layers, params, images, count, shard, jobs);
        return run(std::move(order), progress, [](const MapOrder& o) { return run_map(o); });
      },
      py::arg("network"), py::arg("out"), py::arg("mode"), py::arg("spaces"), py::arg("layers"),
      py::arg("params"), py::arg("images"), py::arg("count"), py::arg("shard"), py::arg("jobs"),
      py::arg("progress"), InTurn());
}

}  // namespace fluence::python
