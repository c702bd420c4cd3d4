// The delta evaluation, with every instruction set of this machine, against the bit-packed inference of
// the faulted network.
#include "network/delta.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>

#include "tests/support/made_networks.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

using Random = std::mt19937_64;

int below(Random& random, int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); }

/// The published networks, and others of their formats in other shapes.
const std::vector<Topology>& networks() {
  static const std::vector<Topology> nets = {
      topology("cnvW1A1"),
      topology("cnvW1A2"),
      topology("cnvW2A2"),
      MadeNetwork("simd64").folding(1, 64, 32).folding(6, 64, 1).folding(7, 64, 1).folding(8, 64, 4),
      // Weight words of several words of pixels.
      MadeNetwork("wide_words").folding(3, 128, 32).folding(5, 256, 1).folding(7, 512, 1),
      MadeNetwork("wide_codes", "cnvW2A2").folding(1, 64, 16).folding(3, 128, 8).folding(6, 256, 1),
      // All words of pixels that there are kernels for, in other places.
      MadeNetwork("shuffled").channels({128, 256, 64, 64, 128, 256, 256, 512}),
      MadeNetwork("wide").channels({256, 64, 256, 128, 256, 512, 512, 512}).folding(6, 4, 1),
      MadeNetwork("wide2", "cnvW2A2").channels({128, 64, 256, 128, 256, 512, 256, 512}).folding(6, 4, 1),
      // Weights of one bit and of two behind activations of two.
      MadeNetwork("mixed", "cnvW1A2")
          .channels({64, 256, 64, 128, 64, 256, 512, 512})
          .weights(1, 2)
          .weights(4, 2)
          .weights(7, 2),
  };
  return nets;
}

/// Half of the neurons behind layer 0 have equal bits of weights, so that their sums move by each
/// changed input in the same direction: to every margin's edge.
Parameters parameters_of(const Topology& net) {
  auto parameters = random_parameters(net, 5);
  for (const auto& layer : net.layers) {
    for (int pe = 0; layer.index > 0 && pe < layer.pe; ++pe) {
      for (int word = 0; word < layer.weight_words(); ++word) {
        const int fold = word / layer.synapse_folds();
        if ((pe + fold) % 2 == 0) {
          const auto limbs = parameters.weight_word(layer.index, pe, word);
          std::ranges::fill(limbs, 0);
          for (int bit = 0; (pe + fold) % 4 != 0 && bit < layer.weight_word_bits(); ++bit) {
            put_bits(limbs, bit, 1, 1);
          }
        }
      }
    }
  }
  return parameters;
}

/// A network, images, and what the delta evaluation keeps of them.
class Delta : public testing::TestWithParam<std::tuple<std::size_t, Isa>> {
 protected:
  static constexpr int kImages = 2;

  void SetUp() override {
    for (int i = 0; i < kImages; ++i) {
      auto& trace = traces_.emplace_back(packed_.layout().words());
      packed_.set_image(random_image(static_cast<std::uint64_t>(i)), trace);
      packed_.run_from(0, trace);
      delta_.fill_margins(trace, margins_.emplace_back());
    }
  }

  /// The neuron of a word.
  static int neuron_of(const Layer& layer, bool weights, int pe, int word) {
    return (weights ? word / layer.synapse_folds() : word) * layer.pe + pe;
  }

  /// Puts what `faulted` holds in a neuron into the trial and the network.
  void set_neuron(const Layer& layer, int neuron, const Parameters& faulted, ChangedNeurons& changed) {
    const auto words = (static_cast<std::size_t>(layer.matrix_width()) + 63) / 64;
    const auto bits = static_cast<std::size_t>(layer.weight_bits);
    std::vector<std::uint64_t> row(bits * words);
    for (int column = 0; column < layer.matrix_width(); ++column) {
      const std::uint64_t weight = faulted.weight_code(layer.index, neuron, column);
      for (std::size_t bit = 0; bit < bits; ++bit) {
        row[bit * words + static_cast<std::size_t>(column) / 64] |= (weight >> bit & 1) << (column % 64);
      }
    }
    std::vector<std::int32_t> thresholds;
    for (int t = 0; t < layer.thresholds; ++t) {
      thresholds.push_back(faulted.row_threshold(layer.index, neuron, t));
    }
    changed.set(layer.index, neuron, row, thresholds);
  }

