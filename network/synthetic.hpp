// The embedded data set: ten classes of 32x32 colour images, drawn by code.
//
// Every image shows one object, a plain shape or a textured one, of random colour, place, size, tilt and
// shear, brighter than the random background, with clutter behind and before it, then blurred and noisy.
// All arithmetic is on integers: equal seeds give equal bytes on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "network/images.hpp"

namespace fluence {

inline constexpr int kSyntheticClassCount = 10;

/// Names of the classes, in the order of their labels.
inline constexpr std::array<std::string_view, kSyntheticClassCount> kSyntheticClasses = {
    "disc", "ring", "square", "triangle", "star", "cross", "crescent", "stripes", "checks", "dots"};

/// Different seeds give unrelated images, so these two sets are disjoint.
inline constexpr std::uint64_t kSyntheticTestSeed = 1;
inline constexpr std::uint64_t kSyntheticTrainSeed = 2;
inline constexpr int kSyntheticTestImages = 10'000;

/// Images `first` .. `first + count - 1` of the endless sequence of a seed. Image i depends on nothing
/// but the seed and i. first >= 0, count >= 0.
ImageSet synthetic_images(std::uint64_t seed, int first, int count);

/// The images as records of a label and its values, of these CIFAR-10's official binary format: what
/// ImageSet::load reads.
std::string cifar10_bytes(const ImageSet& images);

/// A PNG picture with a row for each class that shows the class's first `columns` images (fewer if the
/// set has not as many), each enlarged twice. columns >= 1.
std::string contact_sheet_png(const ImageSet& images, int columns);

}  // namespace fluence
