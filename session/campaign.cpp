#include "session/campaign.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "base/data_files.hpp"
#include "base/error.hpp"
#include "campaign/runner.hpp"
#include "map/importance.hpp"
#include "map/results.hpp"
#include "rates/device.hpp"
#include "session/outcome_rules.hpp"

namespace fluence {
namespace {

constexpr auto kSpecEnd = ".toml";

std::filesystem::path shipped_folder() {
  return data_file("FLUENCE_CAMPAIGNS", "share/fluence/campaigns", FLUENCE_CAMPAIGNS_DIR);
}

// The part that is asked for. Throws InputError if it has none of its own.
Shard shard_of(const CampaignOrder& order, const Spec& spec) {
  if (order.shard.empty()) {
    return {};
  }
  const auto shard = Shard::parse(order.shard);
  const auto has_target = [](const Scenario& scenario) { return scenario.target.has_value(); };
  if (std::ranges::any_of(spec.scenarios, has_target)) {
    throw InputError(order.spec +
                     ": 'margin' ends a scenario by the results of all its trials, which no shard has: "
                     "run the campaign without --shard, or take 'margin' out");
  }
  return shard;
}

PoolEnd run_to_end(const Spec& spec, Store& store, Session& session, const RunOptions& options) {
  const auto factory = [&](EngineKind kind, const Topology& net, int images) {
    return session.make_engine(kind, net, images);
  };
  const auto labels = [&](const Topology& net) { return session.labels(net); };
  try {
    return run_campaign(spec, store, factory, labels, options);
  } catch (const InputError&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(std::string(e.what()) +
                             "; finished trials are kept: run the same command to resume");
  }
}

int count_failed(Store& store) {
  const auto tallies = store.tallies();
  return std::accumulate(tallies.begin(), tallies.end(), 0,
                         [](int sum, const ScenarioTally& tally) { return sum + tally.failed; });
}

// What trials are drawn by.
std::shared_ptr<const Importance> read_map(const std::filesystem::path& folder) {
  return importance_of(MapResults::load(folder), folder);
}

}  // namespace

std::set<std::string> shipped_campaigns() {
  std::set<std::string> names;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(shipped_folder(), none)) {
    if (entry.path().extension() == kSpecEnd) {
      names.insert(entry.path().stem().string());
    }
  }
  return names;
}

std::filesystem::path campaign_file(const std::string& stated) {
  const auto is_there = [](const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored) && !std::filesystem::is_directory(path, ignored);
  };
  if (is_there(stated) || stated.find('/') != std::string::npos) {
    return stated;
  }
  const auto folder = shipped_folder();
  auto file = folder / (stated.ends_with(kSpecEnd) ? stated : stated + kSpecEnd);
  if (!is_there(file)) {
    throw InputError("there is no campaign '" + stated + "', neither a file here nor in " +
                     folder.string() + ": give the path of a TOML file, or one of " +
                     fmt::format("{}", fmt::join(shipped_campaigns(), ", ")));
  }
  return file;
}

CampaignEnd run_campaign(const CampaignOrder& order) {
  const auto file = order.text ? std::filesystem::path(order.spec) : campaign_file(order.spec);
  auto spec = order.text ? Spec::parse(*order.text, order.spec, neutron_cross_sections, read_map)
                         : Spec::load(file, neutron_cross_sections, read_map);
  add_run_lengths(spec);
  spec.seed = order.seed.value_or(spec.seed);
  const auto shard = shard_of(order, spec);
  const auto given = [](const std::string& path, const std::filesystem::path& otherwise) {
    return path.empty() ? otherwise : std::filesystem::path(path);
  };
  Session session(given(order.params, spec.params), spec.networks(), given(order.images, spec.images));
  session.use_host(order.host, std::ranges::any_of(spec.scenarios, [](const auto& scenario) {
                     return scenario.engine == EngineKind::rtl;
                   }));
  session.check_capable(spec, file);
  session.keep_images(spec, file);
  prepare_outcomes(spec, session, file);
  auto manifest = manifest_of(spec, session);
  CampaignEnd end{spec.name, order.out.empty() ? "results/" + spec.name : order.out};
  if (!order.shard.empty()) {
    end.folder = (std::filesystem::path(end.folder) / shard.folder()).string();
    end.what += ", shard " + shard.text() + ",";
    manifest["shard"] = shard.text();
  }
  auto store = Store::open(end.folder, manifest, spec.scenarios);
  if (order.warn && !spec.study.empty() && !store.manifest().contains("study")) {
    order.warn("the results in " + end.folder +
               " were begun without the study: 'fluence report --study " + spec.study +
               "' compares them with it");
  }
  if (const auto sentence = session.unlabelled(); order.warn && !sentence.empty()) {
    order.warn(sentence);
  }
  RunOptions options{order.jobs, shard, order.retry_failed};
  options.progress = order.progress;
  end.interrupted = run_to_end(spec, store, session, options) == PoolEnd::interrupted;
  end.trials = store.trials_on_disk();
  end.failed = count_failed(store);
  return end;
}

}  // namespace fluence
