#include "rtl/gen/pipeline_writer.hpp"

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fluence/accel_regs.h"
#include "rtl/memory_cell/memory_cell.hpp"
#include "rtl/stage_kind.hpp"

namespace fluence {
namespace {

using Parameters = decltype(Instance::parameters);
using Connections = std::vector<std::pair<std::string, std::string>>;

void write_instance(std::ostream& out, const std::string& module, const std::string& name,
                    const Parameters& parameters, const Connections& connections) {
  out << "  " << module;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    out << (i == 0 ? " #(\n" : ",\n") << "      ." << parameters[i].first << "("
        << parameters[i].second.text << ")";
  }
  out << (parameters.empty() ? " " : "\n  ) ") << "u_" << name << " (\n      .clk_i,\n      .rst_ni";
  for (const auto& [port, signal] : connections) {
    out << ",\n      ." << port << (signal.empty() ? "" : "(" + signal + ")");
  }
  out << "\n  );\n\n";
}

// A stream has two ends: <name>_push_* before its FIFO and <name>_pop_* after it.
Connections producer_ports(const Stream& s) {
  return {{"data_o", s.name + "_push_data"},
          {"valid_o", s.name + "_push_valid"},
          {"ready_i", s.name + "_push_ready"}};
}

Connections consumer_ports(const Stream& s) {
  return {{"data_i", s.name + "_pop_data"},
          {"valid_i", s.name + "_pop_valid"},
          {"ready_o", s.name + "_pop_ready"}};
}

void append(Connections& to, const Connections& from) { to.insert(to.end(), from.begin(), from.end()); }

void write_stage(std::ostream& out, const Dataflow& flow, std::size_t k) {
  const auto& stage = flow.stages[k];
  const auto& layer = flow.net->layer(stage.layer);
  const auto instance = stage.kind->instance(stage, layer);
  auto ports = instance.input.empty() ? consumer_ports(flow.streams[k - 1]) : instance.input;
  if (k < flow.streams.size()) {
    append(ports, producer_ports(flow.streams[k]));
  }
  append(ports, instance.further);
  if (instance.counts) {
    append(ports,
           {{"corrected_o", stage.name + "_corrected"}, {"detected_o", stage.name + "_detected"}});
  }
  write_instance(out, instance.module, stage.name, instance.parameters, ports);
}

// What the stages with counters show, of which one at most is selected.
void write_counts(std::ostream& out, const Dataflow& flow) {
  std::string corrected, detected;
  for (const auto& stage : flow.stages) {
    if (stage.kind->instance(stage, flow.net->layer(stage.layer)).counts) {
      out << "  logic [31:0] " << stage.name << "_corrected, " << stage.name << "_detected;\n";
      corrected += (corrected.empty() ? "" : " | ") + stage.name + "_corrected";
      detected += (detected.empty() ? "" : " | ") + stage.name + "_detected";
    }
  }
  if (corrected.empty()) {
    out << "  logic unused_copy;\n  assign unused_copy = ^param_copy_i;\n";
    corrected = detected = "'0";
  }
  out << "  assign corrected_o = " << corrected << ";\n  assign detected_o = " << detected << ";\n\n";
}

}  // namespace

