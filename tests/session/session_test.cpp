// What commands do, without a command.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "campaign/store.hpp"
#include "fault/fast_engine.hpp"
#include "fault/fault_list.hpp"
#include "network/decision.hpp"
#include "network/packed.hpp"
#include "network/synthetic.hpp"
#include "session/campaign.hpp"
#include "session/evaluate.hpp"
#include "session/replay.hpp"
#include "session/verify.hpp"
#include "session/worst_case.hpp"
#include "tests/support/parameter_files.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/results.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int kImages = 8;

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    const auto folder = dir_.path() / "params" / "cnvW1A1";
    std::filesystem::create_directories(folder);
    const auto parameters = random_parameters(topology("cnvW1A1"), 5);
    write_parameters(parameters, folder);
    // Labels are what the network says, so that there is something to lose.
    std::vector<Image> images;
    const PackedNetwork network(parameters);
    for (int i = 0; i < kImages; ++i) {
      images.push_back(random_image(static_cast<std::uint64_t>(i)));
      images.back().label = static_cast<std::uint8_t>(classify(network.run(images.back()), 10));
    }
    write("images.bin", cifar10_bytes(ImageSet(std::move(images))));
    write("spec.toml", R"(name = "t"
seed = 3
count = 8
trials = 40
[[part]]
networks = "cnvW1A1"
modes = ["seu", "mbu"]
spaces = ["weights", "thresholds"]
faults = [1, 9]
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = ["window", "fifo"]
faults = 5
time = "cycle"
trials = 20
)");
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_.path() / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }
  [[nodiscard]] CampaignOrder order(const std::string& out, int jobs) const {
    CampaignOrder order;
    order.spec = file("spec.toml");
    order.out = file(out);
    order.params = file("params");
    order.images = file("images.bin");
    order.jobs = jobs;
    return order;
  }
  [[nodiscard]] Session session() const {
    return {file("params"), {&topology("cnvW1A1")}, file("images.bin")};
  }

  TempDir dir_;
};

TEST_F(SessionTest, RunsACampaignToTheSameResultsAtAnyNumberOfJobs) {
  const auto end = run_campaign(order("one", 1));
  EXPECT_EQ(end.what, "t");
  EXPECT_EQ(end.folder, file("one"));
  EXPECT_EQ(end.trials, 8U * 40 + 2 * 20);
  EXPECT_EQ(end.failed, 0);
  EXPECT_FALSE(end.interrupted);
  run_campaign(order("three", 3));
  EXPECT_EQ(dump_results(file("one")), dump_results(file("three")));
  const auto digest = Store::open_existing(file("one")).content_digest();
  EXPECT_EQ(Store::open_existing(file("three")).content_digest(), digest);
  auto shard = order("shards", 2);
  shard.shard = "1/3";
  const auto part = run_campaign(shard);
  EXPECT_EQ(part.what, "t, shard 1/3,");
  EXPECT_EQ(part.trials, 120U);
  EXPECT_EQ(part.folder, file("shards") + "/shard-1-of-3");
}

TEST_F(SessionTest, RunsACampaignThatIsNoFileAndTellsItsProgress) {
  auto asked = order("text", 2);
  asked.spec = "the text";
  asked.text =
      "name = 't'\nseed = 3\ncount = 8\ntrials = 10\n[[part]]\nnetworks = 'cnvW1A1'\nmodes = 'seu'\n"
      "spaces = 'weights'\nfaults = 1\n";
  std::vector<std::int64_t> told;
  asked.progress = [&](std::int64_t done, std::int64_t total, const std::string& text) {
    EXPECT_EQ(total, 10);
    EXPECT_THAT(text, HasSubstr("/10 trials"));
    told.push_back(done);
  };
  EXPECT_EQ(run_campaign(asked).trials, 10U);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back(), 10);
  asked.text = "name = 't'\n";
  EXPECT_THAT([&] { run_campaign(asked); }, ThrowsMessage<InputError>(HasSubstr("the text")));
}

