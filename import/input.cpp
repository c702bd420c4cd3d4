#include "import/input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/error.hpp"

namespace fluence::importing {
namespace {

constexpr double kByte = 255;

class Input {
 public:
  Input(const Graph& graph, const Constants& constants, const Chain& chain, const Values& places,
        int channels)
      : graph_(graph), chain_(chain), places_(places), channels_(channels) {
    if (const auto place = chain.quantizer()) {
      quantizer_ = chain.nodes()[*place];
      try {
        quantization_ = quantization_of(*quantizer_, constants);
      } catch (const InputError& e) {
        refuse(graph.file, *quantizer_, e.what());
      }
    }
    taken_.numbers.shape = graph.input_shape;
  }

  TakenInput take(const std::optional<GivenInput>& given) {
    const auto said = format_said();
    if (given) {
      take_numbers(given->format, given->divisor);
    } else if (said) {
      take_numbers(*said, 1);
    } else if (quantizer_ == nullptr) {
      throw InputError(
          graph_.file + ": the input '" + graph_.input +
          "' is floating point without a quantizer in front of layer 0: say by --input what a number of "
          "it is, such as --input int8:4 (8 bits, 4 of them fraction) or uint8/255");
    } else if (distinguishes_0_to_1_only()) {
      take_numbers({kMostActivationBits, true}, kByte);
      taken_.remark =
          "the input's quantizer tells apart only what lies between 0 and 1: an image is "
          "taken as bytes, divided by 255 (--input says otherwise)";
    } else {
      leave_to_host();
    }
    return std::move(taken_);
  }

 private:
  [[nodiscard]] std::optional<NumberFormat> format_said() const {
    const auto it = graph_.datatypes.find(graph_.input);
    auto format = it == graph_.datatypes.end() ? std::nullopt : format_of(it->second);
    if (format && format->bits > kMostActivationBits) {
      throw InputError(graph_.file + ": the input '" + graph_.input + "' is " + it->second +
                       ": use one of at most 8 bits");
    }
    return format;
  }

  /// What the quantizer makes of an image that is one number all over.
  [[nodiscard]] std::vector<double> quantized(double real) const {
    auto values = chain_.run(filled(graph_.input_shape, real), 0, *chain_.quantizer() + 1, false).values;
    for (auto& value : values) {
      value = quantization_.number(value);
    }
    return values;
  }

  [[nodiscard]] bool distinguishes_0_to_1_only() const {
    return quantized(0) == quantized(-kFar) && quantized(1) == quantized(kFar);
  }

  void take_numbers(const NumberFormat& format, double divisor) {
    auto& numbers = taken_.numbers;
    numbers.format = format;
    numbers.least = format.least();
    numbers.most = format.most();
    numbers.scale = divisor;
    numbers.divides = true;
    taken_.format = format;
    taken_.least = numbers.least;
    taken_.most = numbers.most;
    if (quantizer_ != nullptr) {
      find_thresholds();
    } else {
      find_scale();
    }
  }

  /// Of numbers that go to layer 0 as they are.
  void find_scale() {
    const auto made = [&](int number) {
      const auto values = chain_
                              .run(filled(graph_.input_shape, taken_.numbers.real(number)), 0,
                                   chain_.nodes().size(), false)
                              .values;
      if (std::ranges::any_of(values, [&](double value) { return value != values.front(); })) {
        throw InputError(graph_.file + ": the input '" + graph_.input +
                         "' is scaled differently from channel to channel without a quantizer behind "
                         "it: use one scale for all");
      }
      return values.front();
    };
    const auto low = made(taken_.least);
    const auto high = made(taken_.most);
    taken_.scale = (high - low) / (taken_.most - taken_.least);
    taken_.offset = high - taken_.scale * taken_.most;
    if (std::abs(taken_.offset) < 1e-9 * taken_.scale) {
      taken_.offset = 0;
    }
    for (int number = taken_.least; number <= taken_.most; number += taken_.format.step()) {
      const auto expected = taken_.scale * number + taken_.offset;
      if (!(taken_.scale > 0) || !(std::abs(made(number) - expected) <= 1e-9 * taken_.scale * kByte)) {
        throw InputError(graph_.file + ": the input '" + graph_.input +
                         "' is not only scaled before layer 0: use a quantizer in front of the layer");
      }
    }
  }

  /// Which numbers of an image give which numbers to layer 0.
  void find_thresholds() {
    const auto& numbers = taken_.numbers;
    const auto lowest = quantized(-kFar);
    const auto highest = quantized(kFar);
    const auto least = *std::ranges::min_element(lowest);
    const auto most = *std::ranges::max_element(highest);
    const int step = quantization_.format.step();
    if (!(least < most && least >= -65'536 && most <= 65'536) ||
        (most - least) / step > kMostThresholds || quantization_.format.bits > kMostActivationBits) {
      refuse(graph_.file, *quantizer_,
             fmt::format("makes numbers from {} to {} of the input: use at most 255 thresholds, 8 bits, "
                         "and a positive scale",
                         least, most));
    }
    const auto channels = static_cast<std::size_t>(channels_);
    const auto levels = static_cast<std::size_t>((most - least) / step);
    auto& rows = taken_.thresholds;
    rows.assign(channels, std::vector<std::int64_t>(levels, std::int64_t{numbers.most} + 1));
    std::vector<double> before(channels, least);
    bool same = true;  // as what comes in
    for (int number = numbers.least; number <= numbers.most; number += numbers.format.step()) {
      const auto made = by_channel(quantized(numbers.real(number)));
      for (std::size_t channel = 0; channel < channels; ++channel) {
        if (made[channel] < before[channel]) {
          refuse(graph_.file, *quantizer_, "turns the input round: use a positive scale");
        }
        for (auto level = before[channel]; level < made[channel]; level += step) {
          rows[channel][static_cast<std::size_t>((level - least) / step)] = number;
        }
        same = same && made[channel] == number;
      }
      before = made;
    }
    std::vector<int> all;
    for (auto level = least; level <= most; level += step) {
      all.push_back(static_cast<int>(level));
    }
    const auto place = *chain_.quantizer();
    const auto form = chain_.run(filled(graph_.input_shape, 0), 0, place + 1, false).shape;
    const auto behind = scaled_behind(chain_, place, quantization_, form, all, graph_);
    if (behind.numbers != all) {
      refuse(graph_.file, *quantizer_, "is followed by another step: use one quantizer for the input");
    }
    taken_.scale = behind.scale;
    taken_.offset = behind.offset;
    if (same && quantization_.format == numbers.format) {
      rows.clear();
      return;
    }
    taken_.format = quantization_.format;
    taken_.least = static_cast<int>(least);
    taken_.most = static_cast<int>(most);
    if (std::ranges::all_of(rows, [&](const auto& row) { return row == rows.front(); })) {
      rows.resize(1);
    }
  }