void write_pipeline(std::ostream& out, const Dataflow& flow) {
  const auto& net = *flow.net;
  out << "// The pipeline of " << net.name << ", generated from its files in networks/. Do not edit.\n"
      << R"(module fl_pipeline (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        start_i,     // one cycle: compute images_i images, or write one read-back word
    input  logic        readback_i,  // the memory writer's source is the parameter port
    input  logic [63:0] in_addr_i,
    input  logic [63:0] out_addr_i,
    input  logic [31:0] images_i,
    output logic        done_o,
    input  logic [31:0] param_layer_i,
    input  logic        param_access_i,
    input  logic        param_we_i,
    input  logic [31:0] param_copy_i,
    input  logic [31:0] param_pe_i,
    input  logic [31:0] param_word_i,
    input  logic [31:0] param_thresh_i,
    input  logic [63:0] param_data_i,
    output logic [31:0] corrected_o,  // counted accesses to what param_layer_i says
    output logic [31:0] detected_o,
    output logic [63:0] m_axi_araddr,
    output logic [ 7:0] m_axi_arlen,
    output logic        m_axi_arvalid,
    input  logic        m_axi_arready,
    input  logic [63:0] m_axi_rdata,
    input  logic        m_axi_rvalid,
    output logic        m_axi_rready,
    output logic [63:0] m_axi_awaddr,
    output logic [ 7:0] m_axi_awlen,
    output logic        m_axi_awvalid,
    input  logic        m_axi_awready,
    output logic [63:0] m_axi_wdata,
    output logic        m_axi_wlast,
    output logic        m_axi_wvalid,
    input  logic        m_axi_wready,
    input  logic        m_axi_bvalid,
    output logic        m_axi_bready
);
)";
  for (const auto& s : flow.streams) {
    const auto range = "[" + std::to_string(s.width - 1) + ":0] ";
    out << "  logic " << range << s.name << "_push_data, " << s.name << "_pop_data;\n"
        << "  logic " << s.name << "_push_valid, " << s.name << "_push_ready, " << s.name
        << "_pop_valid, " << s.name << "_pop_ready;\n";
  }
  const auto& scores = flow.streams.back().name;
  out << "\n  logic [63:0] param_data[" << net.layers.size() << "];\n"
      << "  logic [63:0] readback_data, writer_data;\n"
      << "  logic writer_valid, writer_ready;\n\n"
      << "  always_comb begin\n    readback_data = '0;\n"
      << "    for (int unsigned l = 0; l < " << net.layers.size() << "; l++) begin\n"
      << "      if (param_access_i) readback_data |= param_data[l];\n    end\n  end\n\n"
      << "  assign writer_data  = readback_i ? readback_data : " << scores << "_pop_data;\n"
      << "  assign writer_valid = readback_i || " << scores << "_pop_valid;\n"
      << "  assign " << scores << "_pop_ready = writer_ready && !readback_i;\n\n";
  write_counts(out, flow);
  for (std::size_t k = 0; k < flow.stages.size(); ++k) {
    write_stage(out, flow, k);
    if (k < flow.streams.size()) {
      const auto& s = flow.streams[k];
      write_instance(out, "fl_fifo", s.name + "_fifo", {{"Width", s.width}, {"Depth", s.depth}},
                     {{"data_i", s.name + "_push_data"},
                      {"valid_i", s.name + "_push_valid"},
                      {"ready_o", s.name + "_push_ready"},
                      {"data_o", s.name + "_pop_data"},
                      {"valid_o", s.name + "_pop_valid"},
                      {"ready_i", s.name + "_pop_ready"}});
    }
  }
  out << "endmodule\n";
}

