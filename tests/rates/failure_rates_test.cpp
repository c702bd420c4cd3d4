#include "rates/failure_rates.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "network/known_networks.hpp"
#include "tests/support/made_buffer_map.hpp"
#include "tests/support/made_up_results.hpp"

namespace fluence::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

Device device_of(double cross_section) {
  Device device{"d", {}, {}};
  DeviceMemory memory;
  memory.name = "ram";
  memory.spaces = {Space::weights, Space::thresholds};
  memory.neutrons = cross_section;
  memory.verified = true;
  device.memories.push_back(memory);
  return device;
}

Environment sea_level() {
  Environment environment;
  environment.name = "sea level";
  environment.neutrons = 13;
  return environment;
}

Derating exact(Space space, int layer, std::uint64_t bits, double critical) {
  Derating derating;
  derating.net = &topology("cnvW1A1");
  derating.space = space;
  derating.layer = layer;
  derating.bits = bits;
  derating.critical.share = critical;
  derating.masked.share = 1 - critical;
  return derating;
}

// 1e-14 cm2 a bit, 13 neutrons a cm2 and hour: 130 FIT a million bits, 208.22464 of cnvW1A1's
// parameters.
TEST(FailureRates, AreThoseOfTheClosedForms) {
  const auto rates =
      failure_rates({exact(Space::weights, 1, 1'000'000, 0.1), exact(Space::weights, 2, 601'728, 0.05)},
                    {}, device_of(1e-14), sea_level());
  ASSERT_EQ(rates.rows.size(), 2U);
  EXPECT_NEAR(rates.rows[0].fit, 130, 1e-9);
  EXPECT_NEAR(rates.rows[0].critical.rate, 13, 1e-9);
  EXPECT_FALSE(rates.rows[0].critical.interval);
  ASSERT_EQ(rates.totals.size(), 1U);
  EXPECT_NEAR(rates.totals[0].fit, 208.22464, 1e-9);
  EXPECT_EQ(rates.totals[0].bits, 1'601'728U);
  EXPECT_NEAR(rates.totals[0].critical.rate, 13 + 0.05 * 78.22464, 1e-9);
  EXPECT_TRUE(rates.unverified.empty());
}

TEST(FailureRates, OfARateADayAreThoseOfTheUnits) {
  Environment environment;
  environment.name = "given";
  environment.given = 9.55271e-05;
  const auto rates =
      failure_rates({exact(Space::weights, 1, 1'601'728, 1)}, {}, device_of(0), environment);
  EXPECT_NEAR(rates.totals[0].upsets_a_day, 153.00843082880002, 1e-9);
  EXPECT_NEAR(rates.totals[0].fit / 1'601'728, 3980.295833333333, 1e-9);
}

TEST(FailureRates, AddIntervalsOfIndependentRows) {
  auto a = exact(Space::weights, 1, 1'000'000, 0.1);
  auto b = exact(Space::weights, 2, 1'000'000, 0.2);
  a.trials = b.trials = 100;
  a.critical.interval = Interval{0.07, 0.14};
  b.critical.interval = Interval{0.16, 0.23};
  const auto rates = failure_rates({a, b}, {}, device_of(1e-14), sea_level());
  const auto& sum = rates.totals[0].critical;
  EXPECT_NEAR(sum.rate, 39, 1e-9);
  EXPECT_NEAR(sum.interval->low, 39 - 130 * std::hypot(0.03, 0.04), 1e-9);
  EXPECT_NEAR(sum.interval->high, 39 + 130 * std::hypot(0.04, 0.03), 1e-9);
  // Too few trials for one of them: nothing is said of the sum.
  b.critical.interval.reset();
  EXPECT_FALSE(failure_rates({a, b}, {}, device_of(1e-14), sea_level()).totals[0].critical.interval);
  // Exact: nothing is added.
  b.trials = 0;
  EXPECT_NEAR(failure_rates({a, b}, {}, device_of(1e-14), sea_level()).totals[0].critical.interval->low,
              39 - 130 * 0.03, 1e-9);
}

TEST(FailureRates, RefuseWhatTheDeviceDoesNotHave) {
  EXPECT_THAT([] { failure_rates({exact(Space::fifo, 1, 8, 0)}, {}, device_of(1e-14), sea_level()); },
              ThrowsMessage<InputError>(HasSubstr("has no memory that holds fifo")));
  EXPECT_THAT([] { failure_rates({exact(Space::weights, 1, 8, 0)}, {}, device_of(1e6), sea_level()); },
              ThrowsMessage<InputError>(HasSubstr("more than once a second")));
}

TEST(FailureRates, AddTheConfigurationMemory) {
  auto device = device_of(1e-14);
  device.configuration = {10'000'000, 0.05, device.memories.front()};
  device.configuration->memory.name = "configuration";
  device.configuration->memory.verified = false;
  const auto rates = failure_rates({exact(Space::weights, 1, 1'000'000, 0.1)}, {}, device, sea_level());
  EXPECT_NEAR(rates.totals[0].configuration_fit, 65, 1e-9);
  EXPECT_THAT(rates.unverified, ElementsAre("configuration"));
  EXPECT_THAT(rate_text(rates), HasSubstr("adds 65 FIT"));
  EXPECT_THAT(rate_text(rates),
              HasSubstr("nobody has verified the cross sections of the memory configuration"));
}

// Names are for tables: two memories may have the same.
TEST(FailureRates, AreThoseOfEachMemoryWhateverItsName) {
  auto device = device_of(1e-14);
  device.memories.front().spaces = {Space::weights};
  device.memories.push_back(device.memories.front());
  device.memories.back().spaces = {Space::thresholds};
  device.memories.back().neutrons = 3e-14;
  device.configuration = {1'000'000, 1, device.memories.front()};
  device.configuration->memory.neutrons = 5e-14;
  const auto rates =
      failure_rates({exact(Space::weights, 1, 1'000'000, 0), exact(Space::thresholds, 1, 1'000'000, 0)},
                    {}, device, sea_level());
  EXPECT_NEAR(rates.rows[0].fit, 130, 1e-9);
  EXPECT_NEAR(rates.rows[1].fit, 390, 1e-9);
  EXPECT_NEAR(rates.totals[0].configuration_fit, 650, 1e-9);
}

// 20 of the bit's 300 cycles: the share is over all bits and cycles, and no interval is there.
TEST(FailureRates, OfAMapOfBuffersAreOfItsBitCycles) {
  const TempDir dir;
  const auto folder = (dir.path() / "map").string();
  const auto map = made_buffer_map(folder, {700, 1000},
                                   {{{710, 720}, Consequence::right_to_wrong, 0},
                                    {{720, 730}, Consequence::tolerable, 0},
                                    {{800, 810}, Consequence::wrong_to_wrong, 1}});
  const auto bits = map.layout()->bits();
  const auto found = map_deratings({folder});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].bits, bits);
  EXPECT_EQ(found[0].space, Space::accumulator);
  EXPECT_DOUBLE_EQ(found[0].critical.share, 20.0 / (300.0 * static_cast<double>(bits)));
  EXPECT_DOUBLE_EQ(found[0].tolerable.share, 10.0 / (300.0 * static_cast<double>(bits)));
  EXPECT_DOUBLE_EQ(found[0].masked.share + found[0].tolerable.share + found[0].critical.share, 1);
  auto device = device_of(1e-14);
  device.memories.front().spaces.push_back(Space::accumulator);
  const auto rates = failure_rates(found, {}, device, sea_level());
  EXPECT_NEAR(rates.totals[0].critical.rate, 130e-6 * 20 / 300, 1e-15);
  EXPECT_FALSE(rates.totals[0].critical.interval);

  EXPECT_THAT(
      [&] {
        map_deratings({folder, folder});
      },
      ThrowsMessage<InputError>(HasSubstr("holds accumulator of layer 3, as one before it does")));
  std::filesystem::remove(dir.path() / "map" / "image-000001.bin");
  EXPECT_THAT([&] { map_deratings({folder}); },
              ThrowsMessage<InputError>(HasSubstr("has 1 of its 2 images")));
}

