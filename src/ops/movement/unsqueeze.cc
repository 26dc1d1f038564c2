// Unsqueeze (ai.onnx 1; axes are an input since 13): inserts dimensions of size 1 at `axes` of the output.
#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"

namespace onedge::ops {
namespace {

Result<Dims> UnsqueezedDims(const Dims& dims, std::span<const int64_t> axes) {
  const size_t rank = dims.size() + axes.size();
  ONEDGE_ASSIGN_OR_RETURN(const Axes inserted, NormalizeAxes(axes, rank));
  Dims out(rank, Dim::Unknown());
  for (size_t axis : inserted) out[axis] = Dim::Known(1);
  size_t next = 0;
  for (size_t i = 0; i < rank; ++i) {
    if (!out[i].is(1)) out[i] = dims[next++];
  }
  return out;
}

}  // namespace

struct Unsqueeze final : Op {
  std::optional<InlineVector<int64_t, 8>> axes;  // opset 1 to 12

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    auto known_axes = axes;
    if (!axes) {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
      ONEDGE_ASSIGN_OR_RETURN(known_axes, ctx.InputInts(1));
    }
    std::optional<Dims> dims;
    if (const Dims* from = ctx.InputDims(0); from && known_axes) {
      ONEDGE_ASSIGN_OR_RETURN(dims, UnsqueezedDims(*from, *known_axes));
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    if (auto elements = KnownElements(ctx, 0)) ctx.SetOutputShapeValue(0, std::move(*elements));
    return OkStatus();
  }

  // x: any [...], axes: i64 [n] -> any [...], sharing the elements of x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(axes ? 1 : 2));
    InlineVector<int64_t, 8> inserted;
    if (axes) {
      inserted = *axes;
    } else {
      ONEDGE_ASSIGN_OR_RETURN(inserted, InputIntegers(ctx, 1));
    }
    ONEDGE_ASSIGN_OR_RETURN(const Dims dims, UnsqueezedDims(graph::DimsOf(ctx.Input(0).shape()), inserted));
    ONEDGE_ASSIGN_OR_RETURN(Tensor y, ctx.Input(0).Reshaped(*graph::ShapeOf(dims)));
    return ctx.SetOutput(0, std::move(y));
  }

  std::optional<size_t> AliasedInput() const override { return 0; }
};

template <>
Result<OpPtr> Parse<Unsqueeze>(AttributeReader& attrs) {
  auto op = std::make_unique<Unsqueeze>();
  if (attrs.opset() < 13) op->axes.emplace(attrs.RequiredInts("axes"));
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
