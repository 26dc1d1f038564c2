// ConcatFromSequence (ai.onnx 11): joins the tensors of a sequence along a dimension, or stacks them along a new one.
#include "ops/movement/strided_copy.h"
#include "ops/sequence/element_type.h"

namespace onedge::ops {

struct ConcatFromSequence final : Op {
  int64_t axis = 0;
  bool new_axis = false;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(const TypeInfo element, SequenceElement(ctx, 0));
    std::optional<Dims> dims;
    if (element.dims) {
      dims = element.dims;
      ONEDGE_ASSIGN_OR_RETURN(const size_t joined, NormalizeAxis(axis, dims->size() + new_axis, "attribute 'axis'"));
      if (new_axis) dims->insert(joined, Dim::Unknown());
      (*dims)[joined] = Dim::Unknown();
    }
    ctx.SetOutput(0, element.dtype, std::move(dims));
    return OkStatus();
  }

  // sequence of any [outer, n_i, inner] -> any [outer, sum of n_i, inner]; or of [outer, inner] -> [outer, count,
  // inner]
  Status Run(OpContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(const Sequence* const sequence, SequenceInput(ctx, 0));
    if (sequence->elements.empty()) return InvalidArgument("input 0: an empty sequence cannot be joined");
    for (const Value& element : sequence->elements) {
      if (!element.is_tensor()) return InvalidArgument("input 0: expected a sequence of tensors");
    }
    const Tensor& first = sequence->elements[0].tensor();
    ONEDGE_ASSIGN_OR_RETURN(const size_t joined, NormalizeAxis(axis, first.rank() + new_axis, "attribute 'axis'"));
    Shape shape = first.shape();
    if (new_axis) shape.insert(joined, 1);
    shape[joined] = 0;
    for (const Value& element : sequence->elements) {
      const Tensor& x = element.tensor();
      bool same = x.rank() == first.rank() && x.dtype() == first.dtype();
      for (size_t i = 0; same && i < x.rank(); ++i) same = (i == joined && !new_axis) || x.dim(i) == first.dim(i);
      if (!same) return InvalidArgument("input 0: ", x, " cannot be joined with ", first, " along dimension ", joined);
      shape[joined] += new_axis ? 1 : x.dim(joined);
    }
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, first.dtype(), shape));
    const int64_t outer = shape.element_count(0, joined);
    const int64_t stride = shape.element_count(joined, shape.rank());
    int64_t offset = 0;
    for (const Value& element : sequence->elements) {
      const Tensor& x = element.tensor();
      ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
      const int64_t block = x.shape().element_count(joined, x.rank());
      CopyStrided(to.type(), from.at(0), to.at(offset), {{outer, block, stride}, {block, 1, 1}}, ctx.threads());
      offset += block;
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<ConcatFromSequence>(AttributeReader& attrs) {
  auto op = std::make_unique<ConcatFromSequence>();
  op->axis = attrs.RequiredInt("axis");
  op->new_axis = attrs.Int("new_axis", 0) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
