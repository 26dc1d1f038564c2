// onedge.DynamicQuantizedLinear 1: DynamicQuantizeLinear, MatMulInteger, Cast, Mul by both scales and Add of a bias in
// one operator, with the same bits as the chain; then an activation. Also DynamicQuantizeMatMul and
// MatMulIntegerToFloat (com.microsoft 1), which are similar.
#include "ops/fused/dynamic_quantized_linear.h"

#include "base/checked_math.h"
#include "ops/nn/parallel.h"
#include "ops/quant/dequantization.h"
#include "ops/quant/integer_matmul.h"
#include "ops/quant/quantize.h"

namespace onedge::ops {
namespace {

// For sums of n columns: takes the scales, and the bias or null, from inputs of the node.
Result<Dequantization> MakeDequantization(const OpContext& ctx, size_t n, size_t scale_input, size_t bias_input) {
  const Tensor& scale = ctx.Input(scale_input);
  const Tensor* bias = ctx.HasInput(bias_input) ? &ctx.Input(bias_input) : nullptr;
  const int64_t columns = static_cast<int64_t>(n);
  if (scale.dtype() != DType::kFloat32 || (scale.element_count() != 1 && scale.element_count() != columns)) {
    return InvalidArgument("input ", scale_input, ": expected float32 [] or [", n, "], got ", scale);
  }
  if (bias && (bias->dtype() != DType::kFloat32 || bias->element_count() != columns)) {
    return InvalidArgument("input ", bias_input, ": expected float32 [", n, "], got ", *bias);
  }
  Dequantization d;
  d.weight_scale = scale.data<float>();
  d.scale_stride = scale.element_count() == 1 ? 0 : 1;
  if (bias) d.bias = bias->data<float>();
  return d;
}

// In place: `y` holds the int32 sums, then the floats.
void Dequantize(const Dequantization& d, size_t rows, size_t n, int32_t* sums, float* y, ThreadPool* pool) {
  ParallelRanges(pool, rows, n * 8, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const int32_t* from = sums + row * n;
      float* to = y + row * n;
      for (size_t j = 0; j < n; ++j)
        to[j] = static_cast<float>(from[j]) * (d.x_scale * d.weight_scale[j * d.scale_stride]);
      if (d.bias) {
        for (size_t j = 0; j < n; ++j) to[j] = to[j] + d.bias[j];
      }
      Activate(d.activation, to, n);
    }
  });
}

// x: float32 [..., K] times weight: int8 or uint8 [K, N]. Holds the input positions of the weight's parts; zero_point
// is 0 if absent.
struct DynamicProduct {
  size_t weight = 1;
  size_t scale = 2;
  size_t zero_point = 0;
  size_t bias = 3;
  Activation activation = Activation::kNone;

  Status Infer(ShapeContext& ctx) const {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    for (size_t i : {weight, scale}) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    if (const DType dtype = ctx.InputDType(0); dtype != DType::kUndefined && dtype != DType::kFloat32) {
      return InvalidArgument("input 0: expected float32, got ", DTypeName(dtype));
    }
    std::optional<Dims> out;
    if (ctx.InputDims(0) && ctx.InputDims(weight)) {
      ONEDGE_ASSIGN_OR_RETURN(out, MatMulDims(*ctx.InputDims(0), *ctx.InputDims(weight)));
    }
    ctx.SetOutput(0, DType::kFloat32, std::move(out));
    return OkStatus();
  }

  struct Scratch {
    size_t matmul_offset;
    size_t sums_offset;
    size_t bytes;
  };
  static Scratch LayOut(const Shape& x, const Shape& w, const MatMulPlan& plan) {
    Scratch scratch;
    scratch.matmul_offset = AlignUp(static_cast<size_t>(x.element_count()), size_t{64});
    scratch.sums_offset = scratch.matmul_offset + AlignUp(IntegerMatMulWorkspace(x, w), size_t{64});
    scratch.bytes = scratch.sums_offset + static_cast<size_t>(plan.out.element_count()) * sizeof(int32_t);
    return scratch;
  }

  size_t WorkspaceBytes(const ShapeContext& ctx) const {
    const auto x = ctx.InputDims(0) ? graph::ShapeOf(*ctx.InputDims(0)) : std::nullopt;
    const auto w = ctx.InputDims(weight) ? graph::ShapeOf(*ctx.InputDims(weight)) : std::nullopt;
    if (!x || !w) return 0;
    const auto plan = PlanMatMul(*x, *w);
    return plan.ok() ? LayOut(*x, *w, *plan).bytes : 0;
  }

