// Tile (ai.onnx 1: `tiles` copies along `axis`; 6: `repeats` for every dimension): repeats a tensor.
#include "base/checked_math.h"
#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

struct Tile final : Op {
  bool one_axis = false;  // opset 1 to 5

  // The repeats of every dimension, from opset 1's two scalars.
  static Result<InlineVector<int64_t, 8>> OneAxis(int64_t tiles, int64_t axis, size_t rank) {
    ONEDGE_ASSIGN_OR_RETURN(const size_t repeated, NormalizeAxis(axis, rank, "input 2"));
    InlineVector<int64_t, 8> repeats(rank, int64_t{1});
    repeats[repeated] = tiles;
    return repeats;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    const Dims* from = ctx.InputDims(0);
    std::optional<Dims> dims;
    if (from) {
      dims.emplace(from->size(), Dim::Unknown());
      auto repeats = KnownElements(ctx, 1);
      if (one_axis) {
        ONEDGE_ASSIGN_OR_RETURN(const auto axis, ctx.InputInts(2));
        if (!repeats || repeats->size() != 1 || !axis || axis->size() != 1) {
          repeats.reset();
        } else {
          ONEDGE_ASSIGN_OR_RETURN(const size_t repeated, NormalizeAxis((*axis)[0], from->size(), "input 2"));
          const Dim tiles = (*repeats)[0];
          repeats = Dims(from->size(), Dim::Known(1));
          (*repeats)[repeated] = tiles;
        }
      }
      if (repeats && repeats->size() != from->size()) {
        return InvalidArgument("input 1: expected ", from->size(), " repeats, got ", repeats->size());
      }
      for (size_t i = 0; repeats && i < from->size(); ++i) {
        const Dim pair[] = {(*from)[i], (*repeats)[i]};
        (*dims)[i] = Product(pair);
      }
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // x: any [d...], repeats: i64 [rank] -> any [d * repeats...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(one_axis ? 3 : 2));
    const Tensor& x = ctx.Input(0);
    InlineVector<int64_t, 8> repeats;
    if (one_axis) {
      for (size_t i = 1; i <= 2; ++i) {
        const Tensor& scalar = ctx.Input(i);
        if (scalar.element_count() != 1 || scalar.dtype() != DType::kInt64) {
          return InvalidArgument("input ", i, ": expected one int64, got ", scalar);
        }
      }
      ONEDGE_ASSIGN_OR_RETURN(repeats, OneAxis(*ctx.Input(1).data<int64_t>(), *ctx.Input(2).data<int64_t>(), x.rank()));
    } else {
      ONEDGE_ASSIGN_OR_RETURN(repeats, InputIntegers(ctx, 1));
    }
    if (repeats.size() != x.rank()) {
      return InvalidArgument("input 1: expected ", x.rank(), " repeats, got ", repeats.size());
    }
    Shape shape;
    for (size_t i = 0; i < x.rank(); ++i) {
      const auto size = CheckedMultiply(x.dim(i), repeats[i]);
      if (!size || repeats[i] < 0)
        return InvalidArgument("input 1: ", repeats[i], " repeats of a dimension of ", x.dim(i));
      shape.push_back(*size);
    }
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), shape));
    const auto from_strides = x.shape().Strides();
    const auto to_strides = shape.Strides();
    CopyAxes axes;
    for (size_t i = 0; i < shape.rank(); ++i) {
      axes.push_back({repeats[i], 0, x.dim(i) * to_strides[i]});
      axes.push_back({x.dim(i), from_strides[i], to_strides[i]});
    }
    CopyStrided(from.type(), from.at(0), to.at(0), axes, ctx.threads());
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Tile>(AttributeReader& attrs) {
  auto op = std::make_unique<Tile>();
  op->one_axis = attrs.opset() < 6;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
