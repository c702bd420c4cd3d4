#include "network/image_numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/json_object.hpp"
#include "base/json_text.hpp"

namespace fluence {
namespace {

using nlohmann::json;

constexpr auto kForm = "fluence input 1";
constexpr auto kBytes = 64 * std::size_t{1024};
constexpr int kMostNumber = 255;
constexpr std::int64_t kMostValues = std::int64_t{1} << 24;

double real_of(JsonObject& object, std::string_view key) {
  const auto& value = object.value(key);
  if (!value.is_number() || !std::isfinite(value.get<double>())) {
    object.fail(fmt::format("'{}' is no number: correct it", key));
  }
  return value.get<double>();
}

std::vector<std::int64_t> shape_of(JsonObject& object) {
  const auto& value = object.value("shape");
  std::vector<std::int64_t> shape;
  std::int64_t size = 1;
  bool good = value.is_array() && value.size() >= 2 && value.size() <= 4;
  for (const auto& side : good ? value : json::array()) {
    good = good && side.is_number_integer() && side >= 1 && side <= kMostValues;
    shape.push_back(good ? side.get<std::int64_t>() : 1);
    good = good && (size *= shape.back()) <= kMostValues;
  }
  if (!good || shape.front() != 1) {
    object.fail("'shape' is no list of 2 to 4 sides of which the first is 1: correct it");
  }
  return shape;
}

}  // namespace

double ImageNumbers::real(int number) const {
  return (divides ? number / scale : number * scale) - shift;
}

int ImageNumbers::number(double real) const {
  const auto shifted = real + shift;
  if (format == NumberFormat{1}) {
    return shifted >= 0 ? 1 : -1;
  }
  const auto steps = divides ? shifted * scale : shifted / scale;
  return static_cast<int>(
      std::nearbyint(std::min(std::max(steps, static_cast<double>(least)), static_cast<double>(most))));
}

std::string ImageNumbers::text() const {
  nlohmann::ordered_json object{{"format", kForm},
                                {"shape", shape},
                                {"channels_last", channels_last},
                                {"bits", format.bits},
                                {"unsigned", format.is_unsigned},
                                {"least", least},
                                {"most", most},
                                {"scale", scale},
                                {"divides", divides},
                                {"shift", shift}};
  return object.dump(2) + "\n";
}

ImageNumbers ImageNumbers::parse(const std::string& text, const std::string& file) {
  json value;
  try {
    value = parse_json<json>(text);
  } catch (const json::exception&) {
    throw InputError(file + " is no JSON: mend or replace it");
  } catch (const std::length_error& e) {
    throw InputError(file + " is no good (" + e.what() + "): mend or replace it");
  }
  JsonObject object(value, file);
  static_cast<void>(object.choice("format", {kForm}));
  ImageNumbers numbers;
  numbers.shape = shape_of(object);
  numbers.channels_last = object.truth("channels_last");
  numbers.format.bits = static_cast<int>(object.integer("bits", 1, 8));
  numbers.format.is_unsigned = object.truth("unsigned");
  numbers.least = static_cast<int>(object.integer("least", -kMostNumber, kMostNumber));
  numbers.most = static_cast<int>(object.integer("most", -kMostNumber, kMostNumber));
  numbers.scale = real_of(object, "scale");
  numbers.divides = object.truth("divides");
  numbers.shift = real_of(object, "shift");
  object.reject_unknown();
  if (!(numbers.scale > 0) || numbers.least < numbers.format.least() ||
      numbers.most > numbers.format.most() || numbers.least >= numbers.most) {
    object.fail(
        "'scale' is not above 0, or 'least' and 'most' are no numbers of so many bits: correct them");
  }
  return numbers;
}

ImageNumbers ImageNumbers::read(const std::filesystem::path& file) {
  return parse(read_text(file, "what the network takes", kBytes), file.string());
}

}  // namespace fluence
