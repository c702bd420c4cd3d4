// The bit-packed inference, with every instruction set of this machine, against the clear one.
#include "network/packed.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <random>
#include <tuple>

#include "base/error.hpp"
#include "network/reference.hpp"
#include "tests/support/data.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/scores.hpp"

namespace fluence::test {
namespace {

using Trace = std::vector<std::uint64_t>;

Trace full_trace(const PackedNetwork& network, const Image& image) {
  Trace trace(network.layout().words());
  network.set_image(image, trace);
  network.run_from(0, trace);
  return trace;
}

/// The bit planes of a tensor of activations, as TraceLayout states them.
std::vector<std::uint64_t> planes_of(const Tensor& values, const TraceTensor& tensor, int planes) {
  std::vector<std::uint64_t> words(tensor.words());
  const auto channels = values.size() / tensor.pixels;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto channel = i % channels;
    const auto word =
        i / channels * tensor.pixel_words + channel / 64 * static_cast<std::size_t>(planes);
    const auto bit = std::uint64_t{1} << (channel % 64);
    if (planes == 1) {
      words[word] |= values[i] > 0 ? bit : 0;
    } else {
      words[word] |= values[i] != 0 ? bit : 0;
      words[word + 1] |= values[i] < 0 ? bit : 0;
    }
  }
  return words;
}

void expect_same(const Trace& trace, const ReferenceTrace& reference, const PackedNetwork& network) {
  const auto expect_tensor = [&](const Tensor& values, const TraceTensor& tensor, int bits) {
    const auto words = planes_of(values, tensor, bits);
    const auto* mine = trace.data() + tensor.offset;
    return std::equal(words.begin(), words.end(), mine);
  };
  for (const auto& layer : network.net().layers) {
    const auto i = static_cast<std::size_t>(layer.index);
    if (layer.thresholds == 0) {
      const auto scores = network.scores(trace);
      EXPECT_TRUE(std::ranges::equal(scores, reference.outputs[i]));
      continue;
    }
    EXPECT_TRUE(
        expect_tensor(reference.outputs[i], network.layout().output(layer.index), layer.out_bits))
        << "layer " << layer.index;
    if (layer.pool) {
      EXPECT_TRUE(
          expect_tensor(reference.pooled[i], network.layout().input(layer.index + 1), layer.out_bits))
          << "pool of layer " << layer.index;
    }
  }
}

class Packed : public testing::TestWithParam<std::tuple<const char*, Isa>> {
 protected:
  const Topology& net_ = topology(std::get<0>(GetParam()));
  Isa isa_ = std::get<1>(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Networks, Packed,
                         testing::Combine(testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                                          testing::ValuesIn(available_isas())),
                         [](const auto& param) {
                           return std::string(std::get<0>(param.param)) + "_" +
                                  std::string(to_string(std::get<1>(param.param)));
                         });

TEST_P(Packed, ScoresOfAllTestImages) {
  FLUENCE_NEEDS_DATA();
  const auto images = load_test_images();
  const auto golden = load_scores(net_.name);
  const PackedNetwork network(Parameters::load(net_, data_dir() / "params" / net_.name), isa_);
  for (int i = 0; i < images.size(); ++i) {
    ASSERT_EQ(network.run(images[i]), golden[static_cast<std::size_t>(i)]) << "image " << i;
  }
}

// Other parameters of the same accelerator: 44 classes, and 11 with files that end after 12 rows.
TEST(PackedWithOtherClasses, ScoresOfTheTestImages) {
  FLUENCE_NEEDS_DATA();
  const auto images = load_test_images();
  const std::vector<std::pair<std::string, int>> sets = {{"cnvW1A1-road-signs", 44},
                                                         {"cnvW1A1-streetview", 11}};
  for (const auto& [name, classes] : sets) {
    const auto parameters = Parameters::load(topology("cnvW1A1"), data_dir() / "classes/params" / name);
    EXPECT_EQ(parameters.class_count(), classes);
    const PackedNetwork network(parameters);
    const auto golden = load_scores_of("classes/scores/" + name + ".i16", 140);
    for (int i = 0; i < 140; ++i) {
      ASSERT_EQ(network.run(images[i]), golden[static_cast<std::size_t>(i)]) << name << " image " << i;
    }
  }
}

TEST_P(Packed, EveryTensorOfATrainedNetworkIsTheReferences) {
  FLUENCE_NEEDS_DATA();
  const auto parameters = Parameters::load(net_, data_dir() / "params" / net_.name);
  const auto image = load_test_images()[7];
  ReferenceTrace reference;
  ReferenceNetwork(parameters).run(image, &reference);
  const PackedNetwork network(parameters, isa_);
  expect_same(full_trace(network, image), reference, network);
}

TEST_P(Packed, EveryTensorOfRandomMemoriesIsTheReferences) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto parameters = random_parameters(net_, seed);
    const auto image = random_image(seed);
    ReferenceTrace reference;
    ReferenceNetwork(parameters).run(image, &reference);
    const PackedNetwork network(parameters, isa_);
    SCOPED_TRACE(seed);
    expect_same(full_trace(network, image), reference, network);
  }
}