void write_register_package(std::ostream& out, const Topology& net) {
  const std::vector<std::pair<std::string, unsigned>> offsets = {
      {"Ctrl", FL_ACCEL_CONTROL},
      {"Gie", FL_ACCEL_GLOBAL_IRQ},
      {"Ier", FL_ACCEL_IRQ_ENABLE},
      {"Isr", FL_ACCEL_IRQ_STATUS},
      {"InLow", FL_ACCEL_INPUT_LOW},
      {"InHigh", FL_ACCEL_INPUT_HIGH},
      {"OutLow", FL_ACCEL_OUTPUT_LOW},
      {"OutHigh", FL_ACCEL_OUTPUT_HIGH},
      {"DoInit", FL_ACCEL_DO_INIT},
      {"TargetLayer", FL_ACCEL_TARGET_LAYER},
      {"TargetMem", FL_ACCEL_TARGET_MEM},
      {"TargetInd", FL_ACCEL_TARGET_IND},
      {"TargetThresh", FL_ACCEL_TARGET_THRESH},
      {"ValLow", FL_ACCEL_VAL_LOW},
      {"ValHigh", FL_ACCEL_VAL_HIGH},
      {"NumReps", FL_ACCEL_NUM_REPS},
      {"TargetModule", FL_ACCEL_TARGET_MODULE},
      {"Corrected", FL_ACCEL_CORRECTED},
      {"Detected", FL_ACCEL_DETECTED},
  };
  out << "// Generated from the driver's register header. Do not edit.\npackage fl_regs_pkg;\n";
  for (const auto& [name, offset] : offsets) {
    out << "  localparam bit [6:0] " << name << " = 7'd" << offset << ";\n";
  }
  const auto position = [](unsigned mask) {
    int bit = 0;
    while ((mask >> bit & 1U) == 0) {
      ++bit;
    }
    return bit;
  };
  const std::vector<std::pair<std::string, int>> bits = {
      {"CtrlStart", position(FL_ACCEL_CONTROL_START)},
      {"CtrlDone", position(FL_ACCEL_CONTROL_DONE)},
      {"CtrlIdle", position(FL_ACCEL_CONTROL_IDLE)},
      {"CtrlReady", position(FL_ACCEL_CONTROL_READY)},
      {"CtrlAutoRestart", position(FL_ACCEL_CONTROL_AUTO_RESTART)},
  };
  for (const auto& [name, bit] : bits) {
    out << "  localparam int unsigned " << name << " = " << bit << ";\n";
  }
  out << "  localparam bit HasTargetModule = 1'b" << (has_target_module(net) ? 1 : 0) << ";\n"
      << "  localparam bit [31:0] DoInitWrite = 32'd" << FL_ACCEL_DO_INIT_WRITE << ";\n"
      << "  localparam bit [31:0] DoInitRead = 32'd" << FL_ACCEL_DO_INIT_READ << ";\nendpackage\n";
}

void write_visibility(std::ostream& out, const SiteMap& sites) {
  // Readable is enough: after a write the model settles its combinational logic itself, which spares the
  // re-evaluation in every cycle that public_flat_rw would cost.
  out << "`verilator_config\n";
  for (const char* variable : {"valid_i", "ready_i"}) {
    out << "public_flat_rd -module \"fl_fifo\" -var \"" << variable << "\"\n";
  }
  std::set<std::string> variables;
  for (const auto& array : sites.arrays()) {
    const auto name = array.variable(0);
    variables.insert(name.substr(name.rfind('.') + 1));
  }
  for (const auto& variable : variables) {
    out << "public_flat_rd -module \"fl_*\" -var \"" << variable << "\"\n";
  }
}

void write_bindings(std::ostream& out, const Dataflow& flow, const SiteMap& sites) {
  const auto member = [](const std::string& name) {
    std::string mangled = "fl_accel";
    for (std::size_t begin = 0; begin <= name.size();) {
      const auto dot = std::min(name.find('.', begin), name.size());
      mangled += "__DOT__";
      for (const char c : name.substr(begin, dot - begin)) {
        mangled += c == '[' ? "__BRA__" : c == ']' ? "__KET__" : std::string(1, c);
      }
      begin = dot + 1;
    }
    return mangled;
  };
  for (const auto& array : sites.arrays()) {
    for (std::size_t i = 0; i < array.variable_count(); ++i) {
      const auto variable = array.variable(i);
      out << "FL_STATE(\"" << variable << "\", " << member(variable) << ")\n";
    }
  }
  for (const auto& stream : flow.streams) {
    const auto fifo = "u_pipeline.u_" + stream.name + "_fifo.";
    out << "FL_FIFO(" << member(fifo + "fill_q") << ", " << member(fifo + "wptr_q") << ", "
        << member(fifo + "valid_i") << ", " << member(fifo + "ready_i") << ")\n";
  }
}

}  // namespace fluence