// Whoever is told may end it, and loses nothing.
TEST_F(SessionTest, KeepsWhatFinishedIfProgressIsHeardOfNoMore) {
  auto asked = order("ended", 2);
  asked.progress = [](std::int64_t, std::int64_t, const std::string&) {
    throw std::range_error("enough");
  };
  EXPECT_THROW(run_campaign(asked), std::runtime_error);
  asked.progress = nullptr;
  EXPECT_EQ(run_campaign(asked).trials, 8U * 40 + 2 * 20);
}

TEST_F(SessionTest, TakesImagesFromMemory) {
  const auto& net = topology("cnvW1A1");
  const auto stored = session();
  NumpyArray images{{kImages, 3, 32, 32}, false, {}};
  NumpyArray labels{{kImages}, false, {}};
  for (int i = 0; i < kImages; ++i) {
    const auto& planes = stored.images(net)[i].planes;
    images.values.insert(images.values.end(), planes.begin(), planes.end());
    labels.values.push_back(stored.images(net)[i].label);
  }
  const Session with(file("params"), net, images, "the array", labels);
  EXPECT_EQ(with.images(net).digest(), stored.images(net).digest());
  const Session without(file("params"), net, images, "the array");
  EXPECT_EQ(without.labels(net), stored.labels(net)) << "they are what the network says";
  labels.values.front() = 10;
  EXPECT_THAT([&] { Session(file("params"), net, images, "the array", labels); },
              ThrowsMessage<InputError>(HasSubstr("the array of labels has the label 10 where 0 to 9")));
  images.shape.back() = 31;
  EXPECT_THAT([&] { Session(file("params"), net, images, "the array"); },
              ThrowsMessage<InputError>(HasSubstr("the array has the shape (8, 3, 32, 31)")));
}

TEST_F(SessionTest, EvaluatesTrialsOnEitherEngineAgainAndAgain) {
  const auto& net = topology("cnvW1A1");
  auto at = session();
  at.keep_images(2, "the test");
  Fault fault;
  fault.before_image = 1;
  fault.site.layer = 1;
  for (const auto engine : {EngineKind::fast, EngineKind::rtl, EngineKind::rtl}) {
    std::vector<TrialResult> results(2);
    EvaluationPlan plan;
    plan.net = &net;
    plan.engine = engine;
    plan.count = results.size();
    plan.trial = [&](std::size_t i) -> Trial {
      return {{7, 2, i == 0 ? std::vector<Fault>() : std::vector{fault}}, Semantics::physical};
    };
    plan.take = [&](std::size_t i, const TrialResult& result) { results[i] = result; };
    plan.failed = [](std::size_t, const std::string& why) { ADD_FAILURE() << why; };
    EXPECT_EQ(evaluate(at, plan), PoolEnd::complete);
    FastEngine expected(at.parameters(net), at.images(net));
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(results[i].images_done, 2);
      EXPECT_EQ(results[i].scores, expected.run(plan.trial(i).fault_case, Semantics::physical).scores);
      EXPECT_EQ(results[i].cycles > 0, engine == EngineKind::rtl);
      EXPECT_EQ(results[i].fates.size(), i);
    }
    plan.who = "a list";
    fault.site.bit = 1000;
    EXPECT_THAT([&] { evaluate(at, plan); }, ThrowsMessage<InputError>(HasSubstr("a list: bit 1000")));
    fault.site.bit = 0;
  }
}

TEST_F(SessionTest, RefusesWhatAnEngineCannotDoBeforeAnythingIsWritten) {
  write("spec.toml", R"(name = "t"
seed = 3
trials = 1
[[part]]
engine = "rtl"
networks = "cnvW1A1"
modes = "seu"
spaces = "weights"
faults = 1
count = 1000000
)");
  EXPECT_THAT([&] { run_campaign(order("r", 1)); },
              ThrowsMessage<InputError>(
                  HasSubstr("spec.toml: 'count' 1000000 of an rtl part does not fit in the platform's "
                            "memory: use ")));
  EXPECT_FALSE(std::filesystem::exists(file("r")));
  EXPECT_TRUE(session().capabilities(EngineKind::fast, all_topologies().front()).needs_schedule);
  EXPECT_TRUE(session().capabilities(EngineKind::rtl, all_topologies().front()).counts_cycles);
}

