#include "network/digits.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "network/image_random.hpp"
#include "network/synthetic.hpp"

namespace fluence {
namespace {

using synthetic::ImageRandom;

constexpr int kDim = 28;
constexpr int kSamples = 4;  // a pixel has so many in each direction
constexpr int kCanvas = kDim * kSamples;
constexpr int kOne = 1024;  // of directions and scales
constexpr int kTilt = 110;  // in units of turn(): 12 degrees

struct Point {
  int x = 0, y = 0;
};
using Stroke = std::vector<Point>;
using Glyph = std::vector<Stroke>;

/// In a box of 100 x 140, downwards.
const std::array<Glyph, kSyntheticClassCount>& glyphs() {
  static const std::array<Glyph, kSyntheticClassCount> all = {
      Glyph{{{50, 2},
             {28, 10},
             {14, 36},
             {10, 70},
             {14, 104},
             {28, 130},
             {50, 138},
             {72, 130},
             {86, 104},
             {90, 70},
             {86, 36},
             {72, 10},
             {50, 2}}},
      Glyph{{{28, 32}, {54, 4}, {54, 138}}},
      Glyph{
          {{14, 36}, {24, 13}, {50, 3}, {77, 12}, {85, 38}, {75, 65}, {45, 100}, {12, 137}, {90, 137}}},
      Glyph{{{14, 18}, {40, 3}, {70, 9}, {82, 33}, {69, 58}, {42, 66}},
            {{42, 66}, {75, 75}, {88, 103}, {73, 131}, {40, 138}, {10, 122}}},
      Glyph{{{58, 3}, {10, 90}, {92, 90}}, {{68, 50}, {66, 138}}},
      Glyph{{{86, 4}, {25, 4}, {20, 60}, {50, 53}, {79, 67}, {88, 98}, {73, 129}, {40, 138}, {10, 122}}},
      Glyph{{{75, 4},
             {42, 34},
             {19, 78},
             {18, 114},
             {42, 138},
             {72, 131},
             {86, 105},
             {73, 79},
             {46, 73},
             {21, 94}}},
      Glyph{{{10, 5}, {90, 5}, {57, 70}, {38, 138}}},
      Glyph{{{50, 66}, {23, 49}, {20, 23}, {48, 3}, {78, 21}, {76, 47}, {50, 66}},
            {{50, 66}, {17, 88}, {14, 117}, {48, 138}, {84, 117}, {83, 88}, {50, 66}}},
      Glyph{{{82, 40},
             {70, 63},
             {40, 68},
             {17, 48},
             {20, 18},
             {48, 3},
             {76, 14},
             {84, 45},
             {78, 95},
             {60, 138}}}};
  return all;
}

/// Whether each sample is inked.
class Canvas {
 public:
  /// Inks what lies within `radius` samples of a line, or of a point.
  void draw(const Point& from, const Point& to, int radius) {
    const int dx = to.x - from.x;
    const int dy = to.y - from.y;
    const int length = dx * dx + dy * dy;
    for (int y = std::max(0, std::min(from.y, to.y) - radius);
         y <= std::min(kCanvas - 1, std::max(from.y, to.y) + radius); ++y) {
      for (int x = std::max(0, std::min(from.x, to.x) - radius);
           x <= std::min(kCanvas - 1, std::max(from.x, to.x) + radius); ++x) {
        const int px = x - from.x;
        const int py = y - from.y;
        const int along = std::clamp(px * dx + py * dy, 0, length);
        // Twice the distance to the nearest point, so that halves count.
        const int qx = 2 * px - (length == 0 ? 0 : 2 * along * dx / length);
        const int qy = 2 * py - (length == 0 ? 0 : 2 * along * dy / length);
        if (qx * qx + qy * qy <= 4 * radius * radius) {
          ink_[index(x, y)] = true;
        }
      }
    }
  }
  /// Of a pixel's samples, how many are inked.
  [[nodiscard]] int coverage(int pixel_x, int pixel_y) const {
    int count = 0;
    for (int i = 0; i < kSamples * kSamples; ++i) {
      count += ink_[index(pixel_x * kSamples + i % kSamples, pixel_y * kSamples + i / kSamples)] ? 1 : 0;
    }
    return count;
  }

