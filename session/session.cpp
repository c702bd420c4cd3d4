#include "session/session.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/data_files.hpp"
#include "base/error.hpp"
#include "campaign/provenance.hpp"
#include "campaign/stored_networks.hpp"
#include "fault/fast_engine.hpp"
#include "fault/fault_list.hpp"
#include "network/known_networks.hpp"
#include "network/parameter_file.hpp"
#include "platform/arm_engine.hpp"
#include "platform/embedded_parameters.hpp"
#include "platform/firmware.hpp"
#include "platform/rtl_engine.hpp"
#include "rtl/model/rtl_model.hpp"
#include "study/published_study.hpp"

namespace fluence {
namespace {

// A manifest without the key means so many: earlier versions knew no other number.
constexpr int kUnsaidClasses = 10;

// Beside a network that was read from a file, as fluence import writes them.
std::filesystem::path beside(const Topology& net, std::string_view end) {
  const auto folder = folder_of(net);
  const auto file = folder / (net.network + std::string(end));
  std::error_code ignored;
  return !folder.empty() && std::filesystem::exists(file, ignored) ? file : std::filesystem::path();
}

// Where a campaign's parameters are for a later command: that of its networks, where each is beside its
// network; of several folders, the one that holds them. Empty if there is none.
std::string origin_of(const std::filesystem::path& params, const std::vector<const Topology*>& nets) {
  if (!params.empty()) {
    return lasting_path(params);
  }
  const auto own = [](const Topology* net) {
    return std::filesystem::weakly_canonical(folder_of(*net));
  };
  const auto first = own(nets.front());
  const auto all = [&](const auto& is_right) { return std::ranges::all_of(nets, is_right); };
  if (all([&](const auto* net) { return own(net) == first; })) {
    return lasting_path(first);
  }
  const bool neighbours =
      all([&](const auto* net) { return own(net).parent_path() == first.parent_path(); });
  return neighbours ? lasting_path(first.parent_path()) : "";
}

}  // namespace

std::filesystem::path firmware_file() {
  return data_file("FLUENCE_FIRMWARE", "share/fluence/firmware.elf", FLUENCE_FIRMWARE_FILE);
}

std::filesystem::path schedules_folder() {
  return data_file("FLUENCE_SCHEDULES", "share/fluence/schedules", FLUENCE_SCHEDULES_DIR);
}

std::filesystem::path schedule_folder(const Topology& net) {
  auto folder = schedules_folder();
  std::error_code error;
  const bool comes_with_schedule = is_shipped(net) && !net.is_protected();
  return comes_with_schedule || std::filesystem::exists(Schedule::file_in(folder, net), error)
             ? folder
             : cache_folder() / "schedules" / hardware_digest(net);
}

Schedule load_schedule(const Topology& net) {
  const auto rtl = RtlModel::digest(net);  // before all: without a model there is no schedule of it
  return Schedule::load(schedule_folder(net), net, rtl);
}

Parameters load_parameters(const Topology& net, const std::filesystem::path& params) {
  return load_parameters(net, params,
                         "give those of your network with --params, and images with --images");
}

Session::Session(const std::filesystem::path& params, const std::vector<const Topology*>& nets,
                 const std::filesystem::path& images) {
  const bool own = params.empty() && !images.empty() && std::ranges::all_of(nets, [](const auto* net) {
                     return !beside(*net, kParameterFileSuffix).empty();
                   });
  if (params.empty() != images.empty() && !own) {
    throw InputError(std::string(params.empty() ? "--images is given without --params"
                                                : "--params is given without --images") +
                     ": give both, or neither for the embedded models and images");
  }
  for (const auto* net : nets) {
    parameters_.emplace(net->name, load_parameters(*net, own ? folder_of(*net) : params));
  }
  images_ = NetworkImages(images, nets, parameters_, params);
  const bool embedded = images.empty();
  origin_ = {{kGivenParams, embedded ? kEmbedded : origin_of(params, nets)},
             {kGivenImages, embedded ? kEmbedded : lasting_path(images)}};
}

Session::Session(const std::filesystem::path& params, const Topology& net, const NumpyArray& images,
                 const std::string& name, const std::optional<NumpyArray>& labels) {
  const bool own = params.empty() && !beside(net, kParameterFileSuffix).empty();
  const auto& parameters =
      parameters_.emplace(net.name, load_parameters(net, own ? folder_of(net) : params)).first->second;
  images_ = NetworkImages(images, name, labels, parameters, params);
}

std::vector<std::uint8_t> Session::labels(const Topology& net) const {
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < images(net).size(); ++i) {
    labels.push_back(images(net)[i].label);
  }
  return labels;
}

std::string Session::unlabelled() const {
  std::vector<std::string> networks;
  for (const auto& [network, parameters] : parameters_) {
    if (!images_.has_labels(*parameters.net)) {
      networks.push_back(network);
    }
  }
  return networks.empty() ? ""
                          : fmt::format(
                                "the images of {} have no labels: the class without faults "
                                "counts as the right one",
                                fmt::join(networks, ", "));
}

void Session::keep_images(int count, const std::string& who) {
  images_.keep([count](const std::string&) { return count; }, who, parameters_);
}

void Session::keep_images(const Spec& spec, const std::string& who) {
  images_.keep([&](const std::string& network) { return spec.most_images(network); }, who, parameters_);
}

