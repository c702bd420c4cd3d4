#include "network/parameters.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <sstream>

#include "base/bits.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "network/parameter_file.hpp"
#include "network/parameter_folder.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

// Of its first limb.
std::size_t weight_index(const Layer& layer, int pe, int word) {
  return (index(pe) * index(layer.weight_words()) + index(word)) * index(layer.weight_limbs());
}

std::size_t threshold_index(const Layer& layer, int pe, int word, int thresh) {
  return (static_cast<std::size_t>(pe) * static_cast<std::size_t>(layer.threshold_words()) +
          static_cast<std::size_t>(word)) *
             static_cast<std::size_t>(layer.thresholds) +
         static_cast<std::size_t>(thresh);
}

std::size_t input_index(const Topology& net, int row, int thresh) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(net.input.thresholds) +
         static_cast<std::size_t>(thresh);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream lines(text);
  std::vector<std::string> result;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    result.push_back(line);  // a class that has no name, too: hosts count the lines
  }
  return result;
}

bool is_zero(const Parameters& parameters, const Layer& layer, int row) {
  for (int t = 0; t < layer.thresholds; ++t) {
    if (parameters.row_threshold(layer.index, row, t) != 0) {
      return false;
    }
  }
  for (int column = 0; column < layer.matrix_width(); ++column) {
    if (parameters.weight_code(layer.index, row, column) != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

Parameters Parameters::blank(const Topology& net) {
  Parameters result;
  result.net = &net;
  for (const auto& layer : net.layers) {
    auto& memory = result.layers.emplace_back();
    memory.weights.resize(weight_index(layer, layer.pe, 0));
    memory.thresholds.resize(threshold_index(layer, layer.pe, 0, 0));
  }
  result.input_thresholds.resize(input_index(net, net.input_rows(), 0));
  return result;
}

namespace {

// Without faults the datapath is given the parameters.
void require_kept(const Parameters& parameters, const fs::path& path) {
  for (const auto& layer : parameters.net->layers) {
    const auto& codec = *layer.threshold_codec;
    if (!codec.stores_numbers()) {
      continue;
    }
    const auto& thresholds = parameters.layers[static_cast<std::size_t>(layer.index)].thresholds;
    const auto lost = std::ranges::any_of(thresholds, [&](std::int32_t threshold) {
      const int bits = layer.accumulator_bits;
      const auto word = static_cast<std::uint64_t>(threshold) & low_bits(bits);
      auto given = word;
      codec.decode({&word, 1}, bits, {&given, 1});
      return given != word;
    });
    if (lost) {
      const auto [least, most] = std::ranges::minmax(thresholds);
      throw InputError(path.string() + ": layer " + std::to_string(layer.index) +
                       " has thresholds from " + std::to_string(least) + " to " + std::to_string(most) +
                       ", and its memory does not keep all of them by " + codec.name() +
                       ": give other ends");
    }
  }
}

}  // namespace

Parameters Parameters::load(const Topology& net, const fs::path& path) {
  std::error_code ignored;
  const bool named_as_file = path.extension() == kParameterFileSuffix;
  auto parameters = !fs::is_directory(path, ignored) && (named_as_file || fs::exists(path, ignored))
                        ? read_parameter_file(net, path)
                        : read_parameter_folder(net, path);
  require_kept(parameters, path);
  return parameters;
}

namespace {

// The one file of that name in a folder's folders, as fluence import leaves them under any names.
fs::path find_below(const fs::path& folder, const std::string& name) {
  std::error_code ignored;
  fs::path found;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    auto file = entry.path() / name;
    if (!fs::is_regular_file(file, ignored)) {
      continue;
    }
    if (!found.empty()) {
      throw InputError("the parameters " + name + " are in several folders of '" + folder.string() +
                       "': name the one to use");
    }
    found = std::move(file);
  }
  return found;
}

}  // namespace

fs::path Parameters::find(const Topology& net, const fs::path& path) {
  std::error_code ignored;
  for (const auto& name : {net.name, net.network}) {
    const auto folder = path / name;
    const auto file = path / (name + kParameterFileSuffix);
    const bool has_folder = !name.empty() && fs::is_directory(folder, ignored);
    const bool has_file = fs::exists(file, ignored);
    if (has_folder && has_file) {
      throw InputError("the parameters of " + name + " are twice in '" + path.string() +
                       "', as a file and as a folder: name the one to use, or move the other away");
    }
    if (has_file) {
      return file;
    }
    if (has_folder) {  // of files, or what holds the one file beside the network's
      const auto within = folder / (name + kParameterFileSuffix);
      return fs::exists(within, ignored) ? within : folder;
    }
  }
  for (const auto& name : {net.name, net.network}) {
    if (auto below = find_below(path, name + kParameterFileSuffix); !below.empty()) {
      return below;
    }
  }
  return path;
}

std::uint64_t& Parameters::weight(int layer, int pe, int word, int limb) {
  return layers.at(index(layer)).weights.at(weight_index(net->layer(layer), pe, word) + index(limb));
}

std::uint64_t Parameters::weight(int layer, int pe, int word, int limb) const {
  return layers.at(index(layer)).weights.at(weight_index(net->layer(layer), pe, word) + index(limb));
}

std::span<std::uint64_t> Parameters::weight_word(int layer, int pe, int word) {
  return {&weight(layer, pe, word), index(net->layer(layer).weight_limbs())};
}

std::span<const std::uint64_t> Parameters::weight_word(int layer, int pe, int word) const {
  const auto& shape = net->layer(layer);
  return {&layers.at(index(layer)).weights.at(weight_index(shape, pe, word)),
          index(shape.weight_limbs())};
}

std::int32_t& Parameters::threshold(int layer, int pe, int word, int thresh) {
  return layers.at(static_cast<std::size_t>(layer))
      .thresholds.at(threshold_index(net->layer(layer), pe, word, thresh));
}

std::int32_t Parameters::threshold(int layer, int pe, int word, int thresh) const {
  return layers.at(static_cast<std::size_t>(layer))
      .thresholds.at(threshold_index(net->layer(layer), pe, word, thresh));
}

std::uint32_t Parameters::weight_code(int layer, int row, int column) const {
  const auto& shape = net->layer(layer);
  const auto word =
      weight_word(layer, row % shape.pe, row / shape.pe * shape.synapse_folds() + column / shape.simd);
  return static_cast<std::uint32_t>(
      take_bits(word, column % shape.simd * shape.weight_bits, shape.weight_bits));
}

std::vector<int> Parameters::row_weights(int layer, int row) const {
  const auto& shape = net->layer(layer);
  std::vector<int> values;
  for (int column = 0; column < shape.matrix_width(); ++column) {
    values.push_back(shape.weight_format().number(weight_code(layer, row, column)));
  }
  return values;
}

void Parameters::set_row_weights(int layer, int row, const std::vector<int>& values) {
  const auto& shape = net->layer(layer);
  const auto format = shape.weight_format();
  auto value = values.begin();
  for (int fold = 0; fold < shape.synapse_folds(); ++fold) {
    const auto word = weight_word(layer, row % shape.pe, row / shape.pe * shape.synapse_folds() + fold);
    for (int lane = 0; lane < shape.simd; ++lane, ++value) {
      put_bits(word, lane * format.bits, format.bits, format.code(*value));
    }
  }
}

std::int32_t& Parameters::row_threshold(int layer, int row, int thresh) {
  const int pe = net->layer(layer).pe;
  return threshold(layer, row % pe, row / pe, thresh);
}

std::int32_t Parameters::row_threshold(int layer, int row, int thresh) const {
  const int pe = net->layer(layer).pe;
  return threshold(layer, row % pe, row / pe, thresh);
}

std::int32_t& Parameters::input_threshold(int row, int thresh) {
  return input_thresholds.at(input_index(*net, row, thresh));
}

std::int32_t Parameters::input_threshold(int row, int thresh) const {
  return input_thresholds.at(input_index(*net, row, thresh));
}

std::string Parameters::digest() const {
  Digest digest;
  for (const auto& memory : layers) {
    for (const auto word : memory.weights) {
      digest.add(word);
    }
    for (const auto word : memory.thresholds) {
      digest.add(static_cast<std::uint64_t>(std::int64_t{word}));
    }
  }
  for (const auto* numbers : {&input_thresholds, &score_offsets}) {  // mostly empty
    for (const auto number : *numbers) {
      digest.add(static_cast<std::uint64_t>(std::int64_t{number}));
    }
  }
  for (const auto factor : score_factors) {
    digest.add(std::bit_cast<std::uint64_t>(factor));
  }
  if (!score_biases.empty()) {
    digest.add("biases");  // which the same numbers as factors are not
  }
  for (const auto bias : score_biases) {
    digest.add(std::bit_cast<std::uint64_t>(bias));
  }
  return digest.hex();
}

std::vector<std::string> class_names(const std::string& text, const std::string& what, int scores) {
  const auto rule =
      ": it must hold the names of 1 to " + std::to_string(scores) + " classes, one a line";
  if (text.size() > kMostClassBytes) {
    throw InputError(what + " has more than " + std::to_string(kMostClassBytes) + " bytes" + rule);
  }
  require_utf8(text, what);
  auto names = lines_of(text);
  if (names.empty() || std::ssize(names) > scores) {
    throw InputError(what + " names " + std::to_string(names.size()) + " classes" + rule);
  }
  return names;
}

std::string classes_text(const Parameters& parameters) {
  if (lines_of(parameters.classes_text) == parameters.classes) {
    return parameters.classes_text;
  }
  std::string text;
  for (const auto& name : parameters.classes) {
    text += name + "\n";
  }
  return text;
}

int rows_of_classes(const Parameters& parameters) {
  return std::min(parameters.class_count(), parameters.net->scores());
}

int rows_to_write(const Parameters& parameters) {
  const auto& last = parameters.net->layers.back();
  const int given = std::max(parameters.given_rows, rows_of_classes(parameters));
  for (int row = given; parameters.given_rows > 0 && row < last.matrix_height(); ++row) {
    if (!is_zero(parameters, last, row)) {
      return last.matrix_height();
    }
  }
  return parameters.given_rows > 0 ? given : last.matrix_height();
}

}  // namespace fluence
