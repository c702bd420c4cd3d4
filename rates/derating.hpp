// What becomes of a single upset, as a complete map knows it or as a campaign has seen it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/campaign_statistics.hpp"
#include "campaign/spec.hpp"
#include "campaign/store.hpp"
#include "map/buffer_results.hpp"
#include "map/results.hpp"

namespace fluence {

/// A share of images, or of upsets, from 0 to 1, and its interval; none where it is exact, or of too few
/// trials.
struct OutcomeShare {
  double share = 0;
  std::optional<Interval> interval;
};

/// Of one burst, drawn where a derating of single bits is.
struct BurstDerating {
  int scenario = 0;  ///< of the campaign
  int trials = 0;
  OutcomeShare tolerable, critical, hang;
};

/// Of one upset at a bit drawn uniformly from a space, in a layer or in all: shares of the images that
/// see it. Of a map of buffers one image does, that in whose time it comes; an upset that no image reads
/// is masked.
struct Derating {
  const Topology* net = nullptr;
  Space space{};
  std::optional<int> layer;  ///< none: all that store the space
  std::uint64_t bits = 0;
  int trials = 0;     ///< 0: of a map, every bit
  int scenario = -1;  ///< of the campaign; -1: of a map
  OutcomeShare masked, tolerable, critical, hang;
  std::optional<BurstDerating> burst{};  ///< if the campaign has such a scenario
};

/// Of a map of single bits, or of one of buffers over all its bits and cycles. Throws InputError if it
/// is none, or lacks images; `folder` is what errors call it.
std::vector<Derating> deratings(const MapResults& map, const std::string& folder);
std::vector<Derating> deratings(const BufferMap& map, const std::string& folder);
/// Of maps of either kind in these folders. Throws InputError likewise, if two of them hold the same
/// space and layer, or if they rest on other parameters or hardware of a network.
std::vector<Derating> map_deratings(const std::vector<std::string>& folders);

/// Of a campaign's scenarios of one single-bit upset in one space: by layer where all layers that store
/// the space have one, else of all layers together, each with the scenario of one burst that is drawn
/// there. Of several alike, the one with most trials. Throws InputError if there is none.
std::vector<Derating> deratings(Store& store, const std::string& folder);

/// Upsets that have accumulated, and what is left of the accuracy.
struct Accumulation {
  const Topology* net = nullptr;
  std::vector<Space> spaces;
  std::vector<int> layers;  ///< empty: all
  int scenario = 0;         ///< of the campaign
  double upsets = 0;        ///< of a dose, on average
  bool from_start = false;  ///< all are there in each image; else they come in the course of these
  int trials = 0;
  double fault_free = 0, accuracy = 0;  ///< per cent of images
  std::optional<Interval> interval;
};
/// Of each scenario of single-bit upsets, in the campaign's order; of a dose, unless it hits some spaces
/// more than others. Throws InputError if the manifest's specification cannot be read; `folder` is what
/// errors call the results.
std::vector<Accumulation> accumulations(const CampaignStatistics& campaign, const std::string& folder);
std::vector<Accumulation> accumulations(Store& store, const std::string& folder);

}  // namespace fluence