void Session::use_host(const HostOptions& options, bool rtl_used) {
  if (options.host == "arm" && !rtl_used) {
    throw InputError("--host arm is for the simulated accelerator: use engine rtl");
  }
  if (options.host != "arm" && (!options.firmware.empty() || options.load != "debug")) {
    throw InputError("--firmware and --load are for the ARM host: add --host arm");
  }
  host_ = options;
  if (arm_host()) {
    const bool own = host_.firmware.empty();
    host_.firmware = own ? firmware_file().string() : host_.firmware;
    const auto firmware = Firmware::load(host_.firmware);
    firmware_digest_ = own ? "" : firmware.digest();
  }
}

Capabilities Session::capabilities(EngineKind kind, const Topology& net) const {
  return kind == EngineKind::fast ? fast_capabilities()
         : arm_host()             ? arm_capabilities(net)
                                  : rtl_capabilities(net);
}

void Session::check_capable(const Spec& spec, const std::string& file) const {
  for (const auto& scenario : spec.scenarios) {
    try {
      fluence::check_capable(capabilities(scenario.engine, *scenario.net), scenario.draw_plan);
    } catch (const InputError& e) {
      throw InputError(file + ": " + e.what());
    }
  }
}

void Session::use_watchdog(const Topology& net, std::uint64_t cycles) {
  if (cycles > 0 && arm_host()) {
    throw InputError(
        "'watchdog' is a limit of the native host, and the ARM host's firmware has its own: "
        "take it out, or run without --host arm");
  }
  watchdogs_[net.name] = cycles;
}

std::unique_ptr<RtlEngine> Session::make_rtl(const Topology& net) const {
  const auto it = watchdogs_.find(net.name);
  return make_rtl_engine(parameters(net), images(net), it == watchdogs_.end() ? 0 : it->second);
}

std::unique_ptr<Engine> Session::make_engine(EngineKind kind, const Topology& net, int images) {
  images_.truncate(net, images);
  if (kind == EngineKind::rtl && arm_host()) {
    ArmEngineOptions options;
    options.firmware = host_.firmware;
    options.load_through_registers = host_.load == "registers";
    options.print = host_.uart;
    return make_arm_engine(parameters(net), images_.of(net), options);
  }
  if (kind == EngineKind::rtl) {
    return make_rtl(net);
  }
  return std::make_unique<FastEngine>(
      parameters(net), images_.of(net), FastEngine::kDefaultCacheBytes,
      [&net] { return load_schedule(net); }, [this, &net] { return make_rtl(net); });
}

Semantics semantics_of(const FaultCase& trial, const std::string& asked) {
  if (!asked.empty()) {
    return semantics_from_string(asked);
  }
  const bool holds = std::ranges::any_of(
      trial.faults, [](const Fault& fault) { return fault.kind != FaultKind::flip; });
  return timed_by_cycle(trial) || holds ? Semantics::physical : Semantics::source;
}

void add_run_lengths(Spec& spec) {
  std::map<const Topology*, Schedule> schedules;
  for (auto& scenario : spec.scenarios) {
    if (scenario.draw_plan.by_cycle) {
      auto schedule = schedules.find(scenario.net);
      if (schedule == schedules.end()) {
        schedule = schedules.emplace(scenario.net, load_schedule(*scenario.net)).first;
      }
      scenario.draw_plan.run_length = schedule->second.run_length(scenario.draw_plan.images);
    }
  }
}

namespace {

// Parameters and the number of classes that they name.
void add_parameters(Manifest& manifest, const Topology& net, const Session& session) {
  manifest["params " + net.name] = session.parameters(net).digest();
  if (const int classes = session.parameters(net).class_count(); classes != kUnsaidClasses) {
    manifest["classes " + net.name] = std::to_string(classes);
  }
}

}  // namespace

Manifest map_manifest(const Topology& net, const Session& session) {
  Manifest manifest{{"version", FLUENCE_VERSION}};
  manifest.merge(session.image_digests());
  add_networks(manifest, {&net});
  manifest.insert(session.origin().begin(), session.origin().end());
  add_parameters(manifest, net, session);
  return manifest;
}

Manifest manifest_of(const Spec& spec, const Session& session) {
  Manifest manifest{{"name", spec.name},
                    {"seed", std::to_string(spec.seed)},
                    {"spec", spec.text},
                    {"version", FLUENCE_VERSION}};
  manifest.merge(session.image_digests());
  add_networks(manifest, spec.networks());
  if (!spec.study.empty()) {
    manifest["study"] = find_study(spec.study).name;
  }
  if (!session.firmware_digest().empty()) {
    manifest["firmware"] = session.firmware_digest();
  }
  manifest.insert(session.origin().begin(), session.origin().end());
  for (const auto* net : spec.networks()) {
    add_parameters(manifest, *net, session);
  }
  for (const auto& scenario : spec.scenarios) {
    if (scenario.engine == EngineKind::rtl || scenario.draw_plan.by_cycle) {
      manifest["rtl " + scenario.net->name] = RtlModel::digest(*scenario.net);
    }
    if (scenario.draw_plan.by_cycle) {
      auto& digest = manifest["schedule " + scenario.net->name];
      digest = digest.empty() ? load_schedule(*scenario.net).digest() : digest;
    }
  }
  return manifest;
}

void require_inputs(const Manifest& manifest, const Session& session, const Topology& net,
                    const std::string& what) {
  const Manifest present = {{images_key(manifest, net.name), session.images(net).digest()},
                            {"params " + net.name, session.parameters(net).digest()}};
  for (const auto& [key, digest] : present) {
    const auto it = manifest.find(key);
    if (it == manifest.end() || it->second != digest) {
      throw InputError(what + " was run with other inputs (its " + key +
                       " differ): give the --params and --images that it was run with");
    }
  }
}

}  // namespace fluence
