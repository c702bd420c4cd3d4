#include "session/comparison_journal.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const Manifest kManifest = {{"seed", "1"}, {"version", "0.1.0"}};
const std::vector<std::string> kAsked = {"a", "b", "c"};

class Journal : public testing::Test {
 protected:
  Journal() {
    ComparisonJournal journal(dir_.path(), kManifest, kAsked);
    journal.add(2, {5, ""});
    journal.add(0, {0, "differs from image 7 on"});
  }
  [[nodiscard]] std::map<int, Compared> made(const Manifest& manifest,
                                             const std::vector<std::string>& asked) const {
    return ComparisonJournal(dir_.path(), manifest, asked).made();
  }
  [[nodiscard]] std::filesystem::path file() const { return dir_.path() / "verify.unfinished"; }

  TempDir dir_;
};

TEST_F(Journal, IsTakenUpByWhoeverAsksTheSame) {
  for (int again = 0; again < 2; ++again) {
    const auto found = made(kManifest, kAsked);
    ASSERT_EQ(found.size(), 2);
    EXPECT_EQ(found.at(2).fates, 5);
    EXPECT_EQ(found.at(2).difference, "");
    EXPECT_EQ(found.at(0).fates, 0);
    EXPECT_EQ(found.at(0).difference, "differs from image 7 on");
  }
  auto other_version = kManifest;
  other_version["version"] = "0.2.0";  // where results come from; the program itself is in the key
  EXPECT_EQ(made(other_version, kAsked).size(), 2);
}

TEST_F(Journal, BeginsAnewForOtherInputsAndForWhatIsStoredOtherwise) {
  auto seed = kManifest;
  seed["seed"] = "2";
  EXPECT_TRUE(made(seed, kAsked).empty());
  EXPECT_TRUE(made(kManifest, kAsked).empty()) << "the former question's answers are still there";
  {
    ComparisonJournal journal(dir_.path(), kManifest, kAsked);
    journal.add(1, {});
  }
  EXPECT_TRUE(made(kManifest, {"a", "b", "d"}).empty());
}

TEST_F(Journal, LeavesOutWhatIsNoWholeLine) {
  for (const std::string damage : {"1 7 cut", "1 7", "3 0 \n", "x 0 \n", "-1 0 \n", "1\n", "\n"}) {
    std::ofstream(file(), std::ios::app) << damage;
    {
      ComparisonJournal journal(dir_.path(), kManifest, kAsked);
      EXPECT_EQ(journal.made().size(), 2) << damage;
      journal.add(2, {6, ""});
    }
    EXPECT_EQ(made(kManifest, kAsked).at(2).fates, 6)
        << "what is written behind the damage is lost: " << damage;
  }
}

TEST_F(Journal, IsOfOneProcessAtATime) {
  ComparisonJournal journal(dir_.path(), kManifest, kAsked);
  EXPECT_THAT([&] { (void)made(kManifest, kAsked); },
              ThrowsMessage<InputError>(HasSubstr("another 'fluence verify' compares the results in")));
  journal.remove();
  EXPECT_TRUE(made(kManifest, kAsked).empty());
}

TEST(JournalIn, AFolderThatCannotBeWrittenIsRefused) {
  EXPECT_THAT([&] { ComparisonJournal("/proc/self", kManifest, kAsked); },
              ThrowsMessage<InputError>(HasSubstr("cannot write /proc/self/verify.unfinished")));
}

}  // namespace
}  // namespace fluence::test
