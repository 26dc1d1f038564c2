// AveragePool (ai.onnx 1, 7, 10, 11, 19, 22) and LpPool (1, 2, 11, 18, 22): the mean or the p-norm under a sliding
// window. onedge.NhwcAveragePool 1: channels last.
#include <algorithm>
#include <cmath>

#include "ops/nn/channels_last.h"
#include "ops/nn/parallel.h"
#include "ops/nn/pools.h"
#include "ops/nn/real_root.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

Status InferPool(ShapeContext& ctx, const WindowAttributes& window, bool channels_last) {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  std::optional<Dims> out;
  if (const Dims* x = ctx.InputDims(0)) {
    ONEDGE_ASSIGN_OR_RETURN(out, PooledDims(window, channels_last, *x));
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

// One output: the sum over the window of term(x), in ascending order, without the padding.
template <typename T, typename Term>
T SumWindow(const Window3& window, size_t inner, const T* plane, const int64_t (&o)[3], const KernelRange (&range)[3],
            const Term& term) {
  T sum = 0;
  for (int64_t kd = range[0].first; kd < range[0].last; ++kd) {
    for (int64_t kh = range[1].first; kh < range[1].last; ++kh) {
      const int64_t row =
          (window.axis[0].InputOf(o[0], kd) * window.axis[1].in.value + window.axis[1].InputOf(o[1], kh)) *
          window.axis[2].in.value;
      for (int64_t kw = range[2].first; kw < range[2].last; ++kw)
        sum = sum + term(plane[static_cast<size_t>(row + window.axis[2].InputOf(o[2], kw)) * inner]);
    }
  }
  return sum;
}

// x: [N, C, spatial...] -> y: [N, C, spatial...]; finish(sum, window, o) turns a window's sum into an output.
template <typename Term, typename Finish>
Status RunPool(OpContext& ctx, const WindowAttributes& attributes, bool channels_last, const Term& term,
               const Finish& finish) {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
  ONEDGE_ASSIGN_OR_RETURN(const PoolPlan plan, PlanPool(attributes, channels_last, ctx.Input(0).shape()));
  const DType dtype = ctx.Input(0).dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, plan.out));
    T* const to = y.data();
    const T* const from = x.template data<T>();
    const Window3& window = plan.window;
    const size_t inner = plan.inner;
    ParallelRanges(ctx.threads(), plan.planes, window.out_size() * window.kernel_size(), [&](size_t begin, size_t end) {
      for (size_t plane = begin; plane < end; ++plane) {
        const T* first = from + plane / inner * inner * window.in_size() + plane % inner;
        size_t out = plane / inner * inner * window.out_size() + plane % inner;
        int64_t o[3];
        KernelRange range[3];
        for (o[0] = 0; o[0] < window.axis[0].out.value; ++o[0]) {
          range[0] = InsideInput(window.axis[0], o[0]);
          for (o[1] = 0; o[1] < window.axis[1].out.value; ++o[1]) {
            range[1] = InsideInput(window.axis[1], o[1]);
            for (o[2] = 0; o[2] < window.axis[2].out.value; ++o[2], out += inner) {
              range[2] = InsideInput(window.axis[2], o[2]);
              to[out] = finish(SumWindow<T>(window, inner, first, o, range, term), window, o);
            }
          }
        }
      }
    });
    return y.Store();
  });
}

}  // namespace

Result<Dims> PooledDims(const WindowAttributes& window, bool channels_last, const Dims& x) {
  if (channels_last && x.size() < 3) {
    return InvalidArgument("input 0: expected [N, spatial dimensions..., C], got ", x.size(), " dimensions");
  }
  const Dims first = channels_last ? ChannelsFirst(x) : x;
  ONEDGE_ASSIGN_OR_RETURN(const Window resolved, window.Resolve(first));
  Dims out = {first[0], first[1]};
  for (const WindowAxis& axis : resolved) out.push_back(axis.out);
  return channels_last ? ChannelsLast(out) : out;
}

Result<PoolPlan> PlanPool(const WindowAttributes& window, bool channels_last, const Shape& x) {
  const Dims dims = graph::DimsOf(x);
  ONEDGE_ASSIGN_OR_RETURN(const Dims out, PooledDims(window, channels_last, dims));
  const Dims first = channels_last ? ChannelsFirst(dims) : dims;
  ONEDGE_ASSIGN_OR_RETURN(const Window resolved, window.Resolve(first));
  PoolPlan plan = {*graph::ShapeOf(out), Window3(resolved), 0, 1};
  ONEDGE_RETURN_IF_ERROR(plan.out.Check());
  plan.planes = static_cast<size_t>(first[0].value) * static_cast<size_t>(first[1].value);
  if (channels_last) plan.inner = std::max<size_t>(1, static_cast<size_t>(first[1].value));
  return plan;
}

int64_t CountedPositions(const WindowAxis& axis, int64_t o, bool with_padding) {
  if (!with_padding) {
    const KernelRange inside = InsideInput(axis, o);
    return inside.last - inside.first;
  }
  const int64_t end = axis.in.value + axis.pad_end;
  const int64_t start = axis.InputOf(o, 0);
  return std::min(axis.kernel, (end - start + axis.dilation - 1) / axis.dilation);
}

Status AveragePool::InferShapes(ShapeContext& ctx) const { return InferPool(ctx, window, channels_last); }

Status AveragePool::Run(OpContext& ctx) const {
  return RunPool(
      ctx, window, channels_last, [](auto x) { return x; },
      [this](auto sum, const Window3& axes, const int64_t(&o)[3]) {
        int64_t count = 1;
        for (size_t i = 0; i < 3; ++i) count *= CountedPositions(axes.axis[i], o[i], count_include_pad);
        return count > 0 ? sum / static_cast<decltype(sum)>(count) : sum;
      });
}

struct LpPool final : Op {
  WindowAttributes window;
  int64_t p = 2;

  Status InferShapes(ShapeContext& ctx) const override { return InferPool(ctx, window, false); }
  Status Run(OpContext& ctx) const override {
    return RunPool(
        ctx, window, false, [this](auto x) { return IntegerPower(std::abs(x), p); },
        [this](auto sum, const Window3&, const int64_t(&)[3]) { return static_cast<decltype(sum)>(RealRoot(sum, p)); });
  }
};

template <>
Result<OpPtr> Parse<AveragePool>(AttributeReader& attrs) {
  auto op = std::make_unique<AveragePool>();
  op->channels_last = attrs.node().domain == "onedge";
  op->window = WindowAttributes::Parse(attrs, /*with_dilations=*/op->channels_last || attrs.opset() >= 19);
  if (op->window.kernel.empty()) attrs.Fail(CorruptFile("attribute 'kernel_shape' is required, but missing"));
  if (op->channels_last || attrs.opset() >= 7) op->count_include_pad = attrs.Int("count_include_pad", 0) != 0;
  if (op->channels_last || attrs.opset() >= 10) op->window.ceil_mode = attrs.Int("ceil_mode", 0) != 0;
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<LpPool>(AttributeReader& attrs) {
  auto op = std::make_unique<LpPool>();
  op->window = WindowAttributes::Parse(attrs, /*with_dilations=*/attrs.opset() >= 18);
  if (op->window.kernel.empty()) attrs.Fail(CorruptFile("attribute 'kernel_shape' is required, but missing"));
  if (attrs.opset() >= 18) op->window.ceil_mode = attrs.Int("ceil_mode", 0) != 0;
  op->p = ReadNorm(attrs);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
