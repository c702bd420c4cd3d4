// write_cells DIR: the module `cells`, which has all of kCells side by side, and the C++ names of their
// memories; for yosys the parameters of the module that a proof is about.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "base/bits.hpp"
#include "rtl/memory_cell/memory_cell.hpp"
#include "tests/rtl/memory/cells.hpp"

int main(int, char** argv) {
  using fluence::test::kCells;
  const std::string dir = argv[1];
  std::ofstream module(dir + "/cells.sv"), names(dir + "/cells.inc");
  module << fmt::format(R"(module cells (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic [ 3:0] address_i,
    input  logic [ 3:0] next_address_i,
    input  logic        access_i,
    input  logic        host_sel_i,
    input  logic        host_we_i,
    input  logic [ 1:0] host_copy_i,
    input  logic [31:0] host_slice_i,
    input  logic [63:0] host_data_i,
    output logic [191:0] data_o [{0}],
    output logic [63:0] host_data_o [{0}],
    output logic        corrected_o [{0}],
    output logic        detected_o [{0}]
);
)",
                        kCells.size());
  for (std::size_t i = 0; i < kCells.size(); ++i) {
    const auto& [name, bits, words, synchronous] = kCells[i];
    const auto& codec = fluence::find_codec(name);
    const int host_bits = std::min(bits, fluence::kWordBits);
    module << fmt::format(
        "  logic [{}:0] data_{};\n  logic [{}:0] host_{};\n  fl_memory #(.Words({}), .Bits({})",
        bits - 1, i, host_bits - 1, i, words, bits);
    if (!fluence::is_plain(codec)) {
      for (const auto& [key, value] : fluence::memory_cell_parameters("", codec, bits)) {
        module << fmt::format(", .{}({})", key, value.text);
      }
    }
    module << (synchronous ? ", .Synchronous(1)" : "");
    module << fmt::format(
        ") u_{0} (.clk_i, .address_i(address_i[{1}:0]), .next_address_i(next_address_i[{1}:0]), "
        ".access_i, "
        ".data_o(data_{0}),\n"
        "      .corrected_o(corrected_o[{0}]), .detected_o(detected_o[{0}]), .host_sel_i, .host_we_i,\n"
        "      .host_copy_i, .host_slice_i, .host_data_i(host_data_i[{2}:0]), .host_data_o(host_{0}));\n"
        "  assign data_o[{0}] = 192'(data_{0});\n  assign host_data_o[{0}] = 64'(host_{0});\n",
        i, fluence::counter_bits(words) - 1, host_bits - 1);
    for (int copy = 0; copy < codec.copies(); ++copy) {
      names << fmt::format(
          "MEMORY({0}, {1}, cells__DOT__u_{0}__DOT__g_copy__BRA__{1}__KET____DOT__mem_q)\n", i, copy);
    }
  }
  module << "  logic unused;\n  assign unused = ^{rst_ni, address_i, next_address_i, host_data_i, "
            "host_copy_i, host_slice_i};\nendmodule\n";

  constexpr int kProofBits = 8;
  std::ofstream proof(dir + "/secded_proof.ys");
  proof << "chparam -set Bits " << kProofBits;
  for (const auto& [key, value] :
       fluence::memory_cell_parameters("", fluence::find_codec("secded"), kProofBits)) {
    proof << (key == "Checks" || key == "Masks" ? " -set " + key + " " + value.text : "");
  }
  proof << " secded_proof\n";
}