  void expect_same(const Parameters& faulted, const ChangedNeurons& changed, const std::string& what) {
    const PackedNetwork network(faulted, isa_);
    for (std::size_t i = 0; i < kImages; ++i) {
      auto trace = traces_[i];
      network.run_from(0, trace);
      Scores scores(static_cast<std::size_t>(net_.scores()));
      evaluator_.run(traces_[i], margins_[i], changed, scores);
      ASSERT_EQ(scores, network.scores(trace)) << what << ", image " << i;
    }
  }

  const Topology& net_ = networks()[std::get<0>(GetParam())];
  Isa isa_ = std::get<1>(GetParam());
  Parameters parameters_ = parameters_of(net_);
  PackedNetwork packed_{parameters_, isa_};
  DeltaNetwork delta_{parameters_, packed_, isa_};
  DeltaEvaluator evaluator_{delta_};
  std::vector<std::vector<std::uint64_t>> traces_;
  std::vector<DeltaNetwork::Margins> margins_;
};
INSTANTIATE_TEST_SUITE_P(Networks, Delta,
                         testing::Combine(testing::Range(std::size_t{0}, networks().size()),
                                          testing::ValuesIn(available_isas())),
                         [](const auto& tested) {
                           return networks()[std::get<0>(tested.param)].name + "_" +
                                  std::string(to_string(std::get<1>(tested.param)));
                         });

TEST_P(Delta, NothingChangedGivesTheFaultFreeScores) {
  expect_same(parameters_, ChangedNeurons(delta_), "nothing");
}

TEST_P(Delta, UpsetsOfAllLayersGiveTheFaultedNetworksScores) {
  Random random(7);
  const int layers = static_cast<int>(net_.layers.size());
  for (int trial = 0; trial < 60; ++trial) {
    const int upsets = trial % 4 == 3 ? 100 : trial % 4 == 2 ? 10 : 1;
    const int only = trial % 3 == 0 ? -1 : below(random, layers);
    auto faulted = parameters_;
    ChangedNeurons changed(delta_);
    for (int i = 0; i < upsets; ++i) {
      const auto& layer = net_.layer(only < 0 ? below(random, layers) : only);
      const int pe = below(random, layer.pe);
      const bool weights = layer.thresholds == 0 || random() % 2 == 0;
      const int word = below(random, weights ? layer.weight_words() : layer.threshold_words());
      if (weights) {
        const int bits = layer.weight_word_bits();
        const int bit = below(random, bits);
        faulted.weight(layer.index, pe, word, bit / kWordBits) ^= std::uint64_t{1} << (bit % kWordBits);
        if (random() % 4 == 0) {
          faulted.weight(layer.index, pe, word) ^= random() >> (kWordBits - std::min(bits, kWordBits));
        }
      } else {
        auto& threshold = faulted.threshold(layer.index, pe, word, below(random, layer.thresholds));
        const int bits = layer.accumulator_bits;
        const auto flipped = static_cast<std::uint32_t>(threshold) ^ 1U << below(random, bits);
        threshold = static_cast<std::int32_t>(flipped << (32 - bits)) >> (32 - bits);
      }
      set_neuron(layer, neuron_of(layer, weights, pe, word), faulted, changed);
    }
    expect_same(faulted, changed,
                "trial " + std::to_string(trial) + ", " + std::to_string(upsets) + " upsets, layer " +
                    std::to_string(only));
    if (HasFatalFailure()) {
      return;
    }
  }
}

}  // namespace
}  // namespace fluence::test
