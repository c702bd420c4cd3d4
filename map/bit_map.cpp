#include "map/bit_map.hpp"

#include <algorithm>
#include <bit>

#include "base/bits.hpp"
#include "network/kernel_choice.hpp"

namespace fluence {
namespace {

const rows::Kernels& row_kernels(Isa isa) {
  return kernels_of<rows::Kernels>(isa, FLUENCE_SCALAR_TABLE(rows::kernels_scalar),
                                   FLUENCE_AVX2_TABLE(rows::kernels_avx2),
                                   FLUENCE_AVX512_TABLE(rows::kernels_avx512));
}

constexpr int kRow = rows::kRow;
static_assert(kRow >= kMostSide, "a row of a map is one word of bits");
// Up to so many near pixels their subsets are fewer than the weights.
constexpr std::size_t kFewPixels = 3;

void add_where(std::uint64_t set, BlockCounts one, BlockCounts* counts) {
  for (; one != 0 && set != 0; set &= set - 1) {
    counts[std::countr_zero(set)] += one;
  }
}

// Bit i: bit 2 i or 2 i + 1.
std::uint32_t pair_up(std::uint32_t row) {
  row = (row | row >> 1) & 0x5555'5555;
  row = (row | row >> 1) & 0x3333'3333;
  row = (row | row >> 2) & 0x0f0f'0f0f;
  row = (row | row >> 4) & 0x00ff'00ff;
  return (row | row >> 8) & 0x0000'ffff;
}

std::size_t most_faults(const MapLayout& layout) {
  std::size_t most = 1;
  for (const auto& region : layout.regions()) {
    most = std::max(most, region.neuron_faults());
  }
  return most;
}

}  // namespace

bool BitMap::supports(const MapLayout& layout) {
  return layout.fault_bits() == 1 && DeltaNetwork::supports(layout.net()) &&
         std::ranges::all_of(layout.net().layers, [](const Layer& layer) {
           return layer.weight_bits == 1 && layer.thresholds <= 1 &&
                  (layer.index == 0 || (layer.xnor && layer.in_channels % kWordBits == 0));
         });
}

BitMap::BitMap(const Parameters& parameters, const MapLayout& layout, Isa isa, Counted counted)
    : parameters_(&parameters),
      layout_(&layout),
      net_(parameters, isa),
      deltas_(parameters, net_, isa),
      evaluator_(deltas_),
      kernels_(&row_kernels(isa)),
      trace_(net_.layout().words()),
      counted_(counted),
      weights_(layout.net().layers.size()),
      codes_(index(layout.net().layer(0).matrix_width() * kRow * kRow)),
      values_(index(kRow * kRow)),
      known_rows_(2 * most_faults(layout)),
      known_keys_(most_faults(layout)) {
  for (const auto& layer : layout.net().layers) {
    if (layout.holds(layer.index) && layer.index > 0 && layer.thresholds > 0) {
      sums_.try_emplace(layer.index, parameters, net_.layout(), layer.index);
    }
    const int words = layer.matrix_width() / kWordBits;
    auto& own = weights_[index(layer.index)];
    own.resize(layer.index == 0 ? 0 : index(layer.out_channels * words));
    for (int neuron = 0; !own.empty() && neuron < layer.out_channels; ++neuron) {
      for (int column = 0; column < layer.matrix_width(); ++column) {
        own[index(neuron * words + column / kWordBits)] |=
            std::uint64_t{parameters.weight_code(layer.index, neuron, column)} << (column % kWordBits);
      }
    }
  }
}

void BitMap::add(const Image& image, std::span<BlockCounts> counts) {
  net_.set_image(image, trace_);
  net_.run_from(0, trace_);
  tally_ = Tally(Judge(net_.scores(trace_), image.label, Decider(*parameters_)), counted_);
  deltas_.fill_margins(trace_, margins_);
  for (auto& [layer, sums] : sums_) {
    sums.load(trace_);
  }
  load_codes(image);
  for (const auto& layer : layout_->net().layers) {
    if (layer.thresholds == 0) {
      add_scores(layer, counts);
    } else {
      add_layer(layer, counts);
    }
  }
}

void BitMap::load_codes(const Image& image) {
  const auto& layer = layout_->net().layer(0);
  const auto codes = image.codes();
  for (int column = 0; column < layer.matrix_width(); ++column) {
    const int tap = column / layer.in_channels;
    for (int y = 0; y < layer.out_dim; ++y) {
      for (int x = 0; x < layer.out_dim; ++x) {
        const int pixel = (y + tap / 3) * layer.in_dim + x + tap % 3;
        codes_[index((column * kRow + y) * kRow + x)] =
            codes[index(pixel * layer.in_channels + column % layer.in_channels)];
      }
    }
  }
}

void BitMap::add_layer(const Layer& layer, std::span<BlockCounts> counts) {
  const auto* of_weights = layout_->find(Space::weights, layer.index);
  const auto* of_thresholds = layout_->find(Space::thresholds, layer.index);
  if (of_weights == nullptr && of_thresholds == nullptr) {
    return;
  }
  for (int neuron = 0; neuron < layer.out_channels; ++neuron) {
    start(layer, neuron);
    const auto own = [&](const MapRegion& region) {
      return &counts[region.first + index(neuron) * region.neuron_faults()];
    };
    if (of_weights != nullptr && layer.index == 0) {
      first_weights(own(*of_weights));
    } else if (of_weights != nullptr) {
      weights(own(*of_weights));
    }
    if (of_thresholds != nullptr) {
      thresholds(own(*of_thresholds));
    }
  }
}

void BitMap::start(const Layer& layer, int neuron) {
  layer_ = &layer;
  neuron_ = neuron;
  dim_ = layer.pool ? layer.out_dim / 2 : layer.out_dim;
  active_ = {};
  const auto& next = net_.layout().input(layer.index + 1);
  const auto* words = &trace_[next.offset + index(neuron / kWordBits)];
  for (int y = 0; y < dim_; ++y) {
    for (int x = 0; x < dim_; ++x) {
      const auto word = words[index(y * dim_ + x) * next.pixel_words];
      active_[index(y)] |= static_cast<std::uint32_t>(word >> (neuron % kWordBits) & 1) << x;
    }
  }
  if (layer.index == 0) {
    std::ranges::fill(values_, std::int16_t{0});
    for (int column = 0; column < layer.matrix_width(); ++column) {
      const bool plus = parameters_->weight_code(0, neuron, column) != 0;
      const auto* codes = &codes_[index(column * kRow * kRow)];
      for (std::size_t i = 0; i < values_.size(); ++i) {
        values_[i] = static_cast<std::int16_t>(plus ? values_[i] + codes[i] : values_[i] - codes[i]);
      }
    }
  } else {
    const auto& sums = sums_.at(layer.index);
    const int threshold =
        std::clamp(parameters_->threshold(layer.index, neuron % layer.pe, neuron / layer.pe, 0), -1,
                   layer.matrix_width());
    for (int y = 0; y < layer.out_dim; ++y) {
      for (int x = 0; x < layer.out_dim; ++x) {
        values_[index(y * kRow + x)] =
            static_cast<std::int16_t>(sums.sum(neuron, y * layer.out_dim + x) - threshold);
      }
    }
  }
  known_rows_.clear(index(dim_ + 1) / 2);
}

BitMap::Rows BitMap::above(const std::int16_t* others, int factor, int limit) const {
  const auto pixels = static_cast<std::uint32_t>(low_bits(layer_->out_dim));
  const auto row = [&](int y) {
    const auto from = index(y * kRow);
    return kernels_->above(&values_[from], others + from, static_cast<std::int16_t>(factor),
                           static_cast<std::int16_t>(limit)) &
           pixels;
  };
  Rows rows{};
  for (int y = 0; y < dim_; ++y) {
    rows[index(y)] = layer_->pool ? pair_up(row(2 * y) | row(2 * y + 1)) : row(y);
  }
  return rows;
}

BlockCounts BitMap::evaluate(const Rows& changed) {
  inputs_.clear();
  for (int y = 0; y < dim_; ++y) {
    for (auto left = changed[index(y)]; left != 0; left &= left - 1) {
      const int x = std::countr_zero(left);
      const int before = static_cast<int>(active_[index(y)] >> x & 1);
      inputs_.push_back({y * dim_ + x, neuron_, before, 1 - before});
    }
  }
  scores_.resize(tally_.fault_free().size());
  evaluator_.run(trace_, margins_, layer_->index + 1, inputs_, scores_);
  return tally_(scores_);
}

BlockCounts BitMap::known(const Rows& changed) {
  std::array<std::uint64_t, kRow / 2> key{};
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < index(dim_ + 1) / 2; ++i) {
    key[i] = changed[2 * i] | std::uint64_t{changed[2 * i + 1]} << 32;
    any |= key[i];
  }
  return any == 0 ? 0
                  : known_rows_.get(key.data(), [&](const std::uint64_t*) { return evaluate(changed); });
}

