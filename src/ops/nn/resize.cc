// Resize (ai.onnx 10, 11, 13, 18, 19) and Upsample (1, 7, 9): nearest, linear and cubic interpolation, one axis after
// the other.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"
#include "ops/nn/resize_axis.h"
#include "ops/quant/narrow_types.h"

namespace onedge::ops {
namespace {

struct Sizes {
  InlineVector<ResizeAxis, 8> axes;
  Shape out;
};

// The innermost axis: neighbours in the output have their own inputs and weights.
template <typename T>
void ResizeDenseRows(const ResizeTable& table, const T* weights, size_t outer, size_t in, size_t out, const T* x, T* y,
                     ThreadPool* threads) {
  const int64_t* const index = table.index.data();
  const size_t taps = table.taps;
  ParallelRanges(threads, outer, out * taps * 2, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const T* from = x + row * in;
      T* to = y + row * out;
      if (taps == 2) {
        for (size_t o = 0; o < out; ++o) {
          to[o] = weights[2 * o] * from[index[2 * o]] + weights[2 * o + 1] * from[index[2 * o + 1]];
        }
        continue;
      }
      for (size_t o = 0; o < out; ++o) {
        T sum = weights[o * taps] * from[index[o * taps]];
        for (size_t k = 1; k < taps; ++k) sum = sum + weights[o * taps + k] * from[index[o * taps + k]];
        to[o] = sum;
      }
    }
  });
}

// x [.., in, inner] -> y [.., out, inner]. Weighted sums over ascending taps.
template <typename T>
void ResizeRows(const ResizeTable& table, size_t outer, size_t in, size_t out, size_t inner, const T* x, T* y,
                ThreadPool* threads) {
  std::vector<T> weights(table.weight.size());
  std::transform(table.weight.begin(), table.weight.end(), weights.begin(), [](double w) { return static_cast<T>(w); });
  if (inner == 1) return ResizeDenseRows(table, weights.data(), outer, in, out, x, y, threads);
  ParallelRanges(threads, outer * out, inner * table.taps, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const T* from = x + row / out * in * inner;
      T* to = y + row * inner;
      const int64_t* index = &table.index[row % out * table.taps];
      const T* weight = &weights[row % out * table.taps];
      const T* first = from + static_cast<size_t>(index[0]) * inner;
      if (table.taps == 2) {
        const T* second = from + static_cast<size_t>(index[1]) * inner;
        for (size_t i = 0; i < inner; ++i) to[i] = weight[0] * first[i] + weight[1] * second[i];
        continue;
      }
      for (size_t i = 0; i < inner; ++i) to[i] = weight[0] * first[i];
      for (size_t k = 1; k < table.taps; ++k) {
        const T* source = from + static_cast<size_t>(index[k]) * inner;
        for (size_t i = 0; i < inner; ++i) to[i] = to[i] + weight[k] * source[i];
      }
    }
  });
}

// The innermost axis, with elements of a constant size.
template <size_t kBytes>
void CopyDenseRows(const ResizeTable& table, size_t outer, size_t in, size_t out, const uint8_t* x, uint8_t* y,
                   ThreadPool* threads) {
  const int64_t* const index = table.index.data();
  ParallelRanges(threads, outer, out, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const uint8_t* from = x + row * in * kBytes;
      uint8_t* to = y + row * out * kBytes;
      for (size_t o = 0; o < out; ++o)
        std::memcpy(to + o * kBytes, from + static_cast<size_t>(index[o]) * kBytes, kBytes);
    }
  });
}

void CopyRows(const ResizeTable& table, size_t outer, size_t in, size_t out, size_t inner_bytes, const uint8_t* x,
              uint8_t* y, ThreadPool* threads) {
  if (inner_bytes == 1) return CopyDenseRows<1>(table, outer, in, out, x, y, threads);
  if (inner_bytes == 2) return CopyDenseRows<2>(table, outer, in, out, x, y, threads);
  if (inner_bytes == 4) return CopyDenseRows<4>(table, outer, in, out, x, y, threads);
  ParallelRanges(threads, outer * out, inner_bytes / 8 + 1, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const size_t from = row / out * in + static_cast<size_t>(table.index[row % out]);
      std::memcpy(y + row * inner_bytes, x + from * inner_bytes, inner_bytes);
    }
  });
}

