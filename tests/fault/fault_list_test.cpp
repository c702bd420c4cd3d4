#include "fault/fault_list.hpp"

#include <gmock/gmock.h>

#include <random>
#include <sstream>

#include "base/error.hpp"
#include "tests/support/cifar_networks.hpp"
#include "tests/support/data.hpp"

namespace fluence {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kFault =
    R"({"before_image": 3, "target": "weight", "layer": 1, "module": 4, "index": 5, "thresh": 0, "bit": 6, "word_size": 8})";

constexpr auto kTimedFault =
    R"({"cycle": 123456, "target": "fifo", "layer": 0, "module": 1, "index": 1, "bit": 3})";

std::string case_with(const std::string& faults, int id = 7) {
  return R"({"id": )" + std::to_string(id) + R"(, "images": 4, "faults": [)" + faults + "]}";
}

std::vector<ListedCase> read(const std::string& text) {
  static const SiteMap sites(topology("cnvW1A1"));
  std::istringstream in(text);
  return read_fault_list(in, "list.jsonl", sites);
}

std::string error_of(const std::string& text) {
  try {
    read(text);
    return "no error";
  } catch (const InputError& e) {
    return e.what();
  }
}

// `kFault` with one piece of text replaced.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = kFault;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return case_with(text.replace(at, from.size(), to));
}

TEST(FaultList, ReadsTheBoardsNamesAndTheSpacesOwn) {
  const auto cases = read(case_with(kFault) + "\n\n" + case_with(kTimedFault, 8));
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].trial.id, 7);
  EXPECT_EQ(cases[0].trial.images, 4);
  EXPECT_TRUE(cases[0].scores.empty());
  const auto& board = cases[0].trial.faults.at(0);
  EXPECT_EQ(board.before_image, 3);
  EXPECT_FALSE(board.cycle);
  EXPECT_EQ(board.site, (Site{Space::weights, 1, 4, 5, 0, 6}));
  EXPECT_EQ(board.word_size, 8);
  EXPECT_FALSE(timed_by_cycle(cases[0].trial));
  const auto& timed = cases[1].trial.faults.at(0);
  EXPECT_EQ(timed.cycle, 123456U);
  EXPECT_EQ(timed.site, (Site{Space::fifo, 0, 1, 1, 0, 3}));
  EXPECT_EQ(timed.word_size, 1);
  EXPECT_TRUE(timed_by_cycle(cases[1].trial));
}

TEST(FaultList, AFaultMayHaveAShape) {
  const auto trial =
      read(changed("\"word_size\": 8", "\"shape\": [[0, 0], [1, 2], [0, 99]], \"kind\": \"stuck1\""))
          .at(0)
          .trial;
  ASSERT_EQ(trial.faults.size(), 2U);  // one bit is lost
  EXPECT_EQ(trial.faults[0].site, (Site{Space::weights, 1, 4, 5, 0, 6}));
  EXPECT_EQ(trial.faults[1].site, (Site{Space::weights, 1, 4, 6, 0, 8}));
  for (const auto& fault : trial.faults) {
    EXPECT_EQ(fault.before_image, 3);
    EXPECT_EQ(fault.kind, FaultKind::stuck1);
    EXPECT_EQ(fault.word_size, 1);
  }
  const auto again = read(to_line({trial, {}})).at(0).trial;
  EXPECT_EQ(to_line({again, {}}), to_line({trial, {}}));

  const auto error = [](const char* text) { return error_of(changed("\"word_size\": 8", text)); };
  EXPECT_EQ(error("\"word_size\": 8, \"shape\": [[0, 0]]"),
            "list.jsonl:1: a fault has a 'shape' and a 'word_size' of 8: keep one of them");
  EXPECT_EQ(
      error("\"shape\": 4"),
      "list.jsonl:1: 'shape' is no list of bits: write [[0, 0], [row, column], ...], \"module\" or "
      "\"storage\"");
  EXPECT_EQ(error("\"shape\": [[0]]"),
            "list.jsonl:1: 'shape' holds what is no bit: write [row, column], from the fault's own");
  EXPECT_THAT(error("\"shape\": [[0, 1e9]]"), HasSubstr("'shape' is no whole number from -65535"));
  EXPECT_EQ(error("\"shape\": [[0, 0], [0, 0]]"),
            "list.jsonl:1: 'shape' names a bit twice: name each once");
  EXPECT_EQ(
      error("\"shape\": [[0, 99]]"),
      "list.jsonl:1: 'shape' lies outside the memory: name a bit within it, [0, 0] for the fault's "
      "own");
}

