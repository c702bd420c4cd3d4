// Writes inputs to start from into DIR/<target>/: what the product itself writes.
#include <algorithm>
#include <fstream>
#include <iostream>

#include "analysis/agreement.hpp"
#include "fault/fault_list.hpp"
#include "fault/schedule.hpp"
#include "network/network_file.hpp"
#include "network/parameter_file.hpp"
#include "network/synthetic.hpp"
#include "tests/fuzz/results.hpp"
#include "tests/fuzz/small_network.hpp"
#include "tests/import/networks.hpp"
#include "tests/support/published.hpp"
#include "tests/support/temp_dir.hpp"

using namespace fluence;

namespace {

void write(const std::filesystem::path& file, std::string_view content) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
}

// A case in every space, by cycle, and one by image with the scores that it should give.
std::string fault_list(const SiteMap& sites) {
  std::string text;
  ListedCase listed;
  for (const auto& array : sites.arrays()) {
    Fault fault;
    fault.cycle = 1000 + static_cast<std::uint64_t>(listed.trial.id);
    fault.site = sites.nth(array.space, array.layer, 0);
    listed.trial = {listed.trial.id + 1, 2, {fault}};
    text += to_line(listed) + "\n";
  }
  Fault fault;
  fault.before_image = 1;
  fault.site = sites.nth(Space::weights, 1, 5);
  fault.word_size = 8;
  return text + to_line({{0, 2, {fault, fault}}, std::vector<Scores>(2, Scores(10))}) + "\n";
}

// One step a cycle in all stages.
std::string schedule(const Topology& net) {
  std::vector<StageSchedule> stages;
  for (const auto& work : stage_works(dataflow(net))) {
    const auto period = static_cast<std::uint64_t>(work.steps);
    stages.push_back({{{{{0, 0, 1, 1}}, {}}}, {{2, 0, 0, period}, {0, 0, 2 * period, period}}});
    if (work.fold > 0) {
      stages.back().patterns.front().late.push_back({0, 3});
    }
  }
  return Schedule(net, "0123456789abcdef", 13, std::move(stages)).text();
}

std::string baseline() {
  return GateBaseline{"name",
                      "0123456789abcdef",
                      "1",
                      {{"one", 10, 9, {9, 8, 3, 10, 0}}, {"two", 200, 180, {170, 170, 170, 170, 170}}}}
      .text();
}

// A header and two segments: half a page of code, and memory that the file does not hold.
std::string firmware() {
  std::string text(
      "\x7f"
      "ELF\x01\x01\x01",
      7);
  text.resize(16);
  const auto half = [&](unsigned value) {
    text += {static_cast<char>(value), static_cast<char>(value >> 8)};
  };
  const auto word = [&](unsigned value) {
    half(value & 0xffff);
    half(value >> 16);
  };
  constexpr unsigned kHead = 52, kSegment = 32, kCode = 16;
  half(2), half(40), word(1), word(0), word(kHead), word(0), word(0);
  half(kHead), half(kSegment), half(2), half(40), half(0), half(0);
  for (const unsigned file_bytes : {kCode, 0U}) {
    const unsigned address = file_bytes > 0 ? 0 : 0x1000;
    word(1), word(kHead + 2 * kSegment), word(address), word(address), word(file_bytes), word(64),
        word(7), word(4);
  }
  return text.append(kCode, '\x1e');
}

std::string parameters() {
  std::string text{8 * 4, 8 * 4};
  for (const int value : {1, 7, 0, 5, 2, -1, 3, 100}) {
    text += static_cast<char>(value);
    text.append(7, value < 0 ? '\xff' : '\0');
  }
  for (int i = 0; i < 10; ++i) {
    text += "class " + std::to_string(i) + "\n";
  }
  return text;
}

std::string parameter_file_of_three_layers() {
  static const auto net = fuzz::small_network();
  auto parameters = Parameters::blank(net);
  int next = -4;
  for (auto& layer : parameters.layers) {
    for (auto& threshold : layer.thresholds) {
      threshold = next++;
    }
  }
  parameters.classes = {"one", "two", "three"};
  parameters.given_rows = 3;
  return parameter_file(parameters);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds DIR\n";
    return 2;
  }
  const std::filesystem::path corpus = argv[1];
  const auto& net = topology("cnvW1A1");
  write(corpus / "fault_list/all-spaces", fault_list(SiteMap(net)));
  write(corpus / "schedule/a-step-a-cycle", schedule(net));
  write(corpus / "baseline/two", baseline());
  write(corpus / "firmware/two-segments", firmware());
  write(corpus / "network/one", network_text(net) + "\n=\n" + hardware_text(net));
  write(corpus / "parameters/small", parameters());
  write(corpus / "parameter_file/three-layers", parameter_file_of_three_layers());
  write(corpus / "images/one", cifar10_bytes(synthetic_images(kSyntheticTestSeed, 0, 1)));
  write(corpus / "rows/none", "");
  write(corpus / "import/brevitas", test::brevitas_model().bytes());
  write(
      corpus / "folding/three-layers",
      R"({"Defaults": {}, "MVAU_hls_0": {"PE": 2, "SIMD": 9, "ram_style": "auto"}, "LabelSelect_0": {"PE": 1}})");
  write(corpus / "npy/bytes",
        std::string("\x93NUMPY\x01\0\x40\0", 10) +
            "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }    \nabcd");

  const test::TempDir dir;
  fuzz::write_results(dir.path());
  write_agreement(dir.path(), {2, 20, 20 * kScores, 5, 4, {"trial 1 of scenario 0 differs"}, 1, "rtl"},
                  Store::open_existing(dir.path()).manifest());
  std::filesystem::create_directories(corpus / "agreement");
  std::filesystem::copy_file(dir.path() / kAgreementFile, corpus / "agreement/one",
                             std::filesystem::copy_options::overwrite_existing);
  const auto file = dir.path() / kResultsFile;
  {
    SQLite::Database db(file.string(), SQLite::OPEN_READWRITE);
    db.exec("PRAGMA page_size = 512; VACUUM");  // small inputs are changed more often where it matters
  }
  std::filesystem::create_directories(corpus / "database");
  std::filesystem::copy_file(file, corpus / "database/small",
                             std::filesystem::copy_options::overwrite_existing);
  return 0;
}
