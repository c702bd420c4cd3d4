#include "session/map.hpp"

#include <utility>

#include "base/error.hpp"
#include "campaign/database.hpp"
#include "campaign/results_folder.hpp"
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
  if (const auto key = first_difference(stored.manifest(), fresh.manifest()); !key.empty()) {
    throw InputError("the folder " + out.string() + " holds another map (its " + key +
                     " differs): name another folder with --out");
  }
  return stored;
}

}  // namespace

std::filesystem::path map_folder(const MapOrder& order) {
  const std::filesystem::path out(order.out);
  return order.shard.empty() ? out : out / Shard::parse(order.shard).folder();
}

MapEnd run_map(const MapOrder& order) {
  auto request = order.request;
  request.shard = order.shard.empty() ? Shard{} : Shard::parse(order.shard);
  const auto& net = *request.net;
  require_memory(MapLayout(net, request.mode, request.spaces, request.layers), order.jobs);
  const auto out = map_folder(order);
  if (has_results(out)) {
    throw InputError("the folder " + out.string() + " holds a campaign: name another one with --out");
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
