#include "base/text.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/environment.hpp"
#include "base/error.hpp"

namespace fluence {
namespace {

using ::testing::StrEq;
using ::testing::ThrowsMessage;

TEST(Printable, ShowsTextAsItIsAndEveryOtherByte) {
  EXPECT_EQ(printable("plain, gr\xc3\xb6\xc3\x9f"
                      "er \xe2\x82\xac \xf0\x9f\x92\xa1"),
            "plain, gr\xc3\xb6\xc3\x9f"
            "er \xe2\x82\xac \xf0\x9f\x92\xa1");
  EXPECT_EQ(printable("w\xf6rter"), "w\\xf6rter");
  EXPECT_EQ(printable(std::string_view("a\0b\n\x1b[2J\x7f", 9)), "a\\x00b\\x0a\\x1b[2J\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "a control character of a terminal";
  // Cut short, too long, a surrogate, beyond the last character, no start.
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(printable("\xe0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\x80z"), "\\x80z");
  const auto once = printable("a\xff\n");
  EXPECT_EQ(printable(once), once);
}

TEST(RequireUtf8, NamesTheEncoding) {
  EXPECT_NO_THROW(require_utf8("", "t"));
  EXPECT_NO_THROW(require_utf8("{\"n\u00e4me\": 1}\n", "t"));
  const auto refused = [](std::string_view text) {
    return [text] { require_utf8(text, "the list x"); };
  };
  for (const std::string_view text :
       {std::string_view("\xff\xfe{\0", 4), std::string_view("\xfe\xff\0{", 4),
        std::string_view("{\0}\0", 4), std::string_view("\0{\0}", 4)}) {
    EXPECT_THAT(refused(text),
                ThrowsMessage<InputError>(StrEq("the list x is UTF-16 text: save it as UTF-8")));
  }
  EXPECT_THAT(refused("one\ntw\xf6\n"),
              ThrowsMessage<InputError>(StrEq(
                  "the list x is no UTF-8 text, with the byte \\xf6 in line 2: save it as UTF-8")));
}

TEST(EnvironmentSwitch, IsZeroOrOne) {
  constexpr auto kName = "FLUENCE_TEST_SWITCH";
  ::unsetenv(kName);
  EXPECT_FALSE(environment_switch(kName));
  for (const auto& [value, on] : {std::pair("", false), std::pair("0", false), std::pair("1", true)}) {
    ::setenv(kName, value, 1);
    EXPECT_EQ(environment_switch(kName), on) << value;
  }
  ::setenv(kName, "false", 1);
  EXPECT_THAT([] { environment_switch(kName); },
              ThrowsMessage<InputError>(
                  StrEq("environment variable FLUENCE_TEST_SWITCH is 'false': give 0 or 1")));
  ::unsetenv(kName);
}

}  // namespace
}  // namespace fluence
