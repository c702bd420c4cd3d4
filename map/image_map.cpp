#include "map/image_map.hpp"

#include <algorithm>
#include <map>

#include "base/bits.hpp"
#include "fault/parameter_fault.hpp"
#include "map/bit_map.hpp"
#include "map/protected_map.hpp"

namespace fluence {
namespace {

// The number that comes out where so many thresholds are passed.
int number_of(const Layer& layer, int passed) {
  return layer.out_least + passed * layer.out_format().step();
}

}  // namespace

IncrementalMap::IncrementalMap(const Parameters& parameters, const MapLayout& layout, Isa isa,
                               Evaluation evaluation, Counted counted)
    : parameters_(&parameters),
      layout_(&layout),
      net_(parameters, isa),
      inference_(net_, parameters),
      unchanged_(parameters.net->layers.size()),
      trace_(net_.layout().words()),
      counted_(counted) {
  if (evaluation == Evaluation::deltas) {
    deltas_ = std::make_unique<DeltaNetwork>(parameters, net_, isa);
    delta_.emplace(*deltas_);
  }
  for (const auto& layer : parameters.net->layers) {
    if (layout.holds(layer.index)) {
      values_.emplace_back(parameters, net_.layout(), layer.index);
    }
  }
}

void IncrementalMap::add(const Image& image, std::span<BlockCounts> counts) {
  net_.set_image(image, trace_);
  net_.run_from(0, trace_);
  tally_ = Tally(Judge(net_.scores(trace_), image.label, Decider(*parameters_)), counted_);
  if (deltas_) {
    deltas_->fill_margins(trace_, margins_);
  }
  for (auto& values : values_) {
    values.load(trace_);
    if (values.layer().thresholds == 0) {
      add_scores(values, counts);
    } else {
      add_layer(values, counts);
    }
  }
}

void IncrementalMap::add_layer(const LayerValues& values, std::span<BlockCounts> counts) {
  const auto& layer = values.layer();
  NeuronFaults faults(*parameters_, values, layout_->mode());
  const auto each_fault = [&](Space space, int neuron, auto find) {
    const auto* region = layout_->find(space, layer.index);
    if (region == nullptr) {
      return;
    }
    auto number = region->first + static_cast<std::size_t>(neuron) * region->neuron_faults();
    for (int word = 0; word < region->words; ++word) {
      for (int fault = 0; fault < region->word_faults; ++fault) {
        const ChangedOutputs& changed = find(word, fault * layout_->fault_bits());
        counts[number++] += counts_of(layer.index, neuron, changed);
      }
    }
  };
  for (int neuron = 0; neuron < layer.out_channels; ++neuron) {
    known_.clear();
    faults.start(neuron);
    each_fault(Space::weights, neuron,
               [&](int word, int bit) { return faults.weight_fault(word, bit); });
    each_fault(Space::thresholds, neuron,
               [&](int thresh, int bit) { return faults.threshold_fault(thresh, bit); });
  }
}

// A weight of the last layer moves one score by as much as it adds to the sum.
void IncrementalMap::add_scores(const LayerValues& values, std::span<BlockCounts> counts) {
  const auto* region = layout_->find(Space::weights, values.layer().index);
  if (region == nullptr) {
    return;
  }
  std::vector<WeightChange> changes;
  for (int neuron = 0; neuron < region->neurons; ++neuron) {
    std::map<std::int16_t, BlockCounts> by_score;
    auto number = region->first + static_cast<std::size_t>(neuron) * region->neuron_faults();
    for (int word = 0; word < region->words; ++word) {
      for (int fault = 0; fault < region->word_faults; ++fault) {
        weight_changes(values, neuron, word, fault * layout_->fault_bits(), layout_->fault_bits(),
                       changes);
        auto sum = values.sum(neuron, 0);
        for (const auto& change : changes) {
          sum += change.growth * values.window(0)[values.offset(change.column)];
        }
        const auto score = static_cast<std::int16_t>(values.accumulator(sum));
        const auto [known, is_new] = by_score.try_emplace(score);
        if (is_new) {
          auto scores = tally_.fault_free();
          scores[static_cast<std::size_t>(neuron)] = score;
          known->second = tally_(scores);
        }
        counts[number++] += known->second;
      }
    }
  }
}

BlockCounts IncrementalMap::counts_of(int layer, int neuron, const ChangedOutputs& changed) {
  if (changed.empty()) {
    return 0;
  }
  const auto [known, is_new] = known_.try_emplace(changed, 0);
  if (is_new) {
    known->second = evaluate(layer, neuron, changed);
  }
  return known->second;
}

BlockCounts IncrementalMap::evaluate(int layer, int neuron, const ChangedOutputs& changed) {
  if (deltas_) {
    return evaluate_deltas(layer, neuron, changed);
  }
  const auto& own = parameters_->net->layer(layer);
  if (layer + 1 == static_cast<int>(parameters_->net->layers.size())) {  // one pixel
    scores_ = tally_.fault_free();
    scores_[static_cast<std::size_t>(neuron)] =
        static_cast<Score>(number_of(own, changed.front().after));
    return tally_(scores_);
  }
  const auto code_of = [&](int passed) { return own.out_format().code(number_of(own, passed)); };
  flips_.clear();
  for (const auto& output : changed) {
    const auto flipped = code_of(output.before) ^ code_of(output.after);
    for (int bit = 0; bit < own.out_bits; ++bit) {
      if ((flipped >> bit & 1) != 0) {
        Transient flip;
        flip.layer = layer + 1;
        flip.point = Transient::Point::input;
        flip.pixel = output.pixel;
        flip.bit = neuron * own.out_bits + bit;
        flips_.push_back(flip);
      }
    }
  }
  scores_.clear();
  inference_.run(trace_, unchanged_, scores_, {}, {}, flips_);
  return tally_(scores_);
}

BlockCounts IncrementalMap::evaluate_deltas(int layer, int neuron, const ChangedOutputs& changed) {
  inputs_.clear();
  for (const auto& output : changed) {
    inputs_.push_back({output.pixel, neuron, output.before, output.after});
  }
  scores_.resize(tally_.fault_free().size());
  delta_->run(trace_, margins_, layer + 1, inputs_, scores_);
  return tally_(scores_);
}

namespace {

/// Bits that are stuck: where the stored bit has the value nothing happens, all others are inverted.
class StuckMap final : public ImageMap {
 public:
  StuckMap(const Parameters& parameters, const MapLayout& layout, std::unique_ptr<ImageMap> inverted)
      : inverted_(std::move(inverted)) {
    const std::uint64_t value = layout.mode() == MapMode::stuck1 ? 1 : 0;
    for (std::size_t number = 0; number < layout.size(); ++number) {
      const auto site = layout.site(number);
      if ((parameter_word(parameters, site) >> (site.bit % kWordBits) & 1) == value) {
        masked_.push_back(number);
      }
    }
  }

