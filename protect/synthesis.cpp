#include "protect/synthesis.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "base/data_files.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/output_file.hpp"
#include "base/process.hpp"
#include "rtl/memory_cell/memory_cell.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

constexpr auto kLog = "log";
constexpr auto kCells = "cells.json";

// LUTs that a cell of memory or logic takes, after Xilinx' UG474 (7 series CLB), tables 2-3 and 2-4. Two
// LUT5 that could share one LUT are two: place and route may need fewer.
const std::map<std::string, int, std::less<>> kLuts = {
    {"LUT1", 1},      {"LUT2", 1},      {"LUT3", 1},      {"LUT4", 1},     {"LUT5", 1},
    {"LUT6", 1},      {"INV", 1},       {"SRL16E", 1},    {"SRLC32E", 1},  {"RAM32X1S", 1},
    {"RAM64X1S", 1},  {"RAM128X1S", 2}, {"RAM256X1S", 4}, {"RAM32X1D", 2}, {"RAM64X1D", 2},
    {"RAM128X1D", 4}, {"RAM32M", 4},    {"RAM64M", 4},    {"MUXF7", 0},    {"MUXF8", 0},
    {"CARRY4", 0},    {"BUFG", 0}};

// A folder of a process's own below the cache; its content is the process's to remove.
fs::path work_folder() {
  const auto folder = cache_folder() / "synthesis" / fmt::format("work-{}", ::getpid());
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder)) {
    throw InputError("cannot make the folder " + folder.string() +
                     ": name one that can be written in FLUENCE_CACHE");
  }
  return folder;
}

// The cell, read synchronously, behind a register of the address that is accessed.
std::string design(const ProtectedStorage& storage, const Codec& codec, const std::string& cell) {
  std::string parameters =
      fmt::format(".Words({}), .Bits({}), .Synchronous(1)", storage.words, storage.bits);
  if (!is_plain(codec)) {
    for (const auto& [name, value] : memory_cell_parameters("", codec, storage.bits)) {
      parameters += fmt::format(", .{}({})", name, value.text);
    }
  }
  return cell + fmt::format(R"(
module memory_ahead (
    input  logic        clk_i,
    input  logic [{0}:0] next_address_i,
    input  logic        access_i, host_sel_i, host_we_i,
    input  logic [1:0]  host_copy_i,
    input  logic [31:0] host_slice_i,
    input  logic [{3}:0] host_data_i,
    output logic [{1}:0] data_o,
    output logic [{3}:0] host_data_o,
    output logic        corrected_o, detected_o
);
  logic [{0}:0] address_i;
  always_ff @(posedge clk_i) address_i <= next_address_i;
  fl_memory #({2}) u_memory (.*);
endmodule
)",
                            std::max(counter_bits(storage.words), 1) - 1, storage.bits - 1, parameters,
                            std::min(storage.bits, 64) - 1);
}

constexpr auto kScript =
    "read_verilog -sv design.sv; hierarchy -check -top memory_ahead; "
    "synth_xilinx -family xc7 -flatten -noiopad -top memory_ahead; tee -q -o cells.json stat -json";

}  // namespace

LogicCost& LogicCost::operator+=(const LogicCost& other) {
  luts += other.luts;
  flip_flops += other.flip_flops;
  block_rams += other.block_rams;
  return *this;
}

std::string synthesizer() {
  static const auto version = [] {
    if (!is_installed("yosys")) {
      throw InputError(
          "costs in LUTs and block RAMs are found by yosys, which is not there: install the Debian "
          "package yosys, or give a budget in bits");
    }
    const auto work = work_folder();
    const bool said = run_program({"yosys", "-V"}, work, work / kLog);
    auto text = said ? read_file(work / kLog, "what yosys says") : "";
    fs::remove_all(work);
    text.resize(std::min(text.find('\n'), text.size()));
    if (!text.starts_with("Yosys ")) {
      throw InputError("the program yosys does not say which version it is: install the Debian package");
    }
    text.resize(std::min(text.find(','), text.size()));  // without how it was compiled
    return text;
  }();
  return version;
}

LogicCost cost_of_cells(std::string_view json) {
  LogicCost cost;
  const auto cells = nlohmann::json::parse(json).at("design").at("num_cells_by_type");
  for (const auto& [name, count] : cells.items()) {
    const long number = count;
    if (const auto luts = kLuts.find(name); luts != kLuts.end()) {
      cost.luts += number * luts->second;
    } else if (name.starts_with("FD")) {
      cost.flip_flops += number;
    } else if (name == "RAMB18E1" || name == "RAMB36E1") {
      cost.block_rams += number * (name == "RAMB36E1" ? 2 : 1);
    } else {
      throw std::runtime_error("yosys made a cell of which it is not known what it takes: " + name);
    }
  }
  return cost;
}

LogicCost memory_cost(const ProtectedStorage& storage, const Codec& codec,
                      const std::function<void(const std::string&)>& begins) {
  const auto source = data_file("FLUENCE_SOURCE", "share/fluence/source", FLUENCE_SOURCE_DIR) /
                      "rtl/memory_cell/fl_memory.sv";
  const auto text = design(storage, codec,
                           read_file(source, "the RTL's memory cell",
                                     "name the folder of the RTL's sources in FLUENCE_SOURCE"));
  Digest digest;
  digest.add(synthesizer() + kScript + text);
  const auto kept = cache_folder() / "synthesis" / (digest.hex() + ".json");
  if (!fs::exists(kept)) {
    begins(fmt::format("{} x {} bits, {}", storage.words, storage.bits, codec.name()));
    const auto work = work_folder();
    write_file(work / "design.sv", text);
    if (!run_program({"yosys", "-q", "-p", kScript}, work, work / kLog)) {
      throw std::runtime_error("a memory cannot be synthesized: " + (work / kLog).string() +
                               " says what went wrong");
    }
    const auto cells = read_file(work / kCells, "what yosys made");
    static_cast<void>(cost_of_cells(cells));
    write_file(kept, cells);
    fs::remove_all(work);
  }
  return cost_of_cells(read_file(kept, "a kept synthesis", "remove it"));
}

}  // namespace fluence
