#include "tasks/image_classification.h"

#include <algorithm>
#include <cmath>

namespace onedge::tasks {
namespace {

// One output pixel along one axis: the source pixels it covers and their weights, which sum to 1.
struct Span {
  size_t first;
  std::vector<double> weights;
};

std::vector<Span> TriangleFilter(size_t from, size_t to) {
  const double ratio = static_cast<double>(from) / static_cast<double>(to);
  const double support = std::max(1.0, ratio);
  std::vector<Span> spans(to);
  for (size_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * ratio;
    const double low = std::max(0.0, std::floor(centre - support + 0.5));
    const double high = std::min(static_cast<double>(from), std::floor(centre + support + 0.5));
    Span& span = spans[i];
    span.first = static_cast<size_t>(low);
    double sum = 0;
    for (double x = low; x < high; ++x) {
      const double weight = std::max(0.0, 1 - std::abs((x + 0.5 - centre) / support));
      span.weights.push_back(weight);
      sum += weight;
    }
    for (double& weight : span.weights) weight /= sum;
  }
  return spans;
}

// Pixel (x, y) as `channels` values of 0..255.
void ReadPixel(const Image& image, size_t x, size_t y, size_t channels, double* out) {
  const uint8_t* pixel = image.pixels.data() + (y * image.width + x) * image.channels;
  double rgb[3];
  for (size_t c = 0; c < 3; ++c) rgb[c] = pixel[image.channels == 1 ? 0 : c];
  if (image.channels == 4) {
    const double alpha = pixel[3] / 255.0;
    for (double& value : rgb) value = value * alpha + 255 * (1 - alpha);
  }
  if (channels == 3) {
    std::copy_n(rgb, 3, out);
  } else if (image.channels == 1) {
    out[0] = rgb[0];
  } else {
    out[0] = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];  // luma, ITU-R BT.601
  }
}

Status CheckImage(const Image& image, const ImagePreprocessing& options) {
  if (image.width == 0 || image.height == 0 || image.width > 65536 || image.height > 65536) {
    return InvalidArgument("image: expected 1 to 65536 pixels a side, got ", image.width, " x ", image.height);
  }
  if (image.channels != 1 && image.channels != 3 && image.channels != 4) {
    return InvalidArgument("image: expected 1 (grey), 3 (RGB) or 4 (RGBA) channels, got ", image.channels);
  }
  const uint64_t bytes = uint64_t{image.width} * image.height * image.channels;
  if (image.pixels.size() != bytes) {
    return InvalidArgument("image: ", image.width, " x ", image.height, " x ", image.channels, " needs ", bytes,
                           " bytes, got ", image.pixels.size());
  }
  const bool sizes = options.width > 0 && options.height > 0 && options.width <= 65536 && options.height <= 65536;
  if (!sizes || (options.channels != 1 && options.channels != 3)) {
    return InvalidArgument("image preprocessing: expected 1 to 65536 pixels a side and 1 or 3 channels");
  }
  for (const std::vector<float>* list : {&options.mean, &options.std}) {
    if (!list->empty() && list->size() != options.channels) {
      return InvalidArgument("image preprocessing: mean and std need ", options.channels, " numbers each");
    }
  }
  return OkStatus();
}

}  // namespace

Result<Tensor> PreprocessImage(const Image& image, const ImagePreprocessing& options, MemoryBudget* budget) {
  ONEDGE_RETURN_IF_ERROR(CheckImage(image, options));
  const size_t channels = options.channels;
  const std::vector<Span> columns = TriangleFilter(image.width, options.width);
  const std::vector<Span> rows = TriangleFilter(image.height, options.height);

  // Across first: [image.height, options.width, channels].
  std::vector<double> narrowed(image.height * options.width * channels);
  std::vector<double> line(image.width * channels);
  for (size_t y = 0; y < image.height; ++y) {
    for (size_t x = 0; x < image.width; ++x) ReadPixel(image, x, y, channels, &line[x * channels]);
    for (size_t x = 0; x < options.width; ++x) {
      double* out = &narrowed[(y * options.width + x) * channels];
      for (size_t k = 0; k < columns[x].weights.size(); ++k) {
        for (size_t c = 0; c < channels; ++c)
          out[c] += columns[x].weights[k] * line[(columns[x].first + k) * channels + c];
      }
    }
  }

  const int64_t height = static_cast<int64_t>(options.height);
  const int64_t width = static_cast<int64_t>(options.width);
  const int64_t depth = static_cast<int64_t>(channels);
  const Shape shape = options.channels_last ? Shape{1, height, width, depth} : Shape{1, depth, height, width};
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DType::kFloat32, shape, budget));
  float* out = tensor.mutable_data<float>();
  for (size_t y = 0; y < options.height; ++y) {
    for (size_t x = 0; x < options.width; ++x) {
      for (size_t c = 0; c < channels; ++c) {
        double value = 0;
        for (size_t k = 0; k < rows[y].weights.size(); ++k) {
          value += rows[y].weights[k] * narrowed[((rows[y].first + k) * options.width + x) * channels + c];
        }
        if (options.invert) value = 255 - value;
        value *= static_cast<double>(options.scale);
        if (!options.mean.empty()) value -= static_cast<double>(options.mean[c]);
        if (!options.std.empty()) value /= static_cast<double>(options.std[c]);
        const size_t index = options.channels_last ? (y * options.width + x) * channels + c
                                                   : (c * options.height + y) * options.width + x;
        out[index] = static_cast<float>(value);
      }
    }
  }
  return tensor;
}

Result<ImageClassification> ImageClassification::Create(const runtime::Model& model,
                                                        ImageClassificationOptions options) {
  if (model.inputs().size() != 1 || model.inputs()[0].type.dtype != DType::kFloat32) {
    return Unsupported("image-classification needs a model with one float32 input; this one has ",
                       model.inputs().size(), " inputs; run it with tensors instead");
  }
  if (options.labels.empty()) return InvalidArgument("image-classification needs labels; this model names none");
  return ImageClassification(std::move(options));
}

Result<std::vector<LabelScore>> ImageClassification::Run(runtime::Session& session, const Image& image, size_t top_k,
                                                         const runtime::RunOptions& run_options) {
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, PreprocessImage(image, options_.preprocessing, session.model().budget()));
  const runtime::NamedValue inputs[] = {{session.model().inputs()[0].name, std::move(tensor)}};
  ONEDGE_ASSIGN_OR_RETURN(const auto outputs, session.Run(inputs, run_options));
  ONEDGE_ASSIGN_OR_RETURN(const auto logits,
                          LogitsOf(outputs[0], session.model().outputs()[0].name, options_.labels.size()));
  return Rank(logits, options_.labels, options_.function, top_k);
}

}  // namespace onedge::tasks
