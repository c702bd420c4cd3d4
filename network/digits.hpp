// The embedded data set of networks that take digits: 28 x 28 grey values, drawn by code.
//
// Every image shows one digit, written with a pen of random width in random place, size, tilt and slant,
// its strokes bent at random, with stray spots. All arithmetic is on integers: equal seeds give equal
// bytes on every machine. Labels, seeds and numbers of images are those of network/synthetic.hpp.
#pragma once

#include <cstdint>

#include "network/images.hpp"

namespace fluence {

/// Whether code draws images for a network that takes such ones.
bool draws_digits(const ImageShape& shape);

/// Images `first` .. `first + count - 1` of the endless sequence of a seed; `shape` must be one of
/// digits.
ImageSet digit_images(const ImageShape& shape, std::uint64_t seed, int first, int count);

/// The embedded images of a network that takes such ones: these, or those of network/synthetic.hpp.
/// Throws InputError if there are none of that shape.
ImageSet embedded_images(const ImageShape& shape, std::uint64_t seed, int first, int count);

}  // namespace fluence
