// SplitToSequence (ai.onnx 11): cuts a tensor along a dimension into a sequence of parts.
#include "ops/movement/strided_copy.h"
#include "ops/sequence/element_type.h"

namespace onedge::ops {

struct SplitToSequence final : Op {
  int64_t axis = 0;
  bool keep_dims = true;  // only without sizes: parts of size 1 keep their dimension

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    std::optional<Dims> dims;
    if (const Dims* from = ctx.InputDims(0)) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t cut, NormalizeAxis(axis, from->size(), "attribute 'axis'"));
      dims = *from;
      if (ctx.HasInput(1)) {
        (*dims)[cut] = Dim::Unknown();
      } else if (keep_dims) {
        (*dims)[cut] = Dim::Known(1);
      } else {
        dims->erase(cut);
      }
    }
    ctx.SetOutputType(0, TypeInfo::Sequence(TypeInfo::Tensor(ctx.InputDType(0), std::move(dims))));
    return OkStatus();
  }

  // The sizes of the parts: given one by one, or one size for all, with a smaller last part.
  static Result<InlineVector<int64_t, 8>> Parts(const Tensor& split, int64_t total) {
    ONEDGE_ASSIGN_OR_RETURN(const auto given, split.ToInt64s("input 1"));
    if (split.rank() > 1) return InvalidArgument("input 1: expected a scalar or a vector, got ", split);
    if (split.rank() == 0) {
      if (given[0] <= 0) return InvalidArgument("input 1: parts of size ", given[0]);
      InlineVector<int64_t, 8> parts;
      for (int64_t rest = total; rest > 0; rest -= given[0]) parts.push_back(std::min(rest, given[0]));
      return parts;
    }
    int64_t rest = total;
    for (int64_t size : given) {
      if (size < 0 || size > rest)
        return InvalidArgument("input 1: ", Shape(given), " does not cut a dimension of ", total);
      rest -= size;
    }
    if (rest != 0) return InvalidArgument("input 1: ", Shape(given), " does not cut a dimension of ", total);
    return given;
  }

  // x: any [outer, n, inner], split: int [] or [parts] (optional) -> sequence of any [outer, n_i, inner]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const size_t cut, NormalizeAxis(axis, x.rank(), "attribute 'axis'"));
    InlineVector<int64_t, 8> parts;
    if (ctx.HasInput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(parts, Parts(ctx.Input(1), x.dim(cut)));
    } else {
      // If another dimension is empty, the number of parts has no limit in bytes.
      if (x.element_count() == 0 && x.dim(cut) > 1 << 20)
        return ResourceExhausted("a sequence of ", x.dim(cut), " parts");
      parts.resize(static_cast<size_t>(x.dim(cut)), 1);
    }
    const bool drop = !ctx.HasInput(1) && !keep_dims;
    const int64_t outer = x.shape().element_count(0, cut);
    const int64_t inner = x.shape().element_count(cut + 1, x.rank());
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    Sequence sequence;
    int64_t offset = 0;
    for (int64_t size : parts) {
      Shape shape = x.shape();
      shape[cut] = size;
      if (drop) shape.erase(cut);
      ONEDGE_ASSIGN_OR_RETURN(Tensor part, Tensor::Allocate(x.dtype(), shape, ctx.budget()));
      ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Over(part, ctx.budget()));
      const int64_t block = size * inner;
      CopyStrided(to.type(), from.at(offset), to.at(0), {{outer, x.dim(cut) * inner, block}, {block, 1, 1}},
                  ctx.threads());
      to.Finish();
      offset += block;
      sequence.elements.emplace_back(std::move(part));
    }
    return ctx.SetOutput(0, Value(std::move(sequence)));
  }
};

template <>
Result<OpPtr> Parse<SplitToSequence>(AttributeReader& attrs) {
  auto op = std::make_unique<SplitToSequence>();
  op->axis = attrs.Int("axis", 0);
  op->keep_dims = attrs.Int("keepdims", 1) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