// As many images as the board computes in an hour at 100 MHz.
TEST(FailureRates, CountImagesBetweenFailures) {
  auto device = device_of(1e-14);
  const auto count = [&] {
    return failure_rates({exact(Space::weights, 1, 1'000'000, 0.1)}, {}, device, sea_level());
  };
  const double board = 3600e8 / static_cast<double>(topology("cnvW1A1").board->steady_state);
  EXPECT_NEAR(count().totals[0].images_an_hour, board, 1e-3 * board);
  EXPECT_NEAR(rate_json(count()).at("totals")[0].at("images_between_critical").get<double>(),
              board * 1e9 / 13, 1e-3 * board * 1e9 / 13);
  EXPECT_EQ(count().totals[0].own_share(), 1);
  device.clock_mhz = 50;
  device.configuration = {2'000'000, 0.05, device.memories.front()};
  EXPECT_NEAR(count().totals[0].images_an_hour, board / 2, 1e-3 * board);
  EXPECT_NEAR(rate_json(count()).at("totals")[0].at("own_share").get<double>(), 0.5, 1e-9);
}

TEST(FailureRates, RefuseBurstsThatNobodyHasSeen) {
  auto device = device_of(1e-14);
  device.memories.front().burst_share = 0.1;
  EXPECT_THAT([&] { failure_rates({exact(Space::weights, 1, 8, 0)}, {}, device, sea_level()); },
              ThrowsMessage<InputError>(
                  "the memory ram has bursts, and what one does in weights of layer 1 of cnvW1A1 is not "
                  "known: give a campaign with a scenario of one burst there, or leave 'burst_share' "
                  "out"));
}

