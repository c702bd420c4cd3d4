// Trials with faults in parameters, and what the reference inference makes of them.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "fault/fault.hpp"
#include "fault/parameter_fault.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"
#include "network/reference.hpp"
#include "rtl/sites.hpp"

namespace fluence::test {

inline Fault fault_at(const Site& site, int before_image, int word_size = 1) {
  Fault fault;
  fault.before_image = before_image;
  fault.site = site;
  fault.word_size = word_size;
  return fault;
}

/// Faults anywhere in weights and thresholds, at any image, in no order of time.
inline FaultCase random_parameter_trial(const SiteMap& sites, int images, int faults,
                                        std::mt19937_64& random) {
  FaultCase trial;
  trial.images = images;
  const auto layers = sites.net().layers.size();
  for (int i = 0; i < faults; ++i) {
    const auto space = random() % 3 == 0 ? Space::thresholds : Space::weights;
    const int layer = static_cast<int>(random() % (space == Space::weights ? layers : layers - 1));
    const auto site = sites.nth(space, layer, random() % sites.bit_count(space, layer));
    const auto image = static_cast<int>(random() % static_cast<unsigned>(images));
    trial.faults.push_back(fault_at(site, image, random() % 2 == 0 ? 1 : 8));
  }
  return trial;
}

/// What a trial must give: the reference inference of each image's own parameters.
inline std::vector<std::int16_t> reference_scores(const FaultCase& trial, Semantics semantics,
                                                  Parameters parameters, const ImageSet& images) {
  std::vector<std::int16_t> scores;
  for (int image = 0; image < trial.images; ++image) {
    for (const auto& fault : trial.faults) {
      if (fault.before_image == image) {
        apply_fault(parameters, fault, semantics);
      }
    }
    const auto row = ReferenceNetwork(parameters).run(images[image]);
    scores.insert(scores.end(), row.begin(), row.end());
  }
  return scores;
}

}  // namespace fluence::test
