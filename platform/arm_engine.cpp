#include "platform/arm_engine.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fluence/job.h"
#include "network/cycle_model.hpp"
#include "network/error.hpp"
#include "platform/blockage.hpp"
#include "platform/memory_map.hpp"
#include "platform/platform.hpp"
#include "platform/trial.hpp"
#include "sw/driver/accel_driver.h"

namespace fluence {
namespace {

constexpr std::uint64_t kScoreBytes = kScores * sizeof(std::int16_t);
// What a job may take, in cycles, before it counts as endless: per register-loaded parameter word, per
// fault, and as a multiple of the runs' watchdogs. A word takes about a hundred.
constexpr std::uint64_t kWordCycles = 2'000;
constexpr std::uint64_t kPatience = 40;

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

template <class Record>
void append(std::vector<unsigned char>& bytes, const Record& record) {
  const auto* first = reinterpret_cast<const unsigned char*>(&record);
  bytes.insert(bytes.end(), first, first + sizeof record);
}

// One record of a weight or threshold memory.
template <class Value>
void append_memory(std::vector<unsigned char>& blob, const fl_job_memory& memory, Value value) {
  append(blob, memory);
  for (std::uint32_t word = 0; word < memory.words; ++word) {
    for (std::uint32_t thresh = 0; thresh < memory.threshes; ++thresh) {
      append(blob, static_cast<std::uint64_t>(value(static_cast<int>(word), static_cast<int>(thresh))));
    }
  }
}

struct Blob {
  std::vector<unsigned char> bytes;
  std::uint32_t memories = 0;
};

Blob parameter_blob(const Parameters& parameters) {
  Blob blob;
  for (const auto& layer : parameters.net->layers) {
    for (int pe = 0; pe < layer.pe; ++pe) {
      const auto l = static_cast<std::uint32_t>(layer.index);
      const auto module = static_cast<std::uint32_t>(pe);
      append_memory(blob.bytes,
                    {FL_WEIGHTS, l, module, static_cast<std::uint32_t>(layer.weight_words()), 1, 0},
                    [&](int word, int) { return parameters.weight(layer.index, pe, word); });
      ++blob.memories;
      if (layer.thresholds > 0) {
        append_memory(blob.bytes,
                      {FL_THRESHOLDS, l, module, static_cast<std::uint32_t>(layer.threshold_words()),
                       static_cast<std::uint32_t>(layer.thresholds), 0},
                      [&](int word, int t) {
                        return std::int64_t{parameters.threshold(layer.index, pe, word, t)};
                      });
        ++blob.memories;
      }
    }
  }
  return blob;
}

class ArmEngine final : public Engine {
 public:
  ArmEngine(const Parameters& parameters, const ImageSet& images, const ArmEngineOptions& options)
      : parameters_(parameters),
        images_(images),
        options_(options),
        firmware_(Firmware::load(options.firmware)),
        platform_("board", *parameters.net, {}) {
    const auto predicted = predict_cycles(dataflow(*parameters.net), 3);
    job_.magic = FL_JOB_MAGIC;
    job_.interrupts = 1;
    job_.watchdog = low(kHangSlack) + static_cast<std::uint32_t>(
                                          kHangFactor * static_cast<double>(predicted.first_image()));
    job_.watchdog_per_image = static_cast<std::uint32_t>(kHangFactor * predicted.steady_state());
    if (options.load_through_registers) {
      blob_ = parameter_blob(parameters);
      job_.memories = blob_.memories;
    }
  }

  TrialResult run(const FaultCase& trial, Semantics semantics) override;

 private:
  void place(const char* what, const MapEntry& buffer, std::span<const unsigned char> bytes);
  void place_faults(const FaultCase& trial, Semantics semantics);
  void place_labels(int images);
  [[nodiscard]] TrialResult result_of(const fl_job& job, std::uint64_t words_written);

