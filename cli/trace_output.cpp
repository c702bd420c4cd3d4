#include "cli/trace_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "network/decision.hpp"
#include "rtl/dataflow.hpp"
#include "rtl/site_names.hpp"
#include "rtl/sites.hpp"
#include "trace/story.hpp"

namespace fluence::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kStripe = 48;  // characters

Json upset_data(const Fault& fault, Fate fate, Semantics semantics, const SiteMap& sites) {
  const auto& site = fault.site;
  const auto& array = sites.array_of(site);
  Json upset;
  if (fault.cycle) {
    upset["cycle"] = *fault.cycle;
  } else {
    upset["before_image"] = *fault.before_image;
  }
  upset["space"] = to_string(site.space);
  upset["layer"] = site.layer;
  upset["module"] = site.module;
  upset["index"] = site.index;
  upset["thresh"] = site.thresh;
  upset["bit"] = site.bit;
  upset["bits"] = flipped_bits(fault, array.bits, semantics);
  if (fault.kind != FaultKind::flip) {
    upset["kind"] = to_string(fault.kind);
    upset["duration"] = fault.duration ? Json(*fault.duration) : Json();
  }
  upset["rtl_name"] = rtl_name(array, site);
  upset["fate"] = to_string(fate);
  return upset;
}

void add_span(Json& row, const std::optional<CycleSpan>& when) {
  row["first"] = when ? Json(when->first) : Json();
  row["last"] = when ? Json(when->last) : Json();
}

Json stream_data(const Stream& stream, const StreamTrace& trace) {
  Json row{{"name", stream.name},  {"layer", stream.layer},        {"width", stream.width},
           {"words", trace.words}, {"differing", trace.differing}, {"missing", trace.missing},
           {"extra", trace.extra}};
  add_span(row, trace.when);
  row["first_image"] = trace.when ? Json(trace.first_image) : Json();
  row["last_image"] = trace.when ? Json(trace.last_image) : Json();
  row["shifted"] = trace.shifted ? Json(*trace.shifted) : Json();
  row["flow"] = trace.flow;
  row["difference"] = trace.difference;
  return row;
}

Json image_data(const TraceResult& result, int image, const Parameters& parameters, int label) {
  const auto row = static_cast<std::size_t>(parameters.net->scores());
  const auto at = static_cast<std::size_t>(image) * row;
  const auto faulty = std::span(result.scores).subspan(at, row);
  const auto fault_free = std::span(result.fault_free).subspan(at, row);
  const auto name = [&](int i) { return parameters.classes[static_cast<std::size_t>(i)]; };
  int differing = 0;
  for (std::size_t k = 0; k < row; ++k) {
    differing += faulty[k] == fault_free[k] ? 0 : 1;
  }
  const bool done = image < result.images_done;
  return {{"image", image},
          {"label", name(label)},
          {"done", done},
          {"differing", done ? differing : parameters.net->scores()},
          {"of", parameters.net->scores()},
          {"class_fault_free", name(classify(fault_free, result.decider))},
          {"class", done ? Json(name(classify(faulty, result.decider))) : Json()},
          {"scores_fault_free", std::vector(fault_free.begin(), fault_free.begin() + result.classes)},
          {"scores", std::vector(faulty.begin(), faulty.begin() + result.classes)}};
}

// Counts over time, the more the higher; log scale.
std::string stripe(const Json& bins) {
  constexpr std::array kMarks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::array<std::uint64_t, kStripe> sums{};
  for (std::size_t i = 0; i < bins.size(); ++i) {
    sums[i * kStripe / bins.size()] += bins[i].get<std::uint64_t>();
  }
  std::string text;
  for (const auto sum : sums) {
    text +=
        kMarks[std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(sum)), kMarks.size() - 1)];
  }
  return text;
}

// "stuck1 for 3000 cycles"
std::string held_text(const Json& u) {
  const auto kind = u["kind"].get<std::string>();
  return u["duration"].is_null() ? kind
                                 : fmt::format("{} for {} {}", kind, u["duration"].get<std::uint64_t>(),
                                               u.contains("cycle") ? "cycles" : "images");
}

std::string upset_line(const Json& u) {
  const auto bits = u["bits"].get<std::vector<int>>();
  return fmt::format("{:<16} {} layer {} module {} index {} thresh {} {} {}, {}\n{:<16} {}\n",
                     u.contains("cycle") ? fmt::format("cycle {}", u["cycle"].get<std::uint64_t>())
                                         : fmt::format("before image {}", u["before_image"].get<int>()),
                     u["space"].get<std::string>(), u["layer"].get<int>(), u["module"].get<int>(),
                     u["index"].get<int>(), u["thresh"].get<int>(), bits.size() == 1 ? "bit" : "bits",
                     fmt::join(bits, " "),
                     (u.contains("kind") ? held_text(u) + ", " : "") + u["fate"].get<std::string>(), "",
                     u["rtl_name"].get<std::string>());
}

