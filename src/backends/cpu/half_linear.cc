// Products of f16 activations with a constant f16 matrix: onedge.Linear, MatMul and Gemm. Weights stay f16 in memory
// and are widened panel by panel, in the first-level cache. Sums, bias and activation are f32; the result is rounded
// once.
#include "backends/cpu/gemm_f32.h"
#include "backends/cpu/half_rows.h"
#include "backends/cpu/lowering.h"
#include "base/checked_math.h"
#include "ops/fused/linear.h"
#include "ops/nn/gemm.h"

namespace onedge::backends::cpu {
namespace {

// The panels of PackedPanels, as f16.
struct HalfPanels {
  const HalfRows* rows;
  const Float16* packed;
  size_t k;
  size_t columns;
  PanelView operator()(size_t k0, size_t depth, size_t j, size_t, float* scratch) const {
    rows->widen(packed + j * k + k0 * columns, scratch, depth * columns);
    return {scratch, columns};
  }
};

class HalfLinearKernel final : public Kernel {
 public:
  // x: f16 [.., k] -> y: f16 [.., n]
  HalfLinearKernel(const GemmF32Kernels& kernels, size_t k, size_t n, Buffer weights, Buffer bias,
                   ops::Activation activation)
      : gemm_(kernels),
        rows_(SelectHalfRows()),
        k_(k),
        n_(n),
        weights_(std::move(weights)),
        bias_(std::move(bias)),
        activation_(activation) {}

  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(*shapes.inputs[0]));
    const size_t rows = std::min(m, RowsAtATime());
    return std::unique_ptr<Step>(std::make_unique<ScratchStep<HalfLinearKernel>>(
        *this, Bytes(rows, k_) + Bytes(rows, n_) + GemmF32WorkspaceBytes(gemm_, rows, k_, 1)));
  }

  Status Run(ops::OpContext& ctx, size_t workspace_bytes) const {
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(x.shape()));
    Shape shape = x.shape();
    shape.back() = static_cast<int64_t>(n_);
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kFloat16, shape));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes));
    const size_t at_a_time = std::min(m, RowsAtATime());
    float* const wide_x = reinterpret_cast<float*>(workspace);
    float* const wide_y = reinterpret_cast<float*>(workspace + Bytes(at_a_time, k_));
    uint8_t* const rest = workspace + Bytes(at_a_time, k_) + Bytes(at_a_time, n_);
    const HalfPanels panels = {&rows_, reinterpret_cast<const Float16*>(weights_.data()), k_, gemm_.columns};
    const GemmF32Epilogue epilogue{reinterpret_cast<const float*>(bias_.data()), nullptr, activation_};
    for (size_t first = 0; first < m; first += at_a_time) {
      ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
      const size_t count = std::min(at_a_time, m - first);
      rows_.widen(x.data<Float16>() + first * k_, wide_x, count * k_);
      RunGemmF32(gemm_, count, n_, k_, wide_x, k_, 1, panels, wide_y, n_, epilogue, rest, ctx.threads());
      rows_.narrow(wide_y, y->mutable_data<Float16>() + first * n_, count * n_);
    }
    return OkStatus();
  }

  size_t resident_bytes() const override { return weights_.size() + bias_.size(); }

 private:
  // Their f32 forms, x and y, are scratch.
  size_t RowsAtATime() const { return 2 * gemm_.RowBlock(); }
  static size_t Bytes(size_t rows, size_t columns) { return AlignUp(rows * columns * sizeof(float), size_t{64}); }
  Result<size_t> CheckRows(const Shape& x) const {
    if (x.rank() == 0 || x.back() != static_cast<int64_t>(k_)) {
      return InvalidArgument("input 0: expected ", k_, " columns for weights of [", k_, ", ", n_, "], got shape ", x);
    }
    return RowsOf(x);
  }

  const GemmF32Kernels& gemm_;
  const HalfRows& rows_;
  const size_t k_;
  const size_t n_;
  const Buffer weights_;
  const Buffer bias_;  // f32, whole panels; empty: none
  const ops::Activation activation_;
};

