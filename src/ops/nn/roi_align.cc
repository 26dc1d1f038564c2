// RoiAlign (ai.onnx 10, 16, 22) and MaxRoiPool (1, 22): pools regions of interest of an image to a fixed size.
#include <algorithm>
#include <cmath>

#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

constexpr int64_t kLimit = int64_t{1} << 31;

Status InferRegions(ShapeContext& ctx, int64_t columns, int64_t height, int64_t width) {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 1));
  const Dims* x = ctx.InputDims(0);
  const Dims* rois = ctx.InputDims(1);
  if (x && x->size() != 4) return InvalidArgument("input 0: expected [N, C, H, W], got ", x->size(), " dimensions");
  if (rois && (rois->size() != 2 || ((*rois)[1].known() && (*rois)[1].value != columns))) {
    return InvalidArgument("input 1: expected [regions, ", columns, "]");
  }
  ctx.SetOutput(
      0, ctx.InputDType(0),
      Dims{rois ? (*rois)[0] : Dim::Unknown(), x ? (*x)[1] : Dim::Unknown(), Dim::Known(height), Dim::Known(width)});
  return OkStatus();
}

// A sample between four elements: their offsets into a plane, and weights.
template <typename T>
struct Bilinear {
  size_t offset[4] = {};
  T weight[4] = {};
};

template <typename T>
Bilinear<T> SampleAt(T y, T x, int64_t height, int64_t width) {
  Bilinear<T> sample;
  if (!(y >= -1 && y <= static_cast<T>(height) && x >= -1 && x <= static_cast<T>(width))) return sample;
  y = std::max<T>(0, y);
  x = std::max<T>(0, x);
  int64_t top = static_cast<int64_t>(y);
  int64_t left = static_cast<int64_t>(x);
  int64_t bottom = top + 1;
  int64_t right = left + 1;
  if (top >= height - 1) {
    top = bottom = height - 1;
    y = static_cast<T>(top);
  }
  if (left >= width - 1) {
    left = right = width - 1;
    x = static_cast<T>(left);
  }
  const T fy = y - static_cast<T>(top);
  const T fx = x - static_cast<T>(left);
  const int64_t rows[4] = {top, top, bottom, bottom};
  const int64_t columns[4] = {left, right, left, right};
  const T weights[4] = {(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx};
  for (size_t i = 0; i < 4; ++i) {
    sample.offset[i] = static_cast<size_t>(rows[i] * width + columns[i]);
    sample.weight[i] = weights[i];
  }
  return sample;
}

}  // namespace

