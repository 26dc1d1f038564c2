// Squeeze (ai.onnx 1; axes are an input since 13): removes dimensions of size 1: those at `axes`, or all of them
// without axes.
#include <algorithm>

#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"

namespace onedge::ops {
namespace {

// nullopt: even the rank is unknown.
Result<std::optional<Dims>> SqueezedDims(const Dims& dims, const std::optional<InlineVector<int64_t, 8>>& axes) {
  Dims out;
  if (axes) {
    ONEDGE_ASSIGN_OR_RETURN(const Axes removed, NormalizeAxes(*axes, dims.size()));
    for (size_t i = 0; i < dims.size(); ++i) {
      if (std::find(removed.begin(), removed.end(), i) == removed.end()) {
        out.push_back(dims[i]);
      } else if (dims[i].known() && dims[i].value != 1) {
        return InvalidArgument("axes: dimension ", i, " has size ", dims[i].value, ", only size 1 can be removed");
      }
    }
    return std::optional(out);
  }
  for (const Dim& dim : dims) {
    if (!dim.known()) return std::optional<Dims>();
    if (!dim.is(1)) out.push_back(dim);
  }
  return std::optional(out);
}

}  // namespace

struct Squeeze final : Op {
  bool axes_are_input = false;
  std::optional<InlineVector<int64_t, 8>> axes;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    auto known_axes = axes;
    if (axes_are_input && ctx.HasInput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(known_axes, ctx.InputInts(1));
    }
    const bool axes_unknown = axes_are_input && ctx.HasInput(1) && !known_axes;
    std::optional<Dims> dims;
    if (const Dims* from = ctx.InputDims(0); from && !axes_unknown) {
      ONEDGE_ASSIGN_OR_RETURN(dims, SqueezedDims(*from, known_axes));
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    if (auto elements = KnownElements(ctx, 0)) ctx.SetOutputShapeValue(0, std::move(*elements));
    return OkStatus();
  }

  // x: any [...], axes: i64 [n] (optional) -> any [...], sharing the elements of x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    auto removed = axes;
    if (axes_are_input && ctx.HasInput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(removed, InputIntegers(ctx, 1));
    }
    ONEDGE_ASSIGN_OR_RETURN(const auto dims, SqueezedDims(graph::DimsOf(ctx.Input(0).shape()), removed));
    ONEDGE_ASSIGN_OR_RETURN(Tensor y, ctx.Input(0).Reshaped(*graph::ShapeOf(*dims)));
    return ctx.SetOutput(0, std::move(y));
  }

  std::optional<size_t> AliasedInput() const override { return 0; }
};

template <>
Result<OpPtr> Parse<Squeeze>(AttributeReader& attrs) {
  auto op = std::make_unique<Squeeze>();
  op->axes_are_input = attrs.opset() >= 13;
  if (!op->axes_are_input && attrs.Has("axes")) op->axes.emplace(attrs.Ints("axes"));
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
