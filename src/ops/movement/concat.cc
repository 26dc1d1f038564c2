// Concat (ai.onnx 1): joins tensors along one dimension; all other dimensions must agree.
#include "ops/movement/dims_math.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

struct Concat final : Op {
  int64_t axis = 1;

  Status InferShapes(ShapeContext& ctx) const override {
    if (ctx.input_count() == 0) return InvalidArgument("input 0 is required, but missing");
    std::optional<Dims> dims;
    bool rank_known = true;
    std::optional<Dims> elements = Dims();
    DType dtype = DType::kUndefined;
    for (size_t i = 0; i < ctx.input_count(); ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
      if (dtype == DType::kUndefined) dtype = ctx.InputDType(i);
      const auto part = KnownElements(ctx, i);
      const Dims* next = ctx.InputDims(i);
      if (part && elements) {
        for (const Dim& element : *part) elements->push_back(element);
      } else if (elements && next && next->size() == 1 && (*next)[0].known() && (*next)[0].value <= 64) {
        for (int64_t k = 0; k < (*next)[0].value; ++k) elements->push_back(Dim::Unknown());
      } else {
        elements.reset();
      }
      if (!next) {
        rank_known = false;
        continue;
      }
      ONEDGE_ASSIGN_OR_RETURN(const size_t joined, NormalizeAxis(axis, next->size(), "attribute 'axis'"));
      if (!dims) {
        dims = *next;
        continue;
      }
      if (next->size() != dims->size()) {
        return InvalidArgument("input ", i, ": expected rank ", dims->size(), ", got rank ", next->size());
      }
      for (size_t k = 0; k < dims->size(); ++k) {
        Dim& dim = (*dims)[k];
        if (k == joined) {
          dim = dim.is(0) ? (*next)[k] : (*next)[k].known() ? Plus(dim, (*next)[k].value) : Dim::Unknown();
        } else {
          ONEDGE_ASSIGN_OR_RETURN(dim, MergeDims(dim, (*next)[k], StrCat("input ", i, ", dimension ", k)));
        }
      }
    }
    if (dims && !rank_known) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t joined, NormalizeAxis(axis, dims->size(), "attribute 'axis'"));
      (*dims)[joined] = Dim::Unknown();
    }
    if (elements && dims && dims->size() == 1 && (dtype == DType::kInt64 || dtype == DType::kInt32)) {
      ctx.SetOutputShapeValue(0, std::move(*elements));
    }
    ctx.SetOutput(0, dtype, std::move(dims));
    return OkStatus();
  }

  std::optional<InPlace> InPlaceInput(size_t output) const override {
    static_cast<void>(output);
    return InPlace{0, axis};
  }

  // inputs: any [outer, n_i, inner] -> any [outer, sum of n_i, inner]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(ctx.input_count()));
    if (ctx.input_count() == 0) return InvalidArgument("input 0 is required, but missing");
    Shape shape = ctx.Input(0).shape();
    ONEDGE_ASSIGN_OR_RETURN(const size_t joined, NormalizeAxis(axis, shape.rank(), "attribute 'axis'"));
    for (size_t i = 1; i < ctx.input_count(); ++i) {
      const Tensor& x = ctx.Input(i);
      bool same = x.rank() == shape.rank() && x.dtype() == ctx.Input(0).dtype();
      for (size_t k = 0; same && k < shape.rank(); ++k) same = k == joined || x.dim(k) == shape[k];
      if (!same) {
        return InvalidArgument("input ", i, ": ", x, " cannot be joined with ", ctx.Input(0), " along dimension ",
                               joined);
      }
      shape[joined] += x.dim(joined);
    }
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, ctx.Input(0).dtype(), shape));
    const int64_t outer = shape.element_count(0, joined);
    const std::optional<int64_t> room = ctx.InPlaceRoom(0);
    const int64_t stride = room.value_or(shape[joined]) * shape.element_count(joined + 1, shape.rank());
    int64_t offset = 0;
    for (size_t i = 0; i < ctx.input_count(); ++i) {
      const Tensor& x = ctx.Input(i);
      const int64_t block = x.shape().element_count(joined, x.rank());
      if (room && i == 0) {
        offset += block;
        continue;  // it is already in place
      }
      ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
      CopyStrided(to.type(), from.at(0), to.at(offset), {{outer, block, stride}, {block, 1, 1}}, ctx.threads());
      offset += block;
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Concat>(AttributeReader& attrs) {
  auto op = std::make_unique<Concat>();
  op->axis = attrs.opset() < 4 ? attrs.Int("axis", 1) : attrs.RequiredInt("axis");
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