TEST(FaultList, AFaultMayBeOfAWholeModule) {
  const auto faults = [](const char* shape) {
    return read(changed("\"word_size\": 8", shape)).at(0).trial.faults;
  };
  const auto module = faults("\"shape\": \"module\", \"kind\": \"stuck0\"");
  ASSERT_EQ(module.size(), 36U);
  for (const auto& fault : module) {
    EXPECT_EQ(fault.site.module, 4);
    EXPECT_EQ(fault.word_size, kWholeWord);
    EXPECT_EQ(fault.kind, FaultKind::stuck0);
  }
  EXPECT_EQ(faults("\"shape\": \"storage\"").size(), 32U * 36);
  EXPECT_EQ(error_of(changed("\"word_size\": 8", "\"shape\": \"layer\"")),
            "list.jsonl:1: 'layer' is no part of a memory: use module or storage");
  std::string many(kFault);
  many.replace(many.find("\"word_size\": 8"), 14, "\"shape\": \"storage\"");
  std::string faults_of_storages = many;
  for (int i = 0; i < 2'700; ++i) {
    faults_of_storages += ", " + many;
  }
  EXPECT_EQ(error_of(case_with(faults_of_storages)),
            "list.jsonl:1: the list has more than 3000000 faults, with those that its shapes stand for: "
            "make it several lists");
}

TEST(FaultList, AFaultMayHoldItsBits) {
  const auto stuck = read(changed("\"word_size\": 8", "\"kind\": \"stuck1\"")).at(0).trial.faults.at(0);
  EXPECT_EQ(stuck.kind, FaultKind::stuck1);
  EXPECT_FALSE(stuck.duration);
  const auto some =
      read(changed("\"word_size\": 8", "\"kind\": \"intermittent\", \"duration\": 2")).at(0);
  EXPECT_EQ(some.trial.faults.at(0).kind, FaultKind::intermittent);
  EXPECT_EQ(some.trial.faults.at(0).end(), 5U);
  EXPECT_EQ(to_line(read(to_line(some)).at(0)), to_line(some));
  const auto error = [](const char* text) { return error_of(changed("\"word_size\": 8", text)); };
  EXPECT_EQ(
      error("\"kind\": \"stuck\""),
      "list.jsonl:1: unknown kind of fault 'stuck': use one of flip, stuck0, stuck1, intermittent");
  EXPECT_EQ(error("\"kind\": 1"),
            "list.jsonl:1: 'kind' is no text: write \"flip\", \"stuck0\", \"stuck1\" or "
            "\"intermittent\"");
  EXPECT_EQ(error("\"kind\": \"intermittent\""),
            "list.jsonl:1: 'duration' is missing in an intermittent fault: add it");
  EXPECT_EQ(
      error("\"duration\": 3"),
      "list.jsonl:1: 'duration' is that of a stuck or intermittent bit: leave it out, or add 'kind'");
  EXPECT_THAT(error("\"kind\": \"stuck0\", \"duration\": 0"),
              StartsWith("list.jsonl:1: 'duration' is no whole number from 1 to "));
}

TEST(FaultList, WrittenCasesReadBackTheSame) {
  auto cases = read(case_with(kFault) + "\n" + case_with(kTimedFault, 8));
  cases[0].scores.assign(4, {1, -2, 3, 4, 5, 6, 7, 8, 9, 32767});
  for (const auto& listed : cases) {
    const auto line = to_line(listed);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto again = read(line);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(to_line(again[0]), line);
    EXPECT_EQ(again[0].scores, listed.scores);
    EXPECT_EQ(again[0].trial.faults.at(0).site, listed.trial.faults.at(0).site);
    EXPECT_EQ(again[0].trial.faults.at(0).cycle, listed.trial.faults.at(0).cycle);
  }
}

