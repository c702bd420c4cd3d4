// Networks with their parameters, images and schedules, and the engines that are made from them: what a
// command, a test or a program of one's own works with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/npy.hpp"
#include "campaign/scenario.hpp"
#include "campaign/spec.hpp"
#include "campaign/store.hpp"
#include "fault/engine.hpp"
#include "fault/schedule.hpp"
#include "network/parameters.hpp"
#include "session/network_images.hpp"

namespace fluence {

class RtlEngine;

/// The project's own firmware (data_file(), FLUENCE_FIRMWARE).
std::filesystem::path firmware_file();
/// Where the schedules are (data_file(), FLUENCE_SCHEDULES).
std::filesystem::path schedules_folder();
/// Where that of a network is: there, or of one that does not come with the program, if it is not there,
/// in cache_folder(), by the digest of its hardware.
std::filesystem::path schedule_folder(const Topology& net);
/// The schedule of a network on this build's RTL. Throws InputError if there is none, or no good one.
Schedule load_schedule(const Topology& net);

/// Who drives the accelerator of engine rtl.
struct HostOptions {
  std::string host = "native";
  std::string load = "debug";
  std::string firmware;                          ///< empty: the project's own
  std::function<void(std::string_view)> uart{};  ///< gets what it says there, if set
};

/// The parameters of a network (Parameters::find); of an empty path, those of the embedded model. Throws
/// InputError if they are no good.
Parameters load_parameters(const Topology& net, const std::filesystem::path& params);

class Session {
 public:
  /// Loads the parameters of some networks and their images. `params` is a network's own file or folder,
  /// or a folder that holds that of each network; `images` a file, or a folder with one of each network
  /// (NetworkImages). Two empty paths (not given) mean the embedded models and the first kDefaultImages
  /// of their test images. Throws InputError if only one is given, or what
  /// a path leads to is no good.
  Session(const std::filesystem::path& params, const std::vector<const Topology*>& nets,
          const std::filesystem::path& images);
  /// The same of one network and images that a program has in memory, in the form of a file of an array;
  /// `name` is what sentences call them. Without `labels` the class without faults is the right one. It
  /// is for no campaign, which says where its images are.
  Session(const std::filesystem::path& params, const Topology& net, const NumpyArray& images,
          const std::string& name, const std::optional<NumpyArray>& labels = {});

  [[nodiscard]] const Parameters& parameters(const Topology& net) const {
    return parameters_.at(net.name);
  }
  [[nodiscard]] const ImageSet& images(const Topology& net) const { return images_.of(net); }
  /// Of each image.
  [[nodiscard]] std::vector<std::uint8_t> labels(const Topology& net) const;
  [[nodiscard]] bool has_labels(const Topology& net) const { return images_.has_labels(net); }
  /// A sentence that names the networks whose images have none; empty: all have.
  [[nodiscard]] std::string unlabelled() const;
  /// The keys of a manifest that tell the images (NetworkImages).
  [[nodiscard]] Manifest image_digests() const { return images_.digests(); }
  /// The keys of a manifest that say where they were (campaign/provenance.hpp).
  [[nodiscard]] const Manifest& origin() const { return origin_; }
  /// Forgets all images but the first `count`, or as many as a campaign needs; of the embedded ones,
  /// draws as many. Throws InputError saying that `who` asks for too many, or if the label of one is of
  /// no class.
  void keep_images(int count, const std::string& who);
  void keep_images(const Spec& spec, const std::string& who);

  /// Engine rtl is to be driven by this host from now on. Throws InputError if the ARM host is chosen
  /// where engine rtl is not used, its options are given without it, or the firmware is no good.
  void use_host(const HostOptions& options, bool rtl_used);
  [[nodiscard]] bool arm_host() const { return host_.host == "arm"; }
  /// Of firmware that is not the project's own; else empty.
  [[nodiscard]] const std::string& firmware_digest() const { return firmware_digest_; }

  /// What an engine that is made here can do.
  [[nodiscard]] Capabilities capabilities(EngineKind kind, const Topology& net) const;
  /// Throws InputError naming `file`, the campaign's, if an engine cannot do what a scenario asks.
  void check_capable(const Spec& spec, const std::string& file) const;

  /// Runs of a network on the RTL hang so many cycles after they should have ended (OutcomeRule). Throws
  /// InputError if the ARM host is chosen, whose firmware has a limit of its own.
  void use_watchdog(const Topology& net, std::uint64_t cycles);
  /// Engine rtl on all images, driven by the native host.
  [[nodiscard]] std::unique_ptr<RtlEngine> make_rtl(const Topology& net) const;

  /// An engine on the first `images` images. It refers to this session, which must outlive it and stay.
  [[nodiscard]] std::unique_ptr<Engine> make_engine(EngineKind kind, const Topology& net, int images);

 private:
  std::map<std::string, Parameters> parameters_;
  std::map<std::string, std::uint64_t> watchdogs_;  ///< [network]
  HostOptions host_;
  std::string firmware_digest_;
  Manifest origin_;
  NetworkImages images_;
};

/// The semantics that was asked for or, if the text is empty, the one that suits the case's times.
Semantics semantics_of(const FaultCase& trial, const std::string& asked);

/// Cycles are drawn from the run, whose length the schedule tells. Throws InputError like
/// `load_schedule`.
void add_run_lengths(Spec& spec);

/// What the results of a campaign rest on. Throws InputError if a schedule is no good or the study that
/// it names is not known.
Manifest manifest_of(const Spec& spec, const Session& session);

/// The same of a complete map.
Manifest map_manifest(const Topology& net, const Session& session);

/// Throws InputError unless images and parameters are those that `what` ("the campaign in results/x"),
/// whose manifest is given, was run with.
void require_inputs(const Manifest& manifest, const Session& session, const Topology& net,
                    const std::string& what);

}  // namespace fluence
