#include "trace/story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "rtl/dataflow.hpp"
#include "rtl/matrix_vector/matrix_vector.hpp"

namespace fluence {
namespace {

std::string counted(std::uint64_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

bool differed(const TraceResult& result, const SiteMap& sites, Space space, int layer) {
  return std::ranges::any_of(result.arrays, [&](const ArrayTrace& trace) {
    const auto& array = sites.arrays()[trace.array];
    return array.space == space && array.layer == layer;
  });
}

// What became of differing words behind the last stream that carried some.
std::string absorbed_behind(const TraceResult& result, const SiteMap& sites, const Dataflow& flow,
                            std::size_t stream) {
  const auto& stage = flow.stages[stream + 1];
  const auto words = counted(result.streams[stream].differing, "word") + " of " +
                     flow.streams[stream].name + " differed";
  return stage.kind->absorbed(stage, words,
                              [&](Space space) { return differed(result, sites, space, stage.layer); });
}

// No word of any stream differed.
std::string not_beyond_storage(const TraceResult& result, const SiteMap& sites,
                               const std::vector<Fate>& fates) {
  const auto has = [&](Fate fate) { return std::ranges::find(fates, fate) != fates.end(); };
  const bool unread = !has(Fate::read) && !has(Fate::unknown);
  if (unread && has(Fate::overwritten)) {
    return fmt::format("overwritten, unread, in {}",
                       sites.arrays()[result.arrays.front().array].rtl_name);
  }
  if (unread) {
    return "never read: nothing differed but what was hit";
  }
  for (const auto& layer : sites.net().layers) {
    if (differed(result, sites, Space::accumulator, layer.index)) {
      return absorbed_by_unit(layer.index, "stored bits differed", true);
    }
  }
  return "absorbed where it was: no word of any stream differed";
}

std::string scores_reached(const TraceResult& result, int scores) {
  const auto row = static_cast<std::size_t>(scores);
  int images = 0;
  int classes = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(result.images_done); ++i) {
    const auto faulty = std::span(result.scores).subspan(i * row, row);
    const auto fault_free = std::span(result.fault_free).subspan(i * row, row);
    images += std::ranges::equal(faulty, fault_free) ? 0 : 1;
    classes += classify(faulty, result.decider) == classify(fault_free, result.decider) ? 0 : 1;
  }
  return fmt::format("reached the scores of {}; {}",
                     counted(static_cast<std::uint64_t>(images), "image"),
                     classes == 0 ? "no class changed" : fmt::format("{} changed class", classes));
}

}  // namespace

std::vector<std::string> tell(const TraceResult& result, const SiteMap& sites,
                              const std::vector<Fate>& fates) {
  const auto flow = dataflow(sites.net());
  std::vector<std::string> story;
  if (result.ending == TraceEnd::hang) {
    story.push_back(fmt::format("the faulty run hung after {} of {}: {}", result.images_done,
                                counted(static_cast<std::uint64_t>(result.images), "image"),
                                result.hang));
  }
  const auto differs = [](const StreamTrace& s) { return s.differing > 0; };
  const auto last = std::ranges::find_if(result.streams.rbegin(), result.streams.rend(), differs);
  const auto beyond =
      static_cast<std::size_t>(result.streams.rend() - last);  // one more than its number
  if (beyond == result.streams.size()) {
    story.push_back(scores_reached(result, sites.net().scores()));
  } else if (beyond > 0) {
    story.push_back(absorbed_behind(result, sites, flow, beyond - 1));
  } else {
    story.push_back(not_beyond_storage(result, sites, fates));
  }
  const auto shifted = std::ranges::min(
      result.streams, {}, [](const StreamTrace& s) { return s.shifted.value_or(~std::uint64_t{0}); });
  if (shifted.shifted) {
    story.push_back(
        fmt::format("from cycle {} on words came at other times than without faults", *shifted.shifted));
  }
  for (const auto& [member, what] : {std::pair(&StreamTrace::missing, "never came"),
                                     std::pair(&StreamTrace::extra, "came in addition")}) {
    const auto first =
        std::ranges::find_if(result.streams, [count = member](const auto& s) { return s.*count > 0; });
    if (first != result.streams.end()) {
      const auto name = flow.streams[static_cast<std::size_t>(first - result.streams.begin())].name;
      story.push_back(
          fmt::format("words {}, the first of them on {} ({})", what, name, (*first).*member));
    }
  }
  if (result.ending == TraceEnd::gone) {
    story.push_back(
        fmt::format("from cycle {} on both runs are alike, to the last bit", *result.alike_from));
  } else if (result.lasting_bits > 0) {
    story.push_back(fmt::format("{} still in the parameters at the end, for all later images",
                                counted(result.lasting_bits, "wrong bit")));
  }
  return story;
}

}  // namespace fluence
