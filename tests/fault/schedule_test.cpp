#include "fault/schedule.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "base/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string file_of(const std::string& net) {
  std::ifstream in(Schedule::file_in(FLUENCE_SOURCE_DIR "/schedules", topology(net)));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Schedule schedule_of(const std::string& net) {
  return Schedule::read(FLUENCE_SOURCE_DIR "/schedules", topology(net));
}

class ScheduleOf : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, ScheduleOf,
                         testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2", "lfcW1A1", "lfcW1A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(ScheduleOf, TextIsTheFile) { EXPECT_EQ(schedule_of(GetParam()).text(), file_of(GetParam())); }

/// One of the first, one long after them, or one about which the pattern changes.
std::int64_t random_image(const StageSchedule& stage, std::mt19937_64& random) {
  if (random() % 2 == 0) {
    return static_cast<std::int64_t>(random() % (random() % 2 == 0 ? 4 : 2000));
  }
  std::int64_t first = 0;
  for (auto span = random() % stage.spans.size(); span > 0; --span) {
    first += stage.spans[span - 1].images;
  }
  return std::max<std::int64_t>(first - static_cast<std::int64_t>(random() % 2), 0);
}

// By definition: the first of all windows whose read cycle is not before the flip.
TEST_P(ScheduleOf, FirstReadIsThatOfASearchThroughAllReads) {
  const auto schedule = schedule_of(GetParam());
  const auto far = std::min<std::uint64_t>(20'000, schedule.period());  // no more than a layer's period
  const auto& net = schedule.net();
  std::mt19937_64 random(3);
  for (int round = 0; round < 3000; ++round) {
    const auto& layer = net.layer(static_cast<int>(random() % net.layers.size()));
    const auto unit = schedule.unit(layer.index);
    const bool weights = layer.thresholds == 0 || random() % 2 == 0;
    const int words = weights ? layer.weight_words() : layer.threshold_words();
    const auto below = [&](int limit) {
      return static_cast<int>(random() % static_cast<unsigned>(limit));
    };
    const auto word = random() % 3 == 0 ? 0 : below(words);
    const auto cycle_of = [&](std::int64_t image, int pixel) {
      const auto at = std::int64_t{pixel} * words + word;
      return weights ? schedule.step_cycle(unit, image, at) : schedule.result_cycle(unit, image, at);
    };
    const auto pixel = random() % 3 == 0 ? 0 : below(layer.out_pixels());
    const auto image = random_image(schedule.stage(unit), random);
    // At a read and one cycle to both sides, a little before it, or long before.
    const auto cycle = std::max(cycle_of(image, pixel) + 1, far) -
                       std::array{random() % 3, random() % 200, random() % far}.at(random() % 3);
    FirstRead expected{std::max<std::int64_t>(image - 2, 0), 0};
    while (cycle_of(expected.image, expected.pixel) < cycle) {
      if (++expected.pixel == layer.out_pixels()) {
        expected = {expected.image + 1, 0};
      }
    }
    const Site site{weights ? Space::weights : Space::thresholds, layer.index, 0, word};
    const auto found = schedule.first_read(site, cycle);
    ASSERT_EQ(std::pair(found.image, found.pixel), std::pair(expected.image, expected.pixel))
        << "layer " << layer.index << " word " << word << " cycle " << cycle;
  }
}

TEST_P(ScheduleOf, BeforeTheFirstReadIsTheFirstImage) {
  const auto schedule = schedule_of(GetParam());
  for (const auto& layer : schedule.net().layers) {
    EXPECT_EQ(schedule.first_read({Space::weights, layer.index, 0, 0}, 0), FirstRead{});
    if (layer.thresholds > 0) {
      EXPECT_EQ(schedule.first_read({Space::thresholds, layer.index, 0, 0}, 0), FirstRead{});
    }
  }
}

TEST_P(ScheduleOf, NoResultLeavesAfterTheNextHasBegun) {
  const auto schedule = schedule_of(GetParam());
  for (std::size_t k = 0; k < schedule.works().size(); ++k) {
    const auto& work = schedule.works()[k];
    for (std::int64_t result = 0; result + 1 < work.results(); ++result) {
      const auto left = schedule.result_cycle(k, 1, result);
      ASSERT_GT(left, schedule.step_cycle(k, 1, (result + 1) * work.fold - 1));
      ASSERT_LE(left, schedule.step_cycle(k, 1, (result + 1) * work.fold));
    }
  }
}

TEST_P(ScheduleOf, CountsWhatComesBeforeACycle) {
  const auto schedule = schedule_of(GetParam());
  std::mt19937_64 random(4);
  for (int round = 0; round < 3000; ++round) {
    const auto k = random() % schedule.works().size();
    const auto& work = schedule.works()[k];
    const auto image = random_image(schedule.stage(k), random);
    const auto step = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(work.steps));
    const auto cycle = schedule.step_cycle(k, image, step);
    ASSERT_EQ(schedule.steps_before(k, cycle), image * work.steps + step);
    ASSERT_EQ(schedule.steps_before(k, cycle + 1), image * work.steps + step + 1);
    if (work.fold > 0) {
      const auto result = step / work.fold;
      const auto leaves = schedule.result_cycle(k, image, result);
      ASSERT_EQ(schedule.results_before(k, leaves), image * work.results() + result);
      ASSERT_EQ(schedule.results_before(k, leaves + 1), image * work.results() + result + 1);
    }
  }
}

