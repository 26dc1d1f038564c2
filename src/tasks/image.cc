#include "tasks/image.h"

#include <algorithm>
#include <cmath>

namespace onedge::tasks {
namespace {

// One output pixel along one axis: the source pixels it covers and their weights, which sum to 1.
struct Span {
  size_t first;
  std::vector<double> weights;
};

// PIL's kernels and their radius.
double Kernel(Resample resample, double x) {
  x = std::abs(x);
  if (resample == Resample::kBilinear) return std::max(0.0, 1 - x);
  constexpr double kA = -0.5;
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * kA : 0;
}

// The spans of `count` of `to` output pixels, from `first` on.
std::vector<Span> Spans(Resample resample, size_t from, double to, double first, size_t count) {
  const double ratio = static_cast<double>(from) / to;
  const double stretch = std::max(1.0, ratio);
  const double support = stretch * (resample == Resample::kBicubic ? 2 : 1);
  std::vector<Span> spans(count);
  for (size_t i = 0; i < count; ++i) {
    const double centre = (first + static_cast<double>(i) + 0.5) * ratio;
    Span& span = spans[i];
    if (resample == Resample::kNearest) {
      span = {std::min(static_cast<size_t>(centre), from - 1), {1}};
      continue;
    }
    const double low = std::max(0.0, std::floor(centre - support + 0.5));
    const double high = std::min(static_cast<double>(from), std::floor(centre + support + 0.5));
    span.first = static_cast<size_t>(low);
    double sum = 0;
    for (double x = low; x < high; ++x) {
      const double weight = Kernel(resample, (x + 0.5 - centre) / stretch);
      span.weights.push_back(weight);
      sum += weight;
    }
    for (double& weight : span.weights) weight /= sum;
  }
  return spans;
}

struct Size {
  double width;
  double height;
};

// The size of the image after resizing and before cropping.
Size ResizedSize(const Image& image, const ImagePreprocessing& options) {
  if (options.shortest_edge == 0) return {static_cast<double>(options.width), static_cast<double>(options.height)};
  const auto shorter = static_cast<double>(std::min(image.width, image.height));
  const auto longer = static_cast<double>(std::max(image.width, image.height));
  auto edge = static_cast<double>(options.shortest_edge);
  const auto most = static_cast<double>(options.longest_edge);
  if (most > 0 && edge * longer > most * shorter) {
    edge = std::max(1.0, std::round(most * shorter / longer));
  }
  const double other = std::floor(edge * longer / shorter);
  return image.width < image.height ? Size{edge, other} : Size{other, edge};
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

constexpr size_t kMaxSide = 65536;  // pixels

Status CheckImage(const Image& image, const ImagePreprocessing& options) {
  if (image.width == 0 || image.height == 0 || image.width > kMaxSide || image.height > kMaxSide) {
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
  if (options.channels != 1 && options.channels != 3) return InvalidArgument("'channels': expected 1 or 3");
  for (const auto* list : {&options.mean, &options.std}) {
    if (!list->empty() && list->size() != options.channels) {
      return InvalidArgument("'mean', 'std': expected ", options.channels, " numbers each");
    }
  }
  return OkStatus();
}

}  // namespace

Result<Tensor> PreprocessImage(const Image& image, const ImagePreprocessing& options, MemoryBudget* budget) {
  ONEDGE_RETURN_IF_ERROR(CheckImage(image, options));
  const auto channels = static_cast<size_t>(options.channels);
  const Size resized = ResizedSize(image, options);
  const bool whole = options.shortest_edge > 0 && options.width == 0 && options.height == 0;
  const Size cut = whole ? resized : Size{static_cast<double>(options.width), static_cast<double>(options.height)};
  if (!(cut.width > 0 && cut.height > 0 && cut.width <= resized.width && cut.height <= resized.height &&
        std::max(resized.width, resized.height) <= kMaxSide)) {
    return InvalidArgument("image: ", image.width, " x ", image.height, " pixels become ", resized.width, " x ",
                           resized.height, ", too small for a crop of ", cut.width, " x ", cut.height);
  }
  const auto out_width = static_cast<size_t>(cut.width);
  const auto out_height = static_cast<size_t>(cut.height);
  const std::vector<Span> columns =
      Spans(options.resample, image.width, resized.width, std::floor((resized.width - cut.width) / 2), out_width);
  const std::vector<Span> rows =
      Spans(options.resample, image.height, resized.height, std::floor((resized.height - cut.height) / 2), out_height);

  // Horizontally first.
  ONEDGE_ASSIGN_OR_RETURN(
      Tensor narrowed_tensor,
      Tensor::Allocate(DType::kFloat64,
                       {static_cast<int64_t>(image.height), static_cast<int64_t>(out_width * channels)}, budget));
  double* narrowed = narrowed_tensor.mutable_data<double>();
  std::fill_n(narrowed, image.height * out_width * channels, 0.0);
  std::vector<double> line(image.width * channels);
  for (size_t y = 0; y < image.height; ++y) {
    for (size_t x = 0; x < image.width; ++x) ReadPixel(image, x, y, channels, &line[x * channels]);
    for (size_t x = 0; x < out_width; ++x) {
      double* out = narrowed + (y * out_width + x) * channels;
      for (size_t k = 0; k < columns[x].weights.size(); ++k) {
        for (size_t c = 0; c < channels; ++c)
          out[c] += columns[x].weights[k] * line[(columns[x].first + k) * channels + c];
      }
    }
  }

  const int64_t height = static_cast<int64_t>(out_height);
  const int64_t width = static_cast<int64_t>(out_width);
  const int64_t depth = static_cast<int64_t>(channels);
  const Shape shape = options.layout == Layout::kNhwc ? Shape{1, height, width, depth} : Shape{1, depth, height, width};
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DType::kFloat32, shape, budget));
  float* out = tensor.mutable_data<float>();
  for (size_t y = 0; y < out_height; ++y) {
    for (size_t x = 0; x < out_width; ++x) {
      for (size_t c = 0; c < channels; ++c) {
        double value = 0;
        for (size_t k = 0; k < rows[y].weights.size(); ++k) {
          value += rows[y].weights[k] * narrowed[((rows[y].first + k) * out_width + x) * channels + c];
        }
        if (options.invert) value = 255 - value;
        value *= options.scale;
        if (!options.mean.empty()) value -= options.mean[c];
        if (!options.std.empty()) value /= options.std[c];
        const size_t index =
            options.layout == Layout::kNhwc ? (y * out_width + x) * channels + c : (c * out_height + y) * out_width + x;
        out[index] = static_cast<float>(value);
      }
    }
  }
  return tensor;
}

}  // namespace onedge::tasks
