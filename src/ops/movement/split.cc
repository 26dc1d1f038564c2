// Split (ai.onnx 1; sizes are an input since 13, num_outputs since 18): cuts a tensor along one dimension.
#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

struct Split final : Op {
  int64_t axis = 0;
  std::optional<InlineVector<int64_t, 8>> sizes;
  bool uneven = false;  // without sizes the last part may be smaller

  // The sizes of the parts for a dimension of size `total`.
  Result<InlineVector<int64_t, 8>> Parts(int64_t total, size_t count,
                                         const std::optional<InlineVector<int64_t, 8>>& given) const {
    const auto parts = static_cast<int64_t>(count);
    if (given) {
      int64_t sum = 0;
      bool valid = given->size() == count;
      for (int64_t size : *given) {
        valid = valid && size >= 0 && size <= total - sum;
        if (valid) sum += size;
      }
      if (!valid || sum != total) {
        return InvalidArgument("split ", Shape(*given), " does not cut a dimension of size ", total, " into ", count,
                               " parts");
      }
      return *given;
    }
    const int64_t size = uneven ? total / parts + (total % parts != 0) : total / parts;
    const int64_t last = total - size * (parts - 1);
    if (last < 0 || (!uneven && last != size)) {
      return InvalidArgument("a dimension of size ", total, " cannot be split into ", count, " equal parts");
    }
    InlineVector<int64_t, 8> out(count, size);
    out.back() = last;
    return out;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    if (ctx.output_count() == 0) return OkStatus();
    auto given = sizes;
    if (!given && ctx.HasInput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(given, ctx.InputInts(1));
    }
    const Dims* from = ctx.InputDims(0);
    if (!from) {
      for (size_t i = 0; i < ctx.output_count(); ++i) ctx.SetOutput(i, ctx.InputDType(0), std::nullopt);
      return OkStatus();
    }
    ONEDGE_ASSIGN_OR_RETURN(const size_t cut, NormalizeAxis(axis, from->size(), "attribute 'axis'"));
    std::optional<InlineVector<int64_t, 8>> parts;
    if ((*from)[cut].known() && (given || !ctx.HasInput(1))) {
      ONEDGE_ASSIGN_OR_RETURN(parts, Parts((*from)[cut].value, ctx.output_count(), given));
    } else if (given && given->size() == ctx.output_count()) {
      parts = given;
    }
    const auto elements = from->size() == 1 && parts ? KnownElements(ctx, 0) : std::nullopt;
    int64_t offset = 0;
    for (size_t i = 0; i < ctx.output_count(); ++i) {
      Dims dims = *from;
      dims[cut] = parts && (*parts)[i] >= 0 ? Dim::Known((*parts)[i]) : Dim::Unknown();
      if (elements && dims[cut].known() && offset + dims[cut].value <= static_cast<int64_t>(elements->size())) {
        ctx.SetOutputShapeValue(i, Dims(elements->begin() + offset, elements->begin() + offset + dims[cut].value));
        offset += dims[cut].value;
      }
      ctx.SetOutput(i, ctx.InputDType(0), std::move(dims));
    }
    return OkStatus();
  }

  // x: any [outer, n, inner], split: i64 [parts] (optional) -> any [outer, n_i, inner] each
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    if (ctx.output_count() == 0) return OkStatus();
    const Tensor& x = ctx.Input(0);
    auto given = sizes;
    if (!given && ctx.HasInput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(given, InputIntegers(ctx, 1));
    }
    ONEDGE_ASSIGN_OR_RETURN(const size_t cut, NormalizeAxis(axis, x.rank(), "attribute 'axis'"));
    ONEDGE_ASSIGN_OR_RETURN(const auto parts, Parts(x.dim(cut), ctx.output_count(), given));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    const int64_t outer = x.shape().element_count(0, cut);
    const int64_t inner = x.shape().element_count(cut + 1, x.rank());
    int64_t offset = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      const int64_t block = parts[i] * inner;
      if (ctx.WantsOutput(i)) {
        Shape shape = x.shape();
        shape[cut] = parts[i];
        ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, i, x.dtype(), shape));
        CopyStrided(to.type(), from.at(offset), to.at(0), {{outer, x.dim(cut) * inner, block}, {block, 1, 1}},
                    ctx.threads());
        to.Finish();
      }
      offset += block;
    }
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Split>(AttributeReader& attrs) {
  auto op = std::make_unique<Split>();
  op->axis = attrs.Int("axis", 0);
  if (attrs.opset() < 13 && attrs.Has("split")) op->sizes.emplace(attrs.Ints("split"));
  if (attrs.opset() >= 18) {
    op->uneven = true;
    const int64_t count = attrs.Int("num_outputs", static_cast<int64_t>(attrs.output_count()));
    if (count != static_cast<int64_t>(attrs.output_count())) {
      attrs.Fail(
          CorruptFile("attribute 'num_outputs' is ", count, ", but the node has ", attrs.output_count(), " outputs"));
    }
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
