// Every fault of a map on one image after another, exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "fault/incremental.hpp"
#include "map/collapse.hpp"
#include "map/consequence.hpp"
#include "map/layer_values.hpp"
#include "map/layout.hpp"
#include "network/delta.hpp"
#include "network/images.hpp"
#include "network/packed.hpp"
#include "network/parameters.hpp"

namespace fluence {

class ImageMap {
 public:
  ImageMap() = default;
  ImageMap(const ImageMap&) = delete;
  ImageMap& operator=(const ImageMap&) = delete;
  virtual ~ImageMap() = default;

  /// Adds what each fault does to an image, as `Counted` says. `counts`: [fault of the layout].
  virtual void add(const Image& image, std::span<BlockCounts> counts) = 0;
};

/// By collapse of equal consequences on the incremental inference: for every network that can be
/// computed.
class IncrementalMap final : public ImageMap {
 public:
  /// What finds the consequence of changed outputs: the incremental inference or, for networks that
  /// DeltaNetwork supports, the delta evaluation.
  enum class Evaluation { incremental, deltas };
  /// Parameters and layout must outlive the object.
  IncrementalMap(const Parameters& parameters, const MapLayout& layout, Isa isa = default_isa(),
                 Evaluation evaluation = Evaluation::incremental,
                 Counted counted = Counted::consequences);

  void add(const Image& image, std::span<BlockCounts> counts) override;

 private:
  void add_layer(const LayerValues& values, std::span<BlockCounts> counts);
  void add_scores(const LayerValues& values, std::span<BlockCounts> counts);
  /// What the faulted outputs of a layer's neuron make of the image.
  BlockCounts counts_of(int layer, int neuron, const ChangedOutputs& changed);
  BlockCounts evaluate(int layer, int neuron, const ChangedOutputs& changed);
  BlockCounts evaluate_deltas(int layer, int neuron, const ChangedOutputs& changed);

  const Parameters* parameters_;
  const MapLayout* layout_;
  PackedNetwork net_;
  IncrementalInference inference_;
  std::unique_ptr<DeltaNetwork> deltas_;
  std::optional<DeltaEvaluator> delta_;
  DeltaNetwork::Margins margins_;
  std::vector<DeltaEvaluator::ChangedInput> inputs_;
  std::vector<LayerValues> values_;  ///< [layer that the map holds]
  std::vector<std::uint64_t> unchanged_;
  std::vector<std::uint64_t> trace_;
  Counted counted_;
  Tally tally_;
  Scores scores_;
  std::unordered_map<ChangedOutputs, BlockCounts, ChangedOutputsHash> known_;  ///< of a neuron
  std::vector<Transient> flips_;
};

/// Whether the map is made by the fast kernels.
bool has_fast_map(const MapLayout& layout);
/// The fastest for the parameters' network. Both must outlive it.
std::unique_ptr<ImageMap> make_image_map(const Parameters& parameters, const MapLayout& layout,
                                         Counted counted = Counted::consequences);
/// How many images of a map make about a second of work.
int block_images(const MapLayout& layout);

}  // namespace fluence
