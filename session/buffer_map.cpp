#include "session/buffer_map.hpp"

#include <charconv>
#include <utility>

#include "base/error.hpp"
#include "campaign/database.hpp"
#include "campaign/results_folder.hpp"
#include "map/buffer_runner.hpp"
#include "map/results.hpp"
#include "session/session.hpp"

namespace fluence {
namespace {

std::optional<std::uint64_t> cycle_of(std::string_view text) {
  std::uint64_t cycle = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cycle);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() ? std::optional(cycle)
                                                                                   : std::nullopt;
}

CycleRange cycles_of(const std::string& text, std::uint64_t length, int images) {
  if (text.empty()) {
    return {0, length};
  }
  const auto colon = text.find(':');
  const auto from = cycle_of(std::string_view(text).substr(0, colon));
  const auto until =
      colon == std::string::npos ? std::nullopt : cycle_of(std::string_view(text).substr(colon + 1));
  if (!from || !until || *from >= *until || *until > length) {
    throw InputError(
        "--cycles " + text + " are none of a run of " + std::to_string(images) +
        " images: give A:B for the cycles A to B-1, with 0 <= A < B <= " + std::to_string(length));
  }
  return {*from, *until};
}

}  // namespace

BufferMapEnd run_buffer_map(const BufferMapOrder& order) {
  auto request = order.request;
  const auto& net = *request.net;
  const BufferLayout layout(net, request.spaces, request.layers);  // or refuses
  request.shard = order.parsed_shard();
  const auto schedule = load_schedule(net);
  const auto out = order.folder();
  if (has_results(out) || has_map(out)) {
    throw InputError("the folder " + out.string() +
                     " holds a campaign or a map of parameters: name another one with --out");
  }
  Session session(order.params, {&net}, order.images);
  session.keep_images(order.count.value_or(kBufferImages), "--count");
  request.images = session.images(net).size();
  request.cycles = cycles_of(order.cycles, schedule.run_length(request.images), request.images);
  ResultsFolder folder(out);
  auto manifest = map_manifest(net, session);
  manifest["schedule"] = schedule.digest();
  BufferMap map(request, std::move(manifest));
  if (has_buffer_map(out)) {
    auto stored = BufferMap::load(out);
    require_no_other_map(out, stored.manifest(), map.manifest());
    map = std::move(stored);
  } else {
    map.save_request(out);
  }
  folder.keep();
  if (const auto sentence = session.unlabelled(); order.warn && !sentence.empty()) {
    order.warn(sentence);
  }
  const auto end = run_buffer_map(map, schedule, session.parameters(net), session.images(net),
                                  order.jobs, out, order.progress);
  return {std::move(map), out, end == PoolEnd::interrupted};
}

}  // namespace fluence