// What one stage gives the next one takes, later and within the stream's depth.
TEST_P(ScheduleOf, NoStreamRunsDryOrOver) {
  const auto schedule = schedule_of(GetParam());
  const auto flow = dataflow(schedule.net());
  const auto& works = schedule.works();
  std::mt19937_64 random(5);
  for (int round = 0; round < 20'000; ++round) {
    const auto k = random() % flow.streams.size();
    const auto cycle = random() % (random() % 2 == 0 ? 1'000'000 : 1'000 * schedule.period());
    const auto results = works[k].fold == 0 ? 0 : schedule.results_before(k, cycle);
    const auto pushed = works[k].pushed(schedule.steps_before(k, cycle), results);
    const auto popped = works[k + 1].popped(schedule.steps_before(k + 1, cycle));
    ASSERT_GE(pushed, popped) << flow.streams[k].name << " cycle " << cycle;
    ASSERT_LE(pushed - popped, flow.streams[k].depth) << flow.streams[k].name << " cycle " << cycle;
  }
}

TEST(StageWorks, EveryStageTakesAndGivesAnImagesWords) {
  for (const auto& net : all_topologies()) {
    const auto flow = dataflow(net);
    const auto works = stage_works(flow);
    for (std::size_t k = 0; k < works.size(); ++k) {
      for (const std::int64_t images : {1, 3}) {
        const auto& work = works[k];
        EXPECT_EQ(work.popped(images * work.steps), images * flow.stages[k].words_in);
        EXPECT_EQ(work.pushed(images * work.steps, images * work.results()),
                  images * flow.stages[k].words_out);
      }
    }
  }
}

/// The cycles that runs stand for.
std::vector<std::int64_t> cycles_of(const std::vector<WorkPattern::Run>& runs, std::size_t count) {
  std::vector<std::int64_t> cycles;
  for (auto run = runs.begin(); cycles.size() < count; ++run) {
    const auto next = std::next(run);
    const auto end = next == runs.end() ? count : static_cast<std::size_t>(next->step);
    for (std::int64_t i = 0; cycles.size() < end; ++i) {
      cycles.push_back(run->cycle + i / run->burst * run->period + i % run->burst);
    }
  }
  return cycles;
}

TEST(WorkPatterns, RunsStandForTheirCycles) {
  using Run = WorkPattern::Run;
  const std::vector<std::int64_t> steady = {0, 1, 2, 3, 4};
  EXPECT_EQ(WorkPattern::runs_of(steady), (std::vector<Run>{{0, 0, 1, 1}}));
  const std::vector<std::int64_t> bursts = {0, 1, 5, 6, 10, 11, 15};
  EXPECT_EQ(WorkPattern::runs_of(bursts), (std::vector<Run>{{0, 0, 2, 5}}));
  const std::vector<std::int64_t> longer = {0, 1, 5, 6, 7, 8, 12, 13, 14, 15, 19, 20};
  EXPECT_EQ(WorkPattern::runs_of(longer), (std::vector<Run>{{0, 0, 1, 1}, {2, 5, 4, 7}}));
  std::mt19937_64 random(6);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::int64_t> cycles = {0};
    while (cycles.size() < 60) {
      cycles.push_back(cycles.back() + (random() % 4 == 0 ? 1 + static_cast<int>(random() % 3) : 1));
    }
    ASSERT_EQ(cycles_of(WorkPattern::runs_of(cycles), cycles.size()), cycles);
  }
}

