// 8-bit products with constant weights: MatMulInteger and onedge.DynamicQuantizedLinear. The bits are those of the
// portable operators: integers are exact, and the few float operations around them have the same order.
#include "backends/cpu/gemm_s8.h"
#include "backends/cpu/lowering.h"
#include "ops/fused/dynamic_quantized_linear.h"

namespace onedge::backends::cpu {
namespace {

Result<size_t> CheckRows(const Shape& x, const PackedWeightsS8& weights) {
  if (x.rank() == 0 || x.back() != static_cast<int64_t>(weights.k())) {
    return InvalidArgument("input 0: expected ", weights.k(), " columns for weights of [", weights.k(), ", ",
                           weights.n(), "], got shape ", x);
  }
  return RowsOf(x);
}

class MatMulIntegerKernel final : public Kernel {
 public:
  explicit MatMulIntegerKernel(PackedWeightsS8 weights) : weights_(std::move(weights)) {}

  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(*shapes.inputs[0], weights_));
    return std::unique_ptr<Step>(std::make_unique<ScratchStep<MatMulIntegerKernel>>(*this, weights_.WorkspaceBytes(m)));
  }

  // a: int8 or uint8 [.., k], a_zero_point: scalar of its dtype (optional) -> y: int32 [.., n]
  Status Run(ops::OpContext& ctx, size_t workspace_bytes) const {
    const Tensor& a = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(a.shape(), weights_));
    const bool is_unsigned = a.dtype() == DType::kUint8;
    int32_t zero_point = 0;
    if (ctx.HasInput(2)) {
      const Tensor& tensor = ctx.Input(2);
      if (tensor.dtype() != a.dtype() || tensor.element_count() != 1) {
        return InvalidArgument("input 2: expected one ", DTypeName(a.dtype()), ", got ", tensor);
      }
      zero_point = is_unsigned ? tensor.data<uint8_t>()[0] : tensor.data<int8_t>()[0];
    }
    Shape shape = a.shape();
    shape.back() = static_cast<int64_t>(weights_.n());
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kInt32, shape));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes));
    if (is_unsigned) {
      weights_.RunInteger(m, a.data<uint8_t>(), zero_point, y->mutable_data<int32_t>(), workspace, ctx.threads());
    } else {
      weights_.RunInteger(m, a.data<int8_t>(), zero_point, y->mutable_data<int32_t>(), workspace, ctx.threads());
    }
    return OkStatus();
  }

  size_t resident_bytes() const override { return weights_.byte_size(); }

 private:
  const PackedWeightsS8 weights_;
};

class DynamicQuantizedLinearKernel final : public Kernel {
 public:
  DynamicQuantizedLinearKernel(PackedWeightsS8 weights, Buffer scales, Buffer bias, ops::Activation activation)
      : weights_(std::move(weights)), scales_(std::move(scales)), bias_(std::move(bias)), activation_(activation) {}

  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(*shapes.inputs[0], weights_));
    return std::unique_ptr<Step>(
        std::make_unique<ScratchStep<DynamicQuantizedLinearKernel>>(*this, weights_.WorkspaceBytes(m)));
  }

  // x: f32 [.., k] -> y: f32 [.., n]
  Status Run(ops::OpContext& ctx, size_t workspace_bytes) const {
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(x.shape(), weights_));
    Shape shape = x.shape();
    shape.back() = static_cast<int64_t>(weights_.n());
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kFloat32, shape));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes));
    const auto quantization =
        ops::ChooseQuantization(x.data<float>(), static_cast<size_t>(x.element_count()), ctx.threads());
    const Dequantization d = {quantization.scale, reinterpret_cast<const float*>(scales_.data()),
                              reinterpret_cast<const float*>(bias_.data()), activation_};
    weights_.RunDynamic(m, x.data<float>(), quantization, d, y->mutable_data<float>(), workspace, ctx.threads());
    return OkStatus();
  }

  size_t resident_bytes() const override { return weights_.byte_size() + scales_.size() + bias_.size(); }

 private:
  const PackedWeightsS8 weights_;
  const Buffer scales_;  // f32 [padded n]
  const Buffer bias_;    // f32 [padded n], or empty
  const ops::Activation activation_;
};