// The accumulator is above the raw threshold if the sum is above half of it, and no sum leaves 16 bits.
void BitMap::first_weights(BlockCounts* counts) {
  const int threshold = parameters_->threshold(0, neuron_ % layer_->pe, neuron_ / layer_->pe, 0) >> 1;
  const int limit = std::clamp(threshold, -0x8000, 0x7fff);
  for (int column = 0; column < layer_->matrix_width(); ++column) {
    const bool plus = parameters_->weight_code(0, neuron_, column) != 0;
    auto rows = above(&codes_[index(column * kRow * kRow)], plus ? -2 : 2, limit);
    for (std::size_t y = 0; y < index(dim_); ++y) {
      rows[y] ^= active_[y];
    }
    counts[column] += known(rows);
  }
}

void BitMap::thresholds(BlockCounts* counts) {
  const int word = parameters_->threshold(layer_->index, neuron_ % layer_->pe, neuron_ / layer_->pe, 0);
  const int columns = layer_->matrix_width();
  const auto clamped = [&](int threshold) { return std::clamp(threshold, -1, columns); };
  for (int bit = 0; bit < layer_->accumulator_bits; ++bit) {
    const int faulted = sign_extend(static_cast<std::uint32_t>(word) ^ std::uint32_t{1} << bit,
                                    layer_->accumulator_bits);
    const int limit = layer_->index == 0 ? std::clamp(faulted >> 1, -0x8000, 0x7fff)
                                         : clamped(faulted) - clamped(word);
    auto rows = above(values_.data(), 0, limit);
    for (std::size_t y = 0; y < index(dim_); ++y) {
      rows[y] ^= active_[y];
    }
    counts[bit] += known(rows);
  }
}