bool Interpolates(const ResizeRules& rules, const ResizeAxis& axis) {
  return axis.scale != 1 || axis.out != axis.in || rules.coordinates == CoordinateMode::kTfCropAndResize ||
         rules.coordinates == CoordinateMode::kTfHalfPixelForNn;
}

bool IsPlainInteger(DType dtype) {
  return dtype == DType::kInt8 || dtype == DType::kUint8 || dtype == DType::kInt16 || dtype == DType::kUint16 ||
         dtype == DType::kInt32;
}

// Stores the interpolated floats as integers: toward zero, clamped to the dtype's range.
void StoreIntegers(const float* values, Tensor& y) {
  const size_t count = static_cast<size_t>(y.element_count());
  const bool is_int32 = y.dtype() == DType::kInt32;
  const NarrowRange range = is_int32 ? NarrowRange{false, -2147483648.0f, 2147483520.0f} : NarrowRangeOf(y.dtype());
  constexpr size_t kChunk = 256;
  float clamped[kChunk];
  for (size_t i = 0; i < count; i += kChunk) {
    const size_t chunk = std::min(kChunk, count - i);
    for (size_t j = 0; j < chunk; ++j) {
      const float value = values[i + j];
      clamped[j] = value > range.low ? (value < range.high ? value : range.high) : range.low;
    }
    if (is_int32) {
      for (size_t j = 0; j < chunk; ++j) y.mutable_data<int32_t>()[i + j] = static_cast<int32_t>(clamped[j]);
    } else {
      StoreFloats(clamped, y, i, chunk, true);
    }
  }
}

}  // namespace

struct ResizeOp {
  ResizeRules rules;
  float extrapolation = 0;
  enum class Aspect { kStretch, kNotLarger, kNotSmaller } aspect = Aspect::kStretch;
  std::vector<int64_t> axes;        // empty: all
  std::vector<float> fixed_scales;  // Upsample before 9: an attribute
  size_t scales_input = 2;          // 0: none
  size_t sizes_input = 0;
  size_t roi_input = 0;

