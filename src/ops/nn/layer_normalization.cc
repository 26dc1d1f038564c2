// LayerNormalization (ai.onnx 17), RMSNormalization (23) and SkipLayerNormalization (com.microsoft 1): normalize rows,
// then scale and shift them.
#include "ops/nn/layer_normalization.h"

#include "base/checked_math.h"
#include "ops/nn/normalize_row.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

// The rows formed by the dimensions from `axis` on.
struct Rows {
  size_t count;
  size_t size;
};
Result<Rows> RowsFrom(const Shape& shape, int64_t axis) {
  ONEDGE_ASSIGN_OR_RETURN(const size_t first, NormalizeAxis(axis, shape.rank()));
  return Rows{static_cast<size_t>(shape.element_count(0, first)),
              static_cast<size_t>(shape.element_count(first, shape.rank()))};
}

// Scale or bias: rows of `row_size` values: one row for all of x, or one for each if it has dimensions before `axis`.
template <typename T>
struct Parameter {
  Tensor values;  // undefined if absent
  Shape outer;    // of x, before axis
  Shape strides;  // of `values` along `outer`; 0 in broadcast dimensions

  const T* Row(size_t row) const {
    if (!values.defined()) return nullptr;
    size_t offset = 0;
    for (size_t d = strides.rank(); d-- > 0;) {
      const auto size = static_cast<size_t>(outer[d]);
      offset += row % size * static_cast<size_t>(strides[d]);
      row /= size;
    }
    return values.data<T>() + offset;
  }
};

// Input `i`, which broadcasts to x (as ONNX requires of Scale and B), with whole rows: smaller rows are repeated.
template <typename T>
Result<Parameter<T>> ReadParameter(OpContext& ctx, size_t i, DType dtype, const Shape& x, int64_t axis) {
  Parameter<T> out;
  ONEDGE_ASSIGN_OR_RETURN(out.values, OptionalRealInput<T>(ctx, i, dtype));
  if (!out.values.defined()) return out;
  ONEDGE_ASSIGN_OR_RETURN(const size_t first, NormalizeAxis(axis, x.rank()));
  const auto broadcast = BroadcastShapes(out.values.shape(), x);
  if (!broadcast || !(*broadcast == x)) {
    if (out.values.element_count() == x.element_count(first, x.rank()))
      return out;  // a whole row, which onnxruntime accepts
    return InvalidArgument("input ", i, ": expected a shape that broadcasts to ", x, ", got ", out.values.shape());
  }
  // Pads the shape to the rank of x.
  Shape given(x.rank() - out.values.rank(), 1);
  for (int64_t size : out.values.shape()) given.push_back(size);
  Shape whole = given;
  std::copy(x.begin() + first, x.end(), whole.begin() + first);
  if (!(whole == given)) {
    ONEDGE_ASSIGN_OR_RETURN(Tensor repeated, Tensor::Allocate(kDTypeOf<T>, whole, ctx.budget()));
    const auto strides = given.Strides();
    for (size_t to = 0, count = static_cast<size_t>(whole.element_count()); to < count; ++to) {
      size_t rest = to, from = 0;
      for (size_t d = whole.rank(); d-- > 0;) {
        const size_t size = static_cast<size_t>(whole[d]);
        if (given[d] != 1) from += rest % size * static_cast<size_t>(strides[d]);
        rest /= size;
      }
      repeated.mutable_data<T>()[to] = out.values.template data<T>()[from];
    }
    out.values = std::move(repeated);
  }
  if (whole.element_count(0, first) == 1) return out;  // one row for all rows of x
  out.outer = Shape(x.begin(), x.begin() + first);
  const auto strides = whole.Strides();
  for (size_t d = 0; d < first; ++d) out.strides.push_back(whole[d] == 1 ? 0 : strides[d]);
  return out;
}

// Input `i` must broadcast to x or be a row of it, as far as both are known.
Status CheckParameter(const ShapeContext& ctx, size_t i, int64_t axis) {
  const Dims* x = ctx.InputDims(0);
  const Dims* parameter = ctx.InputDims(i);
  if (!x || !parameter) return OkStatus();
  ONEDGE_ASSIGN_OR_RETURN(const size_t first, NormalizeAxis(axis, x->size()));
  bool fits = parameter->size() <= x->size();
  for (size_t d = 0; fits && d < parameter->size(); ++d) {
    const Dim& have = (*parameter)[parameter->size() - 1 - d];
    const Dim& want = (*x)[x->size() - 1 - d];
    fits = !have.known() || !want.known() || have.value == 1 || have.value == want.value;
  }
  if (fits) return OkStatus();
  const auto given = graph::ShapeOf(*parameter);
  const auto row = graph::ShapeOf(Dims(x->begin() + first, x->end()));
  if (!given || !row || given->element_count() == row->element_count()) return OkStatus();
  return InvalidArgument("input ", i, ": expected a shape that broadcasts to that of input 0, got ", *given);
}

}  // namespace

