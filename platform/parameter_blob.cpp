#include "platform/parameter_blob.hpp"

#include "base/bits.hpp"
#include "fault/fault.hpp"
#include "fluence/job.h"
#include "platform/parameter_words.hpp"
#include "sw/driver/accel_driver.h"

namespace fluence {
std::uint64_t ParameterBlob::words() const {
  return (bytes.size() - memories * sizeof(fl_job_memory)) / sizeof(std::uint64_t);
}

ParameterBlob parameter_blob(const Parameters& parameters) {
  ParameterBlob blob;
  // `parts` of a word: thresholds, or slices of weights.
  const auto append_memory = [&](const Layer& layer, Site site, int words, int parts) {
    const bool weights = site.space == Space::weights;
    for (; site.copy < host_copies(codec_of(*parameters.net, site)); ++site.copy) {
      append_record(
          blob.bytes,
          fl_job_memory{weights ? FL_WEIGHTS : FL_THRESHOLDS, static_cast<std::uint32_t>(layer.index),
                        static_cast<std::uint32_t>(site.module), static_cast<std::uint32_t>(words),
                        static_cast<std::uint32_t>(parts), static_cast<std::uint32_t>(site.copy)});
      ++blob.memories;
      for (site.index = 0; site.index < words; ++site.index) {
        for (int part = 0; part < parts; ++part) {
          (weights ? site.bit : site.thresh) = weights ? part * kWordBits : part;
          append_record(blob.bytes, host_word(parameters, site));
        }
      }
    }
  };
  for (const auto& layer : parameters.net->layers) {
    for (int pe = 0; pe < layer.pe; ++pe) {
      append_memory(layer, {Space::weights, layer.index, pe}, layer.weight_words(),
                    layer.weight_limbs());
      if (layer.thresholds > 0) {
        append_memory(layer, {Space::thresholds, layer.index, pe}, layer.threshold_words(),
                      layer.thresholds);
      }
    }
  }
  return blob;
}

}  // namespace fluence
