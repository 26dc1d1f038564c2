// Trilu (ai.onnx 14): keeps the upper or the lower triangle of the two innermost dimensions and zeroes the rest.
#include <algorithm>

#include "ops/movement/elements.h"
#include "ops/movement/indices.h"

namespace onedge::ops {

struct Trilu final : Op {
  bool upper = true;

  Status InferShapes(ShapeContext& ctx) const override {
    if (const Dims* dims = ctx.InputDims(0); dims && dims->size() < 2) {
      return InvalidArgument("input 0: expected at least rank 2, got rank ", dims->size());
    }
    return InferSameAsInput(ctx);
  }

  // x: any [..., rows, columns], k: i64 [] (optional) -> as x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.rank() < 2) return InvalidArgument("input 0: expected at least rank 2, got ", x);
    const int64_t rows = x.dim(x.rank() - 2);
    const int64_t columns = x.dim(x.rank() - 1);
    int64_t k = 0;
    if (ctx.HasInput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(const auto value, InputIntegers(ctx, 1));
      if (value.size() != 1) return InvalidArgument("input 1: expected one int64, got ", ctx.Input(1));
      k = std::clamp(value[0], -rows, columns);
    }
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), x.shape()));
    const int64_t all_rows = x.shape().element_count(0, x.rank() - 1);
    for (int64_t i = 0; i < all_rows; ++i) {
      // Columns [0, diagonal) lie below the diagonal; it belongs to both triangles.
      const int64_t diagonal = i % rows + k;
      const int64_t first = upper ? std::clamp<int64_t>(diagonal, 0, columns) : 0;
      const int64_t last = upper ? columns : std::clamp<int64_t>(diagonal + 1, 0, columns);
      ClearCells(to.type(), to.at(i * columns), static_cast<size_t>(first));
      CopyCells(to.type(), from.at(i * columns + first), to.at(i * columns + first), static_cast<size_t>(last - first));
      ClearCells(to.type(), to.at(i * columns + last), static_cast<size_t>(columns - last));
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Trilu>(AttributeReader& attrs) {
  auto op = std::make_unique<Trilu>();
  op->upper = attrs.Int("upper", 1) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
