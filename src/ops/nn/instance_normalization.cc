// InstanceNormalization (ai.onnx 1, 6, 22), GroupNormalization (18, 21) and MeanVarianceNormalization (9, 13).
#include <cmath>

#include "ops/nn/lane_sum.h"
#include "ops/nn/normalize_row.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

Status CheckChannels(const ShapeContext& ctx, const Dims* x, size_t input, const Dim& count) {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(input));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, input));
  const Dims* dims = ctx.InputDims(input);
  if (!x || !dims) return OkStatus();
  if (dims->size() != 1 || (count.known() && dims->front().known() && dims->front().value != count.value)) {
    return InvalidArgument("input ", input, ": expected [", count.value, "]");
  }
  return OkStatus();
}

// Normalizes groups of `channels` neighbouring channels of x [N, C, spatial...]. Then it applies a scale and bias for
// each channel, or for each group if `by_group`.
Status NormalizeGroups(OpContext& ctx, int64_t groups, bool by_group, float epsilon) {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
  const Shape& shape = ctx.Input(0).shape();
  if (shape.rank() < 2) return InvalidArgument("input 0: expected [N, C, ...], got shape ", shape);
  if (groups == 0) groups = shape[1];  // one instance for each channel
  if (groups > 0 && shape[1] % groups != 0) {
    return InvalidArgument("input 0: expected a number of channels divisible by ", groups, " groups, got ", shape[1]);
  }
  for (size_t i = 1; i < 3; ++i) {
    if (ctx.Input(i).element_count() != (by_group ? groups : shape[1])) {
      return InvalidArgument("input ", i, ": expected ", by_group ? groups : shape[1], " values, got shape ",
                             ctx.Input(i).shape());
    }
  }
  const size_t inner = static_cast<size_t>(shape.element_count(2, shape.rank()));
  const size_t channels = groups == 0 ? 0 : static_cast<size_t>(shape[1] / groups);
  const size_t count = channels * inner;
  const DType dtype = ctx.Input(0).dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor scale, RealInput<T>(ctx, 1, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor bias, RealInput<T>(ctx, 2, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
    T* const outputs = y.data();
    ParallelRanges(ctx.threads(), static_cast<size_t>(shape[0] * groups), count * 5, [&](size_t begin, size_t end) {
      for (size_t item = begin; item < end; ++item) {
        const T* from = x.template data<T>() + item * count;
        T* to = outputs + item * count;
        const size_t group = item % static_cast<size_t>(groups);
        const auto moments = RowMoments(from, count);
        const T inverse = T{1} / std::sqrt(moments.variance + static_cast<T>(epsilon));
        for (size_t c = 0; c < channels; ++c) {
          const size_t parameter = by_group ? group : group * channels + c;
          const T factor = scale.template data<T>()[parameter];
          const T shift = bias.template data<T>()[parameter];
          NormalizePlane(from + c * inner, moments.mean, inverse, factor, shift, inner, to + c * inner);
        }
      }
    });
    return y.Store();
  });
}

}  // namespace

struct InstanceNormalization final : Op {
  float epsilon = 1e-5f;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    const Dims* x = ctx.InputDims(0);
    if (x && x->size() < 2) return InvalidArgument("input 0: expected [N, C, ...], got ", x->size(), " dimensions");
    for (size_t i = 1; i < 3; ++i) ONEDGE_RETURN_IF_ERROR(CheckChannels(ctx, x, i, x ? (*x)[1] : Dim::Unknown()));
    return InferSameAsInput(ctx);
  }
  // x: [N, C, spatial...], scale, bias: [C] -> y: as x
  Status Run(OpContext& ctx) const override { return NormalizeGroups(ctx, 0, false, epsilon); }
};

