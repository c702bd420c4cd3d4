#include "campaign/spec.hpp"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "base/error.hpp"
#include "tests/campaign/small_spec.hpp"

namespace fluence::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Spec, ExpandsEveryCombination) {
  const auto spec = parse(kGood);
  EXPECT_EQ(spec.name, "small");
  EXPECT_EQ(spec.seed, 7U);
  EXPECT_EQ(spec.params, "params");
  EXPECT_EQ(spec.images, "/data/images.bin");
  ASSERT_EQ(spec.scenarios.size(), 2U * 2 * 2 * 3 * 2 + 1);
  const auto& first = spec.scenarios.front();
  EXPECT_EQ(first.engine, EngineKind::fast);
  EXPECT_EQ(first.text(),
            "cnvW1A1 seu weights layers all faults 1 time image semantics source images 20");
  EXPECT_EQ(first.trials, 3);
  const auto& joined = spec.scenarios[11];
  EXPECT_EQ(joined.text(),
            "cnvW1A1 seu weights+thresholds layers 0+1 faults 10 time image semantics source images 20");
  EXPECT_THAT(joined.draw_plan.spaces, ElementsAre(Space::weights, Space::thresholds));
  EXPECT_THAT(joined.draw_plan.layers, ElementsAre(0, 1));
  const auto& last = spec.scenarios.back();
  EXPECT_EQ(last.engine, EngineKind::rtl);
  EXPECT_EQ(last.text(), "cnvW1A2 seu fifo layers all faults 5 time cycle semantics physical images 4");
  EXPECT_EQ(last.trials, 2);
  EXPECT_EQ(spec.most_images(), 20);
  EXPECT_THAT(spec.networks(),
              ElementsAre(&topology("cnvW1A1"), &topology("cnvW2A2"), &topology("cnvW1A2")));
}

// `kGood`'s second part with another line in place of its number of faults.
std::string with_dose(const std::string& lines) { return changed("faults = 5", lines); }

