// Writes the SystemVerilog that depends on a network: the pipeline, from the dataflow chain.
#pragma once

#include <iosfwd>

#include "rtl/dataflow.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// Module fl_pipeline: every stage and stream of the chain as an instance.
void write_pipeline(std::ostream& out, const Dataflow& flow);

/// Package fl_regs_pkg: the driver's register offsets as SystemVerilog constants, and which registers
/// the network has that not all have.
void write_register_package(std::ostream& out, const Topology& net);

/// Verilator configuration that keeps every injectable variable, and the FIFO handshakes that the gauges
/// count, visible to the C++ model.
void write_visibility(std::ostream& out, const SiteMap& sites);

/// C++ bindings of the model: FL_STATE(rtl_name, member) for every array of the SiteMap in its order,
/// and FL_FIFO(fill, wptr, valid_i, ready_i) for every stream in the chain's order, as members of
/// Verilator's root class.
void write_bindings(std::ostream& out, const Dataflow& flow, const SiteMap& sites);

}  // namespace fluence
