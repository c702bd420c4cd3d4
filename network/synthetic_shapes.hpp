// The objects of the embedded data set as predicates on the plane. Integers only.
#pragma once

#include <cstdlib>

namespace fluence::synthetic {

/// Of the images, kCifar10's.
inline constexpr int kDim = 32;
inline constexpr int kChannels = 3;

/// Coordinates in the object's own frame: the object fits into |u|, |v| <= kUnit.
inline constexpr int kUnit = 1024;

inline bool disc(int u, int v) { return u * u + v * v < kUnit * kUnit; }

inline bool ring(int u, int v) {
  constexpr int kInner = 560;
  return disc(u, v) && u * u + v * v > kInner * kInner;
}

inline bool square(int u, int v) {
  constexpr int kHalf = 850;
  return std::abs(u) < kHalf && std::abs(v) < kHalf;
}

inline bool triangle(int u, int v) {
  // Equilateral, pointing to -v; 887/512 is the square root of three.
  return v < kUnit / 2 && v * 512 > -512 * kUnit + 887 * std::abs(u);
}

inline bool star(int u, int v) {
  // A point is in the pentagram if it is inside at least four of its five lines.
  constexpr int kInner = 391;  // the lines' distance from the centre; 316 would be the regular, thin one
  constexpr int kNormals[5][2] = {{0, 1024}, {974, 316}, {602, -828}, {-602, -828}, {-974, 316}};
  int inside = 0;
  for (const auto& normal : kNormals) {
    inside += u * normal[0] + v * normal[1] < kInner * kUnit ? 1 : 0;
  }
  return inside >= 4 && disc(u, v);
}

inline bool cross(int u, int v) {
  constexpr int kHalf = 330;
  constexpr int kLong = 1000;
  const int a = std::abs(u);
  const int b = std::abs(v);
  return (a < kHalf && b < kLong) || (b < kHalf && a < kLong);
}

inline bool crescent(int u, int v) {
  constexpr int kShift = 480;
  constexpr int kBite = 800;
  return disc(u, v) && (u - kShift) * (u - kShift) + v * v > kBite * kBite;
}

/// Textures: which of two colours a point has. Periods divide the plane, not the object.
inline bool stripes(int u, int /*v*/, int period) { return ((u + 64 * period) / (period / 2)) % 2 == 0; }

inline bool checks(int u, int v, int period) {
  const int half = period / 2;
  return ((u + 64 * period) / half + (v + 64 * period) / half) % 2 == 0;
}

inline bool dots(int u, int v, int period) {
  const int a = (u + 64 * period) % period - period / 2;
  const int b = (v + 64 * period) % period - period / 2;
  return 9 * (a * a + b * b) < period * period;
}

}  // namespace fluence::synthetic
