// GridSample (ai.onnx 16, 20, 22): samples an image at given positions, over 1, 2 or 3 spatial dimensions. AffineGrid
// (20): the positions of an affine transform.
#include <algorithm>
#include <cmath>

#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

enum class SampleMode { kNearest, kLinear, kCubic };
enum class Padding { kZeros, kBorder, kReflection };

// The inputs of one axis that a sample reads; index -1 reads zero.
struct Taps {
  size_t count = 0;
  int64_t index[4];
  double weight[4];
};

// Mirrors x into [low, high].
double Reflect(double x, double low, double high) {
  const double range = high - low;
  if (!(range > 0)) return low;
  const double d = std::fmod(std::abs(x - low), 2 * range);
  return d > range ? high - (d - range) : low + d;
}

struct SampleRules {
  SampleMode mode = SampleMode::kLinear;
  Padding padding = Padding::kZeros;
  bool align_corners = false;

  double Low() const { return align_corners ? 0 : -0.5; }
  double High(int64_t size) const { return static_cast<double>(size) - (align_corners ? 1 : 0.5); }

  int64_t Resolve(double position, int64_t size) const {
    const double last = static_cast<double>(size - 1);
    if (position >= 0 && position <= last) return static_cast<int64_t>(position);
    if (padding == Padding::kZeros) return -1;
    if (padding == Padding::kReflection) position = Reflect(position, Low(), High(size));
    return static_cast<int64_t>(std::min(last, std::max(0.0, position)));
  }

  // A `place` in [-1, 1] lies inside the axis.
  Taps TapsOf(double place, int64_t size) const {
    double x = align_corners ? (place + 1) / 2 * static_cast<double>(size - 1)
                             : ((place + 1) * static_cast<double>(size) - 1) / 2;
    if (mode == SampleMode::kNearest) x = std::nearbyint(x);
    if (x < Low() || x > High(size)) {
      if (padding == Padding::kBorder) x = std::min(static_cast<double>(size - 1), std::max(0.0, x));
      if (padding == Padding::kReflection) x = Reflect(x, Low(), High(size));
    }
    // NaN, and a value too large for an index, reads like the nearest position well outside the image.
    if (std::isnan(x)) x = -1e9;
    x = std::min(1e9, std::max(-1e9, x));
    Taps taps;
    if (mode == SampleMode::kNearest) {
      taps.count = 1;
      taps.index[0] = Resolve(x, size);
      taps.weight[0] = 1;
      return taps;
    }
    const double base = std::floor(x);
    const double t = x - base;
    if (mode == SampleMode::kLinear) {
      taps.count = 2;
      taps.weight[0] = 1 - t;
      taps.weight[1] = t;
      for (int k = 0; k < 2; ++k) taps.index[k] = Resolve(base + k, size);
      return taps;
    }
    constexpr double a = -0.75;
    taps.count = 4;
    taps.weight[0] = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a;
    taps.weight[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
    taps.weight[2] = ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1;
    taps.weight[3] = ((a * (2 - t) - 5 * a) * (2 - t) + 8 * a) * (2 - t) - 4 * a;
    for (int k = 0; k < 4; ++k) taps.index[k] = Resolve(base - 1 + k, size);
    return taps;
  }
};

}  // namespace

struct GridSample final : Op {
  SampleRules rules;