TEST(FaultList, ErrorsNameFileLineKeyAndRemedy) {
  EXPECT_THAT(error_of(case_with(kFault) + "\n{\"id\": 1,"),
              AllOf(StartsWith("list.jsonl:2: the line is no JSON object ("), HasSubstr("write one")));
  EXPECT_EQ(error_of("[1]"), "list.jsonl:1: a case is not an object: write {\"key\": value, ...}");
  EXPECT_EQ(error_of(R"({"id": 1, "faults": []})"),
            "list.jsonl:1: 'images' is missing in a case: add it");
  EXPECT_THAT(error_of(R"({"id": 1, "images": 0, "faults": []})"), HasSubstr("'images' is no whole"));
  EXPECT_THAT(error_of(R"({"id": 1, "images": 1, "faults": [], "seed": 3})"),
              HasSubstr("unknown key 'seed' in a case: use id, images, reload, faults, scores, words, "
                        "last_streams, kind"));
  EXPECT_THAT(error_of(changed("\"layer\"", "\"laier\"")), HasSubstr("unknown key 'laier' in a fault"));
  EXPECT_THAT(error_of(changed("\"bit\": 6, ", "")), HasSubstr("'bit' is missing in a fault"));
  EXPECT_THAT(error_of(changed("\"layer\": 1", "\"layer\": 1.5")), HasSubstr("'layer' is no whole"));
  EXPECT_THAT(error_of(changed("\"layer\": 1", "\"layer\": -1")), HasSubstr("'layer' is no whole"));
  EXPECT_THAT(error_of(changed("\"bit\": 6", "\"bit\": 18446744073709551615")),
              HasSubstr("'bit' is no whole"));
  EXPECT_THAT(error_of(changed("\"bit\": 6", "\"bit\": 1e400")), StartsWith("list.jsonl:1: "));
  for (const std::string bad : {"1e0", "6.0", "true", "\"6\"", "99999999999999999999999", "null"}) {
    EXPECT_THAT(error_of(changed("\"bit\": 6", "\"bit\": " + bad)), HasSubstr("'bit' is no whole"))
        << bad;
  }
  EXPECT_THAT(error_of(changed("\"weight\"", "\"wieght\"")),
              AllOf(HasSubstr("list.jsonl:1: unknown space 'wieght'"), HasSubstr("use one of")));
  EXPECT_THAT(error_of(changed("\"weight\"", "5")), HasSubstr("'target' is no text"));
  EXPECT_THAT(error_of(changed("\"word_size\": 8", "\"word_size\": 4")), HasSubstr("use 1, 8 or 64"));
  EXPECT_EQ(error_of(changed("\"bit\": 6", "\"bit\": 32")),
            "list.jsonl:1: bit 32 does not exist in weights of layer 1 of cnvW1A1: use 0 to 31");
}

TEST(FaultList, NothingIsStatedTwice) {
  EXPECT_EQ(
      error_of(case_with(kFault, 3) + "\n" + case_with(kFault, 4) + "\n" + case_with(kTimedFault, 3)),
      "list.jsonl:3: 'id' 3 stands on line 1 too: give each case its own");
  EXPECT_EQ(error_of(changed("\"bit\": 6", "\"bit\": 6, \"bit\": 7")),
            "list.jsonl:1: 'bit' is there twice: keep one");
}