MissionRow accumulated(double upsets, double accuracy, bool from_start) {
  Accumulation state;
  state.net = &topology("cnvW1A1");
  state.spaces = {Space::weights};
  state.upsets = upsets;
  state.from_start = from_start;
  state.fault_free = 80;
  state.accuracy = accuracy;
  state.interval = Interval{accuracy - 2, accuracy + 2};
  return {state, 10 * upsets};
}

// One upset in ten days. Trials of which upsets come in the course of the run have the mean already.
TEST(Scrubbing, HasTheMeanAccuracyBetweenTwoTimes) {
  const double days_15 = 15 * 10 * 24;
  auto rows = scrubbed({accumulated(20, 50, false), accumulated(10, 70, false)}, days_15);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_NEAR(rows[0].upsets, 15, 1e-9);
  EXPECT_NEAR(*rows[0].accuracy, 60, 1e-9);
  EXPECT_NEAR(rows[0].interval->low, 58, 1e-9);

  // 80 to 70 to 60, of all on the way: (10 * 75 + 5 * 65) / 15.
  rows = scrubbed({accumulated(10, 70, true), accumulated(20, 50, true)}, days_15);
  EXPECT_NEAR(*rows[0].accuracy, 1075.0 / 15, 1e-9);
  // Without upsets there is no error: (10 * 1 + 5 * 2) / 15.
  EXPECT_NEAR(rows[0].interval->high - *rows[0].accuracy, 20.0 / 15, 1e-9);
  EXPECT_NEAR(*scrubbed({accumulated(10, 70, true)}, 1e-9)[0].accuracy, 80, 1e-6);
}

TEST(Scrubbing, KnowsNothingBeyondTheCampaign) {
  auto buffers = accumulated(10, 70, false);
  buffers.state.spaces = {Space::weights, Space::fifo};
  auto other = accumulated(10, 40, false);
  other.state.layers = {3};
  const auto rows = scrubbed({accumulated(10, 70, false), buffers, other}, 101 * 24);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_FALSE(rows[0].accuracy);
  EXPECT_NEAR(*scrubbed({accumulated(10, 70, false)}, 100 * 24)[0].accuracy, 70, 1e-9);
  auto never = accumulated(10, 70, false);
  never.days = std::numeric_limits<double>::infinity();
  EXPECT_NEAR(*scrubbed({never}, 1e9)[0].accuracy, 80, 1e-9);
}