  Parameters parameters_;
  ImageSet images_;
  ArmEngineOptions options_;
  Firmware firmware_;
  Platform platform_;
  fl_job job_{};
  Blob blob_;  ///< what the firmware loads, if it does
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
    if (fault.cycle) {
      platform_.flip_at(*fault.cycle, flip.address, flip.mask);
      continue;
    }
    if (semantics == Semantics::physical) {
      throw InputError("case " + std::to_string(trial.id) +
                       " flips stored bits between images, which firmware cannot do: use --semantics "
                       "source, --host native or faults at cycles");
    }
    const auto mask = flip.mask << platform_.sites().site(flip.address).bit;
    const auto& site = fault.site;
    append(table, fl_job_fault{low(static_cast<std::uint64_t>(*fault.before_image)),
                               site.space == Space::thresholds ? FL_THRESHOLDS : FL_WEIGHTS,
                               static_cast<std::uint32_t>(site.layer),
                               static_cast<std::uint32_t>(site.module),
                               static_cast<std::uint32_t>(site.index),
                               static_cast<std::uint32_t>(site.thresh),
                               {low(mask), high(mask)}});
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

TrialResult ArmEngine::run(const FaultCase& trial, Semantics semantics) {
  check_trial(trial, semantics, platform_.sites(), images_.size());
  platform_.reset();
  platform_.place_images(images_, trial.images);
  if (options_.load_through_registers) {
    place("parameters", kParameterBlob, blob_.bytes);
  } else {
    platform_.load_through_debug(parameters_);
  }
  place_labels(trial.images);
  job_.images = static_cast<std::uint32_t>(trial.images);
  job_.faults = 0;
  place_faults(trial, semantics);
  platform_.write_memory(kJob.base, {reinterpret_cast<const unsigned char*>(&job_), sizeof job_});

  const auto written_before = platform_.accelerator().words_written();
  const auto printed_before = platform_.uart().text().size();
  const auto watchdogs = std::uint64_t{job_.watchdog} * (job_.faults + 1) +
                         std::uint64_t{job_.watchdog_per_image} * job_.images;
  const int code = platform_.run_firmware(
      firmware_, kPatience * watchdogs +
                     kWordCycles * (blob_.bytes.size() / sizeof(std::uint64_t) + 2 * job_.faults));
  if (options_.print) {
    options_.print(std::string_view(platform_.uart().text()).substr(printed_before));
  }
  if (code != 0) {
    throw InputError(options_.firmware.string() + " ended with code " + std::to_string(code) +
                     ": it must do the job of sw/include/fluence/job.h");
  }
  fl_job job;
  platform_.read_memory(kJob.base, {reinterpret_cast<unsigned char*>(&job), sizeof job});
  return result_of(job, platform_.accelerator().words_written() - written_before);
}

TrialResult ArmEngine::result_of(const fl_job& job, std::uint64_t words_written) {
  TrialResult result;
  result.images_done = static_cast<int>(job.images_done);
  for (const auto length : platform_.accelerator().run_lengths()) {
    result.cycles += length;
  }
  if (job.status == FL_ERR_TIMEOUT) {
    const auto& model = platform_.accelerator().model();
    result.cycles += model.cycle() - model.run_start();
    result.hang = describe_blockage(dataflow(*parameters_.net), model.streams());
    // Each fault has read a word to memory, too.
    result.images_done = static_cast<int>((words_written - job.faults_done) / kScoreWords);
  } else if (job.status != FL_OK || job.images_done != job.images) {
    throw std::logic_error("the firmware failed with driver status " + std::to_string(job.status));
  }
  result.scores.resize(static_cast<std::size_t>(job.images) * kScores);
  auto* bytes = reinterpret_cast<unsigned char*>(result.scores.data());
  platform_.read_memory(kScoreBuffer.base,
                        {bytes, static_cast<std::size_t>(result.images_done) * kScoreBytes});
  return result;
}

}  // namespace

std::unique_ptr<Engine> make_arm_engine(const Parameters& parameters, const ImageSet& images,
                                        const ArmEngineOptions& options) {
  return std::make_unique<ArmEngine>(parameters, images, options);
}

}  // namespace fluence