  Status Run(OpContext& ctx) const {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(std::max(weight, scale) + 1));
    const Tensor& x = ctx.Input(0);
    if (x.dtype() != DType::kFloat32) return InvalidArgument("input 0: expected float32, got ", DTypeName(x.dtype()));
    const QuantizedOperand w = {&ctx.Input(weight),
                                zero_point > 0 && ctx.HasInput(zero_point) ? &ctx.Input(zero_point) : nullptr};
    ONEDGE_RETURN_IF_ERROR(CheckQuantizedOperand(w, weight, zero_point, /*by_row=*/false));
    ONEDGE_ASSIGN_OR_RETURN(const MatMulPlan plan, PlanMatMul(x.shape(), w.values->shape()));
    ONEDGE_ASSIGN_OR_RETURN(Dequantization dequantization, MakeDequantization(ctx, plan.n, scale, bias));
    dequantization.activation = activation;
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kFloat32, plan.out));
    const Scratch scratch = LayOut(x.shape(), w.values->shape(), plan);
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(scratch.bytes));
    const size_t count = static_cast<size_t>(x.element_count());
    const DynamicQuantization chosen = ChooseQuantization(x.data<float>(), count, ctx.threads());
    ParallelRanges(ctx.threads(), count, 4, [&](size_t begin, size_t end) {
      QuantizeToUint8(x.data<float>() + begin, end - begin, chosen, workspace + begin);
    });
    const Buffer quantized = Buffer::Wrap(workspace, count, nullptr);
    ONEDGE_ASSIGN_OR_RETURN(const Tensor bytes, Tensor::FromBuffer(DType::kUint8, x.shape(), quantized));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x_zero_point,
                            Tensor::FromValues<uint8_t>({}, std::span(&chosen.zero_point, 1)));
    int32_t* sums = reinterpret_cast<int32_t*>(workspace + scratch.sums_offset);
    MultiplyIntegers(plan, {&bytes, &x_zero_point}, w, workspace + scratch.matmul_offset, sums, ctx.threads());
    dequantization.x_scale = chosen.scale;
    Dequantize(dequantization, plan.batches * plan.m, plan.n, sums, y->mutable_data<float>(), ctx.threads());
    return OkStatus();
  }
};

}  // namespace

Status DynamicQuantizedLinear::InferShapes(ShapeContext& ctx) const { return DynamicProduct().Infer(ctx); }
Status DynamicQuantizedLinear::Run(OpContext& ctx) const { return DynamicProduct{.activation = activation}.Run(ctx); }
size_t DynamicQuantizedLinear::WorkspaceBytes(const ShapeContext& ctx) const {
  return DynamicProduct().WorkspaceBytes(ctx);
}

struct DynamicQuantizeMatMul final : Op {
  DynamicProduct product;

  Status InferShapes(ShapeContext& ctx) const override { return product.Infer(ctx); }
  // x: float32 [..., K], weight: int8 or uint8 [K, N], weight_scale, weight_zero_point (optional), bias (optional) ->
  // y: [..., N]
  Status Run(OpContext& ctx) const override { return product.Run(ctx); }
  size_t WorkspaceBytes(const ShapeContext& ctx) const override { return product.WorkspaceBytes(ctx); }
  bool quantizes() const override { return true; }
};

struct MatMulIntegerToFloat final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(auto out, InferIntegerMatMul(ctx, 0, 1));
    ctx.SetOutput(0, DType::kFloat32, std::move(out));
    return OkStatus();
  }

  // a, b: int8 or uint8, a_scale: float32 [], b_scale: [] or [N], zero points (optional), bias: [N] (optional) -> y:
  // float32
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(4));
    const QuantizedOperand a = {&ctx.Input(0), ctx.HasInput(4) ? &ctx.Input(4) : nullptr};
    const QuantizedOperand b = {&ctx.Input(1), ctx.HasInput(5) ? &ctx.Input(5) : nullptr};
    ONEDGE_RETURN_IF_ERROR(CheckQuantizedOperand(a, 0, 4, /*by_row=*/true));
    ONEDGE_RETURN_IF_ERROR(CheckQuantizedOperand(b, 1, 5, /*by_row=*/false));
    const Tensor& a_scale = ctx.Input(2);
    if (a_scale.dtype() != DType::kFloat32 || a_scale.element_count() != 1) {
      return InvalidArgument("input 2: expected float32 [], got ", a_scale);
    }
    ONEDGE_ASSIGN_OR_RETURN(const MatMulPlan plan, PlanMatMul(a.values->shape(), b.values->shape()));
    ONEDGE_ASSIGN_OR_RETURN(Dequantization dequantization, MakeDequantization(ctx, plan.n, 3, 6));
    dequantization.x_scale = *a_scale.data<float>();
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kFloat32, plan.out));
    const size_t scratch = AlignUp(IntegerMatMulWorkspace(a.values->shape(), b.values->shape()), size_t{64});
    const size_t rows = plan.batches * plan.m;
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(scratch + rows * plan.n * sizeof(int32_t)));
    int32_t* sums = reinterpret_cast<int32_t*>(workspace + scratch);
    MultiplyIntegers(plan, a, b, workspace, sums, ctx.threads());
    Dequantize(dequantization, rows, plan.n, sums, y->mutable_data<float>(), ctx.threads());
    return OkStatus();
  }

  size_t WorkspaceBytes(const ShapeContext& ctx) const override {
    const auto a = ctx.InputDims(0) ? graph::ShapeOf(*ctx.InputDims(0)) : std::nullopt;
    const auto b = ctx.InputDims(1) ? graph::ShapeOf(*ctx.InputDims(1)) : std::nullopt;
    if (!a || !b) return 0;
    const auto plan = PlanMatMul(*a, *b);
    if (!plan.ok()) return 0;
    return AlignUp(IntegerMatMulWorkspace(*a, *b), size_t{64}) +
           static_cast<size_t>(plan->out.element_count()) * sizeof(int32_t);
  }
};

template <>
Result<OpPtr> Parse<DynamicQuantizedLinear>(AttributeReader& attrs) {
  auto op = std::make_unique<DynamicQuantizedLinear>();
  op->activation = ReadActivation(attrs);
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<DynamicQuantizeMatMul>(AttributeReader&) {
  auto op = std::make_unique<DynamicQuantizeMatMul>();
  op->product.zero_point = 3;
  op->product.bias = 4;
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<MatMulIntegerToFloat>(AttributeReader&) {
  return OpPtr(std::make_unique<MatMulIntegerToFloat>());
}

}  // namespace onedge::ops