TEST_F(SessionTest, ReopensACampaignWithWhatItWasRunWithAlone) {
  run_campaign(order("r", 2));
  const auto [store, spec, session] = open_campaign(file("r"), file("params"), file("images.bin"));
  EXPECT_EQ(spec.scenarios.size(), 10U);
  EXPECT_EQ(session.labels(topology("cnvW1A1")).size(), std::size_t{kImages});
  write_parameters(random_parameters(topology("cnvW1A1"), 6), dir_.path() / "params" / "cnvW1A1");
  EXPECT_THAT([&] { open_campaign(file("r"), file("params"), file("images.bin")); },
              ThrowsMessage<InputError>(HasSubstr("rest on another 'params cnvW1A1'")));
}

TEST_F(SessionTest, TheWorstCaseIsShownOnAllImagesAndReplaysToItsScores) {
  run_campaign(order("r", 2));
  auto s = session();
  const auto& net = topology("cnvW1A1");
  WorstCase worst_case(s, net, kImages / 2);
  std::size_t bits = 0;
  const WorstCaseHooks hooks{[&](std::size_t found, double) { bits = found; }, [](std::int64_t) {}};
  const AttackPlan plan{{Space::weights, Space::thresholds}, {}, 3, 600, 1, 2};
  const auto found = worst_case.search(plan, file("list.jsonl"), hooks);
  EXPECT_EQ(found.accuracies.size(), found.attack.sites.size());
  EXPECT_EQ(bits, found.attack.sites.size());
  ASSERT_FALSE(found.attack.sites.empty());
  const auto cases = read_fault_list(file("list.jsonl"), SiteMap(net));
  ReplayPlan replay_plan;
  replay_plan.net = &net;
  replay_plan.semantics = "physical";
  replay_plan.list = "list.jsonl";
  const auto results = replay(cases, s, replay_plan);
  ASSERT_TRUE(results.has_value());
  const auto agreement = agreement_of(cases, *results);
  EXPECT_TRUE(agreement.good()) << agreement.differing << agreement.failures;
  EXPECT_EQ(agreement.images, std::size_t{kImages});

  const auto random = worst_case.random(plan, 50, hooks);
  ASSERT_TRUE(random.has_value());
  EXPECT_LE(random->searched, 100.0);
  const auto stored = worst_case.stored(file("r"), 9);
  EXPECT_EQ(stored.trials, 2 * 40);
  EXPECT_THAT([&] { static_cast<void>(worst_case.stored(file("r"), 7)); },
              ThrowsMessage<InputError>(HasSubstr("holds no trial of 7 single-bit upsets")));
  EXPECT_THAT([&] { WorstCase(s, net, kImages + 1); },
              ThrowsMessage<InputError>(HasSubstr("--search-count asks for 9 images of 8")));
}

TEST(CampaignFile, IsFoundByItsNameWhereNoFileHasIt) {
  const std::filesystem::path shipped = FLUENCE_SOURCE_DIR "/campaigns/smoke.toml";
  EXPECT_EQ(campaign_file("smoke"), shipped);
  EXPECT_EQ(campaign_file("smoke.toml"), shipped);
  EXPECT_EQ(campaign_file("/none/smoke.toml"), "/none/smoke.toml") << "a path is what it says";

  const TempDir here;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(here.path());
  std::filesystem::create_directory("smoke");
  EXPECT_EQ(campaign_file("smoke"), shipped) << "a folder is no campaign";
  std::ofstream("smoke.toml").put('#');
  EXPECT_EQ(campaign_file("smoke.toml"), "smoke.toml");
  std::filesystem::current_path(before);

  const TempDir other;
  std::ofstream(other.file("own.toml")).put('#');
  std::ofstream(other.file("own-too.toml")).put('#');
  std::ofstream(other.file("faults.jsonl")).put('#');
  ::setenv("FLUENCE_CAMPAIGNS", other.path().c_str(), 1);
  EXPECT_EQ(campaign_file("own"), other.path() / "own.toml");
  EXPECT_THAT([] { campaign_file("smoke"); },
              ThrowsMessage<InputError>("there is no campaign 'smoke', neither a file here nor in " +
                                        other.path().string() +
                                        ": give the path of a TOML file, or one of own, own-too"));
  ::unsetenv("FLUENCE_CAMPAIGNS");
}

}  // namespace
}  // namespace fluence::test
