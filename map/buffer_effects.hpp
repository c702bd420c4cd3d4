// What upsets in buffers do to one image after another. Those that change the same outputs of a layer in
// the same way, or the same value on its way, have one consequence, which is found once an image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "fault/incremental.hpp"
#include "map/buffer_classes.hpp"
#include "map/consequence.hpp"
#include "map/layer_flips.hpp"
#include "network/images.hpp"
#include "network/packed.hpp"
#include "network/parameters.hpp"

namespace fluence {

class BufferEffects {
 public:
  /// For every network that can be computed. Parameters must outlive the object.
  explicit BufferEffects(const Parameters& parameters, Isa isa = default_isa());

  /// Turns to an image.
  void load(const Image& image);
  /// The consequence of an upset in each bit of a word's classes: `word.bits` of them. Valid until the
  /// next call.
  std::span<const Consequence> of(const BufferClasses::WordClass& word);
  /// How often something was evaluated so far.
  [[nodiscard]] std::uint64_t evaluated() const { return evaluated_; }

 private:
  /// Changed outputs: pixel, channel and code in one number each, ascending.
  using Key = std::vector<std::uint64_t>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  static constexpr std::uint8_t kUnknown = 0xff;
  /// What is known of a layer on the image.
  struct LayerKnown {
    LayerFlips flips;
    std::vector<std::uint8_t> operands;  ///< [change]: of it and those behind it of its operand
    std::vector<std::uint8_t> sums;      ///< [pixel][channel][bit][set]
    std::unordered_map<Key, Consequence, KeyHash> outputs{};
  };

  Consequence value(const Transient& flip);
  Consequence sum(const Transient& flip);
  Consequence operand(const Transient& flip);
  Consequence operands(std::span<const Transient> flips, int further);
  void append(LayerKnown& known, const Transient& flip, int further);
  /// That of `key_`.
  Consequence outputs(LayerKnown& known);
  Consequence evaluate(LayerKnown& known);
  Consequence run(std::span<const Transient> flips);

  const Parameters* parameters_;
  PackedNetwork net_;
  IncrementalInference inference_;
  std::vector<std::uint64_t> unchanged_, trace_;
  Judge judge_;
  std::vector<LayerKnown> layers_;
  std::unordered_map<std::uint64_t, Consequence> values_;
  std::vector<Consequence> word_;
  std::vector<Transient> flips_;
  Key key_;
  Scores scores_;
  std::uint64_t evaluated_ = 0;
};

}  // namespace fluence
