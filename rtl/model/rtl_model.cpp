#include "rtl/model/rtl_model.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/data_files.hpp"
#include "base/error.hpp"
#include "rtl/model/plugin.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

const ModelPlugin& open_plugin(const fs::path& file, const std::string& hardware) {
  // Lives as long as the program: models of it may.
  void* const plugin = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) {
    throw InputError("the simulated accelerator cannot be loaded (" + std::string(::dlerror()) +
                     "): build it again");
  }
  const auto* interface = static_cast<const char*>(::dlsym(plugin, FL_PLUGIN_INTERFACE));
  if (interface == nullptr || std::string(interface) != FLUENCE_MODEL_INTERFACE) {
    throw InputError(file.string() + " is the simulated accelerator of another fluence (interface " +
                     (interface == nullptr ? "none" : interface) +
                     ", not " FLUENCE_MODEL_INTERFACE "): build it again with this one");
  }
  const auto* model = static_cast<const ModelPlugin*>(::dlsym(plugin, FL_PLUGIN));
  if (model == nullptr || model->hardware != hardware) {
    throw InputError(file.string() + " is not the simulated accelerator of hardware digest " + hardware +
                     " (it is of " + (model == nullptr ? "none" : model->hardware) +
                     "): build it again");
  }
  return *model;
}

// A name decides nothing: files of the same name may say something else.
const ModelPlugin& model_of(const Topology& net) {
  static std::map<std::string, const ModelPlugin*> opened;
  const auto hardware = hardware_digest(net);
  auto& model = opened[hardware];
  if (model == nullptr) {
    const auto folder = data_file("FLUENCE_RTL_MODELS", "lib/fluence/models", FLUENCE_RTL_MODELS_DIR);
    const auto file = folder / (hardware + ".so");
    std::error_code error;
    if (!fs::exists(file, error)) {
      throw InputError("there is no simulated accelerator of " + net.name + " (hardware digest " +
                       hardware + ") in " + folder.string() +
                       ": use engine fast by image, or name a folder with one in FLUENCE_RTL_MODELS");
    }
    model = &open_plugin(file, hardware);
  }
  return *model;
}

}  // namespace

std::unique_ptr<RtlModel> RtlModel::create(const Topology& net, AxiMemory& memory) {
  return std::unique_ptr<RtlModel>(model_of(net).make(net, memory));
}

std::string_view RtlModel::digest(const Topology& net) { return model_of(net).rtl; }

}  // namespace fluence
