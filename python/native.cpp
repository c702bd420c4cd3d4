#include "python/native.hpp"

#include "campaign/worker_pool.hpp"

namespace fluence::python {

PYBIND11_MODULE(_native, module) {
  module.doc() = "What fluence is made of: see the package's classes.";
  module.attr("__version__") = FLUENCE_VERSION;
  module.def("default_jobs", &default_jobs, "Processors that this process may use.");
  add_errors(module);
  add_networks(module);
  add_sessions(module);
  add_campaigns(module);
  add_maps(module);
}

}  // namespace fluence::python