bool IsHalf(const Tensor* tensor) { return tensor && tensor->dtype() == DType::kFloat16; }

// Null: not of this form.
Lowered MakeHalfLinear(LowerContext& ctx, bool transposed, bool has_bias, ops::Activation activation) {
  const graph::TypeInfo* x = ctx.InputType(0);
  const Tensor* weight = ctx.Constant(1);
  if (!x || !x->is_tensor() || x->dtype != DType::kFloat16 || !IsHalf(weight) || weight->rank() != 2) {
    return std::unique_ptr<const Kernel>();
  }
  size_t k = static_cast<size_t>(weight->dim(0)), n = static_cast<size_t>(weight->dim(1));
  const size_t stride = n;
  if (transposed) std::swap(k, n);
  const Tensor* bias = has_bias && ctx.InputType(2) ? ctx.Constant(2) : nullptr;
  if (has_bias && ctx.InputType(2)) {
    // One row for all, or one number.
    const bool fits = IsHalf(bias) && bias->rank() <= 2 &&
                      (bias->element_count() == 1 || (bias->element_count() == static_cast<int64_t>(n) &&
                                                      bias->shape().back() == static_cast<int64_t>(n)));
    if (!fits) return std::unique_ptr<const Kernel>();
  }
  const GemmF32Kernels& gemm = SelectGemmF32(ctx.exact);
  const size_t padded = AlignUp(n, gemm.columns);
  const auto elements = CheckedMultiply(padded, k);
  const auto bytes = elements ? CheckedMultiply(*elements, sizeof(Float16)) : std::nullopt;
  if (!bytes) return ResourceExhausted("packed weights of [", k, ", ", n, "] exceed the address space");
  ONEDGE_ASSIGN_OR_RETURN(Buffer packed, Buffer::Allocate(*bytes, ctx.budget));
  const Float16* from = weight->data<Float16>();
  auto* to = reinterpret_cast<Float16*>(packed.data());
  for (size_t j = 0; j < padded; j += gemm.columns) {
    for (size_t i = 0; i < k; ++i) {
      for (size_t c = j; c < j + gemm.columns; ++c) {
        *to++ = c >= n ? Float16{0} : transposed ? from[c * stride + i] : from[i * stride + c];
      }
    }
  }
  Buffer wide_bias;
  if (bias) {
    ONEDGE_ASSIGN_OR_RETURN(wide_bias, Buffer::Allocate(padded * sizeof(float), ctx.budget));
    float* values = reinterpret_cast<float*>(wide_bias.data());
    const bool one = bias->element_count() == 1;
    for (size_t c = 0; c < padded; ++c) values[c] = one || c < n ? ToFloat(bias->data<Float16>()[one ? 0 : c]) : 0.0f;
    ctx.ClaimInput(2);
  }
  ctx.ClaimInput(1);
  return std::unique_ptr<const Kernel>(
      std::make_unique<HalfLinearKernel>(gemm, k, n, std::move(packed), std::move(wide_bias), activation));
}

}  // namespace

Lowered LowerHalfLinear(LowerContext& ctx) {
  if (const auto* linear = ops::As<ops::Linear>(ctx.node)) {
    return MakeHalfLinear(ctx, linear->trans_b, true, linear->activation);
  }
  if (const auto* gemm = ops::As<ops::Gemm>(ctx.node)) {
    const graph::TypeInfo* x = ctx.InputType(0);
    // A Gemm refuses an x that is not a matrix.
    if (gemm->trans_a || gemm->alpha != 1.0f || gemm->beta != 1.0f || !x || !x->dims || x->dims->size() != 2) {
      return std::unique_ptr<const Kernel>();
    }
    return MakeHalfLinear(ctx, gemm->trans_b, true, {});
  }
  return MakeHalfLinear(ctx, false, false, {});  // MatMul
}

}  // namespace onedge::backends::cpu