TEST(FaultList, TimeIsOneOfTwoAndTheSameWithinACase) {
  EXPECT_THAT(error_of(changed("\"before_image\": 3", "\"before_image\": 4")),
              HasSubstr("'before_image' is no whole number from 0 to 3"));
  EXPECT_THAT(error_of(changed("\"before_image\": 3, ", "")), HasSubstr("give exactly one"));
  EXPECT_THAT(error_of(changed("\"before_image\": 3", "\"before_image\": 3, \"cycle\": 3")),
              HasSubstr("give exactly one"));
  const std::string cycle = kTimedFault;
  EXPECT_THAT(error_of(case_with(std::string(kFault) + ", " + cycle)),
              HasSubstr("mixes 'before_image' and 'cycle'"));
  EXPECT_THAT(error_of(case_with(cycle + ", " + kFault)), HasSubstr("mixes"));
}

TEST(FaultList, ScoresAreOneRowAnImage) {
  const std::string start = R"({"id": 1, "images": 2, "faults": [], "scores": )";
  const std::string row = "[1,2,3,4,5,6,7,8,9,10]";
  EXPECT_EQ(read(start + "[" + row + "," + row + "]}").at(0).scores.size(), 2U);
  EXPECT_THAT(error_of(start + "[" + row + "]}"), HasSubstr("'scores' is no list of 2 rows"));
  EXPECT_THAT(error_of(start + "[" + row + ",[]]}"), HasSubstr("no list of 1 to 64 numbers"));
  EXPECT_THAT(error_of(start + "[" + row + ",[1]]}"),
              HasSubstr("holds 1 numbers where those before it hold 10"));
  EXPECT_THAT(error_of(start + "[" + row + ",[1,2,3,4,5,6,7,8,9,40000]]}"), HasSubstr("'scores'"));
}

TEST(FaultList, RowsHoldTheClassesOrAllScoresThroughoutAList) {
  const auto row = [](int length) {
    std::string text = "[-32768";
    for (int i = 1; i < length; ++i) {
      text += "," + std::to_string(32768 - i);
    }
    return text + "]";
  };
  const auto line = [&](int id, const std::string& rows) {
    return R"({"id": )" + std::to_string(id) + R"(, "images": 2, "faults": [], "scores": [)" + rows +
           "]}\n";
  };
  const auto all = row(64) + "," + row(64);
  const auto classes = row(10) + "," + row(10);
  const auto unstated = case_with(kFault, 5) + "\n";
  const auto cases = read(line(1, all) + unstated + line(2, all));
  ASSERT_EQ(cases.at(2).scores.at(1).size(), 64U);
  EXPECT_EQ(cases[2].scores[1][0], -32768);
  EXPECT_EQ(cases[2].scores[1][63], 32768 - 63);
  EXPECT_EQ(to_line(read(to_line(cases[0])).at(0)), to_line(cases[0]));
  for (const int length : {1, 11, 63}) {  // how many classes there are, the parameters say
    EXPECT_EQ(read(line(1, row(length) + "," + row(length))).at(0).scores[0].size(),
              static_cast<std::size_t>(length));
  }
  EXPECT_THAT(error_of(line(1, row(65) + "," + row(65))),
              HasSubstr("list.jsonl:1: a row of 'scores' is no list of 1 to 64 numbers"));
  EXPECT_EQ(error_of(line(1, row(10) + "," + row(64))),
            "list.jsonl:1: a row of 'scores' holds 64 numbers where those before it hold 10: give all "
            "rows of a list the same length");
  EXPECT_THAT(
      error_of(line(1, all) + unstated + line(2, classes)),
      HasSubstr("list.jsonl:3: a row of 'scores' holds 10 numbers where those before it hold 64"));
  for (const std::string wrong : {"32768", "1.0", "true", "\"1\"", "null"}) {
    auto rows = all;
    EXPECT_THAT(error_of(line(1, rows.replace(rows.size() - 6, 5, wrong))),
                HasSubstr("'scores' is no whole number from -32768 to 32767"))
        << wrong;
  }
}

TEST(FaultList, BitInLayerMustAgreeWithTheSite) {
  // Bit 6 of word 5 of PE 4 of layer 1: (4 * 36 + 5) * 32 + 6.
  EXPECT_EQ(error_of(changed("\"bit\": 6", "\"bit\": 6, \"bit_in_layer\": 4774")), "no error");
  EXPECT_THAT(error_of(changed("\"bit\": 6", "\"bit\": 6, \"bit_in_layer\": 4775")),
              HasSubstr("check that the list is for this network"));
}

