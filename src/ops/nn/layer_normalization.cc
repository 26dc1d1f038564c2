// LayerNormalization (ai.onnx 17), RMSNormalization (23) and SkipLayerNormalization (com.microsoft 1): rows normalised,
// then scaled and shifted.
#include "base/checked_math.h"
#include "ops/nn/normalize_row.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

// The rows that axis.. -1 make up.
struct Rows {
  size_t count;
  size_t size;
};
Result<Rows> RowsFrom(const Shape& shape, int64_t axis) {
  ONEDGE_ASSIGN_OR_RETURN(const size_t first, NormalizeAxis(axis, shape.rank()));
  return Rows{static_cast<size_t>(shape.element_count(0, first)),
              static_cast<size_t>(shape.element_count(first, shape.rank()))};
}

// Scale or bias: one value for each element of a row, or a single one. Repeated to a whole row where it is smaller.
template <typename T>
Result<Tensor> RowParameter(OpContext& ctx, size_t i, DType dtype, const Shape& x, int64_t axis, size_t row_size) {
  ONEDGE_ASSIGN_OR_RETURN(Tensor parameter, OptionalRealInput<T>(ctx, i, dtype));
  if (!parameter.defined() || parameter.element_count() == static_cast<int64_t>(row_size)) return parameter;
  ONEDGE_ASSIGN_OR_RETURN(const size_t first, NormalizeAxis(axis, x.rank()));
  const Shape row(x.begin() + first, x.end());
  const auto broadcast = BroadcastShapes(parameter.shape(), row);
  if (!broadcast || !(*broadcast == row)) {
    return InvalidArgument("input ", i, ": expected a shape that broadcasts to ", row, ", got ", parameter.shape());
  }
  ONEDGE_ASSIGN_OR_RETURN(Tensor whole, Tensor::Allocate(kDTypeOf<T>, row, ctx.budget()));
  const auto strides = parameter.shape().Strides();
  for (size_t to = 0; to < row_size; ++to) {
    size_t rest = to;
    size_t from = 0;
    for (size_t d = row.rank(); d-- > 0;) {
      const size_t index = rest % static_cast<size_t>(row[d]);
      rest /= static_cast<size_t>(row[d]);
      const size_t missing = row.rank() - parameter.rank();
      if (d >= missing && parameter.dim(d - missing) != 1) from += index * static_cast<size_t>(strides[d - missing]);
    }
    whole.mutable_data<T>()[to] = parameter.data<T>()[from];
  }
  return whole;
}

// Where both are known, the elements of input `i` must divide those of a row of x.
Status CheckParameter(const ShapeContext& ctx, size_t i, int64_t axis) {
  const Dims* x = ctx.InputDims(0);
  const Dims* parameter = ctx.InputDims(i);
  if (!x || !parameter) return OkStatus();
  ONEDGE_ASSIGN_OR_RETURN(const size_t first, NormalizeAxis(axis, x->size()));
  const Dims row(x->begin() + first, x->end());
  auto broadcast = BroadcastDims(*parameter, row);
  if (!broadcast.ok()) return std::move(broadcast).status().WithContext(StrCat("input ", i));
  return OkStatus();
}

}  // namespace

struct LayerNormalization final : Op {
  int64_t axis = -1;
  float epsilon = 1e-5f;
  DType stash = DType::kFloat32;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    ONEDGE_RETURN_IF_ERROR(CheckParameter(ctx, 1, axis));
    ONEDGE_RETURN_IF_ERROR(CheckParameter(ctx, 2, axis));
    ctx.SetOutputType(0, ctx.InputType(0));
    std::optional<Dims> reduced;
    if (const Dims* x = ctx.InputDims(0)) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t first, NormalizeAxis(axis, x->size()));
      reduced = Dims(x->begin(), x->begin() + first);
      reduced->resize(x->size(), Dim::Known(1));
    }
    const DType input = ctx.InputDType(0);
    const DType computed = input == DType::kFloat64 ? input : stash;
    ctx.SetOutput(1, input == DType::kUndefined ? input : computed, reduced);
    ctx.SetOutput(2, input == DType::kUndefined ? input : computed, std::move(reduced));
    return OkStatus();
  }

  // x: [..., normalized...], scale and bias: broadcast to [normalized...] -> y: as x, mean and inverse deviation:
  // [..., 1...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Shape& shape = ctx.Input(0).shape();
    const DType dtype = ctx.Input(0).dtype();
    ONEDGE_ASSIGN_OR_RETURN(const Rows rows, RowsFrom(shape, axis));
    ONEDGE_ASSIGN_OR_RETURN(const size_t first, NormalizeAxis(axis, shape.rank()));
    Shape reduced(shape.begin(), shape.begin() + first);
    reduced.resize(shape.rank(), 1);
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor scale, RowParameter<T>(ctx, 1, dtype, shape, axis, rows.size));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor bias, RowParameter<T>(ctx, 2, dtype, shape, axis, rows.size));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
      RealOutput<T> mean, deviation;
      const DType computed = dtype == DType::kFloat64 ? dtype : stash;
      if (ctx.WantsOutput(1)) {
        ONEDGE_ASSIGN_OR_RETURN(mean, RealOutput<T>::Create(ctx, 1, computed, reduced));
      }
      if (ctx.WantsOutput(2)) {
        ONEDGE_ASSIGN_OR_RETURN(deviation, RealOutput<T>::Create(ctx, 2, computed, reduced));
      }
      const T* from = x.template data<T>();
      const T* biases = bias.defined() ? bias.template data<T>() : nullptr;
      T* to = y.data();
      ParallelRanges(ctx.threads(), rows.count, rows.size * 4, [&](size_t begin, size_t end) {
        for (size_t row = begin; row < end; ++row) {
          const auto stats = LayerNormRow(from + row * rows.size, scale.template data<T>(), biases, rows.size,
                                          static_cast<T>(epsilon), to + row * rows.size);
          if (ctx.WantsOutput(1)) mean.data()[row] = stats.mean;
          if (ctx.WantsOutput(2)) deviation.data()[row] = stats.inverse_deviation;
        }
      });
      if (ctx.WantsOutput(1)) ONEDGE_RETURN_IF_ERROR(mean.Store());
      if (ctx.WantsOutput(2)) ONEDGE_RETURN_IF_ERROR(deviation.Store());
      return y.Store();
    });
  }
};