struct RoiAlign final : Op {
  bool average = true;
  bool half_pixel = true;
  int64_t out_height = 1;
  int64_t out_width = 1;
  int64_t sampling_ratio = 0;  // samples along each side of a bin; 0: about one for each input element
  float spatial_scale = 1;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(2));
    return InferRegions(ctx, 4, out_height, out_width);
  }

  // x: [N, C, H, W], rois: [R, 4] (x1, y1, x2, y2), batch_indices: int64 [R] -> y: [R, C, out_height, out_width]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Shape& shape = ctx.Input(0).shape();
    const Shape& rois_shape = ctx.Input(1).shape();
    if (shape.rank() != 4 || rois_shape.rank() != 2 || rois_shape[1] != 4) {
      return InvalidArgument("expected [N, C, H, W] and [regions, 4], got ", shape, " and ", rois_shape);
    }
    ONEDGE_ASSIGN_OR_RETURN(const auto batches, ctx.Input(2).ToInt64s("input 2"));
    if (batches.size() != static_cast<size_t>(rois_shape[0])) {
      return InvalidArgument("input 2: expected [", rois_shape[0], "], got ", ctx.Input(2).shape());
    }
    for (int64_t batch : batches) {
      if (batch < 0 || batch >= shape[0])
        return InvalidArgument("input 2: expected indices in [0, ", shape[0], "), got ", batch);
    }
    const Shape out = {rois_shape[0], shape[1], out_height, out_width};
    ONEDGE_RETURN_IF_ERROR(out.Check());
    if (shape[2] == 0 || shape[3] == 0) return InvalidArgument("input 0: nothing to sample in shape ", shape);
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor rois, RealInput<T>(ctx, 1, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, out));
      for (size_t r = 0; r < batches.size(); ++r) {
        ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
        ONEDGE_RETURN_IF_ERROR(PoolRegion(
            ctx, shape, rois.template data<T>() + 4 * r,
            x.template data<T>() + static_cast<size_t>(batches[r]) * static_cast<size_t>(shape.element_count(1, 4)),
            y.data() + r * static_cast<size_t>(out.element_count(1, 4))));
      }
      return y.Store();
    });
  }

 private:
  template <typename T>
  Status PoolRegion(OpContext& ctx, const Shape& shape, const T* roi, const T* image, T* y) const {
    const T scale = static_cast<T>(spatial_scale);
    const T offset = static_cast<T>(half_pixel ? 0.5 : 0);
    const T left = roi[0] * scale - offset;
    const T top = roi[1] * scale - offset;
    T width = roi[2] * scale - offset - left;
    T height = roi[3] * scale - offset - top;
    if (!half_pixel) {
      width = std::max<T>(1, width);
      height = std::max<T>(1, height);
    }
    const T bin_height = height / static_cast<T>(out_height);
    const T bin_width = width / static_cast<T>(out_width);
    const double rows =
        sampling_ratio > 0 ? static_cast<double>(sampling_ratio) : std::ceil(static_cast<double>(bin_height));
    const double columns =
        sampling_ratio > 0 ? static_cast<double>(sampling_ratio) : std::ceil(static_cast<double>(bin_width));
    constexpr double kMostSamples =
        1 << 16;  // limit for one bin: a region far beyond any image stops here instead of running for hours
    if (!(std::max(1.0, rows) * std::max(1.0, columns) <= kMostSamples)) {
      return InvalidArgument("input 1: a region of ", static_cast<double>(height), " by ", static_cast<double>(width),
                             " elements is too large to sample");
    }
    const size_t sample_rows = static_cast<size_t>(std::max(0.0, rows));
    const size_t sample_columns = static_cast<size_t>(std::max(0.0, columns));
    const size_t count = std::max<size_t>(1, sample_rows * sample_columns);
    const size_t plane = static_cast<size_t>(shape[2] * shape[3]);
    const size_t bins = static_cast<size_t>(out_height * out_width);
    const size_t channels = static_cast<size_t>(shape[1]);
    ParallelRanges(ctx.threads(), bins, channels * count * 8, [&](size_t begin, size_t end) {
      for (size_t bin = begin; bin < end; ++bin) {
        const T bin_top = top + static_cast<T>(bin / static_cast<size_t>(out_width)) * bin_height;
        const T bin_left = left + static_cast<T>(bin % static_cast<size_t>(out_width)) * bin_width;
        for (size_t channel = 0; channel < channels; ++channel) y[channel * bins + bin] = 0;
        for (size_t i = 0; i < sample_rows * sample_columns; ++i) {
          const T row = static_cast<T>(i / sample_columns) + static_cast<T>(0.5);
          const T column = static_cast<T>(i % sample_columns) + static_cast<T>(0.5);
          const auto sample =
              SampleAt<T>(bin_top + row * bin_height / static_cast<T>(sample_rows),
                          bin_left + column * bin_width / static_cast<T>(sample_columns), shape[2], shape[3]);
          for (size_t channel = 0; channel < channels; ++channel) {
            const T* from = image + channel * plane;
            T terms[4];
            for (size_t k = 0; k < 4; ++k) terms[k] = sample.weight[k] * from[sample.offset[k]];
            T& out = y[channel * bins + bin];
            if (average) {
              out = out + (terms[0] + terms[1] + terms[2] + terms[3]);
            } else {
              const T highest = std::max(std::max(terms[0], terms[1]), std::max(terms[2], terms[3]));
              out = i == 0 ? highest : std::max(out, highest);
            }
          }
        }
        for (size_t channel = 0; average && channel < channels; ++channel) {
          y[channel * bins + bin] = y[channel * bins + bin] / static_cast<T>(count);
        }
      }
    });
    return OkStatus();
  }
};

struct MaxRoiPool final : Op {
  int64_t out_height = 1;
  int64_t out_width = 1;
  float spatial_scale = 1;

  Status InferShapes(ShapeContext& ctx) const override { return InferRegions(ctx, 5, out_height, out_width); }

