#include "platform/embedded_parameters.hpp"

#include <string>

#include "base/data_files.hpp"
#include "base/error.hpp"

namespace fluence {

Parameters load_parameters(const Topology& net, const std::filesystem::path& path,
                           std::string_view remedy) {
  if (!path.empty()) {
    return Parameters::load(net, Parameters::find(net, path));
  }
  const auto models = data_file("FLUENCE_MODELS", "share/fluence/models", FLUENCE_MODELS_DIR);
  const auto found = Parameters::find(net, models);
  if (found == models) {
    throw InputError("there are no embedded parameters of " + net.name + " in '" + models.string() +
                     "': " + std::string(remedy));
  }
  return Parameters::load(net, found);
}

}  // namespace fluence