struct RMSNormalization final : Op {
  int64_t axis = -1;
  float epsilon = 1e-5f;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    ONEDGE_RETURN_IF_ERROR(CheckParameter(ctx, 1, axis));
    ctx.SetOutput(0, ctx.InputDType(1), ctx.InputDims(0) ? std::optional(*ctx.InputDims(0)) : std::nullopt);
    return OkStatus();
  }

  // x: [..., normalized...], scale: broadcasts to [normalized...]; its dtype is y's -> y: as x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Shape& shape = ctx.Input(0).shape();
    const DType dtype = ctx.Input(0).dtype();
    const DType scale_dtype = ctx.Input(1).dtype();
    ONEDGE_ASSIGN_OR_RETURN(const Rows rows, RowsFrom(shape, axis));
    const bool wide = dtype == DType::kFloat64 || scale_dtype == DType::kFloat64;
    if (!IsReal(dtype)) return Unsupported("input 0: expected a float type, got ", DTypeName(dtype));
    return WithRealType(wide ? DType::kFloat64 : DType::kFloat32, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor scale, RowParameter<T>(ctx, 1, scale_dtype, shape, axis, rows.size));
      ONEDGE_ASSIGN_OR_RETURN(Tensor y, Tensor::Allocate(kDTypeOf<T>, shape, ctx.budget()));
      const T* from = x.template data<T>();
      const T* scales = scale.template data<T>();
      T* to = y.mutable_data<T>();
      ParallelRanges(ctx.threads(), rows.count, rows.size * 3, [&](size_t begin, size_t end) {
        for (size_t row = begin; row < end; ++row) {
          const T* in = from + row * rows.size;
          const T squares = LaneSum<T>(rows.size, [in](size_t i) { return in[i] * in[i]; });
          const T inverse = T{1} / std::sqrt(squares / static_cast<T>(rows.size) + static_cast<T>(epsilon));
          for (size_t i = 0; i < rows.size; ++i) to[row * rows.size + i] = in[i] * inverse * scales[i];
        }
      });
      ONEDGE_ASSIGN_OR_RETURN(Tensor * out, ctx.Output(0, scale_dtype, shape));
      if (scale_dtype == kDTypeOf<T>) {
        std::copy_n(to, rows.count * rows.size, out->mutable_data<T>());
        return OkStatus();
      }
      ONEDGE_ASSIGN_OR_RETURN(const Tensor single, ConvertReal(y, DType::kFloat32, ctx.budget()));
      if (scale_dtype == DType::kFloat32) {
        std::copy_n(single.data<float>(), rows.count * rows.size, out->mutable_data<float>());
      } else {
        RoundTo(single, *out);
      }
      return OkStatus();
    });
  }
};

