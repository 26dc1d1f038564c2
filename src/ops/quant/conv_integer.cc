// ConvInteger (ai.onnx 10) and QLinearConv (10): convolution of 8-bit tensors minus their zero points, exact in int32;
// QLinearConv requantizes the result.
#include "ops/quant/conv_integer.h"

#include <vector>

#include "base/checked_math.h"
#include "ops/nn/parallel.h"
#include "ops/quant/quantize.h"

namespace onedge::ops {
namespace {

// out[i] = x[i] - the zero point of slice i / slice. A single zero point may serve all slices.
template <typename T>
void Widen(const Tensor& x, const Tensor* zero_points, size_t slice, int16_t* out) {
  const size_t count = static_cast<size_t>(x.element_count());
  const bool shared = zero_points && zero_points->element_count() == 1;
  for (size_t first = 0, s = 0; first < count; first += slice, ++s) {
    const int zero_point = zero_points ? zero_points->data<T>()[shared ? 0 : s] : 0;
    const T* from = x.data<T>();
    for (size_t i = first; i < first + slice; ++i) out[i] = static_cast<int16_t>(from[i] - zero_point);
  }
}

// Scratch: x and w widened to int16, and the sums for QLinearConv.
struct Scratch {
  size_t w_offset;
  size_t sums_offset;
  size_t bytes;
};
Scratch LayOut(const Shape& x, const Shape& w, const Shape& y, bool with_sums) {
  Scratch scratch;
  scratch.w_offset = AlignUp(static_cast<size_t>(x.element_count()) * sizeof(int16_t), size_t{64});
  scratch.sums_offset =
      scratch.w_offset + AlignUp(static_cast<size_t>(w.element_count()) * sizeof(int16_t), size_t{64});
  scratch.bytes = scratch.sums_offset + (with_sums ? static_cast<size_t>(y.element_count()) * sizeof(int32_t) : 0);
  return scratch;
}

}  // namespace

Status CheckConvOperand(DType dtype, const Tensor* zero_point, size_t input, size_t zero_point_input, int64_t most) {
  if (!IsByte(dtype)) return Unsupported("input ", input, ": expected int8 or uint8, got ", DTypeName(dtype));
  if (!zero_point) return OkStatus();
  if (zero_point->dtype() != dtype) {
    return InvalidArgument("input ", zero_point_input, ": expected a zero point of ", DTypeName(dtype), ", got ",
                           DTypeName(zero_point->dtype()));
  }
  if (zero_point->element_count() != 1 && zero_point->element_count() != most) {
    return InvalidArgument("input ", zero_point_input, ": expected 1 or ", most, " zero points, got shape ",
                           zero_point->shape());
  }
  return OkStatus();
}

Result<ConvRequantization> ReadConvRequantization(const OpContext& ctx, size_t filters) {
  ConvRequantization out;
  ONEDGE_ASSIGN_OR_RETURN(const auto x_scale, FloatInput(ctx, 1));
  ONEDGE_ASSIGN_OR_RETURN(out.w_scale, FloatInput(ctx, 4));
  ONEDGE_ASSIGN_OR_RETURN(const auto y_scale, FloatInput(ctx, 6));
  ONEDGE_ASSIGN_OR_RETURN(out.output, ReadOutputQuantization(ctx, 7));
  if (x_scale.size() != 1 || y_scale.size() != 1 || (out.w_scale.size() != 1 && out.w_scale.size() != filters)) {
    return InvalidArgument("scales: expected one for x, one for y, and 1 or ", filters, " for w; got ", x_scale.size(),
                           ", ", y_scale.size(), " and ", out.w_scale.size());
  }
  out.x_scale = x_scale[0];
  out.y_scale = y_scale[0];
  if (ctx.HasInput(8)) {
    const Tensor& tensor = ctx.Input(8);
    if (tensor.dtype() != DType::kInt32 || tensor.element_count() != static_cast<int64_t>(filters)) {
      return InvalidArgument("input 8: expected int32 [", filters, "], got ", tensor);
    }
    out.bias = tensor.data<int32_t>();
  }
  return out;
}

IntegerConv IntegerConv::Parse(AttributeReader& attrs) {
  IntegerConv conv;
  conv.window = WindowAttributes::Parse(attrs, /*with_dilations=*/true);
  conv.groups = attrs.Int("group", 1);
  if (conv.groups < 1 || conv.groups >= int64_t{1} << 31) {
    attrs.Fail(InvalidArgument("attribute 'group': expected at least 1, got ", conv.groups));
    conv.groups = 1;
  }
  return conv;
}

Result<std::optional<Dims>> IntegerConv::Infer(ShapeContext& ctx, size_t x, size_t w) const {
  for (size_t i : {x, w}) {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    const DType dtype = ctx.InputDType(i);
    if (dtype != DType::kUndefined && !IsByte(dtype)) {
      return Unsupported("input ", i, ": expected int8 or uint8, got ", DTypeName(dtype));
    }
  }
  if (!ctx.InputDims(x) || !ctx.InputDims(w)) return std::optional<Dims>();
  ONEDGE_ASSIGN_OR_RETURN(Dims out, ConvDims(window, groups, *ctx.InputDims(x), *ctx.InputDims(w)));
  return std::optional(std::move(out));
}

size_t IntegerConv::WorkspaceBytes(const ShapeContext& ctx, size_t x, size_t w, bool with_sums) const {
  const auto x_shape = ctx.InputDims(x) ? graph::ShapeOf(*ctx.InputDims(x)) : std::nullopt;
  const auto w_shape = ctx.InputDims(w) ? graph::ShapeOf(*ctx.InputDims(w)) : std::nullopt;
  if (!x_shape || !w_shape) return 0;
  const auto plan = PlanConv(window, groups, *x_shape, *w_shape);
  return plan.ok() ? LayOut(*x_shape, *w_shape, plan->out, with_sums).bytes : 0;
}

Result<int32_t*> IntegerConv::Run(OpContext& ctx, const ConvPlan& plan, size_t x, const Tensor* x_zero_point, size_t w,
                                  const Tensor* w_zero_point, const int32_t* bias, int32_t* y) const {
  const Tensor& x_values = ctx.Input(x);
  const Tensor& w_values = ctx.Input(w);
  const Scratch scratch = LayOut(x_values.shape(), w_values.shape(), plan.out, y == nullptr);
  ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(scratch.bytes));
  int16_t* wide_x = reinterpret_cast<int16_t*>(workspace);
  int16_t* wide_w = reinterpret_cast<int16_t*>(workspace + scratch.w_offset);
  const auto widen = [](const Tensor& values, const Tensor* zero_points, size_t slice, int16_t* out) {
    if (values.dtype() == DType::kInt8) {
      Widen<int8_t>(values, zero_points, slice, out);
    } else {
      Widen<uint8_t>(values, zero_points, slice, out);
    }
  };
  widen(x_values, x_zero_point, static_cast<size_t>(x_values.element_count()), wide_x);
  widen(w_values, w_zero_point, static_cast<size_t>(w_values.shape().element_count(1, w_values.rank())), wide_w);
  int32_t* sums = y ? y : reinterpret_cast<int32_t*>(workspace + scratch.sums_offset);
  RunConv(plan, wide_x, wide_w, reinterpret_cast<const uint32_t*>(bias), reinterpret_cast<uint32_t*>(sums),
          ctx.threads());
  return sums;
}