  static Result<Dims> OutputDims(const Dims& x, const Dims& grid) {
    if (x.size() < 3 || x.size() > 5) return InvalidArgument("input 0: expected 3 to 5 dimensions, got ", x.size());
    if (grid.size() != x.size())
      return InvalidArgument("input 1: expected ", x.size(), " dimensions like input 0, got ", grid.size());
    const Dim rank = Dim::Known(static_cast<int64_t>(x.size() - 2));
    if (grid.back().known() && grid.back().value != rank.value) {
      return InvalidArgument("input 1: expected ", rank.value, " coordinates, got ", grid.back().value);
    }
    if (x[0].known() && grid[0].known() && x[0].value != grid[0].value) {
      return InvalidArgument("input 1: expected batch ", x[0].value, ", got ", grid[0].value);
    }
    Dims out = {x[0].known() ? x[0] : grid[0], x[1]};
    for (size_t i = 1; i + 1 < grid.size(); ++i) out.push_back(grid[i]);
    return out;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 1));
    std::optional<Dims> out;
    if (ctx.InputDims(0) && ctx.InputDims(1)) {
      ONEDGE_ASSIGN_OR_RETURN(out, OutputDims(*ctx.InputDims(0), *ctx.InputDims(1)));
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
    return OkStatus();
  }

  // x: [N, C, spatial...], grid: [N, out spatial..., rank], innermost axis first -> y: [N, C, out spatial...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Shape& x_shape = ctx.Input(0).shape();
    const Shape& grid_shape = ctx.Input(1).shape();
    ONEDGE_ASSIGN_OR_RETURN(const Dims dims, OutputDims(graph::DimsOf(x_shape), graph::DimsOf(grid_shape)));
    const Shape out_shape = *graph::ShapeOf(dims);
    const size_t rank = x_shape.rank() - 2;
    const size_t places = static_cast<size_t>(out_shape.element_count(2, out_shape.rank()));
    const size_t in_size = static_cast<size_t>(x_shape.element_count(2, x_shape.rank()));
    const size_t channels = static_cast<size_t>(x_shape[1]);
    if (in_size == 0 && out_shape.element_count() > 0)
      return InvalidArgument("input 0: nothing to sample in shape ", x_shape);
    const DType dtype = ctx.Input(0).dtype();
    ONEDGE_ASSIGN_OR_RETURN(const Tensor grid, ConvertReal(ctx.Input(1), DType::kFloat64, ctx.budget()));
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, out_shape));
      T* const outputs = y.data();
      ParallelRanges(
          ctx.threads(), static_cast<size_t>(x_shape[0]) * places, channels * 8, [&](size_t begin, size_t end) {
            for (size_t item = begin; item < end; ++item) {
              const size_t image = item / places;
              const double* place = grid.data<double>() + item * rank;
              Taps taps[3];  // outermost axis first; missing ones read index 0
              for (Taps& one : taps) one = {1, {0}, {1}};
              for (size_t axis = 0; axis < rank; ++axis) {
                taps[3 - rank + axis] = rules.TapsOf(place[rank - 1 - axis], x_shape[2 + axis]);
              }
              const int64_t height = rank >= 2 ? x_shape[x_shape.rank() - 2] : 1;
              const int64_t width = x_shape.back();
              for (size_t channel = 0; channel < channels; ++channel) {
                const T* plane = x.template data<T>() + (image * channels + channel) * in_size;
                outputs[(image * channels + channel) * places + item % places] = Sample(plane, taps, height, width);
              }
            }
          });
      return y.Store();
    });
  }

 private:
  template <typename T>
  static T Sample(const T* plane, const Taps (&taps)[3], int64_t height, int64_t width) {
    T sum = 0;
    for (size_t d = 0; d < taps[0].count; ++d) {
      for (size_t h = 0; h < taps[1].count; ++h) {
        T row = 0;
        for (size_t w = 0; w < taps[2].count; ++w) {
          if (taps[0].index[d] < 0 || taps[1].index[h] < 0 || taps[2].index[w] < 0) continue;
          row = row + static_cast<T>(taps[2].weight[w]) *
                          plane[(taps[0].index[d] * height + taps[1].index[h]) * width + taps[2].index[w]];
        }
        sum = sum + static_cast<T>(taps[0].weight[d] * taps[1].weight[h]) * row;
      }
    }
    return sum;
  }
};

