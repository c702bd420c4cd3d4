#include "map/collapse.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/bits.hpp"

namespace fluence {
namespace {

// Sums of a neuron of which a table is made.
constexpr std::int64_t kMostTable = 1 << 14;

// The largest change of a sum by a fault of a weight word.
int reach_of(const LayerValues& values, int fault_bits) {
  const int bits = values.layer().weight_bits;
  int most = 0;
  for (unsigned code = 0; code < 1U << bits; ++code) {
    for (unsigned other = 0; other < 1U << bits; ++other) {
      most = std::max(most, std::abs(values.weight(code) - values.weight(other)));
    }
  }
  return most * values.most_input() * std::min((fault_bits + bits - 1) / bits, values.layer().simd);
}

}  // namespace

std::size_t ChangedOutputsHash::operator()(const ChangedOutputs& outputs) const {
  std::uint64_t hash = 0x9e3779b97f4a7c15;
  for (const auto& output : outputs) {
    hash = (hash ^ (std::uint64_t{output.pixel} << 8 | output.after)) * 0xd6e8feb86659fd93;
    hash ^= hash >> 32;
  }
  return index(static_cast<std::int64_t>(hash));
}

void weight_changes(const LayerValues& values, int neuron, int word, int bit, int fault_bits,
                    std::vector<WeightChange>& changes) {
  const auto& layer = values.layer();
  const int bits = layer.weight_bits;
  const int end = std::min(bit + fault_bits, layer.weight_word_bits());
  changes.clear();
  for (int first = bit / bits * bits; first < end; first += bits) {
    const int column = word * layer.simd + first / bits;
    const auto code = values.weight_code(neuron, column);
    auto flipped = code;
    for (int i = std::max(first, bit); i < std::min(first + bits, end); ++i) {
      flipped ^= 1U << (i - first);
    }
    changes.push_back({column, values.weight(flipped) - values.weight(code)});
  }
}

NeuronFaults::NeuronFaults(const Parameters& parameters, const LayerValues& values, MapMode mode)
    : parameters_(&parameters),
      values_(&values),
      fault_bits_(mode == MapMode::mbu ? 8 : 1),
      reach_(reach_of(values, fault_bits_)),
      wraps_(values.layer().most_sum() + (std::int64_t{reach_} << values.layer().accumulator_shift()) >=
             1L << (values.layer().accumulator_bits - 1)),
      most_((values.layer().most_sum() >> values.layer().accumulator_shift()) + reach_) {
  if (!wraps_ && most_ <= kMostTable) {
    table_.resize(index(2 * most_ + 1));
  }
}

int NeuronFaults::counted(std::int32_t sum) const {
  const auto accumulator = values_->accumulator(sum);
  int count = 0;
  for (const auto threshold : thresholds_) {
    count += threshold < accumulator ? 1 : 0;
  }
  return count;
}

void NeuronFaults::fill_table() {
  auto ascending = thresholds_;
  std::ranges::sort(ascending);
  const int shift = values_->layer().accumulator_shift();
  std::int64_t first = 0;
  std::uint8_t count = 0;
  for (const auto threshold : ascending) {
    const auto end = std::clamp((std::int64_t{threshold} >> shift) + 1 + most_, first, 2 * most_ + 1);
    std::fill(table_.begin() + first, table_.begin() + end, count++);
    first = end;
  }
  std::fill(table_.begin() + first, table_.end(), count);
}

// Without wrapping, beyond the sums that there are by what is asked here, too, the output never falls as
// the sum grows.
bool NeuronFaults::is_near(std::int32_t sum) const {
  return wraps_ || counted(sum - reach_) != counted(sum + reach_);
}

// Calls `visit(pixel, positions)` for each output behind the pool.
template <typename Visit>
void NeuronFaults::for_each_output(Visit visit) const {
  const auto& layer = values_->layer();
  if (!layer.pool) {
    for (int pixel = 0; pixel < layer.out_pixels(); ++pixel) {
      visit(pixel, std::span<const int>(&pixel, 1));
    }
    return;
  }
  const auto& window = layer.pool_window;
  std::vector<int> positions;
  for (int pixel = 0; pixel < layer.next_pixels(); ++pixel) {
    const int top = pixel / layer.next_dim() * window.stride_y - window.top;
    const int left = pixel % layer.next_dim() * window.stride_x - window.left;
    positions.clear();
    for (int y = std::max(top, 0); y < std::min(top + window.height, layer.out_height); ++y) {
      for (int x = std::max(left, 0); x < std::min(left + window.width, layer.out_dim); ++x) {
        positions.push_back(y * layer.out_dim + x);
      }
    }
    visit(pixel, std::span<const int>(positions));
  }
}

void NeuronFaults::add_spot(int pixel, std::span<const int> positions) {
  Spot spot;
  spot.pixel = static_cast<std::uint16_t>(pixel);
  spot.first = static_cast<std::uint32_t>(near_.size());
  for (const int position : positions) {
    const auto sum = values_->sum(neuron_, position);
    const auto output = static_cast<std::uint8_t>(passed(sum));
    spot.before = std::max(spot.before, output);
    if (is_near(sum)) {
      near_.push_back({values_->window(position), sum});
    } else {
      spot.others = std::max(spot.others, output);
    }
  }
  spot.end = static_cast<std::uint32_t>(near_.size());
  if (spot.end > spot.first && spot.others < values_->layer().thresholds) {
    spots_.push_back(spot);
  } else {
    near_.resize(spot.first);
  }
}

void NeuronFaults::start(int neuron) {
  const auto& layer = values_->layer();
  neuron_ = neuron;
  thresholds_.clear();
  for (int t = 0; t < layer.thresholds; ++t) {
    thresholds_.push_back(parameters_->threshold(layer.index, neuron % layer.pe, neuron / layer.pe, t));
  }
  if (!table_.empty()) {
    fill_table();
  }
  near_.clear();
  spots_.clear();
  for_each_output([&](int pixel, std::span<const int> positions) { add_spot(pixel, positions); });
}

template <typename Move>
void NeuronFaults::find_changed(Move move) {
  for (const auto& spot : spots_) {
    int output = spot.others;
    for (auto i = spot.first; i < spot.end; ++i) {
      output = std::max(output, passed(near_[i].sum + move(near_[i].window)));
    }
    if (output != spot.before) {
      changed_.push_back({spot.pixel, spot.before, static_cast<std::uint8_t>(output)});
    }
  }
}

const ChangedOutputs& NeuronFaults::weight_fault(int word, int bit) {
  changed_.clear();
  if (spots_.empty()) {
    return changed_;
  }
  weight_changes(*values_, neuron_, word, bit, fault_bits_, changes_);
  if (changes_.size() == 1) {
    const auto at = values_->offset(changes_.front().column);
    const int growth = changes_.front().growth;
    find_changed([&](const std::int16_t* window) { return growth * window[at]; });
  } else {
    find_changed([&](const std::int16_t* window) {
      int moved = 0;
      for (const auto& change : changes_) {
        moved += change.growth * window[values_->offset(change.column)];
      }
      return moved;
    });
  }
  return changed_;
}

const ChangedOutputs& NeuronFaults::threshold_fault(int thresh, int bit) {
  const int width = values_->layer().accumulator_bits;
  const auto mask = low_bits(std::min(fault_bits_, width - bit)) << bit;
  const auto word = thresholds_[index(thresh)];
  std::uint64_t stored = (static_cast<std::uint64_t>(word) ^ mask) & low_bits(width);
  if (const auto& codec = *values_->layer().threshold_codec; !is_plain(codec)) {
    const auto now = stored;
    codec.decode({&now, 1}, width, {&stored, 1});
  }
  const auto faulted = sign_extend(static_cast<std::uint32_t>(stored), width);
  changed_.clear();
  for_each_output([&](int pixel, std::span<const int> positions) {
    int before = 0;
    int after = 0;
    for (const int position : positions) {
      const auto sum = values_->sum(neuron_, position);
      const auto accumulator = values_->accumulator(sum);
      const int count = passed(sum);
      before = std::max(before, count);
      after = std::max(after, count - (word < accumulator ? 1 : 0) + (faulted < accumulator ? 1 : 0));
    }
    if (before != after) {
      changed_.push_back({static_cast<std::uint16_t>(pixel), static_cast<std::uint8_t>(before),
                          static_cast<std::uint8_t>(after)});
    }
  });
  return changed_;
}

}  // namespace fluence