  // x: [N, C, H, W], rois: [R, 5] (batch, x1, y1, x2, y2) -> y: [R, C, out_height, out_width]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Shape& shape = ctx.Input(0).shape();
    const Shape& rois_shape = ctx.Input(1).shape();
    if (shape.rank() != 4 || rois_shape.rank() != 2 || rois_shape[1] != 5) {
      return InvalidArgument("expected [N, C, H, W] and [regions, 5], got ", shape, " and ", rois_shape);
    }
    const Shape out = {rois_shape[0], shape[1], out_height, out_width};
    ONEDGE_RETURN_IF_ERROR(out.Check());
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor rois, RealInput<T>(ctx, 1, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, out));
      T* to = y.data();
      for (size_t r = 0; r < static_cast<size_t>(rois_shape[0]); ++r) {
        const T* roi = rois.template data<T>() + 5 * r;
        double box[4];  // x1, y1, x2, y2 in whole elements
        for (size_t i = 0; i < 4; ++i) {
          box[i] = std::round(static_cast<double>(roi[i + 1]) * static_cast<double>(spatial_scale));
          if (!(std::abs(box[i]) < 1e9)) return InvalidArgument("input 1: region ", r, " is too large");
        }
        if (!(roi[0] >= 0 && roi[0] < static_cast<T>(shape[0]))) {
          return InvalidArgument("input 1: expected a batch index in [0, ", shape[0], "), got ",
                                 static_cast<double>(roi[0]));
        }
        const T* image =
            x.template data<T>() + static_cast<size_t>(roi[0]) * static_cast<size_t>(shape.element_count(1, 4));
        for (int64_t channel = 0; channel < shape[1]; ++channel) {
          const T* plane = image + channel * shape[2] * shape[3];
          for (int64_t oh = 0; oh < out_height; ++oh) {
            for (int64_t ow = 0; ow < out_width; ++ow) *to++ = PoolBin(plane, shape[2], shape[3], box, oh, ow);
          }
        }
      }
      return y.Store();
    });
  }

 private:
  template <typename T>
  T PoolBin(const T* plane, int64_t height, int64_t width, const double (&box)[4], int64_t oh, int64_t ow) const {
    const double bin_height = std::max(1.0, box[3] - box[1] + 1) / static_cast<double>(out_height);
    const double bin_width = std::max(1.0, box[2] - box[0] + 1) / static_cast<double>(out_width);
    const auto clamp = [](double value, int64_t size) {
      return static_cast<int64_t>(std::min(static_cast<double>(size), std::max(0.0, value)));
    };
    const int64_t top = clamp(std::floor(static_cast<double>(oh) * bin_height) + box[1], height);
    const int64_t bottom = clamp(std::ceil(static_cast<double>(oh + 1) * bin_height) + box[1], height);
    const int64_t left = clamp(std::floor(static_cast<double>(ow) * bin_width) + box[0], width);
    const int64_t right = clamp(std::ceil(static_cast<double>(ow + 1) * bin_width) + box[0], width);
    if (bottom <= top || right <= left) return 0;
    T best = plane[top * width + left];
    for (int64_t i = top; i < bottom; ++i) {
      for (int64_t j = left; j < right; ++j) best = std::max(best, plane[i * width + j]);
    }
    return best;
  }
};

template <>
Result<OpPtr> Parse<RoiAlign>(AttributeReader& attrs) {
  auto op = std::make_unique<RoiAlign>();
  const std::string mode = attrs.String("mode", "avg");
  if (mode != "avg" && mode != "max") attrs.FailValue("mode", "avg or max", mode);
  op->average = mode == "avg";
  op->out_height = attrs.Int("output_height", 1);
  op->out_width = attrs.Int("output_width", 1);
  op->sampling_ratio = attrs.Int("sampling_ratio", 0);
  op->spatial_scale = attrs.Float("spatial_scale", 1.0f);
  op->half_pixel = false;
  if (attrs.opset() >= 16) {
    const std::string coordinates = attrs.String("coordinate_transformation_mode", "half_pixel");
    op->half_pixel = coordinates == "half_pixel";
    if (!op->half_pixel && coordinates != "output_half_pixel") {
      attrs.FailValue("coordinate_transformation_mode", "half_pixel or output_half_pixel", coordinates);
    }
  }
  if (op->out_height < 1 || op->out_width < 1 || op->out_height >= kLimit || op->out_width >= kLimit ||
      op->sampling_ratio < 0) {
    attrs.Fail(InvalidArgument("expected positive output sizes and no negative sampling_ratio"));
    op->out_height = op->out_width = 1;
  }
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<MaxRoiPool>(AttributeReader& attrs) {
  auto op = std::make_unique<MaxRoiPool>();
  const auto pooled = attrs.RequiredInts("pooled_shape");
  op->spatial_scale = attrs.Float("spatial_scale", 1.0f);
  if (pooled.size() != 2 || pooled[0] < 1 || pooled[1] < 1 || pooled[0] >= kLimit || pooled[1] >= kLimit) {
    attrs.Fail(InvalidArgument("attribute 'pooled_shape': expected two positive sizes"));
    return OpPtr(std::move(op));
  }
  op->out_height = pooled[0];
  op->out_width = pooled[1];
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
