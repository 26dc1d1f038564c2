// Gemm of f32 in the forms that LowerGemm declines: B is an activation, C is an activation or varies from row to row,
// alpha or beta is not 1.
#include <vector>

#include "backends/cpu/gemm_f32.h"
#include "backends/cpu/lowering.h"
#include "ops/nn/gemm.h"

namespace onedge::backends::cpu {
namespace {

class GeneralGemmKernel final : public Kernel {
 public:
  // `op`: the node's operator, which must outlive its kernel.
  GeneralGemmKernel(const ops::Gemm& op, const GemmF32Kernels& gemm) : op_(op), gemm_(gemm) {}

  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    const Shape* c = shapes.inputs.size() > 2 ? shapes.inputs[2] : nullptr;
    ONEDGE_ASSIGN_OR_RETURN(const Sizes sizes, SizesOf(*shapes.inputs[0], *shapes.inputs[1], c));
    return std::unique_ptr<Step>(std::make_unique<ScratchStep<GeneralGemmKernel>>(
        *this, GemmF32WorkspaceBytes(gemm_, sizes.m, sizes.k, op_.trans_a ? sizes.m : 1)));
  }

  // a: f32 [m, k] or [k, m], b: f32 [k, n] or [n, k], c: f32, broadcasts to [m, n] (optional) -> y: f32 [m, n]
  Status Run(ops::OpContext& ctx, size_t workspace_bytes) const {
    const Tensor& a = ctx.Input(0);
    const Tensor& b = ctx.Input(1);
    const Tensor* c = ctx.HasInput(2) && op_.beta != 0.0f ? &ctx.Input(2) : nullptr;
    ONEDGE_ASSIGN_OR_RETURN(const Sizes sizes, SizesOf(a.shape(), b.shape(), c ? &c->shape() : nullptr));
    const size_t m = sizes.m, k = sizes.k, n = sizes.n;
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y,
                            ctx.Output(0, DType::kFloat32, Shape{static_cast<int64_t>(m), static_cast<int64_t>(n)}));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes));
    float* out = y->mutable_data<float>();
    const bool direct = m < 2 * gemm_.rows || n <= 64;
    const StridedPanels panels = {&gemm_, b.data<float>(), op_.trans_b ? 1 : n, op_.trans_b ? k : 1, direct};
    RunGemmF32(gemm_, m, n, k, a.data<float>(), op_.trans_a ? 1 : k, op_.trans_a ? m : 1, panels, out, n, {}, workspace,
               ctx.threads());
    const float alpha = op_.alpha, beta = op_.beta;
    if (!c && alpha == 1.0f) return OkStatus();
    const auto finish = [&](size_t i) {
      float* row = out + i * n;
      if (alpha != 1.0f) {
        for (size_t j = 0; j < n; ++j) row[j] = alpha * row[j];
      }
      if (!c) return;
      const float* added = c->data<float>() + i * sizes.c_row;
      if (sizes.c_column == 0) {
        for (size_t j = 0; j < n; ++j) row[j] = row[j] + beta * added[0];
      } else {
        for (size_t j = 0; j < n; ++j) row[j] = row[j] + beta * added[j];
      }
    };
    const size_t rows = gemm_.RowBlock();
    ParallelFor(ctx.threads(), (m + rows - 1) / rows, [&](size_t block) {
      for (size_t i = block * rows; i < std::min(m, (block + 1) * rows); ++i) finish(i);
    });
    return OkStatus();
  }

 private:
  struct Sizes {
    size_t m, k, n;
    size_t c_row = 0, c_column = 0;  // element (i, j) of C is c[i * c_row + j * c_column]
  };
  Result<Sizes> SizesOf(const Shape& a, const Shape& b, const Shape* c) const {
    if (a.rank() != 2) return InvalidArgument("input 0: expected a matrix, got shape ", a);
    if (b.rank() != 2) return InvalidArgument("input 1: expected a matrix, got shape ", b);
    const int64_t m = a[op_.trans_a ? 1 : 0], k = a[op_.trans_a ? 0 : 1], n = b[op_.trans_b ? 0 : 1];
    if (b[op_.trans_b ? 1 : 0] != k) {
      return InvalidArgument("input 1: expected ", k, " rows for input 0 of shape ", a, ", got shape ", b);
    }
    Sizes sizes = {static_cast<size_t>(m), static_cast<size_t>(k), static_cast<size_t>(n)};
    if (!c) return sizes;
    const int64_t columns = c->rank() >= 1 ? c->back() : 1;
    const int64_t rows = c->rank() >= 2 ? (*c)[c->rank() - 2] : 1;
    if (c->rank() > 2 || (columns != n && columns != 1) || (rows != m && rows != 1)) {
      return InvalidArgument("input 2: expected a shape that broadcasts to [", m, ", ", n, "], got ", *c);
    }
    sizes.c_column = columns == 1 ? 0 : 1;
    sizes.c_row = rows == 1 ? 0 : static_cast<size_t>(columns);
    return sizes;
  }

  const ops::Gemm& op_;
  const GemmF32Kernels& gemm_;
};

}  // namespace

Lowered LowerGeneralGemm(LowerContext& ctx) {
  const bool has_c = ctx.InputType(2) != nullptr;
  if (!IsFloat32(ctx.InputType(0)) || !IsFloat32(ctx.InputType(1)) || (has_c && !IsFloat32(ctx.InputType(2)))) {
    return std::unique_ptr<const Kernel>();
  }
  return std::unique_ptr<const Kernel>(
      std::make_unique<GeneralGemmKernel>(*ops::As<ops::Gemm>(ctx.node), SelectGemmF32(ctx.exact)));
}

}  // namespace onedge::backends::cpu
