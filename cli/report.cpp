#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "analysis/agreement.hpp"
#include "analysis/report.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/printout.hpp"
#include "map/buffer_summary.hpp"
#include "map/summary.hpp"
#include "rates/failure_rates.hpp"
#include "study/report_section.hpp"

namespace fluence::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kPage = "report.html";
constexpr auto kMap = "map";  // in a campaign's folder

struct ReportArguments {
  std::vector<std::string> folders;
  std::string index, page, study, device, environment;
  double tolerance = 0;
  Printout out;
};

// How the index page refers to a page.
std::string from_index(const fs::path& page, const std::string& index) {
  const auto here = fs::current_path();
  return link_to((here / page)
                     .lexically_normal()
                     .lexically_relative((here / index).parent_path().lexically_normal()));
}

// A folder of somebody else's results may be read-only; there are tables all the same.
bool write_beside_results(const fs::path& page, const std::string& content) {
  try {
    write_file(page, content);
    return true;
  } catch (const InputError& e) {
    complain("no page: " + std::string(e.what()) + "; --page FILE puts it elsewhere");
    return false;
  }
}

// The sections beside those that every report has. Results of another version may name a study that this
// one does not know.
std::vector<ReportSection> sections_of(const std::string& asked, Store& store) {
  if (!asked.empty()) {
    return {study_section(find_study(asked))};
  }
  const auto manifest = store.manifest();
  const auto named = manifest.find("study");
  if (named == manifest.end()) {
    return {};
  }
  try {
    return {study_section(find_study(named->second))};
  } catch (const InputError& e) {
    complain(std::string(e.what()) + " with --study; this report goes without");
    return {};
  }
}

// A map that was made into the campaign's folder, of the same parameters.
ReportSection map_section(const fs::path& folder) {
  return [folder](const CampaignStatistics& campaign, nlohmann::ordered_json& data) {
    if (!has_map(folder / kMap)) {
      return;
    }
    const auto map = MapResults::load(folder / kMap);
    if (map.images_done() == 0) {
      return;
    }
    const auto key = "params " + map.layout().net().name;
    const auto named = campaign.manifest.find(key);
    const auto own = map.manifest().find(key);
    if (named == campaign.manifest.end() || own == map.manifest().end() ||
        named->second != own->second) {
      complain("the map in " + printable((folder / kMap).string()) +
               " is of other parameters than the campaign; this report goes without");
      return;
    }
    if (!map.request().given.empty()) {
      complain("the map in " + printable((folder / kMap).string()) +
               " is one of second upsets given others; this report goes without");
      return;
    }
    const auto& network = map.layout().net().name;
    const bool other_rule = std::ranges::any_of(campaign.scenarios, [&](const auto& scenario) {
      return scenario.tally.network == network && scenario.tally.rule.critical != CriticalRule();
    });
    if (other_rule) {
      complain("the map in " + printable((folder / kMap).string()) +
               " calls other classes critical, and the campaign has a rule of its own; this report goes "
               "without");
      return;
    }
    data["complete_map"] = map_json(map);
    data["complete_map"]["link"] = fs::exists(folder / kMap / kPage)
                                       ? nlohmann::ordered_json(link_to(fs::path(kMap) / kPage))
                                       : nlohmann::ordered_json();
  };
}

std::string map_line(const nlohmann::ordered_json& data, const fs::path& folder) {
  if (!data.contains("complete_map")) {
    return "";
  }
  const auto& map = data["complete_map"];
  auto line = fmt::format(
      "\nthe complete map of {}, every parameter {} on {} images:", map["network"].get<std::string>(),
      map["mode"] == "mbu" ? "group of 8 bits" : "bit", map["images"].get<int>());
  for (const auto& space : map["spaces"]) {
    line += fmt::format(" {} {:.4f} % critical,", space["space"].get<std::string>(),
                        100 * space["critical_share"].get<double>());
  }
  return line + " in " + printable((folder / kMap).string()) + "\n";
}

// Mission times, if device and environment are given.
std::optional<std::pair<Device, Environment>> exposure_of(const ReportArguments& arguments) {
  if (arguments.device.empty() && arguments.environment.empty()) {
    return std::nullopt;
  }
  return std::pair{read_device(arguments.device), read_environment(arguments.environment)};
}

// What a report says of a map of either kind.
struct MapReport {
  Manifest manifest;
  std::string text;
  nlohmann::ordered_json json, page;
  std::function<void(const TextSink&)> csv;
};

MapReport report_of(MapResults map) {
  return {map.manifest(), map_text(map), map_json(map), map_page_data(map),
          [map = std::move(map)](const TextSink& sink) { sink(map_csv(map)); }};
}

MapReport report_of(BufferMap map, const std::string& folder) {
  require_all_images(map.images_done(), map.request().images, folder);
  auto page = buffer_page_data(map, folder);
  auto json = page;
  json.erase("pictures");
  return {map.manifest(), buffer_text(map), std::move(json), std::move(page),
          [map = std::move(map), folder](const TextSink& sink) { buffer_csv(map, folder, sink); }};
}

