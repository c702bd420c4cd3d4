#include "platform/arm_engine.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "fluence/job.h"
#include "network/operation.hpp"
#include "network/score_words.hpp"
#include "platform/blockage.hpp"
#include "platform/driver_shape.hpp"
#include "platform/fate_observer.hpp"
#include "platform/hang_bound.hpp"
#include "platform/memory_map.hpp"
#include "platform/parameter_blob.hpp"
#include "platform/parameter_words.hpp"
#include "platform/platform.hpp"
#include "platform/rtl_engine.hpp"
#include "platform/trial.hpp"
#include "rtl/cycle_model.hpp"
#include "sw/driver/accel_driver.h"

namespace fluence {
namespace {

// What a job may take before it counts as endless: so many times what its runs may take and its
// parameter words need, and 0.1 s for everything else.
constexpr std::uint64_t kPatience = 4;
constexpr std::uint64_t kWordCycles = 200;
constexpr std::uint64_t kOtherCycles = 10'000'000;

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }
std::uint64_t number(const std::uint32_t (&words)[2]) {
  return std::uint64_t{words[1]} << 32 | words[0];
}

std::uint32_t target_of(const Site& site) {
  return site.space == Space::thresholds ? FL_THRESHOLDS : FL_WEIGHTS;
}

class ArmEngine final : public Engine {
 public:
  ArmEngine(const Parameters& parameters, const ImageSet& images, const ArmEngineOptions& options)
      : Engine(*parameters.net, images.size(), Decider(parameters), arm_capabilities(*parameters.net)),
        images_((images.require_fit(*parameters.net), stored_images(images, parameters))),
        options_(options),
        firmware_(Firmware::load(options.firmware)),
        flow_(dataflow(*parameters.net)),
        prediction_(predict_cycles(flow_, kPredictedImages)),
        platform_("board", *parameters.net, options.platform),
        fates_(parameters),
        shape_(*parameters.net) {
    job_.magic = FL_JOB_MAGIC;
    job_.image_bytes = static_cast<std::uint32_t>(image_bytes(*parameters.net));
    job_.score_bytes = static_cast<std::uint32_t>(score_bytes(*parameters.net));
    job_.layers = static_cast<std::uint32_t>(parameters.net->layers.size());
    job_.classes = static_cast<std::uint32_t>(parameters.class_count());
    job_.interrupts = options.platform.interrupts ? 1 : 0;
    blob_ = parameter_blob(parameters);
    if (!options.load_through_registers) {
      platform_.load_through_debug(parameters);
    }
    stored_parameters_ = platform_.accelerator().model().save_parameters();
  }

 protected:
  TrialResult run_one(const Trial& trial, const CancelToken& cancel) override;

 private:
  /// What the firmware left in its job.
  struct Ended {
    int exit_code = 0;
    fl_job job{};
  };
  void place(const char* what, const MapEntry& buffer, std::span<const unsigned char> bytes);
  void place_faults(const FaultCase& trial, Semantics semantics);
  void place_labels(int images);
  /// What the firmware has read from the hardware's counters, [events_place()].
  std::vector<AccessEvents> counted();
  /// Resets everything that an earlier trial may have changed.
  void prepare(const FaultCase& trial, Semantics semantics);
  Ended execute(const CancelToken& cancel);
  /// Throws InputError if the firmware has not done all of its job.
  void check_done(const Ended& ended) const;
  TrialResult evaluate(const FaultCase& trial, Semantics semantics, const CancelToken& cancel);
  /// Length of the run without faults.
  std::uint64_t fault_free_cycles(int images, const CancelToken& cancel);