// Of one output behind the pool: which weights change it. Where a position is sure to be 1 behind a
// pool, none does.
void BitMap::add_near(int y, int x, std::span<const int> positions) {
  const auto words = index(layer_->matrix_width() / kWordBits);
  bool any = false;
  bool above_one = false;
  for (const int position : positions) {
    const int margin = values_[index(position / layer_->out_dim * kRow + position % layer_->out_dim)];
    above_one = above_one || margin > 1;
    any = any || margin == 0 || margin == 1;
  }
  if (above_one || !any) {
    return;
  }
  const auto first = changed_.size();
  changed_.resize(first + words);
  auto* changed = &changed_[first];
  const auto& tensor = net_.layout().input(layer_->index);
  const auto* weights = &weights_[index(layer_->index)][index(neuron_) * words];
  for (const int position : positions) {
    const int row = position / layer_->out_dim;
    const int column = position % layer_->out_dim;
    const int margin = values_[index(row * kRow + column)];
    if (margin != 0 && margin != 1) {
      continue;
    }
    std::size_t word = 0;
    for (int tap = 0; tap < layer_->window.taps(); ++tap) {
      const int pixel = (row + tap / 3) * layer_->in_dim + column + tap % 3;
      const auto* in = &trace_[tensor.offset + index(pixel) * tensor.pixel_words];
      for (std::size_t k = 0; k < tensor.pixel_words; ++k, ++word) {
        changed[word] |= in[k] ^ weights[word];
      }
    }
  }
  if ((active_[index(y)] >> x & 1) != 0) {
    for (std::size_t word = 0; word < words; ++word) {
      changed[word] = ~changed[word];
    }
  }
  near_.push_back(static_cast<std::uint16_t>(y << 8 | x));
}

void BitMap::list_near() {
  near_.clear();
  changed_.clear();
  for (int y = 0; y < dim_; ++y) {
    for (int x = 0; x < dim_; ++x) {
      if (layer_->pool) {
        const int corner = 2 * y * layer_->out_dim + 2 * x;
        const std::array positions = {corner, corner + 1, corner + layer_->out_dim,
                                      corner + layer_->out_dim + 1};
        add_near(y, x, positions);
      } else {
        const int margin = values_[index(y * kRow + x)];
        if (margin == 0 || margin == 1) {
          const int position = y * layer_->out_dim + x;
          add_near(y, x, {&position, 1});
        }
      }
    }
  }
}

