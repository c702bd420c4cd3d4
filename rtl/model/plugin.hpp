// What a plug-in is: a shared object with the Verilated accelerator of one hardware, made of one
// compilation of verilated_model.cpp. Its file is <hardware digest>.so in a folder of such.
#pragma once

#include "rtl/model/rtl_model.hpp"

namespace fluence {

/// Offered as the symbol fluence_model, of C linkage.
struct ModelPlugin {
  const char* hardware;  ///< hardware_digest() of what it was made of
  const char* rtl;       ///< rtl_digest() of what it is
  RtlModel* (*make)(const Topology&, AxiMemory&);
};

// Offered as the symbol fluence_model_interface, text of C linkage: a digest of the headers by which
// program and plug-in know each other's objects. It must be the program's own before anything else is
// touched.
#define FL_PLUGIN_INTERFACE "fluence_model_interface"
#define FL_PLUGIN "fluence_model"

}  // namespace fluence
