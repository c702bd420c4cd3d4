// Inputs that are deeper, longer or more than any of ours: one sentence, soon, and no full memory.
#include <gmock/gmock.h>

#include "base/input_file.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;

constexpr int kDeep = 50'000;

// With memory that would not do for what is refused.
void expect_bounded(const std::string& arguments, const std::string& what,
                    const std::string& variable = "") {
  const auto finished = fluence(arguments, "ulimit -v 4000000; " + variable);
  EXPECT_EQ(finished.code, 2) << finished.err;
  EXPECT_EQ(finished.error_lines(), 1) << finished.err;
  EXPECT_LT(finished.err.size(), 1000U);
  EXPECT_THAT(finished.err, HasSubstr(what));
}

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

// A list of lists that no reader can hold on its stack.
std::string deep_json() { return repeated("[", kDeep) + repeated("]", kDeep); }

class Bounds : public testing::Test {
 protected:
  std::string written(const std::string& name, const std::string& text) {
    write_text(dir.file(name), text);
    return dir.file(name);
  }
  const TempDir dir;
};

TEST_F(Bounds, OfACampaign) {
  const std::string head = "name = \"a\"\nseed = 1\n";
  const auto run = [&](const std::string& more) { return "run " + written("spec.toml", head + more); };
  const std::string deep = "spec.toml:3: keys or lists are nested more than 32 deep";
  expect_bounded(run("a" + repeated(".a", kDeep) + " = 1\n"), deep);
  expect_bounded(run("[a" + repeated(".a", kDeep) + "]\n"), deep);
  expect_bounded(run("[[a" + repeated(" . 'a'", kDeep) + "]]\n"), deep);
  expect_bounded(run("a = " + deep_json()), deep);
  expect_bounded(run("a = " + repeated("{a = ", kDeep) + "1" + repeated("}", kDeep)), deep);
  expect_bounded("run /dev/zero", "cannot read the campaign /dev/zero (it has more than 1 MiB)");
}

TEST_F(Bounds, OfAFaultList) {
  const auto replay = [&](const std::string& list) {
    return "replay --network cnvW1A1 --faults " + list + " --out " + dir.file("out");
  };
  expect_bounded(replay(written("list", "\n{\"faults\": " + deep_json() + "}\n")),
                 "list:2: its lists are nested more than 32 deep");
  expect_bounded(replay("/dev/zero"), "the fault list /dev/zero (it has more than 256 MiB)");
}

TEST_F(Bounds, OfASchedule) {
  const auto trace = "plan --network cnvW1A1";
  const auto folder = "FLUENCE_SCHEDULES=" + dir.path().string();
  written("cnvW1A1.json", deep_json());
  expect_bounded(trace, "its lists are nested more than 32 deep", folder);
  std::filesystem::remove(dir.path() / "cnvW1A1.json");
  std::filesystem::create_symlink("/dev/zero", dir.path() / "cnvW1A1.json");
  expect_bounded(trace, "cnvW1A1.json (it has more than 64 MiB)", folder);
}

TEST_F(Bounds, OfWhatIsReadBesideResults) {
  written("spec.toml",
          "name = \"t\"\nseed = 1\ncount = 2\ntrials = 5\n[[part]]\nnetworks = \"cnvW1A1\"\n"
          "modes = \"seu\"\nspaces = \"weights\"\nfaults = 1\n");
  ASSERT_EQ(fluence(run_command(dir, "r")).code, 0);
  const auto gate = "gate " + dir.file("r") + " --baseline ";
  expect_bounded(gate + written("baseline", deep_json()), "its lists are nested more than 32 deep");
  expect_bounded(gate + "/dev/zero", "the baseline /dev/zero (it has more than 64 MiB)");
  written("r/verify.json", deep_json());
  expect_bounded("report " + dir.file("r"), "verify.json is not what 'fluence verify' wrote");
}

TEST_F(Bounds, OfParameters) {
  const auto params = dir.path() / "p";
  std::filesystem::copy(workspace().path() / "params/cnvW1A1", params);
  const auto classify = "classify --network cnvW1A1 --params " + params.string() + " --images ";
  const auto images = workspace().file("images.bin");
  for (const auto* name : {"classes.txt", "0-0-weights.bin"}) {
    const auto kept = read_text(params / name);
    std::filesystem::remove(params / name);
    std::filesystem::create_symlink("/dev/zero", params / name);
    expect_bounded(classify + images, name);
    std::filesystem::remove(params / name);
    write_text(params / name, kept);
  }
}

void put(std::string& bytes, std::size_t at, std::uint32_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[at + i] = static_cast<char>(value >> (8 * i));
  }
}

// An ARM executable whose segments all want the same memory.
std::string overlapping_elf(std::uint32_t segments, std::uint32_t size) {
  std::string elf(52 + 32 * std::size_t{segments}, '\0');
  elf.replace(0, 7,
              "\x7f"
              "ELF\1\1\1");
  put(elf, 16, 2, 2);   // an executable
  put(elf, 18, 40, 2);  // for ARM
  put(elf, 20, 1, 4);
  put(elf, 28, 52, 4);  // where the segments are said
  put(elf, 40, 52, 2);
  put(elf, 42, 32, 2);
  put(elf, 44, segments, 2);
  for (std::uint32_t i = 0; i < segments; ++i) {
    put(elf, 52 + 32 * i, 1, 4);  // to be loaded, to address 0
    put(elf, 52 + 32 * i + 20, size, 4);
  }
  return elf;
}

TEST_F(Bounds, OfFirmware) {
  const auto classify = [&](const std::string& firmware) {
    return "classify --network cnvW1A1 --engine rtl --host arm --count 1 --firmware " + firmware;
  };
  expect_bounded(classify(written("many.elf", overlapping_elf(60'000, 0x100'0000))),
                 "many.elf wants more than the 16777216 bytes that the platform has for firmware");
  expect_bounded(classify("/dev/zero"), "/dev/zero is no ELF");
}

}  // namespace
}  // namespace fluence::test
