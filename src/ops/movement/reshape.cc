// Reshape (ai.onnx 1; shape is an input since 5, allowzero since 14): the same elements under another shape. -1 is the
// size that makes the counts match; 0 (without allowzero) is the input's size in that dimension.
#include "base/checked_math.h"
#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"

namespace onedge::ops {

struct Reshape final : Op {
  std::optional<std::vector<int64_t>> shape;  // opset 1 to 4
  bool allow_zero = false;

  // The output's shape, if the input shape and the requested shape are known.
  Result<Shape> Resolve(const Shape& from, std::span<const int64_t> wanted) const {
    Shape to;
    std::optional<size_t> inferred;
    // Equal sizes on both sides cancel, so that [0, 3] to [0, -1] is [0, 3].
    int64_t from_rest = 1;
    int64_t to_rest = 1;
    bool fits = true;
    const auto multiply = [&fits](int64_t& product, int64_t size) {
      const auto next = CheckedMultiply(product, size);
      fits = fits && next;
      product = next.value_or(0);
    };
    for (size_t i = 0; i < wanted.size(); ++i) {
      const bool copied = wanted[i] == 0 && !allow_zero;
      if (copied && i >= from.rank()) {
        return InvalidArgument("shape ", Shape(wanted), ": its 0 in dimension ", i,
                               " has no counterpart in the input's shape ", from);
      }
      if (wanted[i] < -1) return InvalidArgument("shape ", Shape(wanted), ": ", wanted[i], " is not a size");
      if (wanted[i] == -1 && inferred) return InvalidArgument("shape ", Shape(wanted), ": more than one -1");
      if (wanted[i] == -1) inferred = i;
      to.push_back(copied ? from[i] : wanted[i]);
      if (!copied && wanted[i] != -1) multiply(to_rest, wanted[i]);
      if (!copied && i < from.rank()) multiply(from_rest, from[i]);
    }
    for (size_t i = wanted.size(); i < from.rank(); ++i) multiply(from_rest, from[i]);
    if (inferred) {
      if (!fits || to_rest == 0 || from_rest % to_rest != 0) {
        return InvalidArgument("cannot reshape ", from, " to ", Shape(wanted), ": no size for the -1 fits");
      }
      to[*inferred] = from_rest / to_rest;
    }
    ONEDGE_RETURN_IF_ERROR(to.Check());
    if (to.element_count() != from.element_count()) {
      return InvalidArgument("cannot reshape ", from, " to ", Shape(wanted), ": ", from.element_count(),
                             " elements against ", to.element_count());
    }
    return to;
  }

  // The output's dims if the input or the request is only partly known.
  std::optional<Dims> Estimate(const ShapeContext& ctx) const {
    std::optional<Dims> wanted;
    if (shape) {
      wanted.emplace();
      for (int64_t size : *shape) wanted->push_back(size < 0 ? Dim::Unknown() : Dim::Known(size));
    } else {
      wanted = KnownElements(ctx, 1);
    }
    if (!wanted) {
      const Dims* length = ctx.InputDims(1);
      if (!length || length->size() != 1 || !(*length)[0].known()) return std::nullopt;
      if ((*length)[0].value > 64) return std::nullopt;
      return Dims(static_cast<size_t>((*length)[0].value), Dim::Unknown());
    }
    const Dims* from = ctx.InputDims(0);
    Dims to = *wanted;
    std::optional<size_t> inferred;
    size_t unknown = 0;
    Dims from_rest;
    Dims to_rest;
    for (size_t i = 0; i < to.size(); ++i) {
      if (to[i].is(0) && !allow_zero) {
        to[i] = from && i < from->size() ? (*from)[i] : Dim::Unknown();
        continue;
      }
      if (from && i < from->size()) from_rest.push_back((*from)[i]);
      if (!to[i].known() && to[i].symbol < 0) {
        inferred = i;
        ++unknown;
      } else {
        to_rest.push_back(to[i]);
      }
    }
    if (from && unknown == 1) {
      for (size_t i = to.size(); i < from->size(); ++i) from_rest.push_back((*from)[i]);
      to[*inferred] = Quotient(from_rest, to_rest);
    }
    return to;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const auto from = ctx.InputDims(0) ? graph::ShapeOf(*ctx.InputDims(0)) : std::nullopt;
    std::optional<InlineVector<int64_t, 8>> wanted;
    if (shape) {
      wanted.emplace(*shape);
    } else {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
      ONEDGE_ASSIGN_OR_RETURN(wanted, ctx.InputInts(1));
    }
    if (from && wanted) {
      ONEDGE_ASSIGN_OR_RETURN(const Shape to, Resolve(*from, *wanted));
      ctx.SetOutput(0, ctx.InputDType(0), graph::DimsOf(to));
    } else {
      ctx.SetOutput(0, ctx.InputDType(0), Estimate(ctx));
    }
    if (auto elements = KnownElements(ctx, 0)) ctx.SetOutputShapeValue(0, std::move(*elements));
    return OkStatus();
  }

  // x: any [...], shape: i64 [rank] -> any [shape], sharing the elements of x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(shape ? 1 : 2));
    InlineVector<int64_t, 8> wanted;
    if (shape) {
      wanted = InlineVector<int64_t, 8>(*shape);
    } else {
      ONEDGE_ASSIGN_OR_RETURN(wanted, InputIntegers(ctx, 1));
    }
    ONEDGE_ASSIGN_OR_RETURN(const Shape to, Resolve(ctx.Input(0).shape(), wanted));
    ONEDGE_ASSIGN_OR_RETURN(Tensor y, ctx.Input(0).Reshaped(to));
    return ctx.SetOutput(0, std::move(y));
  }

  std::optional<size_t> AliasedInput() const override { return 0; }
};

template <>
Result<OpPtr> Parse<Reshape>(AttributeReader& attrs) {
  auto op = std::make_unique<Reshape>();
  if (attrs.opset() < 5) {
    op->shape = attrs.RequiredInts("shape");
    attrs.Ignore("consumed_inputs");
  }
  if (attrs.opset() >= 14) op->allow_zero = attrs.Int("allowzero", 0) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
