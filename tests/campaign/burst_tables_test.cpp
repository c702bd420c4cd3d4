#include "campaign/burst_tables.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/campaign/small_spec.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// `kGood` with bursts, and a table of them.
std::string with_bursts(const std::string& table,
                        const std::string& modes = "\"burst:4\", \"burst:ion\"") {
  auto text = changed("[\"seu\", \"mbu\"]", "[" + modes + "]");
  return text.insert(text.find("[[part]]"), "[bursts]\n" + table + "\n\n");
}

TEST(Spec, AModeMayBeOfBursts) {
  const std::string ion =
      "ion = [{probability = 0.75, bits = [[0, 0]]}, {probability = 0.25, bits = [[0, 0], [1, -1]]}]";
  const auto spec = parse(with_bursts(ion));
  ASSERT_EQ(spec.scenarios.size(), 2U * 2 * 2 * 3 * 2 + 1);
  const auto& four = spec.scenarios[0];
  EXPECT_THAT(four.text(), StartsWith("cnvW1A1 burst:4 weights layers all faults 1 time image semantics "
                                      "source images 20 bursts "));
  EXPECT_EQ(four.mode(), "burst:4");
  EXPECT_EQ(four.draw_plan.bursts, burst_in_row(4));
  const auto& table = spec.scenarios[12];
  EXPECT_EQ(table.mode(), "burst:ion");
  EXPECT_EQ(table.draw_plan.bursts,
            (std::vector<BurstShape>{{0.75, {{0, 0}}}, {0.25, {{0, 0}, {1, -1}}}}));
  EXPECT_EQ(mode_from_string(table.mode()).burst, "ion");
  EXPECT_EQ(parse(spec.text).scenarios[12].text(), table.text());
  EXPECT_TRUE(spec.scenarios.back().burst.empty());
  EXPECT_EQ(spec.scenarios.back().text(), parse(kGood).scenarios.back().text());

  // Trials are others if shapes or layout are.
  auto other = ion;
  other.replace(other.find("-1"), 2, "+1");
  EXPECT_NE(parse(with_bursts(other)).scenarios[12].key(), table.key());
  auto net = *table.net;
  auto laid_out = table;
  laid_out.net = &net;
  EXPECT_EQ(laid_out.key(), table.key());
  net.layouts["weights"] = {36, 2};
  EXPECT_NE(laid_out.key(), table.key());
}

TEST(Spec, RefusesBurstsThatAreNone) {
  const auto refused = [](const std::string& table, const std::string& sentence) {
    EXPECT_THAT(error_of(with_bursts(table)),
                HasSubstr("campaigns/small.toml:8: 'bursts': " + sentence));
  };
  const std::string form = "{probability = P, bits = [[row, column], ...]}";
  refused("ion = []", "'ion' is no list of 1 to 1000 shapes: write [" + form + ", ...]");
  refused("4 = [1]", "'4' is no name of a table: use letters, digits, '_' and '-', a letter first");
  refused("ion = [1]", "a shape is wanted, " + form + ": correct it");
  refused("ion = [{bits = [[0, 0]]}]", "a shape is wanted, " + form);
  refused("ion = [{probability = 0, bits = [[0, 0]]}]",
          "a probability is above 0 and at most 1: correct it, or leave the shape out");
  refused("ion = [{probability = nan, bits = [[0, 0]]}]", "a probability is above 0");
  refused("ion = [{probability = 0.5, bits = [[0, 0]]}]",
          "the probabilities of 'ion' add up to 0.5: make them add up to 1");
  refused("ion = [{probability = 1, bits = [[0, 1]]}]",
          "a shape lacks [0, 0], the drawn bit: count rows and columns from one of its bits");
  refused("ion = [{probability = 1, bits = [[0, 0], [1, 1], [0, 0]]}]",
          "a shape names a bit twice: name each once");
  refused("ion = [{probability = 1, bits = [[0, 0], [1]]}]",
          "a bit is wanted, [row, column] from the drawn one: correct it");
  refused("ion = [{probability = 1, bits = [[0, 0], [0, 65536]]}]",
          "a whole number from -65535 to 65535 is wanted");
  EXPECT_THAT(error_of(with_bursts("")),
              HasSubstr("'modes': there is no table 'ion' in [bursts]: add it, or use burst:N"));
  for (const auto* bad :
       {"burst:", "burst:1", "burst:0", "burst:1025", "burst:4x", "burst:-2", "burst:_a"}) {
    EXPECT_THAT(error_of(with_bursts("", "\"" + std::string(bad) + "\"")),
                HasSubstr("'modes': '" + std::string(bad) +
                          "' is no burst: use burst:N for N bits side by side, 2 to 1024, or burst:NAME "
                          "of a table in [bursts]"));
  }
  EXPECT_THAT(error_of(with_bursts("", "\"burst\"")),
              HasSubstr("'burst' is unknown: use seu, mbu, burst:N"));
}

TEST(Spec, AFaultMayBeOfAWholeModule) {
  auto text = changed("[\"seu\", \"mbu\"]", "[\"stuck0@module\", \"stuck1:500@storage\"]");
  const std::string numbers = "[1, 10]";
  const auto spec = parse(text.replace(text.find(numbers), numbers.size(), "1"));
  EXPECT_EQ(spec.scenarios[0].text(),
            "cnvW1A1 stuck0@module weights layers all faults 1 time image semantics physical images 20");
  EXPECT_EQ(spec.scenarios[0].draw_plan.extent, Extent::module);
  EXPECT_EQ(spec.scenarios[6].mode(), "stuck1:500@storage");
  EXPECT_EQ(spec.scenarios[6].draw_plan.duration, 500U);
  EXPECT_EQ(mode_from_string("seu@module").word_size, kWholeWord);
  EXPECT_THAT(error_of(changed("\"mbu\"", "\"mbu@module\"")),
              HasSubstr("'modes': 'mbu@module' is of several bits twice: leave out one of both"));
  EXPECT_THAT(error_of(changed("\"mbu\"", "\"stuck0@pe\"")),
              HasSubstr("'modes': 'pe' is no part of a memory: use module or storage"));
}

}  // namespace
}  // namespace fluence::test
