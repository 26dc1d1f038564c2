// onedge.NhwcConv 1: Conv with channels last. The portable form moves the channels first, and the result back.
#include "ops/fused/nhwc_conv.h"

#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

// to[image][column][row] = from[image][row][column]
template <typename T>
void SwapAxes(size_t images, size_t rows, size_t columns, const T* from, T* to) {
  for (size_t image = 0; image < images; ++image, from += rows * columns, to += rows * columns) {
    for (size_t row = 0; row < rows; ++row) {
      for (size_t column = 0; column < columns; ++column) to[column * rows + row] = from[row * columns + column];
    }
  }
}

}  // namespace

Result<ConvPlan> NhwcConv::Plan(const Shape& x, const Shape& w) const {
  if (x.rank() < 3) return InvalidArgument("input 0: expected [N, spatial dimensions..., C], got shape ", x);
  return PlanConv(window, groups, ChannelsFirst(x), w);
}

Status NhwcConv::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 1));
  if (ctx.HasInput(2)) ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 2));
  const Dims* x = ctx.InputDims(0);
  const Dims* w = ctx.InputDims(1);
  std::optional<Dims> out;
  if (x && x->size() < 3) {
    return InvalidArgument("input 0: expected [N, spatial dimensions..., C], got ", x->size(), " dimensions");
  }
  if (x && w) {
    ONEDGE_ASSIGN_OR_RETURN(const Dims first, ConvDims(window, groups, ChannelsFirst(*x), *w));
    out = ChannelsLast(first);
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

Status NhwcConv::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  ONEDGE_ASSIGN_OR_RETURN(const ConvPlan plan, Plan(ctx.Input(0).shape(), ctx.Input(1).shape()));
  if (ctx.HasInput(2) && ctx.Input(2).element_count() != ctx.Input(1).dim(0)) {
    return InvalidArgument("input 2: expected ", ctx.Input(1).dim(0), " values, got shape ", ctx.Input(2).shape());
  }
  const DType dtype = ctx.Input(0).dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor w, RealInput<T>(ctx, 1, ctx.Input(1).dtype()));
    Tensor bias;
    if (ctx.HasInput(2)) {
      ONEDGE_ASSIGN_OR_RETURN(bias, RealInput<T>(ctx, 2, ctx.Input(2).dtype()));
    }
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, ChannelsLast(plan.out)));
    ONEDGE_ASSIGN_OR_RETURN(Tensor first, Tensor::Allocate(kDTypeOf<T>, ChannelsFirst(x.shape()), ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor result, Tensor::Allocate(kDTypeOf<T>, plan.out, ctx.budget()));
    const Window3 window(plan.window);
    SwapAxes(plan.batch, window.in_size(), plan.groups * plan.channels, x.template data<T>(),
             first.template mutable_data<T>());
    RunConv<T, T>(plan, first.template data<T>(), w.template data<T>(),
                  bias.defined() ? bias.template data<T>() : nullptr, result.template mutable_data<T>(), ctx.threads());
    Activate(activation, result.template mutable_data<T>(), static_cast<size_t>(result.element_count()));
    SwapAxes(plan.batch, plan.groups * plan.filters, window.out_size(), result.template data<T>(), y.data());
    return y.Store();
  });
}

template <>
Result<OpPtr> Parse<NhwcConv>(AttributeReader& attrs) {
  auto op = std::make_unique<NhwcConv>();
  op->window = WindowAttributes::Parse(attrs, /*with_dilations=*/true);
  op->groups = attrs.Int("group", 1);
  op->activation = ReadActivation(attrs);
  if (op->groups < 1 || op->groups >= int64_t{1} << 31) {
    attrs.Fail(InvalidArgument("attribute 'group': expected at least 1, got ", op->groups));
    op->groups = 1;
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