  Result<InlineVector<size_t, 8>> NormalizedAxes(size_t rank) const {
    InlineVector<size_t, 8> out;
    if (axes.empty()) {
      for (size_t i = 0; i < rank; ++i) out.push_back(i);
      return out;
    }
    for (int64_t axis : axes) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t normalized, NormalizeAxis(axis, rank, "attribute 'axes'"));
      if (std::find(out.begin(), out.end(), normalized) != out.end()) {
        return InvalidArgument("attribute 'axes' names axis ", normalized, " twice");
      }
      out.push_back(normalized);
    }
    return out;
  }

  Status CheckScale(double scale) const {
    if (scale > 0 && scale <= 1e6) return OkStatus();
    return InvalidArgument("scales: expected positive numbers, got ", scale);
  }

  // Sizes from scales; an unknown dim stays unknown.
  Result<Dims> ScaleDims(const Dims& x, std::span<const float> scales) const {
    ONEDGE_ASSIGN_OR_RETURN(const auto which, NormalizedAxes(x.size()));
    if (scales.size() != which.size()) {
      return InvalidArgument("scales: expected ", which.size(), " values, got ", scales.size());
    }
    Dims out = x;
    for (size_t i = 0; i < which.size(); ++i) {
      ONEDGE_RETURN_IF_ERROR(CheckScale(scales[i]));
      Dim& dim = out[which[i]];
      if (scales[i] == 1.0f) continue;
      const double size = std::floor(static_cast<double>(dim.value) * static_cast<double>(scales[i]));
      if (dim.known() && !(size < 0x1p62)) return InvalidArgument("scales: the output is too large");
      dim = dim.known() ? Dim::Known(static_cast<int64_t>(size)) : Dim::Unknown();
    }
    return out;
  }

  Result<Dims> SizeDims(const Dims& x, const Dims& sizes) const {
    ONEDGE_ASSIGN_OR_RETURN(const auto which, NormalizedAxes(x.size()));
    if (sizes.size() != which.size()) {
      return InvalidArgument("sizes: expected ", which.size(), " values, got ", sizes.size());
    }
    Dims out = x;
    for (size_t i = 0; i < which.size(); ++i) out[which[i]] = sizes[i];
    if (aspect == Aspect::kStretch) return out;
    for (size_t i = 0; i < which.size(); ++i) {
      if (!x[which[i]].known() || !sizes[i].known() || x[which[i]].value == 0) {
        for (size_t axis : which) out[axis] = Dim::Unknown();
        return out;
      }
    }
    const double scale = AspectScale(x, which, sizes);
    for (size_t axis : which) {
      const double size = scale * static_cast<double>(x[axis].value) + 0.5;
      if (!(size < 0x1p62)) return InvalidArgument("sizes: the output is too large");
      out[axis] = Dim::Known(static_cast<int64_t>(size));
    }
    return out;
  }

  double AspectScale(const Dims& x, const InlineVector<size_t, 8>& which, const Dims& sizes) const {
    double scale = 0;
    for (size_t i = 0; i < which.size(); ++i) {
      const double own = static_cast<double>(sizes[i].value) / static_cast<double>(x[which[i]].value);
      const bool better = aspect == Aspect::kNotLarger ? own < scale : own > scale;
      if (i == 0 || better) scale = own;
    }
    return scale;
  }

  Status InferShapes(ShapeContext& ctx) const {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    std::optional<Dims> out;
    if (const Dims* x = ctx.InputDims(0)) {
      out = Dims(x->size(), Dim::Unknown());
      const Tensor* scales = scales_input ? ctx.InputConstant(scales_input) : nullptr;
      auto sizes = sizes_input ? ctx.InputShapeValue(sizes_input) : std::nullopt;
      if (!fixed_scales.empty()) {
        ONEDGE_ASSIGN_OR_RETURN(out, ScaleDims(*x, fixed_scales));
      } else if (scales && scales->dtype() == DType::kFloat32 && scales->element_count() > 0) {
        ONEDGE_ASSIGN_OR_RETURN(out, ScaleDims(*x, scales->values<float>()));
      } else if (sizes && !sizes->empty()) {
        ONEDGE_ASSIGN_OR_RETURN(out, SizeDims(*x, *sizes));
      }
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
    return OkStatus();
  }

  Result<Sizes> ReadSizes(OpContext& ctx) const {
    const Shape& x = ctx.Input(0).shape();
    const Dims dims = graph::DimsOf(x);
    ONEDGE_ASSIGN_OR_RETURN(const auto which, NormalizedAxes(x.rank()));
    std::vector<float> scales = fixed_scales;
    if (scales_input && ctx.HasInput(scales_input) && ctx.Input(scales_input).element_count() > 0) {
      const Tensor& tensor = ctx.Input(scales_input);
      if (tensor.dtype() != DType::kFloat32) {
        return InvalidArgument("input ", scales_input, ": expected float32, got ", DTypeName(tensor.dtype()));
      }
      scales.assign(tensor.data<float>(), tensor.data<float>() + tensor.element_count());
    }
    Sizes sizes;
    sizes.axes.resize(x.rank());
    for (size_t i = 0; i < x.rank(); ++i) sizes.axes[i] = {x[i], x[i]};
    const bool has_sizes = sizes_input && ctx.HasInput(sizes_input) && ctx.Input(sizes_input).element_count() > 0;
    if (scales.empty() == !has_sizes) return InvalidArgument("expected either scales or sizes, got both or neither");
    if (has_sizes) {
      ONEDGE_ASSIGN_OR_RETURN(const auto values, ctx.Input(sizes_input).ToInt64s("sizes"));
      Dims wanted;
      for (int64_t value : values) {
        if (value < 0) return InvalidArgument("sizes: expected no negative size, got ", value);
        wanted.push_back(Dim::Known(value));
      }
      ONEDGE_ASSIGN_OR_RETURN(const Dims out, SizeDims(dims, wanted));
      sizes.out = *graph::ShapeOf(out);
      const double common = aspect == Aspect::kStretch ? 0 : AspectScale(dims, which, wanted);
      for (size_t axis : which) {
        sizes.axes[axis].scale =
            common > 0 ? common : static_cast<double>(sizes.out[axis]) / static_cast<double>(x[axis]);
      }
    } else {
      ONEDGE_ASSIGN_OR_RETURN(const Dims out, ScaleDims(dims, scales));
      sizes.out = *graph::ShapeOf(out);
      for (size_t i = 0; i < which.size(); ++i) sizes.axes[which[i]].scale = static_cast<double>(scales[i]);
    }
    ONEDGE_RETURN_IF_ERROR(sizes.out.Check());
    for (size_t i = 0; i < x.rank(); ++i) {
      sizes.axes[i].out = sizes.out[i];
      if (x[i] == 0 && sizes.out[i] != 0)
        return InvalidArgument("input 0: nothing to resize along dimension ", i, " of ", x);
    }
    if (rules.coordinates == CoordinateMode::kTfCropAndResize) ONEDGE_RETURN_IF_ERROR(ReadRegion(ctx, which, sizes));
    return sizes;
  }

  Status ReadRegion(OpContext& ctx, const InlineVector<size_t, 8>& which, Sizes& sizes) const {
    if (!roi_input || !ctx.HasInput(roi_input)) return InvalidArgument("tf_crop_and_resize needs a region of interest");
    ONEDGE_ASSIGN_OR_RETURN(const Tensor roi, ConvertReal(ctx.Input(roi_input), DType::kFloat64, ctx.budget()));
    if (roi.element_count() != static_cast<int64_t>(2 * which.size())) {
      return InvalidArgument("roi: expected ", 2 * which.size(), " values, got shape ", roi.shape());
    }
    for (size_t i = 0; i < which.size(); ++i) {
      sizes.axes[which[i]].roi_begin = roi.data<double>()[i];
      sizes.axes[which[i]].roi_end = roi.data<double>()[which.size() + i];
    }
    return OkStatus();
  }

  // x: any [...] -> y: as x, other sizes
  Status Run(OpContext& ctx) const {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    const DType dtype = x.dtype();
    ONEDGE_ASSIGN_OR_RETURN(const Sizes sizes, ReadSizes(ctx));
    if (rules.mode == ResizeMode::kNearest) return RunNearest(ctx, sizes);
    if (IsPlainInteger(dtype)) {
      ONEDGE_ASSIGN_OR_RETURN(Tensor floats, Tensor::Allocate(DType::kFloat32, x.shape(), ctx.budget()));
      LoadFloats(x, 0, static_cast<size_t>(x.element_count()), floats.mutable_data<float>());
      ONEDGE_ASSIGN_OR_RETURN(const Tensor resized, Interpolate<float>(ctx, floats, sizes));
      ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, dtype, sizes.out));
      StoreIntegers(resized.data<float>(), *y);
      return OkStatus();
    }
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor real, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor resized, Interpolate<T>(ctx, real, sizes));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, sizes.out));
      std::copy_n(resized.template data<T>(), static_cast<size_t>(sizes.out.element_count()), y.data());
      return y.Store();
    });
  }

  Status RunNearest(OpContext& ctx, const Sizes& sizes) const {
    const Tensor& x = ctx.Input(0);
    const size_t bits = DTypeBits(x.dtype());
    if (bits < 8) return Unsupported("input 0: resizing ", DTypeName(x.dtype()), " is not supported");
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, x.dtype(), sizes.out));
    if (sizes.out.element_count() == 0) return OkStatus();
    Tensor current = x;
    for (size_t i = x.rank(); i-- > 0;) {
      if (!Interpolates(rules, sizes.axes[i])) continue;
      const ResizeTable table = MakeResizeTable(rules, sizes.axes[i]);
      Shape shape = current.shape();
      shape[i] = sizes.out[i];
      ONEDGE_ASSIGN_OR_RETURN(Tensor next, Tensor::Allocate(x.dtype(), shape, ctx.budget()));
      const size_t outer = static_cast<size_t>(shape.element_count(0, i));
      const size_t inner = static_cast<size_t>(shape.element_count(i + 1, shape.rank()));
      CopyRows(table, outer, static_cast<size_t>(current.dim(i)), static_cast<size_t>(shape[i]), inner * bits / 8,
               current.bytes(), next.mutable_bytes(), ctx.threads());
      current = std::move(next);
    }
    std::memcpy(y->mutable_bytes(), current.bytes(), y->byte_size());
    return OkStatus();
  }

  template <typename T>
  Result<Tensor> Interpolate(OpContext& ctx, Tensor current, const Sizes& sizes) const {
    std::vector<std::pair<size_t, std::vector<bool>>> outside;
    for (size_t i = current.rank(); i-- > 0;) {
      if (!Interpolates(rules, sizes.axes[i])) continue;
      Shape shape = current.shape();
      shape[i] = sizes.out[i];
      ONEDGE_ASSIGN_OR_RETURN(Tensor next, Tensor::Allocate(kDTypeOf<T>, shape, ctx.budget()));
      if (shape.element_count() > 0) {
        ResizeTable table = MakeResizeTable(rules, sizes.axes[i]);
        ResizeRows<T>(table, static_cast<size_t>(shape.element_count(0, i)), static_cast<size_t>(current.dim(i)),
                      static_cast<size_t>(shape[i]), static_cast<size_t>(shape.element_count(i + 1, shape.rank())),
                      current.data<T>(), next.mutable_data<T>(), ctx.threads());
        if (std::find(table.outside.begin(), table.outside.end(), true) != table.outside.end()) {
          outside.emplace_back(i, std::move(table.outside));
        }
      }
      current = std::move(next);
    }
    for (const auto& [axis, flags] : outside) {
      const size_t inner = static_cast<size_t>(sizes.out.element_count(axis + 1, sizes.out.rank()));
      const size_t rows = static_cast<size_t>(sizes.out.element_count(0, axis + 1));
      for (size_t row = 0; row < rows; ++row) {
        if (flags[row % flags.size()]) {
          std::fill_n(current.mutable_data<T>() + row * inner, inner, static_cast<T>(extrapolation));
        }
      }
    }
    return current;
  }
};

