// Conv (ai.onnx 1, 11, 22): convolution over 1, 2 or 3 spatial dimensions, with groups, strides, dilations and padding.
#include "ops/nn/conv.h"

#include "ops/nn/conv_kernel.h"
#include "ops/nn/matmul_kernel.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

// True for a kernel of one position without padding or steps: a matrix product.
bool IsPointwise(const ConvPlan& plan) {
  for (const WindowAxis& axis : plan.window) {
    if (axis.kernel != 1 || axis.stride != 1 || axis.pad_begin != 0 || axis.pad_end != 0) return false;
  }
  return plan.filters > 1;
}

template <typename T>
void RunPointwise(const ConvPlan& plan, const T* x, const T* w, const T* bias, T* y, ThreadPool* threads) {
  const size_t pixels = Window3(plan.window).out_size();
  for (size_t i = 0; i < plan.batch * plan.groups; ++i) {
    const size_t first_filter = i % plan.groups * plan.filters;
    MatMulBlock<T> block;
    block.m = plan.filters;
    block.k = plan.channels;
    block.n = pixels;
    block.a = w + first_filter * plan.channels;
    block.a_row = plan.channels;
    block.a_k = 1;
    block.b = x + i * plan.channels * pixels;
    block.b_row = pixels;
    block.c = y + i * plan.filters * pixels;
    block.c_row = pixels;
    RunMatMul(block, threads);
    if (!bias) continue;
    for (size_t f = 0; f < plan.filters; ++f) {
      T* row = block.c + f * pixels;
      for (size_t j = 0; j < pixels; ++j) row[j] = row[j] + bias[first_filter + f];
    }
  }
}

}  // namespace

Status Conv::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 2));
  const Dims* x = ctx.InputDims(0);
  const Dims* w = ctx.InputDims(1);
  std::optional<Dims> out;
  if (x && w) {
    ONEDGE_ASSIGN_OR_RETURN(out, ConvDims(window, groups, *x, *w));
  }
  if (const Dims* bias = ctx.InputDims(2); bias && w && !w->empty()) {
    const Dim& filters = w->front();
    if (bias->size() != 1 || (filters.known() && bias->front().known() && filters.value != bias->front().value)) {
      return InvalidArgument("input 2: expected a bias of one value for each of the ", filters.value, " filters");
    }
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

Status Conv::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  ONEDGE_ASSIGN_OR_RETURN(const ConvPlan plan, PlanConv(window, groups, ctx.Input(0).shape(), ctx.Input(1).shape()));
  if (ctx.HasInput(2) && ctx.Input(2).element_count() != ctx.Input(1).dim(0)) {
    return InvalidArgument("input 2: expected ", ctx.Input(1).dim(0), " values, got shape ", ctx.Input(2).shape());
  }
  const DType dtype = ctx.Input(0).dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor w, RealInput<T>(ctx, 1, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor bias, OptionalRealInput<T>(ctx, 2, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, plan.out));
    const T* biases = bias.defined() ? bias.template data<T>() : nullptr;
    if (IsPointwise(plan)) {
      RunPointwise<T>(plan, x.template data<T>(), w.template data<T>(), biases, y.data(), ctx.threads());
    } else {
      RunConv<T, T>(plan, x.template data<T>(), w.template data<T>(), biases, y.data(), ctx.threads());
    }
    ParallelRanges(ctx.threads(), plan.batch * plan.groups * plan.filters, Window3(plan.window).out_size() * 4,
                   [&](size_t begin, size_t end) {
                     const size_t size = Window3(plan.window).out_size();
                     Activate(activation, y.data() + begin * size, (end - begin) * size);
                   });
    return y.Store();
  });
}

template <>
Result<OpPtr> Parse<Conv>(AttributeReader& attrs) {
  auto op = std::make_unique<Conv>();
  op->window = WindowAttributes::Parse(attrs, /*with_dilations=*/true);
  op->groups = attrs.Int("group", 1);
  if (attrs.node().domain == "onedge") op->activation = ReadActivation(attrs);
  if (op->groups < 1 || op->groups >= int64_t{1} << 31) {
    attrs.Fail(InvalidArgument("attribute 'group': expected at least 1, got ", op->groups));
    op->groups = 1;
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