// com.microsoft: layer norm of input + skip (+ bias). Outputs: y, mean, inverse deviation, input + skip + bias.
struct SkipLayerNormalization final : Op {
  float epsilon = 1e-12f;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    for (size_t i = 1; i < 5; ++i) {
      if (i < 3) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
      ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, i));
    }
    for (size_t i = 2; i < 5; ++i) ONEDGE_RETURN_IF_ERROR(CheckParameter(ctx, i, -1));
    if (ctx.InputDims(0) && ctx.InputDims(1)) {
      auto sum = BroadcastDims(*ctx.InputDims(0), *ctx.InputDims(1));
      if (!sum.ok()) return std::move(sum).status().WithContext("input 1");
    }
    ctx.SetOutputType(0, ctx.InputType(0));
    std::optional<Dims> reduced;
    if (const Dims* x = ctx.InputDims(0)) {
      if (x->empty()) return InvalidArgument("input 0: expected at least 1 dimension, got a scalar");
      reduced = *x;
      reduced->back() = Dim::Known(1);
    }
    ctx.SetOutput(1, DType::kFloat32, reduced);
    ctx.SetOutput(2, DType::kFloat32, std::move(reduced));
    ctx.SetOutputType(3, ctx.InputType(0));
    return OkStatus();
  }

  // input: [batch, sequence, hidden], skip: the same or without batch, gamma, beta, bias: [hidden]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Shape& shape = ctx.Input(0).shape();
    const DType dtype = ctx.Input(0).dtype();
    ONEDGE_ASSIGN_OR_RETURN(const Rows rows, RowsFrom(shape, -1));
    const Shape& skip_shape = ctx.Input(1).shape();
    const auto sum_shape = BroadcastShapes(shape, skip_shape);
    const int64_t skip_count = ctx.Input(1).element_count();
    if (!sum_shape || !(*sum_shape == shape) || (skip_count == 0) != (shape.element_count() == 0) ||
        (skip_count > 0 && skip_count % static_cast<int64_t>(rows.size) != 0)) {
      return InvalidArgument("input 1: expected the shape of input 0, ", shape, ", with or without batch, got ",
                             skip_shape);
    }
    Shape reduced = shape;
    reduced.back() = 1;
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor skip, RealInput<T>(ctx, 1, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor gamma, RowParameter<T>(ctx, 2, dtype, shape, -1, rows.size));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor beta, RowParameter<T>(ctx, 3, dtype, shape, -1, rows.size));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor bias, RowParameter<T>(ctx, 4, dtype, shape, -1, rows.size));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
      float* means = nullptr;
      float* deviations = nullptr;
      if (ctx.WantsOutput(1)) {
        ONEDGE_ASSIGN_OR_RETURN(Tensor * mean, ctx.Output(1, DType::kFloat32, reduced));
        means = mean->mutable_data<float>();
      }
      if (ctx.WantsOutput(2)) {
        ONEDGE_ASSIGN_OR_RETURN(Tensor * deviation, ctx.Output(2, DType::kFloat32, reduced));
        deviations = deviation->mutable_data<float>();
      }
      // The sum is made in output 3 where the node has one, else in y, which the normalised row then replaces.
      RealOutput<T> sum;
      if (ctx.WantsOutput(3)) {
        ONEDGE_ASSIGN_OR_RETURN(sum, RealOutput<T>::Create(ctx, 3, dtype, shape));
      }
      T* const sums = ctx.WantsOutput(3) ? sum.data() : y.data();
      const size_t skip_rows = skip_count == 0 ? 1 : static_cast<size_t>(skip_count) / rows.size;
      const T* biases = bias.defined() ? bias.template data<T>() : nullptr;
      const T* betas = beta.defined() ? beta.template data<T>() : nullptr;
      T* const outputs = y.data();
      ParallelRanges(ctx.threads(), rows.count, rows.size * 5, [&](size_t begin, size_t end) {
        for (size_t row = begin; row < end; ++row) {
          const T* in = x.template data<T>() + row * rows.size;
          const T* other = skip.template data<T>() + row % skip_rows * rows.size;
          T* to = sums + row * rows.size;
          for (size_t i = 0; i < rows.size; ++i) to[i] = in[i] + other[i];
          if (biases) {
            for (size_t i = 0; i < rows.size; ++i) to[i] = to[i] + biases[i];
          }
          const auto stats = LayerNormRow<T>(to, gamma.template data<T>(), betas, rows.size, static_cast<T>(epsilon),
                                             outputs + row * rows.size);
          if (means) means[row] = static_cast<float>(stats.mean);
          if (deviations) deviations[row] = static_cast<float>(stats.inverse_deviation);
        }
      });
      if (ctx.WantsOutput(3)) ONEDGE_RETURN_IF_ERROR(sum.Store());
      return y.Store();
    });
  }
};

template <>
Result<OpPtr> Parse<LayerNormalization>(AttributeReader& attrs) {
  auto op = std::make_unique<LayerNormalization>();
  op->axis = attrs.Int("axis", -1);
  op->epsilon = attrs.Float("epsilon", 1e-5f);
  op->stash = attrs.Type("stash_type", DType::kFloat32);
  if (op->stash != DType::kFloat32 && op->stash != DType::kBfloat16) {
    attrs.FailValue("stash_type", "float32 or bfloat16", DTypeName(op->stash));
  }
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<RMSNormalization>(AttributeReader& attrs) {
  auto op = std::make_unique<RMSNormalization>();
  op->axis = attrs.Int("axis", -1);
  op->epsilon = attrs.Float("epsilon", 1e-5f);
  const DType stash = attrs.Type("stash_type", DType::kFloat32);
  if (stash != DType::kFloat32) attrs.FailValue("stash_type", "float32", DTypeName(stash));
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<SkipLayerNormalization>(AttributeReader& attrs) {
  auto op = std::make_unique<SkipLayerNormalization>();
  op->epsilon = attrs.Float("epsilon", 1e-12f);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