TEST(Spec, ADoseTakesThePlaceOfFaults) {
  const auto spec = parse(with_dose("rate = [0, 1e-7]"));
  ASSERT_EQ(spec.scenarios.size(), 2U * 2 * 2 * 3 * 2 + 2);
  const auto& none = spec.scenarios[48];
  EXPECT_EQ(
      none.text(),
      "cnvW1A2 seu fifo layers all dose 0 upsets/bit/image time cycle semantics physical images 4");
  EXPECT_EQ(none.expected, 0);
  const auto& scenario = spec.scenarios.back();
  EXPECT_EQ(
      scenario.text(),
      "cnvW1A2 seu fifo layers all dose 1e-07 upsets/bit/image time cycle semantics physical images 4");
  EXPECT_DOUBLE_EQ(scenario.expected, 1e-7 * 4 * 59'008);
  EXPECT_EQ(scenario.draw_plan.faults, 0);
  // Its text is a specification that says the same.
  const auto again = Spec::parse(spec.text, "text");
  EXPECT_EQ(again.text, spec.text);
  EXPECT_EQ(again.scenarios.back().text(), scenario.text());
}

TEST(Spec, CommonDrawsAreThoseOfTheNetwork) {
  const auto parse_with = [](const std::string& more) {
    return Spec::parse(
        "name = \"t\"\nseed = 1\ncount = 6\ntrials = 7\n[[part]]\nnetworks = [\"cnvW1A1\", "
        "\"cnvW1A1-TMR\", \"cnvW2A2\"]\nmodes = \"seu\"\nspaces = \"thresholds\"\nsemantics = "
        "\"physical\"\n" +
            more,
        "t.toml");
  };
  const auto own = parse_with("rate = 1e-6\n").scenarios;
  const auto common = parse_with("rate = 1e-6\ndraw = \"common\"\n").scenarios;
  EXPECT_EQ(common[1].text(), own[1].text() + " draw common");
  EXPECT_EQ(common[0].key(), common[1].key()) << "one network";
  EXPECT_NE(common[0].key(), common[2].key());
  EXPECT_NE(own[0].key(), own[1].key());
  EXPECT_NE(common[0].key(), own[0].key());
  EXPECT_DOUBLE_EQ(common[1].expected, own[1].expected);
  EXPECT_EQ(parse_with("rate = 1e-6\ndraw = \"own\"\n").scenarios[0].key(), own[0].key());
  EXPECT_NE(parse_with("rate = 2e-6\ndraw = \"common\"\n").scenarios[0].key(), common[0].key());
  EXPECT_THAT([&] { parse_with("faults = 1\ndraw = \"common\"\n"); },
              ::testing::ThrowsMessage<InputError>(HasSubstr(
                  "t.toml:5: 'draw = \"common\"' hits what several hardwares have alike at the "
                  "same dose, and this part has none: state a 'rate' or 'fluence'")));
  EXPECT_THAT([&] { parse_with("rate = 1e-6\ndraw = \"paired\"\n"); },
              ::testing::ThrowsMessage<InputError>(
                  HasSubstr("'draw': use \"own\", \"common\" or { map = \"FOLDER\" }")));
}

// Upsets are those of the campaign that reloads nothing.
TEST(Spec, ReloadsAreOfOtherScenariosWithTheSameUpsets) {
  const auto spec = parse(changed("faults = [1, 10]", "faults = [1, 10]\nreload = 5"));
  const auto plain = parse(kGood);
  EXPECT_EQ(spec.scenarios[11].draw_plan.reload, 5);
  EXPECT_EQ(spec.scenarios[11].text(), plain.scenarios[11].text() + " reload 5");
  EXPECT_EQ(spec.scenarios[11].key(), plain.scenarios[11].key());
  EXPECT_EQ(spec.scenarios.back().draw_plan.reload, 0);
  EXPECT_EQ(error_of(changed("faults = 5", "faults = 5\nreload = 2")),
            "campaigns/small.toml:16: in this part, the host reloads parameters between images, where a "
            "run ends, and time cycle counts from the start of one run: use time image, or leave "
            "'reload' out");
  EXPECT_THAT(error_of(changed("faults = [1, 10]", "faults = [1, 10]\nreload = 0")),
              HasSubstr("'reload': "));
}

TEST(Spec, ARateASecondGoesByTheClock) {
  const auto one = parse(with_dose("rate = 1e-3\nper = \"second\"")).scenarios.back();
  EXPECT_THAT(one.text(), HasSubstr(" dose 0.001 upsets/bit/second at 100 MHz time "));
  // 156,182 cycles to the first image and 32,768 for each of three more (docs/timing.md).
  EXPECT_DOUBLE_EQ(one.expected, 1e-3 * ((156'182 + 3 * 32'768) / 1e8) * 59'008);
  const auto faster =
      parse(with_dose("rate = 1e-3\nper = \"second\"\nclock_MHz = 200")).scenarios.back();
  EXPECT_DOUBLE_EQ(faster.expected, one.expected / 2);
  EXPECT_NE(faster.key(), one.key());
}

TEST(Spec, AFluenceGoesByTheCrossSectionOfEachSpace) {
  const auto text = changed("faults = [1, 10]", "fluence = 1e9\ncross_section = 1e-15");
  EXPECT_DOUBLE_EQ(parse(text).scenarios.front().expected, 1e-6 * 1'570'496);
  const auto each = parse(changed(
      "faults = [1, 10]", "fluence = 1e9\ncross_section = { weights = 1e-15, thresholds = 3e-15 }"));
  EXPECT_EQ(each.scenarios[3].text(),
            "cnvW1A1 seu weights+thresholds layers all dose 1000000000 particles/cm2 at 1e-15+3e-15 cm2 "
            "time image semantics source images 20");
  EXPECT_DOUBLE_EQ(each.scenarios[3].expected, 1e-6 * 1'570'496 + 3e-6 * 31'232);
  EXPECT_EQ(Spec::parse(each.text, "text").scenarios[3].text(), each.scenarios[3].text());
}

TEST(Spec, ADevicesFileGivesItsNumbers) {
  const auto text = with_dose("fluence = 1e9\ncross_section = \"d.toml\"");
  const auto spec = Spec::parse(text, "campaigns/small.toml", [](const auto& file) {
    EXPECT_EQ(file, "campaigns/d.toml");
    return std::map<Space, double>{{Space::fifo, 1e-15}, {Space::weights, 2e-15}};
  });
  EXPECT_DOUBLE_EQ(spec.scenarios.back().expected, 1e-6 * 59'008);
  EXPECT_THAT(spec.text, ::testing::Not(HasSubstr("d.toml")));
  EXPECT_EQ(Spec::parse(spec.text, "text").scenarios.back().text(), spec.scenarios.back().text());
  EXPECT_EQ(
      error_of(text),
      "campaigns/small.toml:22: 'cross_section': a device's file is not read here: state its numbers, "
      "by space");
}

TEST(Spec, DosesThatCannotBeAreRefused) {
  const std::string part = "campaigns/small.toml:16: ";
  const std::map<std::string, std::string> refused = {
      {"faults = 5\nrate = 1", part + "'faults', 'rate' and 'fluence' each say how many upsets a trial "
                                      "has: keep one of them in a part"},
      {"per = \"image\"\nfaults = 5", part +
                                          "'per' is that of a 'rate' and this part has none: add it, or "
                                          "leave 'per' out"},
      {"rate = 1e-7\nclock_MHz = 100", part +
                                           "'clock_MHz' is that of a 'rate' with 'per = \"second\"' and "
                                           "this part has none: add it, or leave 'clock_MHz' out"},
      {"rate = 1e-7\ncross_section = 1", part +
                                             "'cross_section' is that of a 'fluence' and this part has "
                                             "none: add it, or leave 'cross_section' out"},
      {"fluence = 1e9", part + "'cross_section' is missing here: add it"},
      {"rate = -1", "campaigns/small.toml:21: 'rate': a number from 0 to 1e+30 is wanted: correct it"},
      {"rate = 1e-7\nper = \"day\"",
       "campaigns/small.toml:22: 'per': 'day' is unknown: use image or second"},
      {"fluence = 1e9\ncross_section = { weights = 1e-15 }",
       part +
           "in this part, 'cross_section' has none of fifo: add it, or name a device's file that has"},
      {"rate = 0.25", part +
                          "in this part, a dose of 59008 upsets a trial on average may give more than "
                          "fit into the 59008 bits of fifo of cnvW1A2: use a lower dose"},
      {"fluence = 1e30\ncross_section = 1e30",
       part + "in this part, a dose of 5.9008e+64 upsets a trial on average may give more than fit into "
              "the 59008 bits of fifo of cnvW1A2: use a lower dose"}};
  for (const auto& [lines, message] : refused) {
    EXPECT_EQ(error_of(with_dose(lines)), message);
  }
  EXPECT_THAT(error_of(changed("faults = [1, 10]", "rate = 1e-7\nsemantics = \"shipped\"")),
              HasSubstr("knows no dose: use semantics source, or 'faults'"));
}

TEST(Spec, AModeMayHoldBits) {
  auto text = changed("[\"seu\", \"mbu\"]", "[\"seu\", \"stuck0\", \"stuck1:500\", \"intermittent:2\"]");
  const auto spec = parse(text);
  ASSERT_EQ(spec.scenarios.size(), 2U * 4 * 2 * 3 * 2 + 1);
  EXPECT_EQ(spec.scenarios[0].text(),
            "cnvW1A1 seu weights layers all faults 1 time image semantics source images 20");
  const auto& stuck = spec.scenarios[12];
  EXPECT_EQ(stuck.text(),
            "cnvW1A1 stuck0 weights layers all faults 1 time image semantics physical images 20");
  EXPECT_EQ(stuck.draw_plan.kind, FaultKind::stuck0);
  EXPECT_FALSE(stuck.draw_plan.duration);
  EXPECT_EQ(spec.scenarios[24].mode(), "stuck1:500");
  EXPECT_EQ(spec.scenarios[24].draw_plan.duration, 500U);
  EXPECT_EQ(spec.scenarios[36].draw_plan.kind, FaultKind::intermittent);
  for (const auto* bad : {"stuck", "stuck0:", "stuck0:0", "stuck0:-1", "stuck0:1x", "intermittent",
                          "seu:5", "stuck1:9999999999999"}) {
    EXPECT_EQ(
        error_of(changed("\"mbu\"", "\"" + std::string(bad) + "\"")),
        "campaigns/small.toml:10: 'modes': '" + std::string(bad) +
            "' is unknown: use seu, mbu, burst:N, stuck0 or stuck1, or for N cycles or images stuck0:N, "
            "stuck1:N or intermittent:N, and @module or @storage behind it");
  }
  text.replace(text.find("time = \"image\""), 0, "semantics = \"source\"\n");
  EXPECT_THAT(error_of(text),
              HasSubstr("in this part, faults of kind stuck0 are in the stored bits, which "
                        "no access of the host holds: use semantics physical"));
}

TEST(Spec, FaultsMayBeThereFromTheStart) {
  const auto spec = parse(changed("time = \"image\"", "time = \"start\""));
  EXPECT_EQ(spec.scenarios[0].text(),
            "cnvW1A1 seu weights layers all faults 1 time start semantics source images 20");
  EXPECT_FALSE(spec.scenarios[0].draw_plan.by_cycle);
  const auto other = parse(changed("spaces = \"fifo\"\nfaults = 5\ntime = \"cycle\"",
                                   "spaces = \"fifo\"\nfaults = 5\ntime = \"start\""));
  const auto& last = other.scenarios.back();
  EXPECT_TRUE(last.draw_plan.by_cycle && last.draw_plan.from_start);
  EXPECT_EQ(last.text(), "cnvW1A2 seu fifo layers all faults 5 time start semantics physical images 4");
}

TEST(Spec, CommentsAndOrderAreNoPartOfItsText) {
  const auto spec = parse(kGood);
  EXPECT_EQ(parse(changed("seed = 7\n", "# of the draws\nseed=7\n")).text, spec.text);
  EXPECT_NE(parse(changed("seed = 7\n", "seed = 8\n")).text, spec.text);
  EXPECT_EQ(parse(spec.text).text, spec.text);
  for (const auto* seven : {"0x7", "0o7", "0b111", "+7"}) {
    EXPECT_EQ(parse(changed("seed = 7", "seed = " + std::string(seven))).text, spec.text) << seven;
  }
  EXPECT_EQ(parse(spec.text).scenarios.size(), spec.scenarios.size());
}

TEST(Spec, OutcomesMayBeTheUsersOwn) {
  const auto rules = [](const std::string& keys) {
    const auto spec = Spec::parse(changed("seed = 7", "seed = 7\n" + keys), "small.toml");
    EXPECT_EQ(spec.text, Spec::in_one_form(spec.text));
    return spec.scenarios.back().rule;
  };
  EXPECT_EQ(rules(""), OutcomeRule());
  EXPECT_EQ(rules("critical = \"class\""), OutcomeRule());
  EXPECT_EQ(rules("critical = { top = 3 }").critical.text(), "top 3");
  EXPECT_EQ(rules("critical = { margin = 10 }").critical.text(), "margin 10");
  auto pairs = rules(R"(critical = { pairs = [["b", "*"], [0, "a"], ["b", "*"]] })").critical;
  pairs.resolve({"a", "b", "c"}, 3);
  EXPECT_EQ(pairs.text(), "pairs 0>0 1>*");
  const auto own = rules("plausible = [-3, 512]\nwatchdog = 20000");
  EXPECT_EQ(own.plausible, (ScoreRange{-3, 512}));
  EXPECT_EQ(own.watchdog, 20000U);

  const auto refused = [](const std::string& keys, const std::string& sentence) {
    EXPECT_THAT(error_of(changed("seed = 7", "seed = 7\n" + keys)),
                HasSubstr("campaigns/small.toml:3: " + sentence));
  };
  refused("critical = \"label\"", "'critical': one rule is wanted: use \"class\", {pairs");
  refused("critical = { top = 3, margin = 4 }", "'critical': one rule is wanted");
  refused("critical = { most = 3 }", "'critical': 'most' is unknown: use");
  refused("critical = { top = 0 }", "'critical': a whole number from 1");
  refused("critical = { pairs = [] }", "'critical': 1 to 10000 pairs are wanted");
  refused("critical = { pairs = [[1, 2, 3]] }", "'critical': a pair is wanted");
  refused("critical = { pairs = [[1, -2]] }", "'critical': a whole number from 0");
  refused("critical = { pairs = [[1, \"\"]] }", "'critical': a class is wanted, by name or number");
  refused("plausible = [4, 3]", "'plausible': the least score is above the most");
  refused("plausible = 4", "'plausible': the least and the most score are wanted");
  refused("watchdog = 999", "'watchdog': a whole number from 1000");
}

TEST(Spec, AllScenariosOfANetworkHaveOneMeaningOfCritical) {
  const auto part = [](const std::string& network, const std::string& key) {
    return "[[part]]\nnetworks = \"" + network +
           "\"\nmodes = \"seu\"\nspaces = \"weights\"\nfaults = " + std::to_string(key.size() + 1) +
           "\n" + key + "\n";
  };
  const std::string head = "name = \"x\"\nseed = 1\ncount = 1\ntrials = 1\n";
  const std::string top = "critical = { top = 2 }";
  EXPECT_EQ(error_of(head + part("cnvW1A1", top) + part("cnvW2A2", "")), "no error");
  EXPECT_THAT(error_of(head + part("cnvW1A1", top) + part("cnvW1A1", "")),
              HasSubstr("this part has another 'critical', 'plausible' or 'watchdog' than one before it "
                        "for cnvW1A1"));
}

TEST(Spec, ALimitIsThatOfItsPartAndNoPartOfTheText) {
  const auto spec = parse(changed("trials = 3", "trials = 3\nlimit = 60"));
  EXPECT_EQ(spec.scenarios.front().limit, 60);
  EXPECT_EQ(spec.scenarios.back().limit, 60);
  EXPECT_EQ(parse(kGood + "limit = 0.5\n").scenarios.front().limit, 0);
  EXPECT_EQ(parse(kGood + "limit = 0.5\n").scenarios.back().limit, 0.5);
  EXPECT_EQ(spec.text, parse(kGood).text);
  EXPECT_EQ(parse(kGood + "limit = 0.5\n").text, parse(kGood).text);
  for (const auto* bad : {"0", "-1", "nan", "inf", "1e7", "true", "\"60\""}) {
    EXPECT_EQ(error_of(kGood + "limit = " + bad + "\n"),
              "campaigns/small.toml:25: 'limit': seconds are wanted, a number from 0.001 to 1000000: "
              "correct it");
  }
}

TEST(Spec, KeyOfAScenarioIsItsOwnAndDoesNotDependOnTheEngine) {
  const auto spec = parse(kGood);
  std::set<std::uint64_t> keys;
  for (const auto& scenario : spec.scenarios) {
    EXPECT_TRUE(keys.insert(scenario.key()).second) << scenario.text();
  }
  auto other = spec.scenarios.front();
  other.engine = EngineKind::rtl;
  EXPECT_EQ(other.key(), spec.scenarios.front().key());
}

TEST(Spec, ErrorsNameFileLineKeyAndRemedy) {
  EXPECT_THAT(error_of(changed("seed = 7", "seed = ")),
              StartsWith("campaigns/small.toml:2: this is no TOML ("));
  EXPECT_EQ(error_of(changed("seed = 7", "sead = 7")),
            "campaigns/small.toml:1: 'seed' is missing here: add it");
  EXPECT_EQ(error_of(changed("seed = 7", "seed = 7\nsead = 8")),
            "campaigns/small.toml:3: unknown key 'sead': use bursts, count, critical, images, limit, "
            "name, params, "
            "part, plausible, seed, study, trials, watchdog");
  EXPECT_EQ(error_of(changed("seed = 7", "seed = \"7\"")),
            "campaigns/small.toml:2: 'seed': a whole number from 0 to 9223372036854775807 is wanted: "
            "correct it");
  EXPECT_THAT(error_of(changed("seed = 7", "seed = -1")), HasSubstr("small.toml:2: 'seed': a whole"));
  EXPECT_THAT(error_of(changed("\"small\"", "\"a/b\"")), HasSubstr("'a/b' is no name"));
  EXPECT_THAT(error_of(changed("\"small\"", "\"..\"")), HasSubstr("is no name"));
  EXPECT_THAT(error_of(changed("params = \"../params\"", "params = 3")),
              HasSubstr("small.toml:3: 'params': a text is wanted"));
  EXPECT_THAT(error_of(changed("trials = 3\n", "")),
              HasSubstr("small.toml:7: 'trials' is missing here: add it"));
  EXPECT_THAT(error_of("name = \"x\"\nseed = 1\n"), HasSubstr("'part' is missing"));
  EXPECT_THAT(error_of("name = \"x\"\nseed = 1\npart = 3\n"), HasSubstr("write [[part]]"));
}

TEST(Spec, ErrorsInPartsAreFoundBeforeAnythingRuns) {
  EXPECT_EQ(error_of(changed("\"cnvW2A2\"]", "\"cnvW3A3\"]")).substr(0, 35),
            "campaigns/small.toml:9: 'networks':");
  EXPECT_THAT(error_of(changed("[\"seu\", \"mbu\"]", "[\"seu\", \"mbi\"]")),
              HasSubstr("small.toml:10: 'modes': 'mbi' is unknown: use seu, mbu, burst:N, stuck0 or"));
  EXPECT_THAT(error_of(changed("[\"seu\", \"mbu\"]", "[]")), HasSubstr("'modes' is an empty list"));
  EXPECT_THAT(error_of(changed("\"fifo\"", "\"fofi\"")), HasSubstr("unknown space 'fofi'"));
  EXPECT_THAT(error_of(changed("[0, 1]", "[]")), HasSubstr("'layers': a list within the list is empty"));
  EXPECT_THAT(error_of(changed("\"all\"", "\"some\"")), HasSubstr("'some' is unknown: use all"));
  EXPECT_THAT(error_of(changed("2, [0, 1]", "12, [0, 1]")),
              HasSubstr("small.toml:8: in this part, layer 12 does not exist in cnvW1A1: use 0 to 8"));
  EXPECT_THAT(error_of(changed("faults = [1, 10]", "faults = [1, 2000000]")),
              HasSubstr("2000000 upsets at distinct bits do not fit into the 1570496 bits of weights"));
  EXPECT_THAT(error_of(changed("faults = 5", "faults = 5\nfoults = 6")),
              HasSubstr("unknown key 'foults'"));
  EXPECT_THAT(error_of(changed("\"rtl\"", "\"slow\"")), HasSubstr("'slow' is unknown: use fast or rtl"));
  EXPECT_THAT(error_of(changed("\"rtl\"", "[\"rtl\"]")), HasSubstr("'engine': a text is wanted"));
  EXPECT_THAT(error_of(changed("trials = 2", "trials = 0")),
              HasSubstr("'trials': a whole number from 1"));
  EXPECT_THAT(error_of(changed("faults = 5", "faults = 5\nsemantics = \"source\"")),
              HasSubstr("semantics source is a host access between two images and has no cycle"));
}

TEST(Spec, WhatTheFastEngineCannotDoNeedsRtl) {
  EXPECT_EQ(error_of(changed("time = \"image\"", "time = \"cycle\"")), "no error");
  EXPECT_THAT(error_of(changed("spaces = [\"weights\",", "spaces = [\"pool\",")),
              HasSubstr("engine fast cannot do space pool by image: use engine rtl or time cycle"));
}

TEST(Spec, RepeatedScenarioIsAnError) {
  EXPECT_THAT(error_of(changed("[1, 10]", "[1, 1]")), HasSubstr("small.toml:8: this part repeats"));
}

// A few kilobytes can ask for billions.
TEST(Spec, AGridThatIsTooLargeIsRefusedBeforeItIsExpanded) {
  const auto numbers = [](int from, int count) {
    std::string list = "[";
    for (int i = 0; i < count; ++i) {
      list += std::to_string(from + i) + ", ";
    }
    return list + "]";
  };
  const auto with = [&](int count) { return changed("[1, 10]", numbers(1, count)); };
  EXPECT_EQ(parse(with(416)).scenarios.size(), 24U * 416 + 1);
  for (const auto& text : {with(417), changed("[1, 10]", numbers(1, 20'000))}) {
    EXPECT_THAT(error_of(text),
                "campaigns/small.toml:8: 'networks', 'modes', 'spaces', 'layers' and 'faults' (or "
                "doses) make more "
                "than the 10000 scenarios that a campaign may have: shorten these lists, or make it "
                "several campaigns");
  }
  // With those of the parts before it.
  auto second = with(416);
  second.replace(second.find("faults = 5"), 10, "faults = " + numbers(1, 17));
  EXPECT_THAT(error_of(second), HasSubstr("small.toml:16: 'networks', 'modes'"));
}

TEST(Spec, TrialsOfAllScenariosAreBounded) {
  EXPECT_EQ(error_of(changed("trials = 3", "trials = 1000000")), "no error");
  auto text = changed("trials = 3", "trials = 1000000");
  text.replace(text.find("[1, 10]"), 7, "[1, 2, 3, 4, 5]");
  EXPECT_EQ(error_of(text),
            "campaigns/small.toml:8: with this part the campaign has more than 100000000 trials: lower "
            "'trials', or make it several campaigns");
}

TEST(Spec, RecordedAccuraciesBelongToOneScenario) {
  const auto one = parse(changed("faults = 5", "faults = 5\nrecorded = [66.3, 62]"));
  EXPECT_THAT(one.scenarios.back().recorded, ElementsAre(66.3, 62.0));
  EXPECT_THAT(one.scenarios.front().recorded, ElementsAre());
  EXPECT_EQ(one.scenarios.back().key(), parse(kGood).scenarios.back().key());
  EXPECT_THAT(error_of(changed("faults = [1, 10]", "faults = 1\nrecorded = [66.3]")),
              HasSubstr("small.toml:8: 'recorded' belongs to one scenario and this part has 24"));
  EXPECT_THAT(error_of(changed("faults = 5", "faults = 5\nrecorded = [100.5]")),
              HasSubstr("'recorded': a number from 0 to 100 (per cent) is wanted"));
  EXPECT_THAT(error_of(changed("faults = 5", "faults = 5\nrecorded = [nan]")),
              HasSubstr("'recorded': a number"));
  EXPECT_THAT(error_of(changed("faults = 5", "faults = 5\nrecorded = [\"66\"]")),
              HasSubstr("'recorded': a number"));
}

TEST(Spec, SemanticsMayBeChosen) {
  const auto spec = parse(changed("faults = [1, 10]", "faults = 4\nsemantics = \"shipped\""));
  EXPECT_EQ(spec.scenarios.front().draw_plan.semantics, Semantics::shipped);
}

TEST(Spec, DamagedTextNeverDoesAnythingButFailCleanly) {
  std::mt19937 random(1);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  const auto small = kGood.substr(kGood.find("[[part]]\nengine"));
  const auto whole = "name = \"x\"\nseed = 1\n" + small;
  int failed = 0;
  for (int i = 0; i < 2000; ++i) {
    auto text = whole;
    for (auto changes = 1 + below(3); changes-- > 0 && !text.empty();) {
      const auto at = below(text.size());
      switch (below(3)) {
        case 0: text[at] = static_cast<char>(below(256)); break;
        case 1: text.erase(at, below(12)); break;
        default: text.insert(at, text.substr(below(text.size()), below(20))); break;
      }
    }
    try {
      parse(text);
    } catch (const InputError& e) {
      ++failed;
      EXPECT_THAT(e.what(), StartsWith("campaigns/small.toml:"));
    }
  }
  EXPECT_GT(failed, 1000);
}

TEST(Spec, AMarginIsThatOfItsPart) {
  const auto with = [](const std::string& keys) {
    return Spec::parse(
               "name = \"t\"\nseed = 1\ncount = 6\ntrials = 7\n[[part]]\nnetworks = \"cnvW1A1\"\n"
               "modes = \"seu\"\nspaces = \"weights\"\nfaults = 1\n" +
                   keys,
               "t.toml")
        .scenarios.front();
  };
  EXPECT_FALSE(with("").target);
  EXPECT_EQ(with("margin = 0.5").target->margin, 0.5);
  EXPECT_EQ(with("margin = 0.5").target->confidence, 0.95);
  EXPECT_EQ(with("margin = 1\nconfidence = 99.5").target->confidence, 0.995);
  EXPECT_EQ(with("margin = 1").text(), with("").text()) << "trials are drawn alike";
  for (const auto& [keys, why] : std::vector<std::pair<std::string, std::string>>{
           {"margin = 0", "t.toml:10: 'margin': a number from 0.001 to 50 is wanted"},
           {"margin = \"small\"", "t.toml:10: 'margin': "},
           {"margin = 1\nconfidence = 40",
            "t.toml:11: 'confidence': a number from 50 to 99.999 is wanted"},
           {"confidence = 95", "'confidence' is that of a 'margin' and this part has none"}}) {
    const auto& text = keys;
    EXPECT_THAT([&] { with(text); }, ::testing::ThrowsMessage<InputError>(::testing::HasSubstr(why)));
  }
}

TEST(Spec, MissingFileIsAnError) { EXPECT_THROW(Spec::load("/nonexistent.toml"), InputError); }

}  // namespace
}  // namespace fluence::test