TEST(FaultList, MissingAndEmptyFilesAreErrors) {
  const SiteMap sites(topology("cnvW1A1"));
  EXPECT_THROW(read_fault_list("/nonexistent/list.jsonl", sites), InputError);
  EXPECT_THROW(read_fault_list(std::filesystem::path("/"), sites), InputError);
  EXPECT_THROW(read_fault_list(std::filesystem::path("/dev/null"), sites), InputError);
}

TEST(FaultList, KeepsWordsAndStreams) {
  const SiteMap sites(topology("lfcW1A2"));
  std::istringstream in(
      R"({"id": 1, "kind": "any", "images": 1, "faults": [], "words": ["8000000000000001"], "last_streams": {"inter1": "00000000000000ff"}})");
  const auto cases = read_fault_list(in, "list.jsonl", sites);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].words, std::vector<std::uint64_t>{0x8000'0000'0000'0001});
  EXPECT_EQ(cases[0].last_streams.at("inter1"), 255U);
  std::istringstream again(to_line(cases[0]));
  const auto same = read_fault_list(again, "list.jsonl", sites);
  EXPECT_EQ(same[0].words, cases[0].words);
  EXPECT_EQ(same[0].last_streams, cases[0].last_streams);
  EXPECT_THAT(error_of(R"({"id": 1, "images": 1, "faults": [], "words": ["8000000000000001"]})"),
              HasSubstr("are 16 words of memory: state 'scores', not 'words'"));
}

TEST(FaultList, ReadsTheBoardsLists) {
  FLUENCE_NEEDS_DATA();
  for (const auto& net : test::cifar_networks()) {
    const SiteMap sites(net);
    const auto cases = read_fault_list(test::data_dir() / "faults" / (net.name + ".jsonl"), sites);
    EXPECT_EQ(cases.size(), 400U);
    for (const auto& listed : cases) {
      EXPECT_EQ(listed.scores.size(), static_cast<std::size_t>(listed.trial.images));
      EXPECT_FALSE(listed.trial.faults.empty());
    }
  }
}

TEST(FaultList, ListOfAnotherNetworkIsRefused) {
  FLUENCE_NEEDS_DATA();
  const SiteMap sites(topology("cnvW1A1"));
  EXPECT_THROW(read_fault_list(test::data_dir() / "faults" / "cnvW2A2.jsonl", sites), InputError);
}

// Whatever a file holds, reading it ends in cases or in an InputError.
TEST(FaultList, DamagedLinesNeverDoAnythingElse) {
  const std::string whole =
      case_with(std::string(kFault) + "," + kFault) + "\n" +
      R"({"id": 1, "images": 1, "faults": [], "scores": [[1,2,3,4,5,6,7,8,9,10]]})";
  std::mt19937 random(1);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  const std::string alphabet("{}[]\",:0123456789.-+eE truefalsn\\u\x00\xff\n", 38);
  int failed = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto text = whole;
    for (auto changes = below(4); changes-- > 0;) {
      const auto at = below(text.size());
      switch (below(4)) {
        case 0: text[at] = alphabet[below(alphabet.size())]; break;
        case 1: text.erase(at, below(12)); break;
        case 2: text.insert(at, text.substr(below(text.size()), below(20))); break;
        default: text[at] = static_cast<char>(below(256)); break;
      }
      if (text.empty()) {
        break;
      }
    }
    if (below(3) == 0) {
      text.resize(below(text.size() + 1));
    }
    try {
      read(text);
    } catch (const InputError& e) {
      ++failed;
      EXPECT_EQ(std::string_view(e.what()).substr(0, 11), "list.jsonl:");
      EXPECT_EQ(std::string_view(e.what()).find('\n'), std::string_view::npos) << e.what();
    }
  }
  EXPECT_GT(failed, 10'000);
}

}  // namespace
}  // namespace fluence