TEST(Schedule, OfAUnitByHand) {
  // Layer 0 has 36 weight words, in rows of 9 steps. It starts image 0 in cycle 100, pauses 10 cycles
  // after 20 steps, and gives row 3 a cycle late; after image 1 it is idle until cycle 200,000.
  const auto& net = topology("cnvW1A1");
  const StageSchedule unit{{{{{0, 0}, {20, 30}}, {{3, 1}}}},
                           {{2, 0, 100, 50'000}, {0, 0, 200'000, 40'000}}};
  const auto steady = [](std::uint64_t start, std::uint64_t period) {
    return StageSchedule{{{{{0, 0}}, {}}}, {{0, 0, start, period}}};
  };
  std::vector<StageSchedule> stages;
  for (const auto& stage : dataflow(net).stages) {
    stages.push_back(stage.name == "l0_mvau" ? unit : steady(0, 40'000));
  }
  const Schedule schedule(net, "", 13, stages);
  const auto weight = [&](int word, std::uint64_t cycle) {
    return schedule.first_read({Space::weights, 0, 0, word}, cycle);
  };
  const auto threshold = [&](int word, std::uint64_t cycle) {
    return schedule.first_read({Space::thresholds, 0, 0, word}, cycle);
  };
  EXPECT_EQ(weight(19, 119), (FirstRead{0, 0}));
  EXPECT_EQ(weight(19, 120), (FirstRead{0, 1}));
  EXPECT_EQ(weight(20, 120), (FirstRead{0, 0}));
  EXPECT_EQ(weight(20, 130), (FirstRead{0, 0}));
  EXPECT_EQ(weight(20, 131), (FirstRead{0, 1}));
  EXPECT_EQ(threshold(0, 109), (FirstRead{0, 0}));
  EXPECT_EQ(threshold(0, 110), (FirstRead{0, 1}));
  EXPECT_EQ(threshold(3, 147), (FirstRead{0, 0})) << "its last step is in cycle 145";
  EXPECT_EQ(threshold(3, 148), (FirstRead{0, 1}));
  EXPECT_EQ(weight(0, 50'100), (FirstRead{1, 0}));
  EXPECT_EQ(weight(0, 150'000), (FirstRead{2, 0})) << "in the pause";
  EXPECT_EQ(weight(0, 200'001), (FirstRead{2, 1}));
  EXPECT_EQ(weight(5, 200'000 + 1'000 * 40'000), (FirstRead{1002, 0}));
  EXPECT_EQ(schedule.periodic_from(), 2);
  EXPECT_EQ(schedule.period(), 40'000U);
  EXPECT_EQ(schedule.run_length(3), 2 * 40'000U + 15 + 13) << "after the last of 16 score words";
}

// Images 1 and 2 repeat as a round, 90,000 cycles later each time.
TEST(Schedule, OfRoundsByHand) {
  const auto& net = topology("cnvW1A1");
  const StageSchedule unit{
      {{{{0, 0}}, {}}}, {{1, 0, 100, 0}, {1, 0, 60'000, 0}, {1, 0, 100'000, 0}}, {2, 90'000}};
  std::vector<StageSchedule> stages;
  for (const auto& stage : dataflow(net).stages) {
    stages.push_back(stage.name == "l0_mvau" ? unit
                                             : StageSchedule{{{{{0, 0}}, {}}}, {{0, 0, 0, 45'000}}});
  }
  const Schedule made(net, "", 13, stages);
  const auto schedule = Schedule::parse(made.text(), "made", net);
  EXPECT_EQ(schedule.text(), made.text());
  const auto at = schedule.unit(0);
  EXPECT_EQ(schedule.step_cycle(at, 2, 5), 100'005U);
  EXPECT_EQ(schedule.step_cycle(at, 3, 5), 150'005U);
  EXPECT_EQ(schedule.step_cycle(at, 4, 5), 190'005U);
  EXPECT_EQ(schedule.result_cycle(at, 2001, 0), 60'000U + 1000 * 90'000U + 9);
  const auto steps = schedule.works()[at].steps;
  EXPECT_EQ(schedule.steps_before(at, 150'000), 3 * steps);
  EXPECT_EQ(schedule.steps_before(at, 150'001), 3 * steps + 1);
  EXPECT_EQ(schedule.steps_before(at, 190'007), 4 * steps + 7);
  const auto first_read = [&](std::uint64_t cycle) {
    return schedule.first_read({Space::weights, 0, 0, 0}, cycle);
  };
  EXPECT_EQ(first_read(132'400), (FirstRead{3, 0}));
  EXPECT_EQ(first_read(190'001), (FirstRead{4, 1}));
  EXPECT_EQ(schedule.periodic_from(), 1);

  const auto refused = [&](const ImageRound& round) {
    auto wrong = stages;
    wrong.at(at).round = round;
    EXPECT_THROW(Schedule(net, "", 13, wrong), std::logic_error);
  };
  refused({4, 90'000});
  refused({2, 70'000});
  refused({});
}

class ScheduleErrors : public testing::Test {
 protected:
  /// What loading the cnvW1A1 schedule says when its file has this content.
  std::string error_of(const std::string& content, const std::string& rtl) {
    std::ofstream(Schedule::file_in(dir_.path(), net_), std::ios::binary) << content;
    return load_error(rtl);
  }
  std::string load_error(const std::string& rtl) {
    try {
      static_cast<void>(Schedule::load(dir_.path(), net_, rtl));
      return "";
    } catch (const InputError& e) {
      return e.what();
    }
  }
  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  }

  const Topology& net_ = topology("cnvW1A1");
  const std::string good_ = file_of("cnvW1A1");
  const std::string rtl_ = schedule_of("cnvW1A1").rtl();
  TempDir dir_;
};

TEST_F(ScheduleErrors, SayWhatIsWrongAndHowToRenewIt) {
  const auto says = [](const char* what) {
    return AllOf(HasSubstr(what), HasSubstr("cnvW1A1.json"), HasSubstr("run 'fluence calibrate'"));
  };
  EXPECT_THAT(load_error(rtl_), says("cannot read"));
  EXPECT_EQ(error_of(good_, rtl_), "");
  EXPECT_THAT(error_of(good_, "0123456789abcdef"), says("another RTL"));
  EXPECT_THAT(error_of(file_of("cnvW2A2"), rtl_), says("of the network \"cnvW2A2\""));
  EXPECT_THAT(error_of(replaced(good_, "\"format\": 2", "\"format\": 1"), rtl_), says("format 1"));
  EXPECT_THAT(error_of("", rtl_), says("damaged"));
  EXPECT_THAT(error_of("[]", rtl_), says("damaged"));
  for (const auto part : {1U, 3U, 7U}) {
    EXPECT_THAT(error_of(good_.substr(0, good_.size() * part / 8), rtl_), says("cut short"));
  }
}

TEST_F(ScheduleErrors, ContradictionsAreFound) {
  const auto text = [](const std::string& runs, const std::string& late, const std::string& spans) {
    std::string stages;
    for (const auto& stage : dataflow(topology("cnvW1A1")).stages) {
      const bool unit = stage.name == "l0_mvau";
      stages += (stages.empty() ? "" : ",") + (R"({"patterns":[{"runs":)" + (unit ? runs : "[[0,0]]")) +
                R"(,"late":)" + (unit ? late : "[]") + R"(}],"spans":)" +
                (unit ? spans : "[[0,0,0,50000]]") + "}";
    }
    return R"({"format": 2, "network": "cnvW1A1", "rtl": "0", "tail": 13, "stages": [)" + stages + "]}";
  };
  const std::string runs = "[[0,0],[20,30]]";
  const std::string late = "[[3,1],[4,1]]";
  const std::string spans = "[[2,0,100,50000],[0,0,100100,50000]]";
  EXPECT_EQ(error_of(text(runs, late, spans), "0"), "");
  for (const auto* bad : {"[]", "[[1,0]]", "[[0,1]]", "[[0,0],[20,20]]", "[[0,0],[20,30],[20,31]]",
                          "[[0,0],[99999,99999]]", "[[0,0],[40000,50000]]", "[[0]]", "[[\"0\",0]]",
                          "[[0,0,0,5]]", "[[0,0,3,2]]", "[[0,0,2,20],[20,150]]", "[[0,0,2]]"}) {
    EXPECT_THAT(error_of(text(bad, late, spans), "0"), HasSubstr("damaged")) << bad;
  }
  for (const auto* bad : {"[[4,1],[3,1]]", "[[3,0]]", "[[99999,1]]", "[[-1,1]]"}) {
    EXPECT_THAT(error_of(text(runs, bad, spans), "0"), HasSubstr("damaged")) << bad;
  }
  for (const auto* bad :
       {"[]", "[[2,0,100,50000]]", "[[0,0,100,50000],[0,0,200100,50000]]", "[[0,1,100,50000]]",
        "[[0,0,100,5000]]", "[[2,0,100,50000],[0,0,60000,50000]]", "[[1,0,100,7],[0,0,90000,50000]]",
        "[[0,0.5,0,50000]]", "[[0,0,true,50000]]", "[[0,0,-1,50000]]", "[[0,0,0,5e4]]",
        "[[0,0,18446744073709551615,50000]]", "[[0,0,0,1000000001]]"}) {
    EXPECT_THAT(error_of(text(runs, late, bad), "0"), HasSubstr("damaged")) << bad;
  }
}

}  // namespace
}  // namespace fluence::test