  /// A number for each channel, which all its pixels must have. Behind nodes that move numbers they are
  /// as many, and which is whose follows from `places_`.
  [[nodiscard]] std::vector<double> by_channel(const std::vector<double>& values) const {
    std::vector<double> result(static_cast<std::size_t>(channels_));
    std::vector<bool> known(result.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto channel =
          static_cast<std::size_t>(static_cast<std::int64_t>(places_.values[i]) % channels_);
      if (known[channel] && result[channel] != values[i]) {
        refuse(graph_.file, *quantizer_,
               "treats the pixels of a channel differently: only one threshold for all is imported");
      }
      known[channel] = true;
      result[channel] = values[i];
    }
    return result;
  }

  /// The network starts at what the quantizer makes.
  void leave_to_host() {
    const auto place = *chain_.quantizer();
    const bool bipolar = quantizer_->op == "BipolarQuant";
    if ((!bipolar && quantizer_->op == "MultiThreshold") ||
        quantization_.format.bits > kMostActivationBits ||
        (!bipolar && quantizer_->text("rounding_mode", "ROUND") != "ROUND")) {
      refuse(
          graph_.file, *quantizer_,
          "quantizes a floating-point input by thresholds, by more than 8 bits or by another rounding "
          "than ROUND: say by --input what a number of the input is, such as --input uint8/255");
    }
    const auto before = [&](double real) {
      const auto values = chain_.run(filled(graph_.input_shape, real), 0, place, false).values;
      return std::ranges::all_of(values, [&](double v) { return v == values.front(); }) ? values.front()
                                                                                        : NAN;
    };
    const auto shift = before(0);
    const auto factor = before(1) - shift;
    if (!(factor > 0) || !(std::abs(before(2) - (shift + 2 * factor)) <= 1e-9 * factor)) {
      refuse(graph_.file, *quantizer_,
             "is behind more than one scale of the floating-point input: say by --input what a number "
             "of the input is, such as --input uint8/255");
    }
    auto& numbers = taken_.numbers;
    numbers.format = quantization_.format;
    numbers.least = static_cast<int>(quantized(-kFar).front());
    numbers.most = static_cast<int>(quantized(kFar).front());
    numbers.scale = quantization_.scale / factor;
    numbers.shift = (shift + quantization_.zero * quantization_.scale) / factor;
    std::vector<int> all;
    for (int number = numbers.least; number <= numbers.most; number += numbers.format.step()) {
      all.push_back(number);
    }
    const auto form = chain_.run(filled(graph_.input_shape, 0), 0, place + 1, false).shape;
    const auto behind = scaled_behind(chain_, place, quantization_, form, all, graph_);
    if (behind.numbers != all) {
      refuse(graph_.file, *quantizer_, "is followed by another step: use one quantizer for the input");
    }
    taken_.format = numbers.format;
    taken_.least = numbers.least;
    taken_.most = numbers.most;
    taken_.scale = behind.scale;
    taken_.offset = behind.offset;
    taken_.remark = fmt::format(
        "the input's quantizer {} stays with the host: the network starts at its {} (--input says "
        "otherwise)",
        quantizer_->name, datatype_of(numbers.format));
  }

  const Graph& graph_;
  const Chain& chain_;
  const Values& places_;
  int channels_;
  const Node* quantizer_ = nullptr;
  Quantization quantization_;
  TakenInput taken_;
};

}  // namespace

GivenInput given_input(const std::string& text) {
  const auto refuse_it = [&]() -> GivenInput {
    throw InputError("--input " + text +
                     " is no number format: give one such as int8, int8:4 (of which 4 bits are "
                     "fraction), uint8/255 (divided by 255) or bipolar, of at most 8 bits");
  };
  const auto end = text.find_first_of(":/");
  auto type = text.substr(0, end);
  std::ranges::transform(type, type.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  const auto format = format_of(type);
  if (!format || format->bits > kMostActivationBits) {
    return refuse_it();
  }
  GivenInput given{*format};
  if (end != std::string::npos) {
    int number = 0;
    const auto* last = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + end + 1, last, number);
    const bool fraction = text[end] == ':';
    if (error != std::errc() || rest != last || number < (fraction ? 0 : 1) ||
        number > (fraction ? 30 : 65'536)) {
      return refuse_it();
    }
    given.divisor = fraction ? std::exp2(number) : number;
  }
  return given;
}

TakenInput taken_input(const Graph& graph, const Constants& constants, const Chain& chain,
                       const Values& places, int channels, const std::optional<GivenInput>& given) {
  return Input(graph, constants, chain, places, channels).take(given);
}

}  // namespace fluence::importing
