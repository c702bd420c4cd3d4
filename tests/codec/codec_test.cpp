#include "codec/codec.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <vector>

#include "base/bits.hpp"
#include "base/error.hpp"

namespace fluence {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Words = std::vector<std::uint64_t>;

Words encoded(const Codec& codec, const Words& words, int bits) {
  Words stored(words.size() * static_cast<std::size_t>(codec.copies()));
  codec.encode(words, bits, stored);
  return stored;
}

struct Access {
  Words words;
  AccessStatus status{};
};

Access access(const Codec& codec, const Words& stored, int bits) {
  Access access{Words(stored.size() / static_cast<std::size_t>(codec.copies())), {}};
  access.status = codec.decode(stored, bits, access.words);
  return access;
}

Words random_words(std::size_t count, int bits, std::mt19937_64& random) {
  Words words(count);
  std::ranges::generate(words, [&] { return random() & low_bits(bits); });
  return words;
}

class CodecNamed : public testing::TestWithParam<const char*> {
 protected:
  const Codec& codec_ = find_codec(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Codecs, CodecNamed,
                         testing::Values("none", "tmr", "tmr-writeback", "duplicate", "parity 8",
                                         "parity 1", "secded", "interleave 2", "interleave 8",
                                         "resilient-interleave"),
                         [](const auto& param) {
                           std::string name(param.param);
                           std::ranges::replace_if(
                               name, [](char c) { return c == ' ' || c == '-'; }, '_');
                           return name;
                         });

TEST_P(CodecNamed, GivesWhatWasStoredAndNoMoreBitsThanItSays) {
  std::mt19937_64 random(1);
  for (int bits = 1; bits <= 32; ++bits) {
    for (std::size_t words = 1; words <= static_cast<std::size_t>(codec_.words()); ++words) {
      if (!codec_.refusal(bits).empty()) {
        continue;
      }
      const auto values = random_words(words, bits, random);
      const auto stored = encoded(codec_, values, bits);
      const auto again = access(codec_, stored, bits);
      EXPECT_EQ(again.words, values) << bits << " bits, " << words << " words";
      EXPECT_EQ(again.status, AccessStatus::clean);
      for (const auto word : stored) {
        EXPECT_EQ(word & ~low_bits(codec_.stored_bits(bits)), 0U);
      }
    }
  }
}

// Limb by limb: words of 65 to 150 bits, in which check bits lie in two limbs, too.
TEST_P(CodecNamed, StoresWordsOfSeveralLimbs) {
  std::mt19937_64 random(9);
  for (const int bits : {60, 65, 72, 127, 128, 129, 144, 150}) {
    if (!codec_.refusal(bits).empty()) {
      continue;
    }
    const auto limbs = index(limbs_of(bits));
    const auto stored_limbs = index(limbs_of(codec_.stored_bits(bits)));
    for (std::size_t words = 1; words <= index(codec_.words()); ++words) {
      Words values(words * limbs), again(words * limbs);
      Words stored(words * index(codec_.copies()) * stored_limbs, ~std::uint64_t{0});
      for (std::size_t word = 0; word < words; ++word) {
        for (int bit = 0; bit < bits; ++bit) {
          put_bits(std::span(values).subspan(word * limbs), bit, 1, random());
        }
      }
      codec_.encode(values, bits, stored);
      for (std::size_t word = 0; word < stored.size(); word += stored_limbs) {
        for (int bit = codec_.stored_bits(bits); bit < static_cast<int>(stored_limbs) * kWordBits;
             ++bit) {
          ASSERT_EQ(take_bits(std::span(stored).subspan(word), bit, 1), 0U)
              << bits << " bits, bit " << bit;
        }
      }
      EXPECT_EQ(codec_.decode(stored, bits, again), AccessStatus::clean);
      EXPECT_EQ(again, values) << bits << " bits, " << words << " words";
    }
  }
}

// As words of one limb, each bit of the long word in its place.
TEST(Interleave, StoresBitsOfWideWordsInTurn) {
  const auto& codec = find_codec("interleave 2");
  constexpr int kBits = 72;
  for (int bit = 0; bit < kBits; ++bit) {
    for (int word = 0; word < 2; ++word) {
      Words values(4), wanted(4), stored(4);
      put_bits(std::span(values).subspan(index(2 * word)), bit, 1, 1);
      const int at = 2 * bit + word;
      put_bits(std::span(wanted).subspan(at < kBits ? 2 : 0), at % kBits, 1, 1);
      codec.encode(values, kBits, stored);
      ASSERT_EQ(stored, wanted) << word << " " << bit;
    }
  }
}

// What is stored, by name: a letter for each word, from bit 0 upwards.
TEST(Clamp, ReplacesNumbersBeyondItsEndsByTheNearest) {
  constexpr int kBits = 8;
  const auto& codec = find_codec("clamp -3 100");
  EXPECT_EQ(codec.name(), "clamp -3 100");
  EXPECT_TRUE(codec.stores_numbers());
  const auto given = [&](int number) {
    const auto stored = encoded(codec, {static_cast<std::uint64_t>(number) & low_bits(kBits)}, kBits);
    const auto found = access(codec, stored, kBits);
    EXPECT_EQ(found.status, found.words == stored ? AccessStatus::clean : AccessStatus::corrected);
    return static_cast<int>(static_cast<std::int8_t>(found.words[0]));
  };
  for (int number = -128; number < 128; ++number) {
    EXPECT_EQ(given(number), std::clamp(number, -3, 100));
  }
}

TEST(Clamp, RefusesEndsThatWordsDoNotHold) {
  EXPECT_EQ(find_codec("clamp -128 127").refusal(8), "");
  EXPECT_THAT(find_codec("clamp -129 127").refusal(8), HasSubstr("give ends within them"));
  EXPECT_THAT(find_codec("clamp -128 128").refusal(8), HasSubstr("give ends within them"));
  for (const char* name : {"clamp", "clamp 3", "clamp 3 3", "clamp 4 3", "clamp 1 2 3", "clamp 1  2",
                           "clamp a b", "clamp 1 2 "}) {
    EXPECT_THAT([&] { find_codec(name); }, ThrowsMessage<InputError>(HasSubstr("as in clamp -20 300")))
        << name;
  }
}

TEST(Interleave, StoresBitsInTurnWithTheUpperHalfInTheFirstPlace) {
  const auto& codec = find_codec("interleave 2");
  constexpr int kBits = 6;
  for (int bit = 0; bit < kBits; ++bit) {
    Words even(2);
    even[bit < kBits / 2 ? 1 : 0] = std::uint64_t{1} << (2 * bit % kBits);
    EXPECT_EQ(encoded(codec, {std::uint64_t{1} << bit, 0}, kBits), even);
    EXPECT_EQ(encoded(codec, {0, std::uint64_t{1} << bit}, kBits), (Words{even[0] << 1, even[1] << 1}));
  }
}

TEST(Interleave, LeavesAnIncompleteGroupAsItIs) {
  EXPECT_EQ(encoded(find_codec("interleave 4"), {5, 6, 7}, 3), (Words{5, 6, 7}));
}

// The published pattern, word by word as its authors' tables have it: E0 is bit 0 of the first word.
TEST(ResilientInterleave, StoresThePublishedPattern) {
  struct Place {
    char word;
    int bit;
  };
  const auto check = [](int bits, const std::vector<Place>& places) {
    const auto& codec = find_codec("resilient-interleave");
    ASSERT_EQ(std::ssize(places), 2 * bits);
    for (int at = 0; at < 2 * bits; ++at) {
      const auto [word, bit] = places[static_cast<std::size_t>(at)];
      Words values(2);
      values[word == 'E' ? 0 : 1] = std::uint64_t{1} << bit;
      Words wanted(2);
      wanted[at < bits ? 1 : 0] = std::uint64_t{1} << (at % bits);
      EXPECT_EQ(encoded(codec, values, bits), wanted) << word << bit;
    }
  };
  check(16, {{'O', 15}, {'E', 0},  {'E', 1},  {'E', 2},  {'O', 14}, {'E', 3},  {'E', 4},  {'E', 5},
             {'O', 13}, {'E', 6},  {'O', 12}, {'E', 7},  {'O', 11}, {'E', 8},  {'O', 10}, {'E', 9},
             {'O', 9},  {'E', 10}, {'O', 8},  {'E', 11}, {'O', 7},  {'E', 12}, {'O', 6},  {'E', 13},
             {'O', 5},  {'O', 4},  {'O', 3},  {'E', 14}, {'O', 2},  {'O', 1},  {'O', 0},  {'E', 15}});
  check(24, {{'O', 23}, {'E', 0},  {'E', 1},  {'E', 2},  {'O', 22}, {'E', 3},  {'E', 4},  {'E', 5},
             {'O', 21}, {'E', 6},  {'E', 7},  {'E', 8},  {'O', 20}, {'E', 9},  {'O', 19}, {'E', 10},
             {'O', 18}, {'E', 11}, {'O', 17}, {'E', 12}, {'O', 16}, {'E', 13}, {'O', 15}, {'E', 14},
             {'O', 14}, {'E', 15}, {'O', 13}, {'E', 16}, {'O', 12}, {'E', 17}, {'O', 11}, {'E', 18},
             {'O', 10}, {'E', 19}, {'O', 9},  {'E', 20}, {'O', 8},  {'O', 7},  {'O', 6},  {'E', 21},
             {'O', 5},  {'O', 4},  {'O', 3},  {'E', 22}, {'O', 2},  {'O', 1},  {'O', 0},  {'E', 23}});
}

TEST(ResilientInterleave, HasAPatternForTwoWidthsOnly) {
  const auto& codec = find_codec("resilient-interleave");
  for (int bits = 1; bits <= 32; ++bits) {
    EXPECT_EQ(codec.refusal(bits).empty(), bits == 16 || bits == 24) << bits;
  }
}

TEST(Triplicate, VotesOnEachBit) {
  const auto& codec = find_codec("tmr");
  EXPECT_EQ(access(codec, {0b1100, 0b1010, 0b1001}, 4).words, Words{0b1000});
  EXPECT_EQ(access(codec, {0b1100, 0b1010, 0b1001}, 4).status, AccessStatus::corrected);
  // Wrong in two copies at one bit wins, at two bits both are right again.
  EXPECT_EQ(access(codec, {0b0001, 0b0001, 0}, 4).words, Words{1});
  EXPECT_EQ(access(codec, {0b0001, 0b0010, 0}, 4).words, Words{0});
}

TEST(Triplicate, VotesOnEachLimb) {
  const auto& codec = find_codec("tmr");
  Words found(2);
  EXPECT_EQ(codec.decode(Words{0b1100, 1, 0b1010, 1, 0b1001, 3}, 72, found), AccessStatus::corrected);
  EXPECT_EQ(found, (Words{0b1000, 1}));
  EXPECT_EQ(codec.decode(Words{5, 1, 5, 1, 5, 1}, 72, found), AccessStatus::clean);
}

TEST(Duplicate, SeesThatAHigherLimbDiffers) {
  const auto& codec = find_codec("duplicate");
  Words found(2);
  EXPECT_EQ(codec.decode(Words{5, 1, 5, 2}, 72, found), AccessStatus::detected);
  EXPECT_EQ(found, (Words{5, 1}));
}

TEST(Duplicate, GivesTheFirstCopyAndSeesThatTheyDiffer) {
  const auto& codec = find_codec("duplicate");
  EXPECT_EQ(access(codec, {5, 7}, 4).words, Words{5});
  EXPECT_EQ(access(codec, {5, 7}, 4).status, AccessStatus::detected);
  EXPECT_EQ(access(codec, {5, 5}, 4).status, AccessStatus::clean);
}

TEST(Parity, SeesOneErrorInEachGroupAndNotTwo) {
  const auto& codec = find_codec("parity 8");
  EXPECT_EQ(codec.stored_bits(16), 18);
  EXPECT_EQ(codec.stored_bits(17), 20);
  constexpr int kBits = 16;
  const auto stored = encoded(codec, {0xa5c3}, kBits).front();
  for (int a = 0; a < codec.stored_bits(kBits); ++a) {
    EXPECT_EQ(access(codec, {stored ^ std::uint64_t{1} << a}, kBits).status, AccessStatus::detected)
        << a;
  }
  EXPECT_EQ(access(codec, {stored ^ 3}, kBits).status, AccessStatus::clean);
  EXPECT_EQ(access(codec, {stored ^ 0x101}, kBits).status, AccessStatus::detected);
}

// Every width, every single and every double error.
TEST(Secded, CorrectsEverySingleErrorAndDetectsEveryDoubleOne) {
  const auto& codec = find_codec("secded");
  std::mt19937_64 random(2);
  for (int bits = 1; codec.stored_bits(bits) <= 64; ++bits) {
    const auto values = random_words(1, bits, random);
    const auto stored = encoded(codec, values, bits).front();
    const int all = codec.stored_bits(bits);
    for (int a = 0; a < all; ++a) {
      const auto one = stored ^ std::uint64_t{1} << a;
      const auto corrected = access(codec, {one}, bits);
      ASSERT_EQ(corrected.words, values) << bits << " bits, bit " << a;
      ASSERT_EQ(corrected.status, AccessStatus::corrected);
      for (int b = 0; b < a; ++b) {
        const auto two = access(codec, {one ^ std::uint64_t{1} << b}, bits);
        ASSERT_EQ(two.status, AccessStatus::detected) << bits << " bits, bits " << a << " and " << b;
        ASSERT_EQ(two.words[0], (one ^ std::uint64_t{1} << b) & low_bits(bits));
      }
    }
  }
}

TEST(Secded, CorrectsAndDetectsInWordsOfSeveralLimbs) {
  const auto& codec = find_codec("secded");
  std::mt19937_64 random(3);
  for (const int bits : {58, 64, 72, 121, 144}) {
    const auto limbs = index(limbs_of(bits));
    Words values(limbs), found(limbs), stored(index(limbs_of(codec.stored_bits(bits))));
    for (int bit = 0; bit < bits; ++bit) {
      put_bits(values, bit, 1, random());
    }
    codec.encode(values, bits, stored);
    const auto flip = [&](int bit) { put_bits(stored, bit, 1, ~take_bits(stored, bit, 1)); };
    for (int a = 0; a < codec.stored_bits(bits); ++a) {
      flip(a);
      ASSERT_EQ(codec.decode(stored, bits, found), AccessStatus::corrected)
          << bits << " bits, bit " << a;
      ASSERT_EQ(found, values);
      for (int b = 0; b < a; ++b) {
        flip(b);
        ASSERT_EQ(codec.decode(stored, bits, found), AccessStatus::detected) << a << " and " << b;
        flip(b);
      }
      flip(a);
    }
  }
}

// Those of the codes in the literature: (72,64), (22,16), (39,32), (64,57).
TEST(Secded, HasAsManyCheckBitsAsAHammingCodeAndOneMore) {
  const auto& codec = find_codec("secded");
  EXPECT_EQ(codec.stored_bits(1), 4);
  EXPECT_EQ(codec.stored_bits(4), 8);
  EXPECT_EQ(codec.stored_bits(16), 22);
  EXPECT_EQ(codec.stored_bits(24), 30);
  EXPECT_EQ(codec.stored_bits(32), 39);
  EXPECT_EQ(codec.stored_bits(57), 64);
  EXPECT_EQ(codec.stored_bits(64), 72);
  EXPECT_EQ(codec.stored_bits(144), 153);
}

TEST(Codecs, OfANameAreOneObject) {
  EXPECT_EQ(&find_codec("interleave 2"), &find_codec("interleave 2"));
  EXPECT_NE(&find_codec("interleave 2"), &find_codec("interleave 4"));
  EXPECT_TRUE(is_plain(find_codec("none")));
  EXPECT_TRUE(find_codec("tmr-writeback").repairs());
  EXPECT_FALSE(find_codec("tmr").repairs());
}

TEST(Codecs, ThatAreNotKnownAreRefusedWithThoseThatAre) {
  EXPECT_THAT([] { find_codec("hamming"); },
              ThrowsMessage<InputError>(
                  "unknown codec 'hamming': use one of none, tmr, tmr-writeback, "
                  "duplicate, parity N, secded, interleave N, resilient-interleave, clamp N N"));
  for (const auto* name : {"interleave", "interleave 3", "interleave 1", "interleave 128",
                           "interleave -2", "interleave 2x", "interleave "}) {
    EXPECT_THAT(
        [&] { find_codec(name); },
        ThrowsMessage<InputError>(HasSubstr("write interleave and a power of two from 2 to 64")));
  }
  EXPECT_THAT([] { find_codec("tmr 2"); }, ThrowsMessage<InputError>(HasSubstr("write tmr alone")));
}

// One from outside: a word and its complement.
class Complement final : public Codec {
 public:
  [[nodiscard]] std::string name() const override { return "complement"; }
  [[nodiscard]] int stored_bits(int bits) const override { return 2 * bits; }
  void encode(std::span<const std::uint64_t> words, int bits,
              std::span<std::uint64_t> stored) const override {
    stored[0] = words[0] | (~words[0] & low_bits(bits)) << bits;
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int bits,
                      std::span<std::uint64_t> words) const override {
    words[0] = stored[0] & low_bits(bits);
    return words[0] == (~(stored[0] >> bits) & low_bits(bits)) ? AccessStatus::clean
                                                               : AccessStatus::detected;
  }
};

TEST(Codecs, CanBeAddedFromOutside) {
  const auto kind = [] {
    return CodecKind{"complement", "", [](int) { return std::make_unique<Complement>(); }};
  };
  add_codec_kind(kind());
  const auto& codec = find_codec("complement");
  EXPECT_EQ(encoded(codec, {0b1010}, 4), Words{0b01011010});
  EXPECT_EQ(access(codec, {0b01011011}, 4).status, AccessStatus::detected);
  EXPECT_THROW(add_codec_kind(kind()), std::logic_error);
}

}  // namespace
}  // namespace fluence