class OfACampaign : public ::testing::Test {
 protected:
  FailureRates rates(const std::string& grid, int trials) {
    auto store = made_up(dir_, spec_text(grid, trials), trials, plausible);
    return failure_rates(deratings(store, "x"), accumulations(store, "x"), device_of(1e-14),
                         sea_level());
  }
  TempDir dir_;
};

TEST_F(OfACampaign, DeratingsAreThoseOfSingleBitUpsets) {
  const auto rates = this->rates(kUniform, 10);
  ASSERT_EQ(rates.rows.size(), 4U);  // two networks, two spaces; neither bursts nor more upsets
  const auto& row = rates.rows.front();
  EXPECT_EQ(row.derating.net->name, "cnvW1A1");
  EXPECT_EQ(row.derating.space, Space::weights);
  EXPECT_FALSE(row.derating.layer);
  EXPECT_EQ(row.derating.trials, 10);
  // Trial k has 2 k of 1,000 images critical.
  EXPECT_NEAR(row.derating.critical.share, 0.009, 1e-12);
  EXPECT_TRUE(row.critical.interval);
  EXPECT_EQ(rates.totals.size(), 2U);
  EXPECT_TRUE(rates.totals[0].critical.interval);
}

TEST_F(OfACampaign, BurstsDoWhatTheCampaignHasSeen) {
  auto store = made_up(dir_, spec_text(kUniform, 10), 10, plausible, {}, [](const Scenario& s, int k) {
    return s.draw_plan.word_size * few_critical(s, k);
  });
  double bursts = 0;
  for (const auto& tally : store.tallies()) {
    if (tally.network == "cnvW1A1" && tally.mode == "mbu" && tally.spaces == "weights" &&
        tally.faults == 1) {
      bursts = static_cast<double>(tally.critical) / tally.done / tally.images;
    }
  }
  auto device = device_of(1e-14);
  const auto without = failure_rates(deratings(store, "x"), {}, device, sea_level());
  device.memories.front().burst_share = 0.25;
  const auto rates = failure_rates(deratings(store, "x"), {}, device, sea_level());
  ASSERT_EQ(rates.rows.size(), without.rows.size());
  EXPECT_NEAR(bursts, 8 * 0.009, 1e-12);
  EXPECT_NEAR(rates.rows[0].critical.rate, rates.rows[0].fit * (0.75 * 0.009 + 0.25 * bursts), 1e-9);
  EXPECT_NEAR(rates.rows[0].fit, without.rows[0].fit, 1e-12);
  EXPECT_TRUE(rates.rows[0].critical.interval);
  EXPECT_THAT(rate_text(rates),
              HasSubstr("25 % of the upsets of the memory ram are bursts, as the campaign has them"));
}

TEST_F(OfACampaign, ScrubbingIsToldWhereItIsAskedFor) {
  auto store = made_up(dir_, spec_text(kUniform, 10), 10, plausible);
  const auto rates =
      failure_rates(deratings(store, "x"), accumulations(store, "x"), device_of(1e-14), sea_level(), 24);
  ASSERT_FALSE(rates.scrubbed.empty());
  EXPECT_THAT(rate_text(rates), HasSubstr("with parameters written anew every 24 hours"));
  const auto json = rate_json(rates);
  EXPECT_DOUBLE_EQ(json.at("scrubbed").at("rows")[0].at("accuracy").get<double>(),
                   *rates.scrubbed[0].accuracy);
}

TEST_F(OfACampaign, FewTrialsGiveNoInterval) {
  const auto rates = this->rates(kUniform, 3);
  EXPECT_FALSE(rates.rows.front().critical.interval);
  EXPECT_FALSE(rates.totals.front().critical.interval);
}