struct AffineGrid final : Op {
  bool align_corners = false;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    std::optional<Dims> out;
    if (const auto size = ctx.InputShapeValue(1); size && (size->size() == 4 || size->size() == 5)) {
      out = Dims{(*size)[0]};
      for (size_t i = 2; i < size->size(); ++i) out->push_back((*size)[i]);
      out->push_back(Dim::Known(static_cast<int64_t>(size->size() - 2)));
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
    return OkStatus();
  }

  // theta: [N, 2, 3] or [N, 3, 4], size: int64 [N, C, (D,) H, W] -> grid: [N, (D,) H, W, 2 or 3]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    ONEDGE_ASSIGN_OR_RETURN(const auto size, ctx.Input(1).ToInt64s("input 1"));
    if (size.size() != 4 && size.size() != 5)
      return InvalidArgument("input 1: expected 4 or 5 sizes, got ", size.size());
    const size_t rank = size.size() - 2;
    const Shape theta_shape = {size[0], static_cast<int64_t>(rank), static_cast<int64_t>(rank + 1)};
    if (!(ctx.Input(0).shape() == theta_shape))
      return InvalidArgument("input 0: expected ", theta_shape, ", got ", ctx.Input(0).shape());
    Shape shape = {size[0]};
    for (size_t i = 0; i < rank; ++i) shape.push_back(size[2 + i]);
    shape.push_back(static_cast<int64_t>(rank));
    ONEDGE_RETURN_IF_ERROR(shape.Check());
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor theta, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
      T* const outputs = y.data();
      const size_t places = static_cast<size_t>(shape.element_count(1, 1 + rank));
      ParallelRanges(ctx.threads(), static_cast<size_t>(shape[0]) * places, 16, [&](size_t begin, size_t end) {
        for (size_t item = begin; item < end; ++item) {
          T base[4];  // innermost axis first, then 1
          size_t rest = item % places;
          for (size_t i = 0; i < rank; ++i) {
            const size_t extent = static_cast<size_t>(shape[rank - i]);
            base[i] = static_cast<T>(Base(rest % extent, extent));
            rest /= extent;
          }
          base[rank] = 1;
          const T* matrix = theta.template data<T>() + item / places * rank * (rank + 1);
          for (size_t row = 0; row < rank; ++row) {
            T sum = 0;
            for (size_t column = 0; column <= rank; ++column)
              sum = sum + matrix[row * (rank + 1) + column] * base[column];
            outputs[item * rank + row] = sum;
          }
        }
      });
      return y.Store();
    });
  }

 private:
  // Position i of n in [-1, 1].
  double Base(size_t i, size_t n) const {
    if (!align_corners) return (2 * static_cast<double>(i) + 1) / static_cast<double>(n) - 1;
    return n == 1 ? 0 : 2 * static_cast<double>(i) / static_cast<double>(n - 1) - 1;
  }
};

template <>
Result<OpPtr> Parse<GridSample>(AttributeReader& attrs) {
  auto op = std::make_unique<GridSample>();
  const bool old = attrs.opset() < 20;
  const std::string mode = attrs.String("mode", old ? "bilinear" : "linear");
  if (mode == (old ? "bicubic" : "cubic")) {
    op->rules.mode = SampleMode::kCubic;
  } else if (mode == "nearest") {
    op->rules.mode = SampleMode::kNearest;
  } else if (mode != (old ? "bilinear" : "linear")) {
    attrs.FailValue("mode", old ? "one of bilinear, nearest, bicubic" : "one of linear, nearest, cubic", mode);
  }
  const std::string padding = attrs.String("padding_mode", "zeros");
  if (padding == "border") {
    op->rules.padding = Padding::kBorder;
  } else if (padding == "reflection") {
    op->rules.padding = Padding::kReflection;
  } else if (padding != "zeros") {
    attrs.FailValue("padding_mode", "one of zeros, border, reflection", padding);
  }
  op->rules.align_corners = attrs.Int("align_corners", 0) != 0;
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<AffineGrid>(AttributeReader& attrs) {
  auto op = std::make_unique<AffineGrid>();
  op->align_corners = attrs.Int("align_corners", 0) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