TEST_P(Packed, ExtremeMemoriesGiveTheReferencesTensors) {
  // All weights one code and all thresholds at an end of their range: the largest and smallest sums.
  const auto image = random_image(11);
  for (const std::uint64_t pattern : {0x0ULL, ~0x0ULL, 0xaaaaaaaaaaaaaaaaULL, 0x5555555555555555ULL}) {
    for (const bool low : {false, true}) {
      auto parameters = random_parameters(net_, 1);
      for (const auto& layer : net_.layers) {
        auto& memory = parameters.layers[static_cast<std::size_t>(layer.index)];
        std::ranges::fill(memory.weights, pattern >> (64 - layer.weight_word_bits()));
        const auto limit = std::int32_t{1} << (layer.accumulator_bits - 1);
        for (std::size_t i = 0; i < memory.thresholds.size(); i += 3) {
          memory.thresholds[i] = low ? -limit : limit - 1;
        }
      }
      ReferenceTrace reference;
      ReferenceNetwork(parameters).run(image, &reference);
      const PackedNetwork network(parameters, isa_);
      SCOPED_TRACE(pattern);
      expect_same(full_trace(network, image), reference, network);
    }
  }
}

TEST_P(Packed, ChangedWordsTakeEffectAndCanBeUndone) {
  const auto pristine = random_parameters(net_, 21);
  const auto other = random_parameters(net_, 22);
  const auto image = random_image(23);
  PackedNetwork network(pristine, isa_);
  const auto before = full_trace(network, image);
  auto changed = pristine;
  std::mt19937 random(24);
  for (const auto& layer : net_.layers) {
    for (int n = 0; n < 40; ++n) {
      const int pe = static_cast<int>(random() % static_cast<unsigned>(layer.pe));
      const int word = static_cast<int>(random() % static_cast<unsigned>(layer.weight_words()));
      changed.weight(layer.index, pe, word) = other.weight(layer.index, pe, word);
      network.set_weight(layer.index, pe, word, other.weight_word(layer.index, pe, word));
      if (layer.thresholds > 0) {
        const int index = static_cast<int>(random() % static_cast<unsigned>(layer.threshold_words()));
        const int t = static_cast<int>(random() % static_cast<unsigned>(layer.thresholds));
        changed.threshold(layer.index, pe, index, t) = other.threshold(layer.index, pe, index, t);
        network.set_threshold(layer.index, pe, index, t, other.threshold(layer.index, pe, index, t));
      }
    }
  }
  ReferenceTrace reference;
  ReferenceNetwork(changed).run(image, &reference);
  expect_same(full_trace(network, image), reference, network);

  for (const auto& layer : net_.layers) {
    for (int pe = 0; pe < layer.pe; ++pe) {
      for (int word = 0; word < layer.weight_words(); ++word) {
        network.set_weight(layer.index, pe, word, pristine.weight_word(layer.index, pe, word));
      }
      for (int word = 0; word < layer.threshold_words(); ++word) {
        for (int t = 0; t < layer.thresholds; ++t) {
          network.set_threshold(layer.index, pe, word, t, pristine.threshold(layer.index, pe, word, t));
        }
      }
    }
  }
  EXPECT_TRUE(full_trace(network, image) == before);
}

TEST_P(Packed, RunFromALayerNeedsOnlyItsInput) {
  const PackedNetwork network(random_parameters(net_, 31), isa_);
  const auto whole = full_trace(network, random_image(32));
  for (const auto& layer : net_.layers) {
    Trace trace(whole.size(), 0x1234567890abcdef);
    const auto& input = network.layout().input(layer.index);
    std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(input.offset), input.words(),
                trace.begin() + static_cast<std::ptrdiff_t>(input.offset));
    network.run_from(layer.index, trace);
    EXPECT_EQ(network.scores(trace), network.scores(whole)) << "from layer " << layer.index;
  }
}