void BitMap::weights(BlockCounts* counts) {
  list_near();
  if (near_.empty()) {
    return;
  }
  if (near_.size() <= kFewPixels) {
    few_near(counts);
  } else {
    many_near(counts);
  }
}

void BitMap::few_near(BlockCounts* counts) {
  const auto words = index(layer_->matrix_width() / kWordBits);
  std::vector<std::uint64_t>& own = key_;
  own.resize(words);
  for (unsigned subset = 1; subset < 1U << near_.size(); ++subset) {
    std::uint64_t any = 0;
    for (std::size_t word = 0; word < words; ++word) {
      auto set = ~std::uint64_t{0};
      for (std::size_t i = 0; i < near_.size(); ++i) {
        const auto changed = changed_[i * words + word];
        set &= (subset >> i & 1) != 0 ? changed : ~changed;
      }
      own[word] = set;
      any |= set;
    }
    if (any == 0) {
      continue;
    }
    Rows rows{};
    for (std::size_t i = 0; i < near_.size(); ++i) {
      rows[near_[i] >> 8] |= (subset >> i & 1U) << (near_[i] & 0xff);
    }
    const auto one = known(rows);
    for (std::size_t word = 0; word < words; ++word) {
      add_where(own[word], one, counts + word * kWordBits);
    }
  }
}

// Turns the near pixels' rows of weights into the weights' keys, 64 by 64.
void BitMap::many_near(BlockCounts* counts) {
  const auto words = index(layer_->matrix_width() / kWordBits);
  const auto key_words = (near_.size() + kWordBits - 1) / kWordBits;
  known_keys_.clear(key_words);
  key_.resize(key_words * kWordBits + key_words);
  auto* key = &key_[key_words * kWordBits];
  for (std::size_t word = 0; word < words; ++word) {
    for (std::size_t k = 0; k < key_words; ++k) {
      auto* block = &key_[k * kWordBits];
      for (std::size_t i = 0; i < kWordBits; ++i) {
        const auto pixel = k * kWordBits + i;
        block[i] = pixel < near_.size() ? changed_[pixel * words + word] : 0;
      }
      transpose(block);
    }
    for (std::size_t i = 0; i < kWordBits; ++i) {
      std::uint64_t any = 0;
      for (std::size_t k = 0; k < key_words; ++k) {
        key[k] = key_[k * kWordBits + i];
        any |= key[k];
      }
      if (any == 0) {
        continue;
      }
      counts[word * kWordBits + i] += known_keys_.get(key, [&](const std::uint64_t* set) {
        Rows rows{};
        for (std::size_t k = 0; k < key_words; ++k) {
          for (auto left = set[k]; left != 0; left &= left - 1) {
            const auto pixel = near_[k * kWordBits + index(std::countr_zero(left))];
            rows[pixel >> 8] |= 1U << (pixel & 0xff);
          }
        }
        return evaluate(rows);
      });
    }
  }
}

// A weight that matches its input adds one to the score, and inverted takes it away.
void BitMap::add_scores(const Layer& layer, std::span<BlockCounts> counts) {
  const auto* region = layout_->find(Space::weights, layer.index);
  if (region == nullptr) {
    return;
  }
  const auto words = index(layer.matrix_width() / kWordBits);
  const auto* in = &trace_[net_.layout().input(layer.index).offset];
  for (int neuron = 0; neuron < layer.out_channels; ++neuron) {
    const auto with_score = [&](int change) {
      auto scores = tally_.fault_free();
      scores[index(neuron)] = static_cast<std::int16_t>(scores[index(neuron)] + change);
      return tally_(scores);
    };
    const auto up = with_score(1);
    const auto down = with_score(-1);
    auto* own = &counts[region->first + index(neuron) * region->neuron_faults()];
    const auto* weights = &weights_[index(layer.index)][index(neuron) * words];
    for (std::size_t word = 0; word < words; ++word) {
      const auto differ = in[word] ^ weights[word];
      add_where(differ, up, own + word * kWordBits);
      add_where(~differ, down, own + word * kWordBits);
    }
  }
}

}  // namespace fluence