bool IsByteMatrix(const Tensor* tensor) {
  return tensor && (tensor->dtype() == DType::kInt8 || tensor->dtype() == DType::kUint8) && tensor->rank() == 2;
}

// One value for each column, padded to whole panels.
Result<Buffer> PadColumns(const Tensor& values, size_t n, size_t padded_n, MemoryBudget* budget) {
  ONEDGE_ASSIGN_OR_RETURN(Buffer buffer, Buffer::Allocate(padded_n * sizeof(float), budget));
  float* to = reinterpret_cast<float*>(buffer.data());
  for (size_t j = 0; j < padded_n; ++j)
    to[j] = j >= n ? 0.0f : values.data<float>()[values.element_count() == 1 ? 0 : j];
  return buffer;
}

}  // namespace

Lowered LowerMatMulInteger(LowerContext& ctx) {
  const Tensor* weights = ctx.Constant(1);
  if (!IsByteMatrix(weights)) return std::unique_ptr<const Kernel>();
  const graph::TypeInfo* a_zero_point = ctx.InputType(2);
  // A zero point for each row is left to the portable operator.
  if (a_zero_point) {
    if (!a_zero_point->dims || a_zero_point->dims->size() > 1) return std::unique_ptr<const Kernel>();
    if (a_zero_point->dims->size() == 1 && !a_zero_point->dims->front().is(1)) return std::unique_ptr<const Kernel>();
  }
  const Tensor* zero_points = ctx.Constant(3);
  if (ctx.InputType(3)) {
    if (!zero_points || zero_points->dtype() != weights->dtype() || zero_points->rank() > 1)
      return std::unique_ptr<const Kernel>();
    if (zero_points->element_count() != 1 && zero_points->element_count() != weights->dim(1)) {
      return std::unique_ptr<const Kernel>();
    }
  }
  ONEDGE_ASSIGN_OR_RETURN(auto packed, PackedWeightsS8::Pack(SelectGemmS8(), *weights, zero_points, ctx.budget));
  ctx.ClaimInput(1);  // not the zero points: both operands may share the constant
  return std::unique_ptr<const Kernel>(std::make_unique<MatMulIntegerKernel>(std::move(packed)));
}

Lowered LowerDynamicQuantizedLinear(LowerContext& ctx) {
  const Tensor* weights = ctx.Constant(1);
  const Tensor* scales = ctx.Constant(2);
  const Tensor* bias = ctx.Constant(3);
  const ops::Activation activation = ops::As<ops::DynamicQuantizedLinear>(ctx.node)->activation;
  if (!IsByteMatrix(weights) || weights->dtype() != DType::kInt8) return std::unique_ptr<const Kernel>();
  if (!activation.FollowsInt8()) return std::unique_ptr<const Kernel>();
  const int64_t n = weights->dim(1);
  const auto fits = [n](const Tensor* tensor, bool or_one) {
    return tensor && tensor->dtype() == DType::kFloat32 &&
           (tensor->element_count() == n || (or_one && tensor->element_count() == 1));
  };
  if (!fits(scales, true) || (ctx.InputType(3) && !fits(bias, false))) return std::unique_ptr<const Kernel>();
  ONEDGE_ASSIGN_OR_RETURN(auto packed, PackedWeightsS8::Pack(SelectGemmS8(), *weights, nullptr, ctx.budget));
  ONEDGE_ASSIGN_OR_RETURN(Buffer padded_scales, PadColumns(*scales, packed.n(), packed.padded_n(), ctx.budget));
  Buffer padded_bias;
  if (bias) {
    ONEDGE_ASSIGN_OR_RETURN(padded_bias, PadColumns(*bias, packed.n(), packed.padded_n(), ctx.budget));
  }
  ctx.ClaimInput(1);
  ctx.ClaimInput(2);
  if (bias) ctx.ClaimInput(3);
  return std::unique_ptr<const Kernel>(std::make_unique<DynamicQuantizedLinearKernel>(
      std::move(packed), std::move(padded_scales), std::move(padded_bias), activation));
}

}  // namespace onedge::backends::cpu