struct Resize final : Op {
  ResizeOp op;
  Status InferShapes(ShapeContext& ctx) const override { return op.InferShapes(ctx); }
  Status Run(OpContext& ctx) const override { return op.Run(ctx); }
};

struct Upsample final : Op {
  ResizeOp op;
  Status InferShapes(ShapeContext& ctx) const override { return op.InferShapes(ctx); }
  Status Run(OpContext& ctx) const override { return op.Run(ctx); }
};

namespace {

ResizeMode ReadMode(AttributeReader& attrs, bool with_cubic) {
  const std::string mode = attrs.String("mode", "nearest");
  if (mode == "linear" || (attrs.opset() < 7 && mode == "bilinear")) return ResizeMode::kLinear;
  if (with_cubic && mode == "cubic") return ResizeMode::kCubic;
  if (mode != "nearest")
    attrs.FailValue("mode", with_cubic ? "one of nearest, linear, cubic" : "nearest or linear", mode);
  return ResizeMode::kNearest;
}

void ReadCoordinates(AttributeReader& attrs, ResizeRules& rules) {
  const std::string mode = attrs.String("coordinate_transformation_mode", "half_pixel");
  if (mode == "half_pixel") {
    rules.coordinates = CoordinateMode::kHalfPixel;
  } else if (mode == "half_pixel_symmetric" && attrs.opset() >= 19) {
    rules.coordinates = CoordinateMode::kHalfPixelSymmetric;
  } else if (mode == "pytorch_half_pixel") {
    rules.coordinates = CoordinateMode::kPytorchHalfPixel;
  } else if (mode == "align_corners") {
    rules.coordinates = CoordinateMode::kAlignCorners;
  } else if (mode == "asymmetric") {
    rules.coordinates = CoordinateMode::kAsymmetric;
  } else if (mode == "tf_crop_and_resize") {
    rules.coordinates = CoordinateMode::kTfCropAndResize;
  } else if (mode == "tf_half_pixel_for_nn" && attrs.opset() < 13) {
    rules.coordinates = CoordinateMode::kTfHalfPixelForNn;
  } else {
    attrs.FailValue("coordinate_transformation_mode", "a mode of this opset", mode);
  }
  const std::string nearest = attrs.String("nearest_mode", "round_prefer_floor");
  if (nearest == "round_prefer_ceil") {
    rules.nearest = NearestMode::kRoundPreferCeil;
  } else if (nearest == "floor") {
    rules.nearest = NearestMode::kFloor;
  } else if (nearest == "ceil") {
    rules.nearest = NearestMode::kCeil;
  } else if (nearest != "round_prefer_floor") {
    attrs.FailValue("nearest_mode", "one of round_prefer_floor, round_prefer_ceil, floor, ceil", nearest);
  }
}

}  // namespace

