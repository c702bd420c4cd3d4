#include "fault/capabilities.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "fault/fast_engine.hpp"

namespace fluence {
namespace {

// As firmware on a board: words of parameters by image, everything by cycle.
Capabilities board() {
  auto can = fast_capabilities();
  can.kind = "rtl";
  can.name = "firmware";
  can.alternative = can.alternative_key = "--host native";
  can.image_semantics = {Semantics::source, Semantics::shipped};
  can.most_images = 100;
  return can;
}

Fault fault(Space space, bool by_cycle) {
  Fault f;
  if (by_cycle) {
    f.cycle = 5;
  } else {
    f.before_image = 0;
  }
  f.site = {space, 1};
  return f;
}

std::string refusal(const Capabilities& can, Space space, bool by_cycle,
                    Semantics semantics = Semantics::physical, int images = 2) {
  try {
    check_capable(can, {7, images, {fault(space, by_cycle)}}, semantics);
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

std::string refusal(const Capabilities& can, const DrawPlan& plan) {
  try {
    check_capable(can, plan);
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

TEST(Capabilities, RefuseATrialBeyondThemInOneSentence) {
  const auto fast = fast_capabilities();
  EXPECT_EQ(refusal(fast, Space::weights, false), "");
  EXPECT_EQ(refusal(fast, Space::thresholds, false, Semantics::shipped), "");
  EXPECT_EQ(refusal(fast, Space::window, false),
            "case 7 has a fault in window timed by image, and the fast engine knows those in weights "
            "and thresholds only: give cycle or use --engine rtl");
  for (const auto space : kSpaces) {
    EXPECT_EQ(refusal(fast, space, true), "") << to_string(space);
  }
  const auto no_schedule = fast_capabilities(false);
  EXPECT_EQ(refusal(no_schedule, Space::weights, true),
            "case 7 has a fault timed by cycle, and the fast engine was given no schedule: give "
            "before_image or use --engine rtl");
  EXPECT_EQ(refusal(no_schedule, Space::window, false),
            "case 7 has a fault in window timed by image, and the fast engine knows those in weights "
            "and thresholds only: use --engine rtl")
      << "time by cycle is no way out";
  EXPECT_THAT(refusal(fast_capabilities(true, false), Space::control, true),
              testing::StartsWith("case 7 has a fault in control timed by cycle, and the fast engine "
                                  "knows those in weights, thresholds, "));

  EXPECT_EQ(refusal(board(), Space::weights, false),
            "case 7 flips stored bits between images, which firmware cannot do: use --semantics source, "
            "--host native or faults at cycles");
  EXPECT_EQ(refusal(board(), Space::weights, false, Semantics::source), "");
  EXPECT_EQ(refusal(board(), Space::weights, true), "");
  EXPECT_EQ(refusal(board(), Space::weights, true, Semantics::physical, 101),
            "101 images do not fit in the platform's memory: use 100 or fewer");
}

TEST(Capabilities, RefuseAPartOfACampaignInItsFilesWords) {
  DrawPlan plan;
  plan.spaces = {Space::weights, Space::pool};
  plan.images = 2;
  EXPECT_EQ(refusal(fast_capabilities(), plan),
            "engine fast cannot do space pool by image: use engine rtl or time cycle");
  EXPECT_EQ(refusal(fast_capabilities(false), plan),
            "engine fast cannot do space pool by image: use engine rtl");
  plan.by_cycle = true;
  EXPECT_EQ(refusal(fast_capabilities(), plan), "");
  plan.spaces = {Space::weights};
  EXPECT_EQ(refusal(board(), plan), "");
  EXPECT_EQ(refusal(fast_capabilities(false), plan),
            "engine fast cannot do space weights by cycle: use engine rtl or time image");
  plan.by_cycle = false;
  EXPECT_EQ(refusal(board(), plan),
            "an rtl part flips stored bits between images (semantics physical, time image), which "
            "firmware cannot do: use --host native, semantics source or time cycle");
  plan.semantics = Semantics::source;
  EXPECT_EQ(refusal(board(), plan), "");
  plan.images = 101;
  EXPECT_EQ(refusal(board(), plan),
            "'count' 101 of an rtl part does not fit in the platform's memory: use 100 or fewer");
}

TEST(Capabilities, SayWhichBitsCanBeHeld) {
  const auto held = [](const Capabilities& can, Space space, bool by_cycle, FaultKind kind) {
    auto f = fault(space, by_cycle);
    f.kind = kind;
    f.duration = 3;
    try {
      check_capable(can, {7, 2, {f}}, Semantics::physical);
      return std::string();
    } catch (const InputError& e) {
      return std::string(e.what());
    }
  };
  const auto fast = fast_capabilities();
  for (const auto space : kSpaces) {
    EXPECT_EQ(held(fast, space, true, FaultKind::stuck0), "") << to_string(space);
  }
  EXPECT_EQ(held(fast, Space::weights, false, FaultKind::stuck1), "");
  EXPECT_EQ(held(fast, Space::thresholds, false, FaultKind::intermittent), "");
  EXPECT_EQ(held(fast, Space::thresholds, true, FaultKind::intermittent), "");
  EXPECT_EQ(
      held(fast, Space::window, false, FaultKind::stuck1),
      "case 7 has a stuck bit in window timed by image, and the fast engine knows those in weights "
      "and thresholds only: give cycle or use --engine rtl");
  EXPECT_EQ(
      held(fast, Space::fifo, true, FaultKind::intermittent),
      "case 7 has an intermittent fault in fifo timed by cycle, and the fast engine knows those in "
      "weights and thresholds only: use kind stuck0 or stuck1 with a duration");
  EXPECT_EQ(held(fast_capabilities(false), Space::weights, true, FaultKind::stuck1),
            "case 7 has a stuck bit timed by cycle, and the fast engine was given no schedule: give "
            "before_image or use --engine rtl");
  auto firmware = board();
  firmware.stuck.by_image = {};
  EXPECT_EQ(held(firmware, Space::weights, false, FaultKind::stuck1),
            "case 7 has a stuck bit timed by image, and firmware knows those timed by cycle only: give "
            "cycle or use --host native");

  DrawPlan plan;
  plan.spaces = {Space::weights, Space::pool};
  plan.images = 2;
  plan.by_cycle = true;
  plan.kind = FaultKind::stuck1;
  EXPECT_EQ(refusal(fast, plan), "");
  plan.kind = FaultKind::intermittent;
  plan.duration = 5;
  EXPECT_EQ(refusal(fast, plan),
            "engine fast cannot do an intermittent fault in space pool by cycle: use modes stuck0 and "
            "stuck1 with a duration");
  plan.by_cycle = false;
  plan.kind = FaultKind::stuck0;
  EXPECT_EQ(refusal(fast, plan),
            "engine fast cannot do a stuck bit in space pool by image: use engine rtl or time cycle");
}

TEST(Capabilities, OfTheFastEngineAreThoseItWasMadeWith) {
  EXPECT_TRUE(fast_capabilities().evaluates(Space::control, true));
  EXPECT_FALSE(fast_capabilities(true, false).evaluates(Space::control, true));
  EXPECT_TRUE(fast_capabilities(true, false).evaluates(Space::fifo, true));
  EXPECT_FALSE(fast_capabilities(false).evaluates(Space::fifo, true));
  EXPECT_FALSE(fast_capabilities().evaluates(Space::fifo, false));
  EXPECT_FALSE(fast_capabilities().counts_cycles);
  EXPECT_TRUE(fast_capabilities().needs_schedule);
  EXPECT_TRUE(fast_capabilities().gains_by_batches);
}

}  // namespace
}  // namespace fluence