TEST_F(OfACampaign, LayersAreTakenWhereAllAreThere) {
  const std::string all = "spaces = [\"weights\"]\nlayers = [0, 1, 2, 3, 4, 5, 6, 7, 8]\nfaults = [1]\n";
  EXPECT_EQ(rates(all, 5).rows.size(), 18U);
}

TEST_F(OfACampaign, WithoutSingleUpsetsIsRefused) {
  EXPECT_THAT(
      [&] { rates("spaces = [\"weights\"]\nfaults = [10]\n", 5); },
      ThrowsMessage<InputError>(HasSubstr("has no scenario of one single-bit upset in one space")));
}

TEST_F(OfACampaign, AccumulationHasItsTime) {
  const auto rates = this->rates(kUniform, 5);
  ASSERT_EQ(rates.mission.size(), 12U);
  const auto& row = rates.mission.front();
  const auto bits = static_cast<double>(SiteMap(topology("cnvW1A1")).bit_count(Space::weights));
  EXPECT_EQ(row.state.upsets, 1);
  EXPECT_NEAR(row.days * (1e-14 * 13 * 24 * bits), 1, 1e-9);
  EXPECT_NEAR(row.state.fault_free, 80, 1e-9);
}

// The upsets of a bit in a trial by those of a bit a day, however many bits are drawn from.
TEST_F(OfACampaign, DosesHaveTheTimeOfTheirMean) {
  auto store =
      made_up(dir_,
              spec_text("spaces = [\"weights\", [\"weights\", \"thresholds\"]]\n"
                        "fluence = [0, 1e9]\ncross_section = { weights = 1e-15, thresholds = 2e-15 }\n",
                        5),
              5, plausible);
  const auto rows = missions(accumulations(store, "x"), device_of(1e-14), sea_level());
  ASSERT_EQ(rows.size(), 2U);  // two networks; neither no upsets nor bursts nor spaces hit unevenly
  EXPECT_NEAR(rows[0].days * 1e-14 * 13 * 24, 1e-6, 1e-15);
  EXPECT_DOUBLE_EQ(rows[0].state.upsets, 1.570496);
  ReportOptions options{"x"};
  options.sections.push_back(mission_section(device_of(1e-14), sea_level(), "x"));
  const auto data = report_data(store, options);
  for (const auto& scenario : data.at("scenarios")) {
    const bool timed = scenario.at("mode") == "seu" && scenario.at("space") == "weights" &&
                       scenario.at("dose_value") == 1e9;
    EXPECT_EQ(scenario.at("mission_days").is_null(), !timed) << scenario;
  }
  EXPECT_THAT(report_text(data),
              HasSubstr("come together on average in sea level, on d, without repair"));
  EXPECT_THAT(report_csv(data), HasSubstr(",mission_days\n"));
}

// What the host has loaded again has not come together.
TEST_F(OfACampaign, ReloadedParametersHaveNoTime) {
  auto store = made_up(
      dir_, spec_text("spaces = \"weights\"\nfaults = 5\nsemantics = \"physical\"\nreload = 10\n", 5), 5,
      plausible);
  EXPECT_TRUE(accumulations(store, "x").empty());
}

TEST_F(OfACampaign, TextCsvAndJsonSayTheSame) {
  const auto rates = this->rates(kUniform, 10);
  const auto json = rate_json(rates);
  EXPECT_EQ(json.at("rows").size(), 4U);
  EXPECT_DOUBLE_EQ(json.at("totals")[0].at("critical").at("fit").get<double>(),
                   rates.totals[0].critical.rate);
  EXPECT_THAT(rate_csv(rates), HasSubstr("\ncnvW1A1,weights,all,1570496,"));
  EXPECT_THAT(rate_text(rates), HasSubstr("\ncnvW1A1    weights        all    1570496 "));
  EXPECT_THAT(rate_text(rates), Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace fluence::test
