#include "network/synthetic.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdlib>
#include <utility>
#include <vector>

#include "network/image_random.hpp"
#include "network/synthetic_shapes.hpp"

namespace fluence {
namespace {

using namespace synthetic;

static_assert(kCifar10 == ImageShape{kDim, kChannels});

// The canvas has four samples a pixel, so that edges come out smooth.
constexpr int kCanvas = 2 * kDim;

// Objects stand upright within 31 degrees; in units of turn().
constexpr int kTilt = 280;

using Color = std::array<int, kChannels>;
using Canvas = std::array<std::array<std::array<std::int16_t, kCanvas>, kCanvas>, kChannels>;

/// Where an object lies. Lengths are in samples, directions in 1/1024.
struct Pose {
  int x = 0, y = 0;
  int radius_u = 0, radius_v = 0;
  int cos = 0, sin = 0;
  int shear = 0;
};

// A point of the unit circle from one number, the tangent of half the angle in 1/1024.
void turn(Pose& pose, int limit, ImageRandom& random) {
  const int t = random.between(-limit, limit);
  const int norm = 1024 * 1024 + t * t;
  pose.cos = static_cast<int>(1024LL * (1024 * 1024 - t * t) / norm);
  pose.sin = static_cast<int>(1024LL * 2 * 1024 * t / norm);
}

int brightness(const Color& color) { return color[0] + color[1] + color[2]; }

Color any_color(ImageRandom& random) {
  return {random.between(16, 240), random.between(16, 240), random.between(16, 240)};
}

// Brighter than another colour by low .. high, summed over the channels.
Color brighter_color(const Color& other, int low, int high, ImageRandom& random) {
  for (;;) {
    const auto color = any_color(random);
    if (const int d = brightness(color) - brightness(other); d >= low && d <= high) {
      return color;
    }
  }
}

/// Colours the samples of the object: `color(u, v)` gives nothing (nullptr) outside of it.
template <typename ColorAt>
void paint(Canvas& canvas, const Pose& pose, const ColorAt& color) {
  const int reach = 3 * std::max(pose.radius_u, pose.radius_v) / 2 + 2;  // the frame's corners
  for (int y = std::max(0, pose.y - reach); y < std::min(kCanvas, pose.y + reach); ++y) {
    for (int x = std::max(0, pose.x - reach); x < std::min(kCanvas, pose.x + reach); ++x) {
      const int dx = x - pose.x;
      const int dy = y - pose.y;
      const int v = (dy * pose.cos - dx * pose.sin) / pose.radius_v;
      const int u = (dx * pose.cos + dy * pose.sin) / pose.radius_u + v * pose.shear / 1024;
      if (std::abs(u) > kUnit || std::abs(v) > kUnit) {
        continue;
      }
      if (const Color* found = color(u, v)) {
        for (std::size_t c = 0; c < found->size(); ++c) {
          canvas[c][static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] =
              static_cast<std::int16_t>((*found)[c]);
        }
      }
    }
  }
}

void paint_background(Canvas& canvas, const Color& color, ImageRandom& random) {
  for (std::size_t c = 0; c < color.size(); ++c) {
    // A slope in both directions, in 1/64 a sample: up to 45 over the image.
    const int slope_x = random.between(-45, 45);
    const int slope_y = random.between(-45, 45);
    for (int y = 0; y < kCanvas; ++y) {
      for (int x = 0; x < kCanvas; ++x) {
        canvas[c][static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = static_cast<std::int16_t>(
            color[c] + (slope_x * (x - kCanvas / 2) + slope_y * (y - kCanvas / 2)) / kCanvas);
      }
    }
  }
}

/// A small blot or a thin bar anywhere.
void paint_clutter(Canvas& canvas, const Color& color, int largest, ImageRandom& random) {
  Pose pose;
  pose.x = random.between(0, kCanvas - 1);
  pose.y = random.between(0, kCanvas - 1);
  turn(pose, 1024, random);
  const bool bar = random.between(0, 1) == 0;
  pose.radius_u = bar ? random.between(largest, 4 * largest) : random.between(2, largest);
  pose.radius_v = bar ? random.between(1, 2) : random.between(2, largest);
  if (random.between(0, 1) == 0) {
    paint(canvas, pose, [&](int u, int v) { return disc(u, v) ? &color : nullptr; });
  } else {
    paint(canvas, pose, [&](int u, int v) { return square(u, v) ? &color : nullptr; });
  }
}

void paint_object(Canvas& canvas, int label, const Color& background, ImageRandom& random) {
  Pose pose;
  const int radius = random.between(15, 27);
  pose.radius_u = radius * random.between(80, 100) / 100;
  pose.radius_v = radius * random.between(80, 100) / 100;
  pose.x = kCanvas / 2 + random.between(-(30 - radius), 30 - radius);
  pose.y = kCanvas / 2 + random.between(-(30 - radius), 30 - radius);
  pose.shear = random.between(-150, 150);
  turn(pose, kTilt, random);
  const auto second = brighter_color(background, -60, 60, random);
  const auto color = brighter_color(background, 75, 380, random);
  const int outline = random.between(0, 2);
  // A texture keeps its size on the canvas: an eighth to a quarter of the image.
  const int period = kUnit * random.between(9, 15) / radius / 2 * 2;
  const auto shape = [&](auto inside) {
    paint(canvas, pose, [&](int u, int v) { return inside(u, v) ? &color : nullptr; });
  };
  const auto texture = [&](auto first) {
    paint(canvas, pose, [&](int u, int v) -> const Color* {
      const bool inside = outline == 0 ? disc(u, v) : outline == 1 ? square(u, v) : triangle(u, v);
      return !inside ? nullptr : first(u, v) ? &color : &second;
    });
  };
  switch (label) {
    case 0: return shape(disc);
    case 1: return shape(ring);
    case 2: return shape(square);
    case 3: return shape(triangle);
    case 4: return shape(star);
    case 5: return shape(cross);
    case 6: return shape(crescent);
    case 7: return texture([&](int u, int v) { return stripes(u, v, period); });
    case 8: return texture([&](int u, int v) { return checks(u, v, period); });
    default: return texture([&](int u, int v) { return dots(u, v, period); });
  }
}

using Plane = std::array<std::array<int, kDim>, kDim>;

Plane shrink(const std::array<std::array<std::int16_t, kCanvas>, kCanvas>& samples) {
  Plane plane{};
  for (std::size_t y = 0; y < plane.size(); ++y) {
    for (std::size_t x = 0; x < plane.size(); ++x) {
      plane[y][x] = samples[2 * y][2 * x] + samples[2 * y][2 * x + 1] + samples[2 * y + 1][2 * x] +
                    samples[2 * y + 1][2 * x + 1];
    }
  }
  return plane;
}

// One pass of the 3x3 binomial filter; the border repeats.
void blur(Plane& plane) {
  const auto filter = [](auto at) {
    int before = at(0);
    for (std::size_t i = 0; i < kDim; ++i) {
      const int here = at(i);
      const int after = at(std::min(i + 1, std::size_t{kDim - 1}));
      at(i) = (before + 2 * here + after) / 4;
      before = here;
    }
  };
  for (std::size_t k = 0; k < kDim; ++k) {
    filter([&](std::size_t i) -> int& { return plane[k][i]; });
  }
  for (std::size_t k = 0; k < kDim; ++k) {
    filter([&](std::size_t i) -> int& { return plane[i][k]; });
  }
}

Image draw(std::uint64_t seed, std::uint64_t index) {
  ImageRandom random(seed, index);
  Image image;
  image.label = static_cast<std::uint8_t>(random.between(0, kSyntheticClassCount - 1));
  Canvas canvas;
  const Color background = {random.between(16, 160), random.between(16, 160), random.between(16, 160)};
  paint_background(canvas, background, random);
  for (int n = random.between(1, 6); n > 0; --n) {
    paint_clutter(canvas, any_color(random), 8, random);
  }
  paint_object(canvas, image.label, background, random);
  for (int n = random.between(0, 3); n > 0; --n) {
    paint_clutter(canvas, any_color(random), 4, random);
  }
  const int passes = random.between(0, 2);
  const int noise = random.between(8, 56);  // amplitude, in pixel values
  std::uint64_t bits = 0;
  for (std::size_t c = 0; c < canvas.size(); ++c) {
    auto plane = shrink(canvas[c]);
    for (int pass = 0; pass < passes; ++pass) {
      blur(plane);
    }
    for (std::size_t k = 0; k < kDim * kDim; ++k) {
      if (k % 4 == 0) {
        bits = random.next();
      }
      // Two bytes: a triangular distribution, -255 .. 255.
      const int error = static_cast<int>(bits & 0xff) - static_cast<int>((bits >> 8) & 0xff);
      bits >>= 16;
      const int value = plane[k / kDim][k % kDim] / 4 + error * noise / 256;
      image.planes[c * kDim * kDim + k] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
    }
  }
  return image;
}

}  // namespace

ImageSet synthetic_images(std::uint64_t seed, int first, int count) {
  assert(first >= 0 && count >= 0);
  std::vector<Image> images;
  images.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    images.push_back(draw(seed, static_cast<std::uint64_t>(first) + static_cast<std::uint64_t>(i)));
  }
  return ImageSet(std::move(images));
}

std::string cifar10_bytes(const ImageSet& images) {
  std::string bytes;
  for (int i = 0; i < images.size(); ++i) {
    bytes.push_back(static_cast<char>(images[i].label));
    for (const auto value : images[i].planes) {
      bytes.push_back(static_cast<char>(value));
    }
  }
  return bytes;
}

}  // namespace fluence