template <>
Result<OpPtr> Parse<Resize>(AttributeReader& attrs) {
  auto resize = std::make_unique<Resize>();
  ResizeOp& op = resize->op;
  op.rules.mode = ReadMode(attrs, attrs.opset() >= 11);
  if (attrs.opset() < 11) {
    op.rules.coordinates = CoordinateMode::kAsymmetric;
    op.rules.nearest = NearestMode::kFloorOrCeil;
    op.scales_input = 1;
    return OpPtr(std::move(resize));
  }
  op.roi_input = 1;
  op.sizes_input = 3;
  ReadCoordinates(attrs, op.rules);
  op.rules.cubic_a = attrs.Float("cubic_coeff_a", -0.75f);
  op.rules.exclude_outside = attrs.Int("exclude_outside", 0) != 0;
  op.extrapolation = attrs.Float("extrapolation_value", 0.0f);
  if (attrs.opset() >= 18) {
    op.rules.antialias = attrs.Int("antialias", 0) != 0 && op.rules.mode != ResizeMode::kNearest;
    op.axes = attrs.Ints("axes");
    const std::string policy = attrs.String("keep_aspect_ratio_policy", "stretch");
    if (policy == "not_larger") {
      op.aspect = ResizeOp::Aspect::kNotLarger;
    } else if (policy == "not_smaller") {
      op.aspect = ResizeOp::Aspect::kNotSmaller;
    } else if (policy != "stretch") {
      attrs.FailValue("keep_aspect_ratio_policy", "one of stretch, not_larger, not_smaller", policy);
    }
  }
  return OpPtr(std::move(resize));
}

template <>
Result<OpPtr> Parse<Upsample>(AttributeReader& attrs) {
  auto upsample = std::make_unique<Upsample>();
  ResizeOp& op = upsample->op;
  op.rules.mode = ReadMode(attrs, false);
  op.rules.coordinates = CoordinateMode::kAsymmetric;
  op.rules.nearest = NearestMode::kFloor;
  op.scales_input = attrs.opset() >= 9 ? 1 : 0;
  if (attrs.opset() < 7) {
    op.fixed_scales = {1, 1, attrs.RequiredFloat("height_scale"), attrs.RequiredFloat("width_scale")};
  } else if (attrs.opset() < 9) {
    op.fixed_scales = attrs.Floats("scales");
    if (op.fixed_scales.empty()) attrs.Fail(CorruptFile("attribute 'scales' is required, but missing"));
  }
  return OpPtr(std::move(upsample));
}

}  // namespace onedge::ops