 private:
  static std::size_t index(int x, int y) { return static_cast<std::size_t>(y * kCanvas + x); }
  std::array<bool, static_cast<std::size_t>(kCanvas* kCanvas)> ink_{};
};

/// How a glyph's box lies on the canvas.
class Pose {
 public:
  explicit Pose(ImageRandom& random)
      : height_(random.between(66, 88)),
        width_(height_ * random.between(58, 82) / 100),
        slant_(random.between(-280, 180)),
        x_(kCanvas / 2 + random.between(-10, 10)),
        y_(kCanvas / 2 + random.between(-8, 8)) {
    // A point of the unit circle from the tangent of half the angle.
    const int t = random.between(-kTilt, kTilt);
    const int norm = kOne * kOne + t * t;
    cos_ = static_cast<int>(std::int64_t{kOne} * (kOne * kOne - t * t) / norm);
    sin_ = static_cast<int>(std::int64_t{kOne} * 2 * kOne * t / norm);
  }
  [[nodiscard]] Point place(const Point& point) const {
    const int v = (point.y - 70) * height_ / 140;
    const int u = (point.x - 50) * width_ / 100 - v * slant_ / kOne;
    return {x_ + (u * cos_ - v * sin_) / kOne, y_ + (u * sin_ + v * cos_) / kOne};
  }

 private:
  int height_, width_, slant_, x_, y_;
  int cos_ = kOne, sin_ = 0;
};

Image draw(const ImageShape& shape, std::uint64_t seed, std::uint64_t number) {
  ImageRandom random(seed, number);
  Image image(shape);
  image.label = static_cast<std::uint8_t>(random.between(0, kSyntheticClassCount - 1));
  Canvas canvas;
  const Pose pose(random);
  const int radius = random.between(4, 7);
  for (const auto& stroke : glyphs()[image.label]) {
    Stroke placed;
    for (const auto& point : stroke) {
      placed.push_back(pose.place({point.x + random.between(-7, 7), point.y + random.between(-7, 7)}));
    }
    for (std::size_t i = 1; i < placed.size(); ++i) {
      canvas.draw(placed[i - 1], placed[i], radius);
    }
  }
  for (int spots = random.between(0, 4); spots > 0; --spots) {
    const Point spot{random.between(0, kCanvas - 1), random.between(0, kCanvas - 1)};
    const int width = random.between(2, 4);
    const Point end{spot.x + random.between(-8, 8), spot.y + random.between(-8, 8)};
    canvas.draw(spot, end, width);
  }
  const int ink = random.between(190, 255);
  for (int y = 0; y < kDim; ++y) {
    for (int x = 0; x < kDim; ++x) {
      image.planes[static_cast<std::size_t>(y * kDim + x)] =
          static_cast<std::uint8_t>(ink * canvas.coverage(x, y) / (kSamples * kSamples));
    }
  }
  return image;
}

}  // namespace

bool draws_digits(const ImageShape& shape) {
  return shape.pixel_signs && shape.height == kDim && shape.width == kDim && shape.channels == 1;
}

ImageSet digit_images(const ImageShape& shape, std::uint64_t seed, int first, int count) {
  assert(draws_digits(shape) && first >= 0 && count >= 0);
  std::vector<Image> images;
  images.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    images.push_back(
        draw(shape, seed, static_cast<std::uint64_t>(first) + static_cast<std::uint64_t>(i)));
  }
  return ImageSet(std::move(images));
}

ImageSet embedded_images(const ImageShape& shape, std::uint64_t seed, int first, int count) {
  if (shape == kCifar10) {
    return synthetic_images(seed, first, count);
  }
  if (draws_digits(shape)) {
    return digit_images(shape, seed, first, count);
  }
  throw InputError("there are no embedded images of " + std::to_string(shape.height) + " x " +
                   std::to_string(shape.width) + " x " + std::to_string(shape.channels) +
                   " values: give images with --images, and parameters with --params");
}

}  // namespace fluence
