// IDX files, in which MNIST is given out: images in one, labels in another.
#pragma once

#include <filesystem>
#include <vector>

#include "network/images.hpp"

namespace fluence {

/// Whether a regular file begins as one of images and is as long as it says, or has images of that
/// shape.
bool is_idx(const std::filesystem::path& file, const ImageShape& shape);

/// Reads the images of a file, and their labels from the file beside it whose name has "labels" for
/// "images" and "idx1" for "idx3". Throws InputError naming the file if one cannot be read, has another
/// size or number than it says or the other has, images of another shape, or a label not below `labels`.
std::vector<Image> read_idx(const std::filesystem::path& file, const ImageShape& shape, int labels);

}  // namespace fluence
