// RotaryEmbedding (ai.onnx 23): rotates pairs of a head's elements by angles that depend on the position.
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {

struct RotaryEmbedding final : Op {
  bool interleaved = false;
  int64_t rotary_dim = 0;  // 0: the whole head
  int64_t num_heads = 0;   // for inputs of 3 dimensions

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    for (size_t i = 1; i < 3; ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
      ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, i));
    }
    if (const Dims* x = ctx.InputDims(0); x && x->size() != 3 && x->size() != 4) {
      return InvalidArgument("input 0: expected 3 or 4 dimensions, got ", x->size());
    }
    return InferSameAsInput(ctx);
  }

  // x: [B, H, S, D] or [B, S, H * D], cos, sin: [positions, R / 2], or without position_ids [B, S, R / 2],
  // position_ids: int64 [B, S] (optional) -> y: as x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Shape& shape = ctx.Input(0).shape();
    const bool packed = shape.rank() == 3;
    if (!packed && shape.rank() != 4) return InvalidArgument("input 0: expected 3 or 4 dimensions, got shape ", shape);
    if (packed && (num_heads < 1 || shape[2] % num_heads != 0)) {
      return InvalidArgument("attribute 'num_heads': expected a divisor of the hidden size ", shape[2], ", got ",
                             num_heads);
    }
    const size_t batch = static_cast<size_t>(shape[0]);
    const size_t heads = static_cast<size_t>(packed ? num_heads : shape[1]);
    const size_t length = static_cast<size_t>(packed ? shape[1] : shape[2]);
    const size_t head_size = static_cast<size_t>(packed ? shape[2] / num_heads : shape[3]);
    const size_t rotated = rotary_dim > 0 ? static_cast<size_t>(rotary_dim) : head_size;
    if (rotated > head_size || rotated % 2 != 0) {
      return InvalidArgument("expected an even number of at most ", head_size, " elements to rotate, got ", rotated);
    }
    const size_t half = rotated / 2;
    ONEDGE_ASSIGN_OR_RETURN(const std::vector<size_t> rows, CacheRows(ctx, batch, length, half));
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor cos, RealInput<T>(ctx, 1, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor sin, RealInput<T>(ctx, 2, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
      T* const outputs = y.data();
      ParallelRanges(ctx.threads(), batch * length * heads, head_size * 4, [&](size_t begin, size_t end) {
        for (size_t item = begin; item < end; ++item) {
          const size_t b = item / (length * heads);
          const size_t position = packed ? item / heads % length : item % length;
          const T* from = x.template data<T>() + item * head_size;
          const T* c = cos.template data<T>() + rows[b * length + position] * half;
          const T* s = sin.template data<T>() + rows[b * length + position] * half;
          T* to = outputs + item * head_size;
          for (size_t i = 0; i < half; ++i) {
            const size_t first = interleaved ? 2 * i : i;
            const size_t second = interleaved ? 2 * i + 1 : half + i;
            const T re = from[first];
            const T im = from[second];
            to[first] = c[i] * re - s[i] * im;
            to[second] = s[i] * re + c[i] * im;
          }
          for (size_t i = rotated; i < head_size; ++i) to[i] = from[i];
        }
      });
      return y.Store();
    });
  }

 private:
  // The row of the caches for each (batch, position).
  static Result<std::vector<size_t>> CacheRows(OpContext& ctx, size_t batch, size_t length, size_t half) {
    const Shape& cos = ctx.Input(1).shape();
    if (!(cos == ctx.Input(2).shape()) || cos.empty() || cos.back() != static_cast<int64_t>(half)) {
      return InvalidArgument("inputs 1 and 2: expected caches of ", half, " columns, got shapes ", cos, " and ",
                             ctx.Input(2).shape());
    }
    std::vector<size_t> rows(batch * length);
    const int64_t available = half == 0 ? 0 : cos.element_count() / static_cast<int64_t>(half);
    if (!ctx.HasInput(3)) {
      if (available != static_cast<int64_t>(rows.size()) && half > 0) {
        return InvalidArgument("inputs 1 and 2: expected [", batch, ", ", length, ", ", half,
                               "] without position_ids, got ", cos);
      }
      for (size_t i = 0; i < rows.size(); ++i) rows[i] = i;
      return rows;
    }
    ONEDGE_ASSIGN_OR_RETURN(const auto positions, ctx.Input(3).ToInt64s("input 3"));
    if (positions.size() != rows.size()) {
      return InvalidArgument("input 3: expected [", batch, ", ", length, "], got shape ", ctx.Input(3).shape());
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      if (positions[i] < 0 || (half > 0 && positions[i] >= available)) {
        return InvalidArgument("input 3: expected positions in [0, ", available, "), got ", positions[i]);
      }
      rows[i] = static_cast<size_t>(positions[i]);
    }
    return rows;
  }
};

template <>
Result<OpPtr> Parse<RotaryEmbedding>(AttributeReader& attrs) {
  auto op = std::make_unique<RotaryEmbedding>();
  op->interleaved = attrs.Int("interleaved", 0) != 0;
  op->rotary_dim = attrs.Int("rotary_embedding_dim", 0);
  op->num_heads = attrs.Int("num_heads", 0);
  if (op->rotary_dim < 0 || op->num_heads < 0) {
    attrs.Fail(InvalidArgument("attributes 'rotary_embedding_dim' and 'num_heads': expected no negative numbers"));
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
