#include "session/map.hpp"

#include <utility>

#include "base/error.hpp"
#include "campaign/database.hpp"
#include "campaign/results_folder.hpp"
#include "map/buffer_results.hpp"
#include "map/image_map.hpp"
#include "map/runner.hpp"
#include "session/session.hpp"

namespace fluence {
namespace {

// Those of the folder, if it has any; a map of other inputs is refused.
MapResults open_or_begin(const std::filesystem::path& out, const MapRequest& request,
                         const Manifest& manifest) {
  MapResults fresh(request, manifest);
  if (!has_map(out)) {
    return fresh;
  }
  auto stored = MapResults::load(out);
  require_no_other_map(out, stored.manifest(), fresh.manifest());
  return stored;
}

}  // namespace

Shard MapInputs::parsed_shard() const { return shard.empty() ? Shard{} : Shard::parse(shard); }

std::filesystem::path MapInputs::folder() const {
  const std::filesystem::path whole(out);
  return shard.empty() ? whole : whole / parsed_shard().folder();
}

void require_no_other_map(const std::filesystem::path& folder, const Manifest& stored,
                          const Manifest& asked) {
  if (const auto key = first_difference(stored, asked); !key.empty()) {
    throw InputError("the folder " + folder.string() + " holds another map (its " + key +
                     " differs): name another folder with --out");
  }
}

MapEnd run_map(const MapOrder& order) {
  auto request = order.request;
  request.shard = order.parsed_shard();
  const auto& net = *request.net;
  require_memory(MapLayout(net, request.mode, request.spaces, request.layers), order.jobs);
  const auto out = order.folder();
  if (has_results(out) || has_buffer_map(out)) {
    throw InputError("the folder " + out.string() +
                     (has_results(out) ? " holds a campaign" : " holds a map of buffers") +
                     ": name another one with --out");
  }
  Session session(order.params, {&net}, order.images);
  session.keep_images(order.count.value_or(session.images(net).size()), "--count");
  request.images = session.images(net).size();
  ResultsFolder folder(out);
  auto map = open_or_begin(out, request, map_manifest(net, session));
  if (order.warn && !has_fast_map(map.layout())) {
    order.warn(net.name +
               " has layers for which there is no fast map: it is made by the incremental inference, "
               "with the same result");
  }
  if (const auto sentence = session.unlabelled(); order.warn && !sentence.empty()) {
    order.warn(sentence);
  }
  const auto end =
      run_map(map, session.parameters(net), session.images(net), order.jobs, out, order.progress);
  folder.keep();
  return {std::move(map), out.string(), end == PoolEnd::interrupted};
}

}  // namespace fluence
