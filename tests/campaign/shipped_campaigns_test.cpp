// The campaigns of the project: their grids and sizes.
#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <set>

#include "base/error.hpp"
#include "campaign/spec.hpp"

namespace fluence {
namespace {

// Every campaign of the project, so that a new one is counted here.
TEST(ShippedCampaigns, TheProjectsCampaignsExpandToTheirGrids) {
  const std::map<std::string, std::pair<std::size_t, int>> expected = {
      // scenarios; trials of each, 0: they differ
      {"activations", {738, 400}},     {"activations-smoke", {738, 30}},
      {"board-2020", {1, 1000}},       {"dose", {48, 100}},
      {"defects", {282, 0}},           {"dose-smoke", {48, 10}},
      {"first-light", {32, 0}},        {"layers", {144, 2000}},
      {"layers-smoke", {144, 6}},      {"published-layers", {272, 75}},
      {"published-uniform", {56, 75}}, {"smoke", {72, 10}},
      {"uniform", {56, 2000}},         {"uniform-10000", {56, 50}},
      {"uniform-smoke", {56, 16}}};
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(FLUENCE_SOURCE_DIR "/campaigns")) {
    if (entry.path().extension() != ".toml") {
      continue;
    }
    const auto spec = Spec::load(entry.path());
    const auto name = entry.path().stem().string();
    found.insert(name);
    EXPECT_EQ(spec.name, name);
    ASSERT_TRUE(expected.contains(name)) << name;
    const auto [scenarios, trials] = expected.at(name);
    EXPECT_EQ(spec.scenarios.size(), scenarios) << name;
    for (const auto& scenario : spec.scenarios) {
      EXPECT_TRUE(trials == 0 || scenario.trials == trials) << name;
    }
  }
  EXPECT_EQ(found.size(), expected.size());
}

// The small ones are the study's grids, with fewer trials.
TEST(ShippedCampaigns, TheSmokeCampaignsAreTheStudyInSmall) {
  for (const std::string name : {"uniform", "layers", "activations", "dose"}) {
    const auto folder = std::string(FLUENCE_SOURCE_DIR "/campaigns/");
    const auto whole = Spec::load(folder + name + ".toml");
    const auto small = Spec::load(folder + name + "-smoke.toml");
    ASSERT_EQ(whole.scenarios.size(), small.scenarios.size());
    for (std::size_t i = 0; i < whole.scenarios.size(); ++i) {
      auto draw_plan = small.scenarios[i].draw_plan;
      draw_plan.images = whole.scenarios[i].draw_plan.images;
      auto scenario = small.scenarios[i];
      scenario.draw_plan = draw_plan;
      EXPECT_EQ(scenario.text(), whole.scenarios[i].text());
    }
  }
}

// The parts of activations.toml leave out what has no room in one of the networks, and nothing else.
TEST(ShippedCampaigns, TheActivationsCampaignIsTheWholeGridWhereThereIsRoom) {
  const auto campaign = Spec::load(FLUENCE_SOURCE_DIR "/campaigns/activations.toml");
  std::set<std::string> found;
  for (const auto& scenario : campaign.scenarios) {
    found.insert(scenario.text());
  }
  const std::vector<Space> spaces = {Space::window, Space::vector, Space::accumulator,
                                     Space::pool,   Space::fifo,   Space::stream};
  std::vector<const Topology*> nets = {&topology("cnvW1A1"), &topology("cnvW2A2")};
  const std::vector<SiteMap> maps = {SiteMap(*nets[0]), SiteMap(*nets[1])};
  std::set<std::string> expected;
  const auto add = [&](DrawPlan draw_plan) {
    try {
      for (const auto& sites : maps) {
        static_cast<void>(Drawer(sites, draw_plan));
      }
    } catch (const InputError&) {
      return;
    }
    for (const auto* net : nets) {
      expected.insert(Scenario{EngineKind::fast, net, draw_plan, 1}.text());
    }
  };
  for (const auto space : spaces) {
    for (const int size : {1, 8}) {
      for (const int faults : {1, 2, 5, 10, 20, 50, 100}) {
        add({{space}, {}, faults, size, Semantics::physical, true, 1000});
      }
      for (const int faults : {5, 10, 50, 100}) {
        for (int layer = 0; layer < 9; ++layer) {
          add({{space}, {layer}, faults, size, Semantics::physical, true, 1000});
        }
      }
    }
  }
  EXPECT_EQ(found, expected);
}

// 5,560 faults in data and 200 in control, in all that there is.
TEST(ShippedCampaigns, TheDefectsAreInEverySpaceAndLayer) {
  const auto campaign = Spec::load(FLUENCE_SOURCE_DIR "/campaigns/defects.toml");
  const SiteMap sites(topology("cnvW1A1"));
  int data = 0;
  int control = 0;
  std::set<std::pair<Space, int>> places;
  for (const auto& scenario : campaign.scenarios) {
    const auto& plan = scenario.draw_plan;
    EXPECT_NE(plan.kind, FaultKind::flip);
    EXPECT_EQ(plan.spaces.size(), 1U);
    (plan.spaces.front() == Space::control ? control : data) += scenario.trials * plan.faults;
    for (const int layer : plan.layers) {
      places.emplace(plan.spaces.front(), layer);
    }
  }
  EXPECT_EQ(data, 5560);
  EXPECT_EQ(control, 200);
  for (const auto space : kSpaces) {
    for (const auto& layer : sites.net().layers) {
      EXPECT_EQ(places.contains({space, layer.index}),
                space != Space::control && sites.bit_count(space, layer.index) > 0)
          << to_string(space) << " " << layer.index;
    }
  }
}

TEST(ShippedCampaigns, TheFirstCampaignIsOfTheSizeThatTheReadmeShows) {
  const auto first = Spec::load(FLUENCE_SOURCE_DIR "/campaigns/first-light.toml");
  int trials = 0;
  for (const auto& scenario : first.scenarios) {
    trials += scenario.trials;
  }
  EXPECT_EQ(first.scenarios.size(), 24U + 8);
  EXPECT_EQ(trials, 24 * 40 + 8 * 5);
}

}  // namespace
}  // namespace fluence
