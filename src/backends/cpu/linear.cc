// Products of activations with a constant f32 matrix: onedge.Linear, MatMul and Gemm. The weights are packed once. Bias
// and activation are applied while a tile of the result is in the first-level cache.
#include "ops/fused/linear.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/packed_weights.h"
#include "ops/nn/gemm.h"

namespace onedge::backends::cpu {
namespace {

class LinearKernel final : public Kernel {
 public:
  // x: f32 [.., k], or [k, m] if transposed -> y: f32 [.., n]
  LinearKernel(PackedWeightsF32 weights, ops::Activation activation, bool transposed_x)
      : weights_(std::move(weights)), activation_(activation), transposed_x_(transposed_x) {}

  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(*shapes.inputs[0]));
    return std::unique_ptr<Step>(
        std::make_unique<ScratchStep<LinearKernel>>(*this, weights_.WorkspaceBytes(m, transposed_x_ ? m : 1)));
  }

  Status Run(ops::OpContext& ctx, size_t workspace_bytes) const {
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(x.shape()));
    Shape shape = x.shape();
    if (transposed_x_) shape[0] = shape[1];
    shape.back() = static_cast<int64_t>(weights_.n());
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kFloat32, shape));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes));
    weights_.Run(m, x.data<float>(), transposed_x_ ? 1 : weights_.k(), transposed_x_ ? m : 1, y->mutable_data<float>(),
                 weights_.n(), activation_, workspace, ctx.threads());
    return OkStatus();
  }

  size_t resident_bytes() const override { return weights_.byte_size(); }

 private:
  Result<size_t> CheckRows(const Shape& x) const {
    if (x.rank() == 0 || (transposed_x_ && x.rank() != 2)) {
      return InvalidArgument("input 0: expected a matrix, got shape ", x);
    }
    const int64_t k = transposed_x_ ? x[0] : x.back();
    if (k != static_cast<int64_t>(weights_.k())) {
      return InvalidArgument("input 0: expected ", weights_.k(), " columns for weights of [", weights_.k(), ", ",
                             weights_.n(), "], got shape ", x);
    }
    return transposed_x_ ? static_cast<size_t>(x[1]) : RowsOf(x);
  }

  const PackedWeightsF32 weights_;
  const ops::Activation activation_;
  const bool transposed_x_;
};

bool IsFloatMatrix(const Tensor* tensor) { return tensor && tensor->dtype() == DType::kFloat32 && tensor->rank() == 2; }

Lowered MakeLinear(LowerContext& ctx, bool transposed_x, bool transposed_weight, std::span<const float> bias,
                   ops::Activation activation) {
  const Tensor& weight = *ctx.Constant(1);
  size_t k = static_cast<size_t>(weight.dim(0));
  size_t n = static_cast<size_t>(weight.dim(1));
  const size_t stride = n;
  if (transposed_weight) std::swap(k, n);
  ONEDGE_ASSIGN_OR_RETURN(
      PackedWeightsF32 packed,
      PackedWeightsF32::Pack(SelectGemmF32(ctx.exact), k, n, weight.data<float>(), transposed_weight ? 1 : stride,
                             transposed_weight ? stride : 1, bias, ctx.budget));
  ctx.ClaimInput(1);
  if (!bias.empty()) ctx.ClaimInput(2);
  return std::unique_ptr<const Kernel>(std::make_unique<LinearKernel>(std::move(packed), activation, transposed_x));
}

// The bias as one row for every row of [m, n]; nullopt if it is not constant or varies from row to row.
std::optional<std::span<const float>> ConstantBias(const LowerContext& ctx, size_t input, int64_t n) {
  if (input >= ctx.node.inputs.size() || ctx.node.inputs[input] == graph::kNoValue) return std::span<const float>();
  const Tensor* bias = ctx.Constant(input);
  if (!bias || bias->dtype() != DType::kFloat32 || bias->rank() > 2) return std::nullopt;
  if (bias->element_count() == 1) return bias->values<float>();
  if (bias->element_count() != n || bias->shape().back() != n) return std::nullopt;
  return bias->values<float>();
}

}  // namespace

Lowered LowerLinear(LowerContext& ctx) {
  const auto& op = *ops::As<ops::Linear>(ctx.node);
  if (!IsFloatMatrix(ctx.Constant(1))) return std::unique_ptr<const Kernel>();
  const auto bias = ConstantBias(ctx, 2, ctx.Constant(1)->dim(op.trans_b ? 0 : 1));
  if (!bias) return std::unique_ptr<const Kernel>();
  return MakeLinear(ctx, false, op.trans_b, *bias, op.activation);
}

Lowered LowerMatMul(LowerContext& ctx) {
  if (!IsFloatMatrix(ctx.Constant(1))) return LowerBatchedMatMul(ctx);
  return MakeLinear(ctx, false, false, {}, {});
}

Lowered LowerGemm(LowerContext& ctx) {
  const auto& op = *ops::As<ops::Gemm>(ctx.node);
  if (!IsFloatMatrix(ctx.Constant(1)) || op.alpha != 1.0f || op.beta != 1.0f) return std::unique_ptr<const Kernel>();
  const auto bias = ConstantBias(ctx, 2, ctx.Constant(1)->dim(op.trans_b ? 0 : 1));
  if (!bias) return std::unique_ptr<const Kernel>();
  return MakeLinear(ctx, op.trans_a, op.trans_b, *bias, {});
}

}  // namespace onedge::backends::cpu