std::string table_row(const std::string& layer, const std::string& name, const Json& row,
                      const std::string& amount, const std::string& of, const std::string& images) {
  return fmt::format("{:<8} {:<12} {:>11} {:>11} {:>10} {:>9} {:>7}  {}|\n", layer, name,
                     row["first"].get<std::uint64_t>(), row["last"].get<std::uint64_t>(), amount, of,
                     images, stripe(row["difference"]));
}

std::string travel(const Json& data) {
  std::string text;
  for (const auto& layer : data["layers"]) {
    auto name = fmt::format("layer {}", layer["layer"].get<int>());
    if (!layer["first"].is_null()) {
      text +=
          table_row(name, "stored bits", layer, fmt::format("<={}", layer["most"].get<int>()), "", "");
      name.clear();
    }
    for (const auto& stream : data["streams"]) {
      if (stream["layer"] != layer["layer"] || stream["first"].is_null()) {
        continue;
      }
      const int first = stream["first_image"];
      const int last = stream["last_image"];
      text += table_row(name, stream["name"], stream,
                        std::to_string(stream["differing"].get<std::uint64_t>()),
                        std::to_string(stream["words"].get<std::uint64_t>()),
                        first == last ? std::to_string(first) : fmt::format("{}-{}", first, last));
      name.clear();
    }
  }
  return text.empty()
             ? ""
             : fmt::format("\n{:<8} {:<12} {:>11} {:>11} {:>10} {:>9} {:>7}  cycles {} to {}\n", "", "",
                           "first cycle", "last cycle", "differing", "of words", "images",
                           data["begin"].get<std::uint64_t>(), data["end"].get<std::uint64_t>()) +
                   text;
}

std::string image_lines(const Json& data) {
  std::string text;
  for (const auto& image : data["images"]) {
    const auto before = image["class_fault_free"].get<std::string>();
    if (!image["done"].get<bool>()) {
      text += fmt::format("image {:<4} never finished; {} without faults\n", image["image"].get<int>(),
                          before);
    } else if (const int differing = image["differing"]; differing > 0) {
      const auto after = image["class"].get<std::string>();
      text += fmt::format("image {:<4} {} of {} scores differ, {}\n", image["image"].get<int>(),
                          differing, image["of"].get<int>(),
                          before == after ? "still " + after : before + " becomes " + after);
    }
  }
  return text;
}

}  // namespace

Json trace_data(const TraceResult& result, const FaultCase& trial, Semantics semantics,
                const std::vector<Fate>& fates, const Parameters& parameters, const ImageSet& images) {
  const SiteMap sites(*parameters.net);
  const auto flow = dataflow(*parameters.net);
  Json data{{"network", parameters.net->name},
            {"id", trial.id},
            {"images_asked", trial.images},
            {"semantics", to_string(semantics)},
            {"classes", parameters.classes},
            {"begin", result.begin},
            {"end", result.end},
            {"bin_cycles", result.bin_cycles}};
  constexpr std::array kEndings = {"gone", "over", "hang"};
  data["ending"] = kEndings.at(static_cast<std::size_t>(result.ending));
  data["alike_from"] = result.alike_from ? Json(*result.alike_from) : Json();
  data["lasting_bits"] = result.lasting_bits;
  data["hang"] = result.hang;
  data["story"] = tell(result, sites, fates);
  data["upsets"] = Json::array();
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    data["upsets"].push_back(
        upset_data(trial.faults[i], i < fates.size() ? fates[i] : Fate::unknown, semantics, sites));
  }
  data["streams"] = Json::array();
  for (std::size_t k = 0; k < result.streams.size(); ++k) {
    data["streams"].push_back(stream_data(flow.streams[k], result.streams[k]));
  }
  data["layers"] = Json::array();
  for (std::size_t k = 0; k < result.layers.size(); ++k) {
    const auto& layer = result.layers[k];
    Json row{{"layer", k}, {"most", layer.most}};
    add_span(row, layer.when);
    row["difference"] = layer.difference;
    data["layers"].push_back(std::move(row));
  }
  data["stored"] = Json::array();
  for (const auto& trace : result.arrays) {
    const auto& array = sites.arrays()[trace.array];
    data["stored"].push_back({{"rtl_name", array.rtl_name},
                              {"space", to_string(array.space)},
                              {"layer", array.layer},
                              {"first", trace.when.first},
                              {"last", trace.when.last},
                              {"most", trace.most}});
  }
  data["images"] = Json::array();
  for (int i = 0; i < result.images; ++i) {
    data["images"].push_back(image_data(result, i, parameters, images[i].label));
  }
  return data;
}

std::string trace_text(const Json& data) {
  auto text =
      fmt::format("{}, {} {}\n", data["network"].get<std::string>(), data["images_asked"].get<int>(),
                  data["images_asked"] == 1 ? "image" : "images");
  for (const auto& upset : data["upsets"]) {
    text += upset_line(upset);
  }
  text += travel(data) + "\n";
  for (const auto& sentence : data["story"]) {
    text += sentence.get<std::string>() + "\n";
  }
  return text + image_lines(data);
}

}  // namespace fluence::cli
