// Images: converts 8-bit pixels to the model's input: resized, cropped, normalized.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace onedge::tasks {

enum class Resample : uint8_t { kBilinear, kBicubic, kNearest };
enum class Layout : uint8_t { kNchw, kNhwc };

// Pixels to the model's input. Without shortest_edge the image is stretched to width x height. With it the shorter side
// gets this length, the other side stays in proportion, but at most longest_edge if that is set; then the middle width
// x height is cut out, or all is kept if both are 0. Then (pixel * scale - mean) / std for each channel.
struct ImagePreprocessing {
  uint64_t width = 0;  // pixels
  uint64_t height = 0;
  uint64_t shortest_edge = 0;
  uint64_t longest_edge = 0;
  Resample resample = Resample::kBilinear;
  uint64_t channels = 3;     // 1 (grey) or 3 (RGB)
  double scale = 1.0 / 255;  // the factor for a pixel of 0..255
  std::vector<double> mean;  // [channels], empty: 0
  std::vector<double> std;   // [channels], empty: 1
  bool invert = false;       // 255 - pixel: models of white ink on black, images of black on white
  Layout layout = Layout::kNchw;
};

// Pixels in rows from the top, `channels` bytes each: 1 grey, 3 RGB, 4 RGBA (alpha is laid over white).
struct Image {
  std::span<const uint8_t> pixels;
  size_t width = 0;
  size_t height = 0;
  size_t channels = 0;
};

// float32 [1, channels, height, width], or [1, height, width, channels]. Resized with half-pixel centres; a reduction
// averages the whole area of an output pixel. The filters are PIL's.
Result<Tensor> PreprocessImage(const Image& image, const ImagePreprocessing& options, MemoryBudget* budget);

}  // namespace onedge::tasks