  void add(const Image& image, std::span<BlockCounts> counts) override {
    inverted_->add(image, counts);
    for (const auto number : masked_) {
      counts[number] = 0;
    }
  }

 private:
  std::unique_ptr<ImageMap> inverted_;
  std::vector<std::size_t> masked_;
};

std::unique_ptr<ImageMap> make_inverted_map(const Parameters& parameters, const MapLayout& layout,
                                            Counted counted) {
  if (BitMap::supports(layout)) {
    return std::make_unique<BitMap>(parameters, layout, default_isa(), counted);
  }
  return std::make_unique<IncrementalMap>(parameters, layout, default_isa(),
                                          has_fast_map(layout) ? IncrementalMap::Evaluation::deltas
                                                               : IncrementalMap::Evaluation::incremental,
                                          counted);
}

}  // namespace

bool has_fast_map(const MapLayout& layout) {
  return DeltaNetwork::supports(without_codecs(layout.net()));
}

std::unique_ptr<ImageMap> make_image_map(const Parameters& parameters, const MapLayout& layout,
                                         Counted counted) {
  if (ProtectedMap::is_for(layout)) {
    return std::make_unique<ProtectedMap>(parameters, layout, counted);
  }
  auto map = make_inverted_map(parameters, layout, counted);
  if (layout.mode() == MapMode::stuck0 || layout.mode() == MapMode::stuck1) {
    return std::make_unique<StuckMap>(parameters, layout, std::move(map));
  }
  return map;
}

int block_images(const MapLayout& layout) { return has_fast_map(layout) ? 16 : 2; }

}  // namespace fluence
