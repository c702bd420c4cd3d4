#include "fault/schedule.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <random>

#include "network/error.hpp"
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
INSTANTIATE_TEST_SUITE_P(Networks, ScheduleOf, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(ScheduleOf, TextIsTheFile) { EXPECT_EQ(schedule_of(GetParam()).text(), file_of(GetParam())); }

/// One of the first, one long after them, or one about which the pattern changes.
std::int64_t random_image(const LayerSchedule& layer, std::mt19937_64& random) {
  if (random() % 2 == 0) {
    return static_cast<std::int64_t>(random() % (random() % 2 == 0 ? 4 : 2000));
  }
  std::int64_t first = 0;
  for (auto span = random() % layer.spans.size(); span > 0; --span) {
    first += layer.spans[span - 1].images;
  }
  return std::max<std::int64_t>(first - static_cast<std::int64_t>(random() % 2), 0);
}

// By definition: the first of all windows whose read cycle is not before the flip.
TEST_P(ScheduleOf, FirstReadIsThatOfASearchThroughAllReads) {
  constexpr std::uint64_t kFar = 20'000;  // less than a layer's period
  const auto schedule = schedule_of(GetParam());
  const auto& net = schedule.net();
  std::mt19937_64 random(3);
  for (int round = 0; round < 3000; ++round) {
    const auto& layer = net.layer(static_cast<int>(random() % net.layers.size()));
    const bool weights = layer.thresholds == 0 || random() % 2 == 0;
    const int words = weights ? layer.weight_words() : layer.threshold_words();
    const auto below = [&](int limit) {
      return static_cast<int>(random() % static_cast<unsigned>(limit));
    };
    const auto word = random() % 3 == 0 ? 0 : below(words);
    const auto cycle_of = [&](std::int64_t image, int pixel) {
      const auto at = std::int64_t{pixel} * words + word;
      return weights ? schedule.step_cycle(layer.index, image, at)
                     : schedule.row_cycle(layer.index, image, at);
    };
    const auto pixel = random() % 3 == 0 ? 0 : below(layer.out_pixels());
    const auto image = random_image(schedule.layer(layer.index), random);
    // At a read and one cycle to both sides, a little before it, or long before.
    const auto cycle = std::max(cycle_of(image, pixel) + 1, kFar) -
                       std::array{random() % 3, random() % 200, random() % kFar}.at(random() % 3);
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
  for (const auto space : {Space::weights, Space::thresholds}) {
    for (int layer = 0; layer < 8; ++layer) {
      EXPECT_EQ(schedule.first_read({space, layer, 0, 0}, 0), FirstRead{});
    }
  }
}

TEST_P(ScheduleOf, NoRowLeavesAfterTheNextHasBegun) {
  const auto schedule = schedule_of(GetParam());
  for (const auto& layer : schedule.net().layers) {
    const int folds = layer.synapse_folds();
    for (std::int64_t row = 0; row + 1 < layer.out_pixels() * layer.neuron_folds(); ++row) {
      const auto left = schedule.row_cycle(layer.index, 1, row);
      ASSERT_GT(left, schedule.step_cycle(layer.index, 1, row * folds + folds - 1));
      ASSERT_LE(left, schedule.step_cycle(layer.index, 1, (row + 1) * folds));
    }
  }
}

TEST(Schedule, OfALayerByHand) {
  // Layer 0 has 36 weight words, in rows of 9 steps. It starts image 0 in cycle 100, pauses 10 cycles
  // after 20 steps, and gives row 3 a cycle late; after image 1 it is idle until cycle 200,000.
  const auto& net = topology("cnvW1A1");
  const LayerSchedule layer{{{{{0, 0}, {20, 30}}, {{3, 1}}}},
                            {{2, 0, 100, 50'000}, {0, 0, 200'000, 40'000}}};
  const Schedule schedule(net, "", std::vector(net.layers.size(), layer));
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
  EXPECT_THAT(error_of(replaced(good_, "\"format\": 1", "\"format\": 2"), rtl_), says("format 2"));
  EXPECT_THAT(error_of("", rtl_), says("damaged"));
  EXPECT_THAT(error_of("[]", rtl_), says("damaged"));
  for (const auto part : {1U, 3U, 7U}) {
    EXPECT_THAT(error_of(good_.substr(0, good_.size() * part / 8), rtl_), says("cut short"));
  }
}

TEST_F(ScheduleErrors, ContradictionsAreFound) {
  const auto text = [](const std::string& runs, const std::string& late, const std::string& spans) {
    const auto layer =
        R"({"patterns":[{"runs":)" + runs + R"(,"late":)" + late + R"(}],"spans":)" + spans + "}";
    std::string layers = layer;
    for (int i = 1; i < 9; ++i) {
      layers.append(",").append(layer);
    }
    return R"({"format": 1, "network": "cnvW1A1", "rtl": "0", "layers": [)" + layers + "]}";
  };
  const std::string runs = "[[0,0],[20,30]]";
  const std::string late = "[[3,1],[4,1]]";
  const std::string spans = "[[2,0,100,50000],[0,0,100100,50000]]";
  EXPECT_EQ(error_of(text(runs, late, spans), "0"), "");
  for (const auto* bad : {"[]", "[[1,0]]", "[[0,1]]", "[[0,0],[20,20]]", "[[0,0],[20,30],[20,31]]",
                          "[[0,0],[99999,99999]]", "[[0,0],[40000,50000]]", "[[0]]", "[[\"0\",0]]"}) {
    EXPECT_THAT(error_of(text(bad, late, spans), "0"), HasSubstr("damaged")) << bad;
  }
  for (const auto* bad : {"[[4,1],[3,1]]", "[[3,0]]", "[[99999,1]]", "[[-1,1]]"}) {
    EXPECT_THAT(error_of(text(runs, bad, spans), "0"), HasSubstr("damaged")) << bad;
  }
  for (const auto* bad :
       {"[]", "[[2,0,100,50000]]", "[[0,0,100,50000],[0,0,200100,50000]]", "[[0,1,100,50000]]",
        "[[0,0,100,5000]]", "[[2,0,100,50000],[0,0,60000,50000]]", "[[1,0,100,7],[0,0,90000,50000]]"}) {
    EXPECT_THAT(error_of(text(runs, late, bad), "0"), HasSubstr("damaged")) << bad;
  }
}

}  // namespace
}  // namespace fluence::test
