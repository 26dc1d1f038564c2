// Flatten (ai.onnx 1; negative axes since 11): reshapes to two dimensions: those before `axis`, and the rest.
#include "ops/movement/dims_math.h"
#include "ops/op.h"

namespace onedge::ops {

struct Flatten final : Op {
  int64_t axis = 1;

  Result<size_t> Axis(size_t rank) const {
    if (axis == static_cast<int64_t>(rank)) return rank;
    return NormalizeAxis(axis, rank, "attribute 'axis'");
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    Dims dims(2, Dim::Unknown());
    if (const Dims* from = ctx.InputDims(0)) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t split, Axis(from->size()));
      dims = {Product({from->begin(), split}), Product({from->begin() + split, from->end()})};
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // x: any [...] -> any [rows, columns], sharing the elements of x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const size_t split, Axis(x.rank()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor y,
                            x.Reshaped({x.shape().element_count(0, split), x.shape().element_count(split, x.rank())}));
    return ctx.SetOutput(0, std::move(y));
  }

  std::optional<size_t> AliasedInput() const override { return 0; }
};

template <>
Result<OpPtr> Parse<Flatten>(AttributeReader& attrs) {
  auto op = std::make_unique<Flatten>();
  op->axis = attrs.Int("axis", 1);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
