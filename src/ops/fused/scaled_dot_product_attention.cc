// onedge.ScaledDotProductAttention 1: softmax(q k^T * scale + mask) v. Made by the optimizer. It holds the scores of a
// few query rows at a time, not all of them.
#include "ops/fused/scaled_dot_product_attention.h"

#include <algorithm>

#include "base/checked_math.h"
#include "ops/math/softmax_row.h"
#include "ops/nn/matmul_kernel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

constexpr size_t kRows = 32;   // query rows whose scores are in memory at once
constexpr size_t kTasks = 16;  // heads computed at once, each with its own scratch

// Sizes of q [batch, heads, s, d], k [batch, heads, t, d], v [batch, heads, t, d_v].
struct Sizes {
  size_t heads;  // batch * heads
  size_t s, t, d, d_v;
  size_t tasks() const { return std::min(heads, kTasks); }
  // The elements of one task: k transposed, and the scores.
  size_t scratch() const { return AlignUp(d * t, size_t{16}) + AlignUp(std::min(s, kRows) * t, size_t{16}); }
};

Result<Dims> AttentionDims(const Dims& q, const Dims& k, const Dims& v, const Dims* mask) {
  for (const Dims* dims : {&q, &k, &v}) {
    if (dims->size() != 4)
      return InvalidArgument("expected [batch, heads, sequence, dim], got ", dims->size(), " dimensions");
  }
  const auto agree = [](const Dim& a, const Dim& b) { return !a.known() || !b.known() || a.value == b.value; };
  for (size_t axis : {0, 1}) {
    if (!agree(q[axis], k[axis]) || !agree(q[axis], v[axis])) {
      return InvalidArgument("batch and heads of q, k and v must agree: dimension ", axis, " is ", q[axis].value, ", ",
                             k[axis].value, " and ", v[axis].value);
    }
  }
  if (!agree(q[3], k[3])) return InvalidArgument("input 1: expected keys of size ", q[3].value, ", got ", k[3].value);
  if (!agree(k[2], v[2])) return InvalidArgument("input 2: expected ", k[2].value, " values, got ", v[2].value);
  if (mask) {
    const Dims scores = {q[0], q[1], q[2], k[2]};
    ONEDGE_ASSIGN_OR_RETURN(const Dims broadcast, BroadcastDims(*mask, scores));
    bool grows = broadcast.size() != 4;
    for (size_t i = 0; !grows && i < 4; ++i) grows = !agree(broadcast[i], scores[i]);
    if (grows) return InvalidArgument("input 3: expected a mask that broadcasts to [batch, heads, queries, keys]");
  }
  return Dims{q[0], q[1], q[2], v[3]};
}

Sizes SizesOf(const Shape& q, const Shape& k, const Shape& v) {
  return {static_cast<size_t>(q[0] * q[1]), static_cast<size_t>(q[2]), static_cast<size_t>(k[2]),
          static_cast<size_t>(q[3]), static_cast<size_t>(v[3])};
}

}  // namespace

Status ScaledDotProductAttention::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  for (size_t i = 1; i < 4; ++i) {
    if (i < 3) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, i));
  }
  std::optional<Dims> out;
  if (ctx.InputDims(0) && ctx.InputDims(1) && ctx.InputDims(2)) {
    ONEDGE_ASSIGN_OR_RETURN(out,
                            AttentionDims(*ctx.InputDims(0), *ctx.InputDims(1), *ctx.InputDims(2), ctx.InputDims(3)));
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

Status ScaledDotProductAttention::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
  const DType dtype = ctx.Input(0).dtype();
  Dims dims[4];
  for (size_t i = 0; i < 4; ++i) {
    if (ctx.HasInput(i)) dims[i] = graph::DimsOf(ctx.Input(i).shape());
  }
  ONEDGE_ASSIGN_OR_RETURN(const Dims out,
                          AttentionDims(dims[0], dims[1], dims[2], ctx.HasInput(3) ? &dims[3] : nullptr));
  const Sizes sizes = SizesOf(ctx.Input(0).shape(), ctx.Input(1).shape(), ctx.Input(2).shape());
  const size_t heads = static_cast<size_t>(dims[0][1].value);
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor q, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor k, RealInput<T>(ctx, 1, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor v, RealInput<T>(ctx, 2, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor mask, OptionalRealInput<T>(ctx, 3, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, *graph::ShapeOf(out)));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(sizes.tasks() * sizes.scratch() * sizeof(T)));
    size_t strides[4] = {};  // of the mask over [B, H, S, T]; 0 in broadcast dimensions
    for (size_t i = 0, stride = 1; mask.defined() && i < mask.rank(); ++i) {
      const size_t size = static_cast<size_t>(mask.dim(mask.rank() - 1 - i));
      if (size != 1) strides[3 - i] = stride;
      stride *= size;
    }
    T* const outputs = y.data();
    ParallelFor(ctx.threads(), sizes.tasks(), [&](size_t task) {
      T* keys = reinterpret_cast<T*>(workspace) + task * sizes.scratch();
      T* scores = keys + AlignUp(sizes.d * sizes.t, size_t{16});
      for (size_t head = task; head < sizes.heads; head += sizes.tasks()) {
        const T* head_mask =
            mask.defined() ? mask.template data<T>() + head / heads * strides[0] + head % heads * strides[1] : nullptr;
        TransposeMatrix(k.template data<T>() + head * sizes.t * sizes.d, sizes.t, sizes.d, keys);
        for (size_t row = 0; row < sizes.s; row += kRows) {
          const size_t rows = std::min(kRows, sizes.s - row);
          RunMatMul(MatMulBlock<T>{q.template data<T>() + (head * sizes.s + row) * sizes.d, sizes.d, 1, keys, sizes.t,
                                   scores, sizes.t, rows, sizes.d, sizes.t});
          for (size_t r = 0; r < rows; ++r) {
            T* line = scores + r * sizes.t;
            for (size_t j = 0; j < sizes.t; ++j) line[j] = line[j] * static_cast<T>(scale);
            if (head_mask) {
              const T* from = head_mask + (row + r) * strides[2];
              for (size_t j = 0; j < sizes.t; ++j) line[j] = line[j] + from[j * strides[3]];
            }
            SoftmaxRow(line, line, sizes.t);
          }
          RunMatMul(MatMulBlock<T>{scores, sizes.t, 1, v.template data<T>() + head * sizes.t * sizes.d_v, sizes.d_v,
                                   outputs + (head * sizes.s + row) * sizes.d_v, sizes.d_v, rows, sizes.t, sizes.d_v});
        }
      }
    });
    return y.Store();
  });
}

size_t ScaledDotProductAttention::WorkspaceBytes(const ShapeContext& ctx) const {
  std::optional<Shape> shapes[3];
  for (size_t i = 0; i < 3; ++i) {
    if (ctx.InputDims(i)) shapes[i] = graph::ShapeOf(*ctx.InputDims(i));
    if (!shapes[i] || shapes[i]->rank() != 4) return 0;
  }
  const Sizes sizes = SizesOf(*shapes[0], *shapes[1], *shapes[2]);
  return sizes.tasks() * sizes.scratch() * (ctx.InputDType(0) == DType::kFloat64 ? 8 : 4);
}

template <>
Result<OpPtr> Parse<ScaledDotProductAttention>(AttributeReader& attrs) {
  auto op = std::make_unique<ScaledDotProductAttention>();
  op->scale = attrs.Float("scale", 1.0f);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
