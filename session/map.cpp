#include "session/map.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "campaign/database.hpp"
#include "campaign/results_folder.hpp"
#include "fault/fault_list.hpp"
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

std::vector<Site> given_upsets(const std::string& text, const Topology& net) {
  const SiteMap sites(net);
  const auto fields = std::ranges::count(text, ',');
  FaultCase given{0, 1, {}};
  if (fields == 5) {
    std::vector<std::string> words;
    std::istringstream in(text);
    for (std::string word; std::getline(in, word, ',');) {
      words.push_back(word);
    }
    nlohmann::json object{{"before_image", 0}, {"target", words.front()}};
    constexpr std::array kKeys = {"layer", "module", "index", "thresh", "bit"};
    words.resize(kKeys.size() + 1);
    try {
      for (std::size_t i = 0; i < kKeys.size(); ++i) {
        const auto& word = words[i + 1];
        object[kKeys[i]] = nlohmann::json::parse(word, nullptr, false);
        if (object[kKeys[i]].is_discarded()) {
          throw InputError("its " + std::string(kKeys[i]) + " '" + word + "' is no number");
        }
      }
      given.faults.push_back(parse_listed_fault(object, given.images, sites));
    } catch (const std::exception& e) {
      throw InputError("--given " + text + " is no stored bit (" + e.what() +
                       "): give space,layer,module,index,thresh,bit");
    }
  } else {
    const auto list = read_fault_list(text, sites);
    if (list.size() != 1) {
      throw InputError("--given " + text + " holds " + std::to_string(list.size()) +
                       " cases: give a list of one");
    }
    given = list.front().trial;
  }
  std::vector<Site> upsets;
  for (const auto& fault : given.faults) {
    if (!is_parameter(fault.site.space) || fault.kind != FaultKind::flip || fault.before_image != 0) {
      throw InputError("--given " + text +
                       " has another fault than an upset of weights or thresholds before image 0: leave "
                       "it out");
    }
    for (const int bit : flipped_bits(fault, sites.array_of(fault.site).bits, Semantics::physical)) {
      upsets.push_back(fault.site);
      upsets.back().bit = bit;
    }
  }
  std::ranges::sort(upsets);
  if (std::ranges::adjacent_find(upsets) != upsets.end()) {
    throw InputError("--given " + text + " has a bit twice: name each once");
  }
  return upsets;
}

MapEnd run_map(const MapOrder& order) {
  auto request = order.request;
  request.shard = order.parsed_shard();
  const auto& net = *request.net;
  if (!request.given.empty() && net.is_protected()) {
    throw InputError(
        "hardware " + net.name +
        " stores parameters by codecs, of which several upsets may meet in one code word: a "
        "map takes no --given of it, draw by 'fluence run' instead");
  }
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
