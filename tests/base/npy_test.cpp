#include "base/npy.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace fluence {
namespace {

std::string npy(const std::string& header, const std::string& data, char version = 1) {
  std::string bytes("\x93NUMPY", 6);
  bytes += version;
  bytes += '\0';
  bytes += static_cast<char>(header.size());
  bytes += '\0';
  if (version > 1) {
    bytes += std::string(2, '\0');
  }
  return bytes + header + data;
}

std::string header(const std::string& type, const std::string& shape, const char* order = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

TEST(Npy, ReadsWholeAndFloatingPointNumbersInBothByteOrders) {
  const auto small = parse_npy(npy(header("|i1", "(2, 2)"), {1, -1, 2, -128}), "a");
  EXPECT_EQ(small.shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_FALSE(small.floating);
  EXPECT_EQ(small.values, (std::vector<double>{1, -1, 2, -128}));
  EXPECT_EQ(parse_npy(npy(header("|u1", "(1,)"), "\xff"), "a").values.front(), 255);
  EXPECT_EQ(parse_npy(npy(header("<i2", "(1,)"), {1, -1}), "a").values.front(), -255);
  EXPECT_EQ(parse_npy(npy(header(">i2", "(1,)"), {-1, 1}), "a").values.front(), -255);
  const auto real = parse_npy(npy(header("<f4", "()"), std::string("\x00\x00\xc0\x3f", 4), 2), "a");
  EXPECT_TRUE(real.floating);
  EXPECT_EQ(real.values, (std::vector<double>{1.5}));
  EXPECT_EQ(parse_npy(npy(header(">f8", "(1,)"), std::string("\xbf\xf8\0\0\0\0\0\0", 8), 3), "a")
                .values.front(),
            -1.5);
}

TEST(Npy, ReadsBothArrayOrders) {
  EXPECT_EQ(parse_npy(npy(header("|u1", "(2, 3)", "True"), {1, 4, 2, 5, 3, 6}), "a").values,
            (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST(Npy, RefusesWhatIsNoArray) {
  const auto good = npy(header("|u1", "(2,)"), "ab");
  ASSERT_EQ(parse_npy(good, "a").values.size(), 2U);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_THROW(parse_npy(good.substr(0, size), "a"), InputError) << size;
  }
  EXPECT_THROW(parse_npy(good + "c", "a"), InputError);
  EXPECT_THROW(parse_npy(npy(header("|O", "(2,)"), "ab"), "a"), InputError);
  EXPECT_THROW(parse_npy(npy(header("<c8", "(1,)"), "01234567"), "a"), InputError);
  EXPECT_THROW(parse_npy(npy(header("|u1", "(-2,)"), "ab"), "a"), InputError);
  EXPECT_THROW(parse_npy(npy(header("|u1", "(2 2)"), "abcd"), "a"), InputError);
  EXPECT_THROW(parse_npy(npy(header("|u1", "(4294967296, 4294967296)"), ""), "a"), InputError);
  EXPECT_THROW(parse_npy(npy("{'descr': '|u1', 'shape': (2,)}", "ab"), "a"), InputError);
  EXPECT_THROW(read_npy("/no/such", "the images"), InputError);
}

}  // namespace
}  // namespace fluence