int report_map(ReportArguments& arguments) {
  auto& out = arguments.out;
  const auto& folder = *std::ranges::find_if(arguments.folders, has_any_map);
  if (arguments.folders.size() > 1 || !arguments.index.empty() || !arguments.study.empty() ||
      !arguments.device.empty()) {
    throw InputError("the map in " + folder +
                     " has a page of its own: name it alone, without --index, --study and --device");
  }
  const bool beside = arguments.page.empty();
  const auto page = beside ? fs::path(folder) / kPage : fs::path(arguments.page);
  Outputs outputs;
  outputs.reads("the map", fs::path(folder) / (has_buffer_map(folder) ? kBufferMapFile : kMapFile))
      .writes("--page", arguments.page);
  out.declare(outputs);
  if (beside) {
    outputs.may_write("the page", page);
  }
  outputs.check();
  auto [manifest, text, json, data, csv] = has_buffer_map(folder)
                                               ? report_of(BufferMap::load(folder), folder)
                                               : report_of(MapResults::load(folder));
  if (const auto agreement = read_agreement(folder, manifest)) {
    data["agreement"] = agreement_text(*agreement, "faults");
    text += agreement_text(*agreement, "faults");
  }
  const auto content = map_page(data);
  bool written = true;
  if (beside) {
    written = write_beside_results(page, content);
  } else {
    write_file(page, content);
  }
  out.show(text + (written ? "page: " + printable(page.string()) + "\n" : ""), json);
  if (out.wants_csv()) {
    out.csv(csv);
  }
  out.end();
  return kDone;
}

int report(ReportArguments& arguments) {
  if (std::ranges::any_of(arguments.folders, has_any_map)) {
    return report_map(arguments);
  }
  auto& out = arguments.out;
  const bool several = arguments.folders.size() > 1;
  if (several && (out.wants_csv() || out.wants_json() || !arguments.page.empty())) {
    throw InputError("--csv, --json and --page are for one campaign and " +
                     std::to_string(arguments.folders.size()) + " are named: name one");
  }
  Outputs outputs;
  std::vector<Store> stores;
  for (const auto& folder : arguments.folders) {
    stores.push_back(Store::open_existing(folder));
    outputs.reads_results("the campaign", folder);
    if (arguments.page.empty()) {
      outputs.may_write("the page", fs::path(folder) / kPage);
    }
  }
  outputs.reads("--device", arguments.device).reads("--environment", arguments.environment);
  outputs.writes("--page", arguments.page);
  out.declare(outputs);
  outputs.writes("--index", arguments.index).check();
  const auto exposure = exposure_of(arguments);
  std::vector<nlohmann::ordered_json> reports;
  std::vector<std::string> links;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    const auto& folder = arguments.folders[i];
    auto sections = sections_of(arguments.study, stores[i]);
    sections.push_back(map_section(folder));
    if (exposure) {
      sections.push_back(mission_section(exposure->first, exposure->second, folder));
    }
    reports.push_back(report_data(stores[i], {folder, arguments.tolerance, sections}));
    const auto& data = reports.back();
    const auto page = arguments.page.empty() ? fs::path(folder) / kPage : fs::path(arguments.page);
    bool written = true;
    if (arguments.page.empty()) {
      written = write_beside_results(page, report_page(data));
    } else {
      write_file(page, report_page(data));
    }
    links.push_back(written ? from_index(page, arguments.index) : "");
    out.show((several ? printable(folder) + "\n" : "") + report_text(data) + map_line(data, folder) +
                 (written ? "\npage: " + printable(page.string()) + "\n" : ""),
             data);
  }
  if (out.wants_csv()) {
    out.csv(report_csv(reports.front()));
  }
  out.end();
  if (!arguments.index.empty()) {
    write_file(arguments.index, index_page(reports, links));
    out.say("index: " + printable(arguments.index) + "\n");
  }
  return kDone;
}

}  // namespace

void add_report(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("report", "A campaign's results: tables here, figures in DIR/report.html");
  auto arguments = std::make_shared<ReportArguments>();
  command
      ->add_option("folder", arguments->folders,
                   "results of 'fluence run', or a folder of 'fluence map'")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--page,--out", arguments->page,
                   "the page there and not in DIR, which need not be writable then")
      ->type_name("FILE.html");
  arguments->out.add_csv(*command, "a row for each scenario");
  arguments->out.add_json(*command, "everything that the page shows");
  command->add_option("--index", arguments->index, "also a page over all the campaigns named")
      ->type_name("FILE");
  command
      ->add_option("--study", arguments->study,
                   "compare with this published study [the one that the campaign names, if any]")
      ->type_name("NAME");
  auto* device =
      command
          ->add_option("--device", arguments->device,
                       "with --environment: also the mission time of each dose (docs/rates.md)")
          ->type_name("FILE.toml");
  auto* environment = command
                          ->add_option("--environment", arguments->environment,
                                       "where the device is, as 'fluence rate' takes it")
                          ->type_name("FILE.toml")
                          ->needs(device);
  device->needs(environment);
  command
      ->add_option("--tolerance", arguments->tolerance,
                   "points of accuracy that a trial may be away and still count as tolerant")
      ->type_name("POINTS")
      ->transform(in_range(0.0, 100.0))
      ->capture_default_str();
  add_example(*command, "fluence report results/uniform --json uniform.json");
  command->callback([arguments, &code] { code = report(*arguments); });
}

}  // namespace fluence::cli