  ImageSet images_;
  ArmEngineOptions options_;
  Firmware firmware_;
  Dataflow flow_;
  CyclePrediction prediction_;
  Platform platform_;
  FateObserver fates_;
  std::vector<std::byte> stored_parameters_;  ///< before a trial: pristine, or zero for firmware to load
  DriverShape shape_;
  fl_job job_{};
  ParameterBlob blob_;  ///< what the firmware loads, if it does
  int clean_images_ = 0;
  std::uint64_t clean_cycles_ = 0;  ///< of the last fault-free run, of clean_images_
};

void ArmEngine::place(const char* what, const MapEntry& buffer, std::span<const unsigned char> bytes) {
  if (bytes.size() > buffer.size) {
    throw InputError(std::string("the ") + what + " take " + std::to_string(bytes.size()) +
                     " bytes where the ARM host's buffer has " + std::to_string(buffer.size) +
                     ": use --host native");
  }
  platform_.write_memory(buffer.base, bytes);
}

void ArmEngine::place_faults(const FaultCase& trial, Semantics semantics) {
  auto faults = trial.faults;
  std::ranges::stable_sort(faults, {}, [](const Fault& f) { return f.before_image.value_or(0); });
  std::vector<unsigned char> table;
  for (const auto& fault : faults) {
    const auto flip = flip_of(fault, semantics, platform_.sites());
    if (fault.cycle && is_stuck(fault.kind)) {
      platform_.hold_at(*fault.cycle, flip.address, flip.mask, fault.kind == FaultKind::stuck1,
                        fault.duration);
      continue;
    }
    if (fault.cycle) {
      platform_.flip_at(*fault.cycle, flip.address, flip.mask);
      if (fault.end() < clean_cycles_) {
        platform_.flip_at(fault.end(), flip.address, flip.mask);
      }
      continue;
    }
    const auto& site = fault.site;
    const auto mask = flipped_mask(fault, platform_.sites().array_of(site).bits, semantics);
    append_record(table, fl_job_fault{low(static_cast<std::uint64_t>(*fault.before_image)),
                                      target_of(site),
                                      static_cast<std::uint32_t>(site.layer),
                                      static_cast<std::uint32_t>(site.module),
                                      static_cast<std::uint32_t>(site.index),
                                      thresh_register(site),
                                      {low(mask), high(mask)},
                                      static_cast<std::uint32_t>(site.copy)});
    ++job_.faults;
  }
  place("faults", kFaultTable, table);
}

void ArmEngine::place_labels(int images) {
  std::vector<unsigned char> labels;
  for (int i = 0; i < images; ++i) {
    labels.push_back(images_[i].label);
  }
  place("labels", kLabels, labels);
}

void ArmEngine::prepare(const FaultCase& trial, Semantics semantics) {
  platform_.reset();
  platform_.clear_memory();  // an upset address may have led anywhere
  platform_.accelerator().model().restore_parameters(stored_parameters_);
  platform_.place_images(images_, trial.images);
  job_.reload = static_cast<std::uint32_t>(trial.reload);
  job_.in_place = options_.load_through_registers ? 0 : 1;
  job_.memories = trial.reload > 0 || options_.load_through_registers ? blob_.memories : 0;
  if (job_.memories > 0) {
    place("parameters", kParameterBlob, blob_.bytes);
  }
  place_labels(trial.images);
  job_.images = static_cast<std::uint32_t>(trial.images);
  job_.faults = 0;
  place_faults(trial, semantics);
  const auto bound = hang_bound(prediction_, trial.images);
  job_.watchdog[0] = low(bound);
  job_.watchdog[1] = high(bound);
  std::vector<unsigned char> job;
  append_record(job, job_);
  for (const auto& layer : shape_.layers()) {
    append_record(job, layer);
  }
  for (std::size_t memory = 0; memory < 2 * shape_.layers().size(); ++memory) {
    append_record(job, fl_job_counts{});
  }
  place("layers", kJob, job);
}

ArmEngine::Ended ArmEngine::execute(const CancelToken& cancel) {
  // No run takes longer than its watchdog, and all runs together are hardly longer than one of all
  // images and a start for each fault and reload.
  const std::uint64_t reloads = job_.reload > 0 ? (job_.images - 1) / job_.reload : 0;
  const auto runs = hang_bound(prediction_, static_cast<int>(job_.images)) +
                    hang_bound(prediction_, 1) * (job_.faults + reloads);
  const auto words = blob_.words() * (reloads + 1 - job_.in_place) + 2 * std::uint64_t{job_.faults};
  const auto tell_images = [this, before = platform_.accelerator().words_written()] {
    tell(static_cast<int>((platform_.accelerator().words_written() - before) /
                          static_cast<std::uint64_t>(sites().net().score_words())));
  };
  auto& accelerator = platform_.accelerator();
  const struct Unwatch {
    Accelerator& accelerator;
    ~Unwatch() { accelerator.watch({}); }
  } unwatch{accelerator};
  accelerator.watch([&] {
    tell_images();
    if (cancel.cancelled()) {
      platform_.stop_firmware();
    }
  });
  Ended ended;
  try {
    ended.exit_code =
        platform_.run_firmware(firmware_, kPatience * (runs + kWordCycles * words) + kOtherCycles);
  } catch (const InputError& e) {
    throw InputError(options_.firmware.string() + ": " + e.what());
  } catch (const Cancelled&) {
    platform_.uart().take_text();
    throw;
  }
  tell_images();
  const auto text = platform_.uart().take_text();
  if (options_.print) {
    options_.print(text);
  }
  platform_.read_memory(kJob.base, {reinterpret_cast<unsigned char*>(&ended.job), sizeof ended.job});
  return ended;
}

void ArmEngine::check_done(const Ended& ended) const {
  std::string what;
  if (ended.exit_code != 0) {
    what = "ended with code " + std::to_string(ended.exit_code);
  } else if (ended.job.status != FL_OK) {
    what = "failed with driver status " + std::to_string(ended.job.status);
  } else if (ended.job.images_done != job_.images) {
    what = "ran " + std::to_string(ended.job.images_done) + " of " + std::to_string(job_.images) +
           " images";
  }
  if (!what.empty()) {
    throw InputError(options_.firmware.string() + ": the firmware " + what +
                     ": it must do the job of sw/include/fluence/job.h");
  }
}

std::vector<AccessEvents> ArmEngine::counted() {
  const auto& layers = shape_.layers();
  std::vector<fl_job_counts> counts(2 * layers.size());
  platform_.read_memory(
      kJob.base + sizeof(fl_job) + layers.size() * sizeof layers[0],
      {reinterpret_cast<unsigned char*>(counts.data()), counts.size() * sizeof counts[0]});
  std::vector<AccessEvents> events;
  for (const auto& memory : counts) {
    events.push_back({number(memory.corrected), number(memory.detected)});
  }
  return events;
}

TrialResult ArmEngine::evaluate(const FaultCase& trial, Semantics semantics, const CancelToken& cancel) {
  cancel.check();
  prepare(trial, semantics);
  auto& accelerator = platform_.accelerator();
  const auto written_before = accelerator.words_written();
  TrialResult result;
  std::uint64_t read_back = 0;  // words that faults have read to memory
  const bool upset = !trial.faults.empty() && trial.faults.front().cycle;
  if (upset) {
    result.fates.assign(trial.faults.size(), Fate::unknown);
    fates_.watch(accelerator, trial, clean_cycles_, 0, result.fates);
  } else {
    result.fates = fates_.between_images(trial);
  }
  try {
    const auto ended = execute(cancel);
    read_back = ended.job.faults_done;
    if (ended.exit_code == 0 && ended.job.status == FL_ERR_TIMEOUT) {
      result.hang = describe_blockage(flow_, accelerator.model().streams());
    } else {
      check_done(ended);
    }
  } catch (const InputError& e) {
    if (!upset) {
      throw;
    }
    result.hang = e.what();  // it did well without the upsets
  }
  for (const auto length : accelerator.run_lengths()) {
    result.cycles += length;
  }
  result.images_done = trial.images;
  if (!result.hang.empty()) {
    const auto& model = accelerator.model();
    result.cycles +=
        model.busy() ? std::min(model.run_cycle(), hang_bound(prediction_, trial.images)) : 0;
    const auto written = accelerator.words_written() - written_before;
    result.images_done = static_cast<int>(
        std::min<std::uint64_t>((written - std::min(written, read_back)) /
                                    static_cast<std::uint64_t>(sites().net().score_words()),
                                static_cast<std::uint64_t>(trial.images)));
  }
  result.scores.resize(static_cast<std::size_t>(trial.images) * static_cast<std::size_t>(scores()));
  const auto finished =
      std::span(result.scores)
          .first(static_cast<std::size_t>(result.images_done) * static_cast<std::size_t>(scores()));
  std::vector<std::uint64_t> words(score_word_count(finished.size(), sites().net()));
  platform_.read_memory(kScoreBuffer.base, {reinterpret_cast<unsigned char*>(words.data()),
                                            words.size() * sizeof words[0]});
  read_scores(words, sites().net(), finished);
  auto events = fates_.protected_faults(
      trial, semantics, result.hang.empty() ? counted() : std::vector<AccessEvents>{}, result.fates);
  result.events = result.hang.empty() ? std::move(events) : std::vector<AccessEvents>{};
  return result;
}

std::uint64_t ArmEngine::fault_free_cycles(int images, const CancelToken& cancel) {
  if (clean_images_ != images) {
    clean_cycles_ = evaluate({0, images, {}}, Semantics::physical, cancel).cycles;
    clean_images_ = images;
  }
  return clean_cycles_;
}

TrialResult ArmEngine::run_one(const Trial& item, const CancelToken& cancel) {
  const auto& trial = item.fault_case;
  if (!trial.faults.empty() && trial.faults.front().cycle) {
    check_cycles(trial, fault_free_cycles(trial.images, cancel));
  }
  auto result = evaluate(trial, item.semantics, cancel);
  if (trial.faults.empty()) {
    clean_images_ = trial.images;
    clean_cycles_ = result.cycles;
  }
  return result;
}

}  // namespace

Capabilities arm_capabilities(const Topology& net) {
  auto can = rtl_capabilities(net);
  can.name = "firmware";
  can.alternative = can.alternative_key = "--host native";
  can.by_image = {Space::weights, Space::thresholds};
  can.image_semantics = {Semantics::source, Semantics::shipped};
  can.stuck.by_image = can.intermittent.by_image = {};
  can.most_images = std::min(can.most_images, static_cast<int>(kLabels.size));
  return can;
}

std::unique_ptr<Engine> make_arm_engine(const Parameters& parameters, const ImageSet& images,
                                        const ArmEngineOptions& options) {
  return std::make_unique<ArmEngine>(parameters, images, options);
}

}  // namespace fluence