Status ConvInteger::InferShapes(ShapeContext& ctx) const {
  ONEDGE_ASSIGN_OR_RETURN(auto out, conv.Infer(ctx, 0, 1));
  ctx.SetOutput(0, DType::kInt32, std::move(out));
  return OkStatus();
}

Status ConvInteger::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const Tensor* x_zero_point = ctx.HasInput(2) ? &ctx.Input(2) : nullptr;
  const Tensor* w_zero_point = ctx.HasInput(3) ? &ctx.Input(3) : nullptr;
  ONEDGE_ASSIGN_OR_RETURN(const ConvPlan plan,
                          PlanConv(conv.window, conv.groups, ctx.Input(0).shape(), ctx.Input(1).shape()));
  ONEDGE_RETURN_IF_ERROR(CheckConvOperand(ctx.Input(0).dtype(), x_zero_point, 0, 2, 1));
  ONEDGE_RETURN_IF_ERROR(CheckConvOperand(ctx.Input(1).dtype(), w_zero_point, 1, 3, ctx.Input(1).dim(0)));
  ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kInt32, plan.out));
  return conv.Run(ctx, plan, 0, x_zero_point, 1, w_zero_point, nullptr, y->mutable_data<int32_t>()).status();
}

size_t ConvInteger::WorkspaceBytes(const ShapeContext& ctx) const { return conv.WorkspaceBytes(ctx, 0, 1, false); }

Status QLinearConv::InferShapes(ShapeContext& ctx) const {
  for (size_t i = 0; i < 8; ++i) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
  ONEDGE_ASSIGN_OR_RETURN(auto out, conv.Infer(ctx, 0, 3));
  ctx.SetOutput(0, ctx.InputDType(7), std::move(out));
  return OkStatus();
}

Status QLinearConv::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(8));
  ONEDGE_ASSIGN_OR_RETURN(const ConvPlan plan,
                          PlanConv(conv.window, conv.groups, ctx.Input(0).shape(), ctx.Input(3).shape()));
  const size_t filters = plan.groups * plan.filters;
  ONEDGE_RETURN_IF_ERROR(CheckConvOperand(ctx.Input(0).dtype(), &ctx.Input(2), 0, 2, 1));
  ONEDGE_RETURN_IF_ERROR(CheckConvOperand(ctx.Input(3).dtype(), &ctx.Input(5), 3, 5, static_cast<int64_t>(filters)));
  ONEDGE_ASSIGN_OR_RETURN(const ConvRequantization parameters, ReadConvRequantization(ctx, filters));
  ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, parameters.output.dtype, plan.out));
  ONEDGE_ASSIGN_OR_RETURN(const int32_t* sums,
                          conv.Run(ctx, plan, 0, &ctx.Input(2), 3, &ctx.Input(5), parameters.bias, nullptr));
  const size_t pixels = Window3(plan.window).out_size();
  ParallelRanges(ctx.threads(), plan.batch * filters, pixels * 4, [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane) {
      const float multiplier = parameters.Multiplier(plane % filters);
      Requantize(sums + plane * pixels, pixels, &multiplier, 0, parameters.output, y->mutable_bytes() + plane * pixels);
    }
  });
  return OkStatus();
}

size_t QLinearConv::WorkspaceBytes(const ShapeContext& ctx) const { return conv.WorkspaceBytes(ctx, 0, 3, true); }

template <>
Result<OpPtr> Parse<ConvInteger>(AttributeReader& attrs) {
  auto op = std::make_unique<ConvInteger>();
  op->conv = IntegerConv::Parse(attrs);
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<QLinearConv>(AttributeReader& attrs) {
  auto op = std::make_unique<QLinearConv>();
  op->conv = IntegerConv::Parse(attrs);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