TEST_P(Packed, ComputeWritesTheWantedWindowsAndGroupsOnly) {
  const PackedNetwork network(random_parameters(net_, 41), isa_);
  const auto whole = full_trace(network, random_image(42));
  for (const auto& layer : net_.layers) {
    const auto& output = network.layout().output(layer.index);
    const auto last = static_cast<std::uint16_t>(output.pixels - 1);
    std::vector<std::uint16_t> all(output.pixels);
    std::iota(all.begin(), all.end(), std::uint16_t{0});
    for (const auto& windows : {last == 0 ? all : std::vector<std::uint16_t>{1, last}, all}) {
      const auto groups = (std::uint64_t{1} << (layer.out_channels / 8 - 1)) | 1;
      std::vector<std::uint64_t> out(output.words(), 0x5aa55aa55aa55aa5);
      network.compute(layer.index, whole.data() + network.layout().input(layer.index).offset, out.data(),
                      windows, groups);
      const auto* mine = reinterpret_cast<const std::uint8_t*>(out.data());
      const auto* right = reinterpret_cast<const std::uint8_t*>(whole.data() + output.offset);
      const auto pixel_bytes = output.pixel_words * 8;
      const auto byte_step = layer.thresholds == 0 ? 16U : 1U;  // bytes of a group side by side
      const auto planes = static_cast<std::size_t>(layer.thresholds == 0 ? 1 : layer.out_bits);
      for (std::size_t byte = 0; byte < output.words() * 8; ++byte) {
        const auto pixel = byte / pixel_bytes;
        const auto in_pixel = byte % pixel_bytes;
        auto group = in_pixel / byte_step;
        if (byte_step == 1) {
          group = in_pixel / 8 / planes * 8 + in_pixel % 8;
        }
        const bool window_wanted = std::ranges::count(windows, pixel) > 0;
        const bool group_wanted = ((groups >> group) & 1) != 0;
        if (window_wanted && group_wanted) {
          ASSERT_EQ(mine[byte], right[byte]) << "layer " << layer.index << " byte " << byte;
        } else if (!window_wanted || layer.index != 0 || mine[byte] != right[byte]) {
          // layer 0 may compute neighbouring groups
          ASSERT_EQ(mine[byte], byte % 2 == 0 ? 0xa5 : 0x5a)
              << "layer " << layer.index << " byte " << byte;
        }
      }
    }
  }
}

// Few windows, many, side by side and scattered: they may be computed in different ways.
TEST_P(Packed, ComputeWritesJustTheWantedWindowsOfAnySet) {
  const PackedNetwork network(random_parameters(net_, 51), isa_);
  const auto whole = full_trace(network, random_image(52));
  std::mt19937 random(53);
  const auto below = [&](int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); };
  for (const auto& layer : net_.layers) {
    const auto& output = network.layout().output(layer.index);
    const auto* in = whole.data() + network.layout().input(layer.index).offset;
    for (int set = 0; set < 40; ++set) {
      const int share = 1 + below(8);
      const int x = below(layer.out_dim);
      const int y = below(layer.out_dim);
      const int width = set % 2 == 0 ? layer.out_dim : 1 + below(6);
      std::vector<std::uint16_t> windows;
      std::vector<std::uint64_t> wanted(output.words(), 0x5aa55aa55aa55aa5);
      for (int window = 0; window < layer.out_pixels(); ++window) {
        const bool inside =
            std::abs(window % layer.out_dim - x) < width && std::abs(window / layer.out_dim - y) < width;
        if (inside && (set % 4 < 2 || below(share) == 0)) {
          windows.push_back(static_cast<std::uint16_t>(window));
          const auto at = static_cast<std::size_t>(window) * output.pixel_words;
          std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(output.offset + at),
                      output.pixel_words, wanted.begin() + static_cast<std::ptrdiff_t>(at));
        }
      }
      if (windows.empty()) {
        continue;
      }
      std::vector<std::uint64_t> out(output.words(), 0x5aa55aa55aa55aa5);
      network.compute(layer.index, in, out.data(), windows, PackedNetwork::all_groups(layer));
      ASSERT_EQ(out, wanted) << "layer " << layer.index << ", " << windows.size() << " windows";
    }
  }
}

class IsaFromEnvironment : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* value = std::getenv("FLUENCE_ISA")) {
      before_ = value;
    }
  }
  void TearDown() override {
    before_ ? setenv("FLUENCE_ISA", before_->c_str(), 1) : unsetenv("FLUENCE_ISA");
  }

 private:
  std::optional<std::string> before_;
};

TEST_F(IsaFromEnvironment, ChoosesOrRefuses) {
  unsetenv("FLUENCE_ISA");
  EXPECT_EQ(default_isa(), available_isas().back());
  for (const auto isa : available_isas()) {
    setenv("FLUENCE_ISA", std::string(to_string(isa)).c_str(), 1);
    EXPECT_EQ(default_isa(), isa);
  }
  setenv("FLUENCE_ISA", "abacus", 1);
  try {
    default_isa();
    FAIL() << "accepted";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), testing::AllOf(testing::HasSubstr("FLUENCE_ISA"), testing::HasSubstr("abacus"),
                                         testing::HasSubstr("scalar")));
  }
}

}  // namespace
}  // namespace fluence::test
