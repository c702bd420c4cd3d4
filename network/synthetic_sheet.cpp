#include <png.h>

#include <cassert>
#include <cstddef>
#include <vector>

#include "network/synthetic.hpp"
#include "network/synthetic_shapes.hpp"

namespace fluence {
namespace {

using synthetic::kChannels;
using synthetic::kDim;

constexpr int kScale = 2;
constexpr int kGap = 4;
constexpr int kCell = kScale * kDim + kGap;

}  // namespace

std::string contact_sheet_png(const ImageSet& images, int columns) {
  assert(columns >= 1);
  const int width = columns * kCell + kGap;
  const int height = kSyntheticClassCount * kCell + kGap;
  std::vector<unsigned char> pixels(static_cast<std::size_t>(width * height * kChannels), 255);
  std::array<int, kSyntheticClassCount> shown{};
  for (int i = 0; i < images.size(); ++i) {
    const auto& image = images[i];
    const int column = shown.at(image.label)++;
    if (column >= columns) {
      continue;
    }
    for (int y = 0; y < kScale * kDim; ++y) {
      for (int x = 0; x < kScale * kDim; ++x) {
        const int row = kGap + image.label * kCell + y;
        const int at = row * width + kGap + column * kCell + x;
        const int from = y / kScale * kDim + x / kScale;
        for (int c = 0; c < kChannels; ++c) {
          pixels[static_cast<std::size_t>(at * kChannels + c)] =
              image.planes[static_cast<std::size_t>(c * kDim * kDim + from)];
        }
      }
    }
  }
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.format = PNG_FORMAT_RGB;
  header.width = static_cast<png_uint_32>(width);
  header.height = static_cast<png_uint_32>(height);
  std::string file(PNG_IMAGE_PNG_SIZE_MAX(header), '\0');
  png_alloc_size_t size = file.size();
  [[maybe_unused]] const int written =
      png_image_write_to_memory(&header, file.data(), &size, 0, pixels.data(), 0, nullptr);
  assert(written != 0);
  file.resize(size);
  return file;
}

}  // namespace fluence