Status LayerNormalization::InferShapes(ShapeContext& ctx) const {
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

Status LayerNormalization::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const Shape& shape = ctx.Input(0).shape();
  const DType dtype = ctx.Input(0).dtype();
  ONEDGE_ASSIGN_OR_RETURN(const Rows rows, RowsFrom(shape, axis));
  ONEDGE_ASSIGN_OR_RETURN(const size_t first, NormalizeAxis(axis, shape.rank()));
  Shape reduced(shape.begin(), shape.begin() + first);
  reduced.resize(shape.rank(), 1);
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const auto scale, ReadParameter<T>(ctx, 1, dtype, shape, axis));
    ONEDGE_ASSIGN_OR_RETURN(const auto bias, ReadParameter<T>(ctx, 2, dtype, shape, axis));
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
    T* to = y.data();
    ParallelRanges(ctx.threads(), rows.count, rows.size * 4, [&](size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row) {
        const auto stats = LayerNormRow(from + row * rows.size, scale.Row(row), bias.Row(row), rows.size,
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

  // x: [..., normalized...], scale: broadcasts to x, or [normalized...]; y has its dtype -> y: like x
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
      ONEDGE_ASSIGN_OR_RETURN(const auto scale, ReadParameter<T>(ctx, 1, scale_dtype, shape, axis));
      ONEDGE_ASSIGN_OR_RETURN(Tensor y, Tensor::Allocate(kDTypeOf<T>, shape, ctx.budget()));
      const T* from = x.template data<T>();
      T* to = y.mutable_data<T>();
      ParallelRanges(ctx.threads(), rows.count, rows.size * 3, [&](size_t begin, size_t end) {
        for (size_t row = begin; row < end; ++row) {
          const T* in = from + row * rows.size;
          const T squares = LaneSum<T>(rows.size, [in](size_t i) { return in[i] * in[i]; });
          const T* scales = scale.Row(row);
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

  // input: [batch, sequence, hidden], skip: the same, or without batch, gamma, beta, bias: [hidden]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Shape& shape = ctx.Input(0).shape();
    const DType dtype = ctx.Input(0).dtype();
    ONEDGE_ASSIGN_OR_RETURN(const Rows rows, RowsFrom(shape, -1));
    const Shape& skip_shape = ctx.Input(1).shape();
    const int64_t skip_count = ctx.Input(1).element_count();
    // Whole rows that repeat only in leading dimensions: row r of x uses row r modulo their number.
    size_t leading = 0;
    while (leading < skip_shape.rank() && skip_shape[leading] == 1) ++leading;
    bool fits = skip_shape.rank() <= shape.rank() && (skip_count == 0) == (shape.element_count() == 0);
    for (size_t d = leading; fits && d < skip_shape.rank(); ++d) {
      fits = skip_shape[d] == shape[shape.rank() - skip_shape.rank() + d];
    }
    if (!fits || (skip_count > 0 && skip_count % static_cast<int64_t>(rows.size) != 0)) {
      return InvalidArgument("input 1: expected the shape of input 0, ", shape, ", with or without batch, got ",
                             skip_shape);
    }
    Shape reduced = shape;
    reduced.back() = 1;
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor skip, RealInput<T>(ctx, 1, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const auto gamma, ReadParameter<T>(ctx, 2, dtype, shape, -1));
      ONEDGE_ASSIGN_OR_RETURN(const auto beta, ReadParameter<T>(ctx, 3, dtype, shape, -1));
      ONEDGE_ASSIGN_OR_RETURN(const auto bias, ReadParameter<T>(ctx, 4, dtype, shape, -1));
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
      // The sum is computed in output 3 if the node has one, otherwise in y, where the normalized row then replaces it.
      RealOutput<T> sum;
      if (ctx.WantsOutput(3)) {
        ONEDGE_ASSIGN_OR_RETURN(sum, RealOutput<T>::Create(ctx, 3, dtype, shape));
      }
      T* const sums = ctx.WantsOutput(3) ? sum.data() : y.data();
      const size_t skip_rows = skip_count == 0 ? 1 : static_cast<size_t>(skip_count) / rows.size;
      T* const outputs = y.data();
      ParallelRanges(ctx.threads(), rows.count, rows.size * 5, [&](size_t begin, size_t end) {
        for (size_t row = begin; row < end; ++row) {
          const T* in = x.template data<T>() + row * rows.size;
          const T* other = skip.template data<T>() + row % skip_rows * rows.size;
          T* to = sums + row * rows.size;
          AddRows(in, other, rows.size, to);
          if (const T* biases = bias.Row(row)) AddRows(to, biases, rows.size, to);
          const auto stats = LayerNormRow<T>(to, gamma.Row(row), beta.Row(row), rows.size, static_cast<T>(epsilon),
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
