// The digest of an RTL changes with what the RTL is, and with nothing else.
#include "rtl/gen/rtl_digest.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

#include "rtl/gen/pipeline_writer.hpp"

namespace fluence::test {
namespace {

TEST(Meaning, HasNoCommentsAndNoBlanks) {
  EXPECT_EQ(meaning_of("assign a = b ; // why\n/* and\n how */ wire  [ 1 : 0 ]\tc;\n"),
            meaning_of("assign a=b;\nwire [1:0] c;"));
}

TEST(Meaning, KeepsBlanksThatPartNamesOrOperators) {
  EXPECT_NE(meaning_of("logic a;"), meaning_of("logica;"));
  EXPECT_NE(meaning_of("a & &b"), meaning_of("a && b"));
  EXPECT_EQ(meaning_of("a/**/b"), meaning_of("a b"));
}

TEST(Meaning, KeepsWhatLooksLikeACommentOrABlankInAString) {
  EXPECT_EQ(meaning_of(R"($display("a // b"); // c)"), R"($display("a // b");)");
  EXPECT_NE(meaning_of(R"($display("a  b");)"), meaning_of(R"($display("a b");)"));
  EXPECT_EQ(meaning_of(R"($display("\"/*"); x */)"), R"($display("\"/*");x*/)");
}

TEST(Meaning, KeepsTheEndOfADefinition) {
  EXPECT_NE(meaning_of("`define A b\nc\n"), meaning_of("`define A b c\n"));
  EXPECT_NE(meaning_of("`define A (b)\n"), meaning_of("`define A(b)\n"));
  EXPECT_NE(meaning_of("#define A b\nc\n"), meaning_of("#define A b c\n"));
  EXPECT_EQ(meaning_of("`define  A \\\n  b // c\nd"), meaning_of("`define A b\nd\n\n"));
  // A quote that a macro makes opens no string.
  EXPECT_EQ(meaning_of("`define A `\"b`\" // c\nd  e"), "`define A `\"b`\"\nd e");
}

class RtlDigest : public testing::Test {
 protected:
  // The files of cnvW1A1's RTL that the generator writes, a module that needs one of them, one that does
  // not, and an include file.
  RtlDigest() {
    const auto& net = topology("cnvW1A1");
    std::ostringstream pipeline, registers, visibility;
    write_pipeline(pipeline, dataflow(net));
    write_register_package(registers, net);
    write_visibility(visibility, SiteMap(net));
    modules_ = {{"fl_accel.sv",
                 "// The top.\n`include \"fl_assert.svh\"\nmodule fl_accel ();\n"
                 "  fl_pipeline #(fl_regs_pkg::Ctrl) u_pipeline (.*);\nendmodule\n"},
                {"fl_assert.svh", "`define FL_ASSERT(rule) assert (rule)\n"},
                {"fl_pipeline.sv", pipeline.str()},
                {"fl_regs_pkg.sv", registers.str()},
                {"fl_fifo.sv", "module fl_fifo (); endmodule\n"},
                {"fl_unused.sv", "module fl_unused (); endmodule\n"}};
    always_ = {{"visibility.vlt", visibility.str()},
               {"popcount.h", "#define VL_COUNTONES_I(value) __builtin_popcount(value)\n"}};
    before_ = digest();
  }
  [[nodiscard]] std::string digest() const {
    return rtl_digest("fl_accel", modules_, always_, options_);
  }
  static void replace(std::string& text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  }

  RtlSources modules_, always_;
  std::string options_ = "--x-assign fast --x-initial fast";
  std::string before_;
};

TEST_F(RtlDigest, IsSixteenHexDigits) {
  EXPECT_EQ(before_.size(), 16U);
  EXPECT_EQ(before_.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST_F(RtlDigest, IgnoresCommentsAndBlanks) {
  replace(modules_["fl_accel.sv"], "// The top.", "/* Another\ncomment. */");
  replace(modules_["fl_pipeline.sv"], "// The pipeline", "// Another pipeline");
  replace(modules_["fl_fifo.sv"], "module fl_fifo", "module\n    fl_fifo");
  replace(always_["popcount.h"], "#define", "// Counts.\n#define");
  replace(options_, " --x-initial", "   --x-initial");
  EXPECT_EQ(digest(), before_);
}

TEST_F(RtlDigest, IgnoresModulesThatAreNotUsed) {
  replace(modules_["fl_unused.sv"], "()", "(input logic clk_i)");
  EXPECT_EQ(digest(), before_);
  modules_.erase("fl_unused.sv");
  EXPECT_EQ(digest(), before_);
}

TEST_F(RtlDigest, ChangesWithAModuleThatIsUsed) {
  replace(modules_["fl_fifo.sv"], "()", "(input logic clk_i)");
  EXPECT_NE(digest(), before_);
}

TEST_F(RtlDigest, ChangesWithAnIncludeFile) {
  replace(modules_["fl_assert.svh"], "assert", "assume");
  EXPECT_NE(digest(), before_);
}

TEST_F(RtlDigest, ChangesWithTheRegisterMap) {
  replace(modules_["fl_regs_pkg.sv"], "7'd16", "7'd17");
  EXPECT_NE(digest(), before_);
}

TEST_F(RtlDigest, ChangesWithWhatIsVisible) {
  replace(always_["visibility.vlt"], "public_flat_rd -module \"fl_fifo\"",
          "public_flat -module \"fl_fifo\"");
  EXPECT_NE(digest(), before_);
}

TEST_F(RtlDigest, ChangesWithWhatCountsOnes) {
  replace(always_["popcount.h"], "popcount(value)", "popcount(~value)");
  EXPECT_NE(digest(), before_);
}

TEST_F(RtlDigest, ChangesWithAnOption) {
  replace(options_, "--x-assign fast", "--x-assign 0");
  EXPECT_NE(digest(), before_);
}

TEST_F(RtlDigest, ChangesWithTheNetworksFoldingAlone) {
  auto net = topology("cnvW1A1");
  net.name = "another";
  const auto digest_of = [&] {
    std::ostringstream pipeline;
    write_pipeline(pipeline, dataflow(net));
    modules_["fl_pipeline.sv"] = pipeline.str();
    return digest();
  };
  EXPECT_EQ(digest_of(), before_);  // a name is no behaviour
  net.layers[1].pe /= 2;
  EXPECT_NE(digest_of(), before_);
}

TEST_F(RtlDigest, NeedsTheTop) {
  EXPECT_THROW(static_cast<void>(rtl_digest("fl_other", modules_, always_, options_)), std::logic_error);
}

}  // namespace
}  // namespace fluence::test
