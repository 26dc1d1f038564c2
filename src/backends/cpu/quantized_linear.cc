// 8-bit products with constant weights: MatMulInteger, QLinearMatMul and onedge.DynamicQuantizedLinear. The bits are
// those of the portable operators: integers are exact, and the few float operations around them have the same order.
#include <optional>

#include "backends/cpu/gemm_s8.h"
#include "backends/cpu/lowering.h"
#include "base/checked_math.h"
#include "ops/fused/dynamic_quantized_linear.h"
#include "ops/quant/integer_matmul.h"
#include "ops/quant/requantize.h"

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

class QLinearMatMulKernel final : public Kernel {
 public:
  explicit QLinearMatMulKernel(PackedWeightsS8 weights) : weights_(std::move(weights)) {}

  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(*shapes.inputs[0], weights_));
    const size_t bytes = AlignUp(weights_.WorkspaceBytes(m), size_t{64}) + (m + 1) * weights_.n() * sizeof(int32_t);
    return std::unique_ptr<Step>(std::make_unique<ScratchStep<QLinearMatMulKernel>>(*this, bytes));
  }

  // a: int8 or uint8 [.., k]; its scale and zero point: one value each; b's are constant but for the scale, one or [n];
  // y's scale and zero point: one value each -> y: [.., n], dtype of its zero point
  Status Run(ops::OpContext& ctx, size_t workspace_bytes) const {
    const Tensor& a = ctx.Input(0);
    const size_t n = weights_.n();
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(a.shape(), weights_));
    ONEDGE_RETURN_IF_ERROR(ops::CheckQuantizedOperand({&a, &ctx.Input(2)}, 0, 2, /*by_row=*/true));
    ONEDGE_ASSIGN_OR_RETURN(const auto a_scale, ops::FloatInput(ctx, 1));
    ONEDGE_ASSIGN_OR_RETURN(const auto b_scale, ops::FloatInput(ctx, 4));
    ONEDGE_ASSIGN_OR_RETURN(const auto y_scale, ops::FloatInput(ctx, 6));
    ONEDGE_ASSIGN_OR_RETURN(const ops::OutputQuantization quantization, ops::ReadOutputQuantization(ctx, 7));
    if (a_scale.size() != 1 || (b_scale.size() != 1 && b_scale.size() != n) || y_scale.size() != 1) {
      return InvalidArgument("scales: expected one for a; one for b, or one for each of ", n,
                             " columns; one for y; got ", a_scale.size(), ", ", b_scale.size(), " and ",
                             y_scale.size());
    }
    const bool is_unsigned = a.dtype() == DType::kUint8;
    const int32_t zero_point = is_unsigned ? ctx.Input(2).data<uint8_t>()[0] : ctx.Input(2).data<int8_t>()[0];
    Shape shape = a.shape();
    shape.back() = static_cast<int64_t>(n);
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, quantization.dtype, shape));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes));
    auto* sums = reinterpret_cast<int32_t*>(workspace + AlignUp(weights_.WorkspaceBytes(m), size_t{64}));
    if (is_unsigned) {
      weights_.RunInteger(m, a.data<uint8_t>(), zero_point, sums, workspace, ctx.threads());
    } else {
      weights_.RunInteger(m, a.data<int8_t>(), zero_point, sums, workspace, ctx.threads());
    }
    auto* multipliers = reinterpret_cast<float*>(sums + m * n);
    for (size_t j = 0; j < n; ++j) multipliers[j] = a_scale[0] * b_scale[b_scale.size() == 1 ? 0 : j] / y_scale[0];
    for (size_t i = 0; i < m; ++i)
      ops::Requantize(sums + i * n, n, multipliers, 1, quantization, y->mutable_bytes() + i * n);
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

namespace {

bool IsOneValue(const graph::TypeInfo* type) {
  return type && type->dims && (type->dims->empty() || (type->dims->size() == 1 && type->dims->front().is(1)));
}

// Constant weights (input `w`) with constant zero points, none, one or one for each column; null if they are not.
Result<std::optional<PackedWeightsS8>> PackProductWeights(LowerContext& ctx, size_t w, size_t w_zero_point) {
  const Tensor* weights = ctx.Constant(w);
  if (!IsByteMatrix(weights)) return std::optional<PackedWeightsS8>();
  const Tensor* zero_points = ctx.Constant(w_zero_point);
  if (ctx.InputType(w_zero_point)) {
    if (!zero_points || zero_points->dtype() != weights->dtype() || zero_points->rank() > 1)
      return std::optional<PackedWeightsS8>();
    if (zero_points->element_count() != 1 && zero_points->element_count() != weights->dim(1))
      return std::optional<PackedWeightsS8>();
  }
  ONEDGE_ASSIGN_OR_RETURN(auto packed, PackedWeightsS8::Pack(SelectGemmS8(), *weights, zero_points, ctx.budget));
  ctx.ClaimInput(w);  // not the zero points: both operands may share the constant
  return std::optional<PackedWeightsS8>(std::move(packed));
}

}  // namespace

// A zero point or a scale for each row is left to the portable operators.
Lowered LowerMatMulInteger(LowerContext& ctx) {
  if (ctx.InputType(2) && !IsOneValue(ctx.InputType(2))) return std::unique_ptr<const Kernel>();
  ONEDGE_ASSIGN_OR_RETURN(auto packed, PackProductWeights(ctx, 1, 3));
  if (!packed) return std::unique_ptr<const Kernel>();
  return std::unique_ptr<const Kernel>(std::make_unique<MatMulIntegerKernel>(*std::move(packed)));
}

Lowered LowerQLinearMatMul(LowerContext& ctx) {
  if (!IsOneValue(ctx.InputType(1)) || !IsOneValue(ctx.InputType(2))) return std::unique_ptr<const Kernel>();
  ONEDGE_ASSIGN_OR_RETURN(auto packed, PackProductWeights(ctx, 3, 5));
  if (!packed) return std::unique_ptr<const Kernel>();
  return std::unique_ptr<const Kernel>(std::make_unique<QLinearMatMulKernel>(*std::move(packed)));
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
