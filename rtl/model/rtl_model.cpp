#include "rtl/model/rtl_model.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/data_files.hpp"
#include "base/error.hpp"
#include "network/isa.hpp"
#include "rtl/model/model_files.hpp"
#include "rtl/model/plugin.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

struct OpenPlugin {
  void* handle = nullptr;
  const ModelPlugin* model = nullptr;
};

OpenPlugin open_plugin(const fs::path& file, const std::string& hardware) {
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
  return {plugin, model};
}

// A name decides nothing: files of the same name may say something else.
const ModelPlugin& model_of(const Topology& net) {
  // Opened as long as the program lives: models of it may.
  static std::map<std::string, const ModelPlugin*> opened;
  const auto hardware = hardware_digest(net);
  auto& model = opened[hardware];
  if (model == nullptr) {
    auto file = shipped_model(net);
    std::error_code error;
    if (!fs::exists(file, error)) {
      file = built_model(net);
    }
    if (!fs::exists(file, error)) {
      throw InputError("there is no simulated accelerator of " + net.name + " (hardware digest " +
                       hardware + ") in " + models_folder().string() + " or " +
                       file.parent_path().string() +
                       ": make one by 'fluence build', use engine fast by image, or name a folder with "
                       "one in FLUENCE_RTL_MODELS");
    }
    model = open_plugin(file, hardware).model;
  }
  return *model;
}

}  // namespace

fs::path models_folder() {
  return data_file("FLUENCE_RTL_MODELS", "lib/fluence/models", FLUENCE_RTL_MODELS_DIR);
}

fs::path shipped_model(const Topology& net) { return models_folder() / (hardware_digest(net) + ".so"); }

std::string model_architecture() {
#ifdef __x86_64__
  switch (available_isas().back()) {
    case Isa::avx512: return "x86-64-v4";
    case Isa::avx2: return "x86-64-v3";
    case Isa::scalar: return "x86-64-v2";
  }
#endif
  return "";
}

// Programs of several versions and machines of several kinds may share the folder.
fs::path built_model(const Topology& net) {
  const auto architecture = model_architecture();
  return cache_folder() / "models" /
         (hardware_digest(net) + "-" FLUENCE_MODEL_INTERFACE +
          (architecture.empty() ? "" : "-" + architecture) + ".so");
}

std::string rtl_digest_in(const fs::path& plugin, const Topology& net) {
  const auto [handle, model] = open_plugin(plugin, hardware_digest(net));
  std::string digest = model->rtl;
  ::dlclose(handle);
  return digest;
}

std::unique_ptr<RtlModel> RtlModel::create(const Topology& net, AxiMemory& memory) {
  return std::unique_ptr<RtlModel>(model_of(net).make(net, memory));
}

std::string_view RtlModel::digest(const Topology& net) { return model_of(net).rtl; }

}  // namespace fluence