struct GroupNormalization final : Op {
  int64_t groups = 1;
  bool by_group = false;  // opset 18: scale and bias for each group, not each channel
  float epsilon = 1e-5f;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    const Dims* x = ctx.InputDims(0);
    if (x && x->size() < 2) return InvalidArgument("input 0: expected [N, C, ...], got ", x->size(), " dimensions");
    const Dim count = by_group ? Dim::Known(groups) : x ? (*x)[1] : Dim::Unknown();
    for (size_t i = 1; i < 3; ++i) ONEDGE_RETURN_IF_ERROR(CheckChannels(ctx, x, i, count));
    return InferSameAsInput(ctx);
  }
  // x: [N, C, spatial...], scale, bias: [C] or [groups] -> y: as x
  Status Run(OpContext& ctx) const override { return NormalizeGroups(ctx, groups, by_group, epsilon); }
};

struct MeanVarianceNormalization final : Op {
  std::vector<int64_t> axes;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    if (const Dims* x = ctx.InputDims(0)) {
      for (int64_t axis : axes) ONEDGE_RETURN_IF_ERROR(NormalizeAxis(axis, x->size(), "attribute 'axes'").status());
    }
    return InferSameAsInput(ctx);
  }

  // x: any -> y: (x - mean) / (deviation + 1e-9), over `axes`
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Shape& shape = ctx.Input(0).shape();
    std::vector<bool> reduced(shape.rank());
    for (int64_t axis : axes) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t normalized, NormalizeAxis(axis, shape.rank(), "attribute 'axes'"));
      reduced[normalized] = true;
    }
    // Offsets of the elements of one set, and of the first elements of all sets.
    const auto strides = shape.Strides();
    const auto offsets_of = [&](bool which) {
      std::vector<size_t> offsets = {0};
      for (size_t axis = 0; axis < shape.rank(); ++axis) {
        if (reduced[axis] != which) continue;
        std::vector<size_t> next;
        next.reserve(offsets.size() * static_cast<size_t>(shape[axis]));
        for (size_t offset : offsets) {
          for (int64_t i = 0; i < shape[axis]; ++i) next.push_back(offset + static_cast<size_t>(i * strides[axis]));
        }
        offsets = std::move(next);
      }
      return offsets;
    };
    const std::vector<size_t> within = offsets_of(true);
    const std::vector<size_t> starts = offsets_of(false);
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
      T* const outputs = y.data();
      ParallelRanges(ctx.threads(), starts.size(), within.size() * 5, [&](size_t begin, size_t end) {
        for (size_t set = begin; set < end; ++set) {
          const T* from = x.template data<T>() + starts[set];
          T* to = outputs + starts[set];
          const auto moments = LaneMoments<T>(within.size(), [&](size_t i) { return from[within[i]]; });
          const T deviation = std::sqrt(moments.variance) + static_cast<T>(1e-9);
          for (size_t offset : within) to[offset] = (from[offset] - moments.mean) / deviation;
        }
      });
      return y.Store();
    });
  }
};

template <>
Result<OpPtr> Parse<InstanceNormalization>(AttributeReader& attrs) {
  auto op = std::make_unique<InstanceNormalization>();
  op->epsilon = attrs.Float("epsilon", 1e-5f);
  if (attrs.opset() < 6) attrs.Ignore("consumed_inputs");
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<GroupNormalization>(AttributeReader& attrs) {
  auto op = std::make_unique<GroupNormalization>();
  op->epsilon = attrs.Float("epsilon", 1e-5f);
  op->groups = attrs.RequiredInt("num_groups");
  op->by_group = attrs.opset() < 21;
  if (attrs.opset() >= 21) attrs.Ignore("stash_type");  // always at least float32
  if (op->groups < 1) attrs.Fail(InvalidArgument("attribute 'num_groups': expected at least 1, got ", op->groups));
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<MeanVarianceNormalization>(AttributeReader& attrs) {
  auto op = std::make_unique<MeanVarianceNormalization>();
  op->axes = attrs.Has("axes") ? attrs.Ints("axes") : std::vector<int64_t>{0, 2, 3};
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
