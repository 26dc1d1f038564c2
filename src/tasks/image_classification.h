// image-classification: 8-bit pixels to labels with scores.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/session.h"
#include "tasks/ranking.h"

namespace onedge::tasks {

// How pixels become the model's input: resized to width x height, then (pixel * scale - mean) / std for each channel.
struct ImagePreprocessing {
  size_t width = 224;
  size_t height = 224;
  size_t channels = 3;         // 1 (grey) or 3 (RGB)
  float scale = 1.0f / 255;    // what a pixel of 0..255 is multiplied by
  std::vector<float> mean;     // [channels], empty: 0
  std::vector<float> std;      // [channels], empty: 1
  bool invert = false;         // 255 - pixel: models of white ink on black, images of black on white
  bool channels_last = false;  // NHWC instead of NCHW
};

// Pixels in rows from the top, `channels` bytes each: 1 grey, 3 RGB, 4 RGBA (alpha is laid over white).
struct Image {
  std::span<const uint8_t> pixels;
  size_t width;
  size_t height;
  size_t channels;
};

// float32 [1, channels, height, width], or [1, height, width, channels]. Resized bilinearly with half-pixel centres; a
// reduction averages the whole area that an output pixel covers. Source: PIL's triangle filter.
Result<Tensor> PreprocessImage(const Image& image, const ImagePreprocessing& options, MemoryBudget* budget);

struct ImageClassificationOptions {
  std::vector<std::string> labels;
  ScoreFunction function = ScoreFunction::kSoftmax;
  ImagePreprocessing preprocessing;
};

class ImageClassification {
 public:
  // The model takes one float32 image and gives float32 [1, labels].
  static Result<ImageClassification> Create(const runtime::Model& model, ImageClassificationOptions options);

  Result<std::vector<LabelScore>> Run(runtime::Session& session, const Image& image, size_t top_k,
                                      const runtime::RunOptions& run_options = {});

 private:
  explicit ImageClassification(ImageClassificationOptions options) : options_(std::move(options)) {}

  ImageClassificationOptions options_;
};

}  // namespace onedge::tasks
