// The key 'draw' of a specification.
#include "campaign/draw_key.hpp"

#include <gmock/gmock.h>

#include "tests/campaign/small_spec.hpp"

namespace fluence {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Of all weights of a network; one fault is critical.
std::shared_ptr<const Importance> made_map(const std::string& network, int word_size,
                                           const std::string& digest) {
  const auto& net = topology(network);
  const SiteMap sites(net);
  auto map = std::make_shared<Importance>(net, digest, word_size, FaultKind::flip);
  for (const auto& layer : net.layers) {
    const auto& array = sites.array_of({Space::weights, layer.index});
    const auto words = array.bit_count() / static_cast<std::uint64_t>(array.bits);
    const auto groups = static_cast<std::uint64_t>((array.bits + word_size - 1) / word_size);
    std::vector<std::uint32_t> important(words * groups);
    important.front() = 3;
    map->add(Space::weights, layer.index, important);
  }
  return map;
}

std::shared_ptr<const Importance> read_map(const std::filesystem::path& folder) {
  if (folder == "campaigns/seu") {
    return made_map("cnvW1A1", 1, "00000000000000aa");
  }
  if (folder == "campaigns/mbu") {
    return made_map("cnvW1A1", 8, "00000000000000bb");
  }
  throw InputError("there is no map in " + folder.string() + ": make one");
}

std::string text_with(const std::string& keys, const std::string& modes = "\"seu\"") {
  return R"(name = "t"
seed = 7
count = 20
trials = 300
[[part]]
networks = "cnvW1A1"
spaces = "weights"
faults = [1, 2]
modes = [)" +
         modes + "]\n" + keys;
}

Spec parse(const std::string& text) { return Spec::parse(text, "campaigns/small.toml", {}, read_map); }

std::string refusal(const std::string& text) {
  try {
    parse(text);
    return "no error";
  } catch (const InputError& e) {
    return e.what();
  }
}

TEST(DrawKey, ChooseThatOfTheMode) {
  const auto spec =
      parse(text_with("draw = { map = [\"seu\", \"mbu\"], plain = 0.5 }", "\"seu\", \"mbu\""));
  ASSERT_EQ(spec.scenarios.size(), 4U);
  EXPECT_EQ(spec.scenarios[0].draw_plan.importance->word_size(), 1);
  EXPECT_EQ(spec.scenarios[2].draw_plan.importance->word_size(), 8);
  EXPECT_EQ(spec.scenarios[0].draw_plan.plain, 0.5);
  EXPECT_EQ(spec.scenarios[0].draw, "map 00000000000000aa+00000000000000bb plain 0.5");
  EXPECT_THAT(spec.scenarios[0].text(), HasSubstr(" draw map 00000000000000aa+"));
  EXPECT_NE(spec.scenarios[0].key(), parse(text_with("")).scenarios[0].key());
}

// What is stored can be read where the maps are no more; it draws nothing.
TEST(DrawKey, AreTheirDigestsInTheText) {
  const auto spec = parse(text_with("draw = { map = \"seu\" }"));
  EXPECT_THAT(spec.text, Not(HasSubstr("\"seu\" }")));
  EXPECT_THAT(spec.text, HasSubstr("00000000000000aa"));
  const auto again = Spec::parse(spec.text, "stored");
  EXPECT_EQ(again.text, spec.text);
  EXPECT_EQ(again.scenarios[1].text(), spec.scenarios[1].text());
  EXPECT_EQ(again.scenarios[1].draw_plan.plain, 0.2);
  EXPECT_EQ(again.scenarios[1].draw_plan.importance, nullptr);
}

TEST(DrawKey, PlainTrialsHaveTheTextTheyHad) {
  EXPECT_THAT(parse(text_with("")).scenarios[0].text(), Not(HasSubstr("draw")));
  EXPECT_EQ(parse(text_with("")).scenarios[0].draw, "");
}

TEST(DrawKey, WhatCannotBeIsRefused) {
  const std::string line = "campaigns/small.toml:10: ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"draw = 3", line + "'draw': use \"own\", \"common\" or { map = \"FOLDER\" }"},
      {"draw = { plain = 0.5 }", line + "'map' is missing here: add it"},
      {"draw = { map = [] }", line + "'map' is an empty list: name at least one value"},
      {"draw = { map = 1 }", line + "'map': a text is wanted: write it in quotes"},
      {"draw = { map = \"none\" }", line + "'map': there is no map in campaigns/none: make one"},
      {"draw = { map = \"seu\", plain = 0 }",
       line + "'plain': a share of trials is wanted, a number from 0.01 to 1: correct it"},
      {"draw = { map = \"seu\", plain = nan }", line + "'plain': a share of trials is wanted"},
      {"draw = { map = \"seu\", plain = \"all\" }", line + "'plain': a share of trials is wanted"},
      {"draw = { map = \"seu\", share = 1 }", line + "unknown key 'share': use map, plain"},
      {"draw = { map = \"mbu\" }",
       "in this part, none of the maps to draw by is one of cnvW1A1 and mode seu"},
      {"draw = { map = \"seu\" }\nmargin = 1", "a 'margin' counts plain draws"},
      {"draw = { map = \"seu\" }\nsemantics = \"shipped\"", "the map to draw by is of other faults"}};
  for (const auto& [keys, sentence] : cases) {
    EXPECT_THAT(refusal(text_with(keys)), HasSubstr(sentence)) << keys;
  }
  EXPECT_THAT(refusal(text_with("draw = { map = \"seu\" }", "\"burst:3\"")),
              HasSubstr("the map to draw by is of other faults"));
  EXPECT_THROW(Spec::parse(text_with("draw = { map = \"seu\" }"), "small.toml"), InputError);
}

}  // namespace
}  // namespace fluence
