// EyeLike (ai.onnx 9): ones on a diagonal, zeros elsewhere, in the shape of its input.
#include "ops/movement/cell_ops.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

struct EyeLike final : Op {
  DType dtype = DType::kUndefined;  // kUndefined: the input's
  int64_t k = 0;                    // positive: above the main diagonal

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* dims = ctx.InputDims(0);
    if (dims && dims->size() != 2) return InvalidArgument("input 0: expected rank 2, got rank ", dims->size());
    ctx.SetOutput(0, dtype == DType::kUndefined ? ctx.InputDType(0) : dtype,
                  dims ? *dims : Dims{Dim::Unknown(), Dim::Unknown()});
    return OkStatus();
  }

  // x: any [rows, columns] -> dtype [rows, columns]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.rank() != 2) return InvalidArgument("input 0: expected rank 2, got ", x);
    const DType made = dtype == DType::kUndefined ? x.dtype() : dtype;
    ONEDGE_ASSIGN_OR_RETURN(const Tensor zero, MakeNumber(made, 0.0f));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor one, MakeNumber(made, 1.0f));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, made, x.shape()));
    FillCells(to.type(), zero.bytes(), to.at(0), x.element_count());
    for (int64_t row = 0; row < x.dim(0); ++row) {
      if (k >= -row && k < x.dim(1) - row) CopyCells(to.type(), one.bytes(), to.at(row * x.dim(1) + row + k), 1);
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<EyeLike>(AttributeReader& attrs) {
  auto op = std::make_unique<EyeLike>();
  op->dtype = attrs.Type("dtype");
  op->k = attrs.Int("k", 0);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
