// Results of a small campaign, and everything that reads results.
#pragma once

#include <filesystem>

#include "analysis/gate.hpp"
#include "analysis/report.hpp"
#include "campaign/database.hpp"
#include "campaign/integrity.hpp"
#include "campaign/merge.hpp"
#include "campaign/spec.hpp"
#include "campaign/store.hpp"
#include "rtl/sites.hpp"
#include "tests/fuzz/input.hpp"

namespace fluence::fuzz {

/// The only shard of a campaign, complete but for a trial that could not be evaluated.
inline void write_results(const std::filesystem::path& folder) {
  const auto spec = Spec::parse(R"(name = "seed"
seed = 1
count = 10
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = ["weights", "thresholds"]
faults = [1, 2]
trials = 3
margin = 1
[[part]]
engine = "rtl"
networks = "cnvW2A2"
modes = "mbu"
spaces = "fifo"
faults = 1
time = "cycle"
trials = 2
recorded = [80.5]
)",
                                "seed.toml");
  auto store = Store::open(
      folder,
      {{"name", spec.name}, {"spec", spec.text}, {"images", "0123456789abcdef"}, {"shard", "0/1"}},
      spec.scenarios);
  for (int s = 0; s < static_cast<int>(spec.scenarios.size()); ++s) {
    const auto& scenario = spec.scenarios[static_cast<std::size_t>(s)];
    const bool by_cycle = scenario.draw_plan.by_cycle;
    for (int trial = 0; trial < scenario.trials; ++trial) {
      std::vector<Fault> upsets(static_cast<std::size_t>(scenario.draw_plan.faults));
      for (auto& upset : upsets) {
        if (by_cycle) {
          upset.cycle = 1000;
        } else {
          upset.before_image = 1;
        }
        upset.site = {scenario.draw_plan.spaces.front(), 1, 0, trial, 0, 0};
        upset.word_size = scenario.draw_plan.word_size;
      }
      if (s == 1 && trial == 2) {
        store.add_failed({s, trial, "its worker was killed", upsets});
      } else {
        const TrialRecord record{s,
                                 trial,
                                 {8 - trial, 7 - trial, 1, 2, trial, "00000000000000aa"},
                                 by_cycle ? "stream" : "",
                                 by_cycle ? 2000U : 0U,
                                 {9, "00000000000000bb", {}},
                                 upsets,
                                 {},
                                 {}};
        store.add({&record, 1});
      }
    }
  }
}

/// The upsets of a scenario, as those who run its trials again take them.
inline void read_trial(Store& store, int scenario) {
  const auto tally = store.tallies().at(static_cast<std::size_t>(scenario));
  FaultCase trial{0, tally.images, {}};
  for (const auto& upset : store.upsets(scenario)) {
    trial.faults.push_back(upset.fault);
  }
  const SiteMap sites(topology(tally.network));
  check_trial(trial, semantics_from_string(tally.semantics), sites, tally.images);
}

/// What a store holds, by each of its readers.
inline void read_store(const std::filesystem::path& folder) {
  auto store = Store::open_existing(folder);
  static_cast<void>(store.manifest());
  static_cast<void>(store.finished());
  refuse_or_read([&] { static_cast<void>(store.failed()); });
  const auto scenarios = static_cast<int>(store.tallies().size());
  for (int s = 0; s < scenarios; ++s) {
    for (const auto& trial : store.trials(s)) {
      static_cast<void>(store.trials(s, trial.trial));
    }
    refuse_or_read([&] { read_trial(store, s); });
  }
  refuse_or_read([&] {
    const auto baseline = GateBaseline::of(store, folder);
    const auto comparisons = read_own([&] { return compare(baseline, baseline, {}); });
    require(!gate_table(comparisons, {}).empty());
  });
  refuse_or_read([&] {
    const auto data = report_data(store, {folder.string(), 1});
    require(!report_text(data).empty() && !report_csv(data).empty() && !report_page(data).empty());
    require(!index_page({data}, {"page.html"}).empty());
  });
}

/// A campaign that goes on where a copy of the results ends: a trial more, and the failed ones again.
inline void resume(const std::filesystem::path& folder) {
  const auto copy = folder / "copy";
  std::filesystem::remove_all(copy);
  std::filesystem::create_directory(copy);
  std::filesystem::copy_file(folder / kResultsFile, copy / kResultsFile);
  const auto manifest = Store::open_existing(copy).manifest();
  auto store = Store::open(copy, manifest, {});
  store.forget_failed();
  Fault upset;
  upset.before_image = 1;
  store.add_failed({1, 2, "its worker was killed", {upset}});
  store.forget_from(0, 1);
  const TrialRecord record{
      0, 1, {8, 7, 1, 2, 0, "00000000000000aa"}, "", 0, {9, "00000000000000bb", {}}, {upset}, {}, {}};
  store.add({&record, 1});
  store.end_scenario(0, 2);
  require(store.trials_on_disk() > 0);
}

/// Every command that reads results.
inline int read_results(const std::filesystem::path& folder) {
  refuse_or_read([&] { read_store(folder); });
  refuse_or_read([&] { require(content_digest(folder).size() == 16); });
  refuse_or_read([&] { resume(folder); });
  refuse_or_read([&] {
    const auto merged = folder / "merged";
    const auto clean = [&] { std::filesystem::remove_all(merged); };
    clean();
    merge_shards({folder}, merged);
    require(content_digest(merged) == content_digest(folder));
    clean();
  });
  return 0;
}

}  // namespace fluence::fuzz
