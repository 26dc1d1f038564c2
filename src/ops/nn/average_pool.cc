// AveragePool (ai.onnx 1, 7, 10, 11, 19, 22) and LpPool (1, 2, 11, 18, 22): the mean or the p-norm under a sliding
// window.
#include <cmath>

#include "ops/nn/parallel.h"
#include "ops/nn/real_root.h"
#include "ops/nn/real_tensors.h"
#include "ops/nn/window.h"

namespace onedge::ops {
namespace {

Status InferPool(ShapeContext& ctx, const WindowAttributes& window) {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  std::optional<Dims> out;
  if (const Dims* x = ctx.InputDims(0)) {
    ONEDGE_ASSIGN_OR_RETURN(const Window resolved, window.Resolve(*x));
    out = Dims{(*x)[0], (*x)[1]};
    for (const WindowAxis& axis : resolved) out->push_back(axis.out);
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

// One output: the sum over the window of term(x), in ascending order, without the padding.
template <typename T, typename Term>
T SumWindow(const Window3& window, const T* plane, const int64_t (&o)[3], const KernelRange (&range)[3],
            const Term& term) {
  T sum = 0;
  for (int64_t kd = range[0].first; kd < range[0].last; ++kd) {
    for (int64_t kh = range[1].first; kh < range[1].last; ++kh) {
      const T* row =
          plane + (window.axis[0].InputOf(o[0], kd) * window.axis[1].in.value + window.axis[1].InputOf(o[1], kh)) *
                      window.axis[2].in.value;
      for (int64_t kw = range[2].first; kw < range[2].last; ++kw)
        sum = sum + term(row[window.axis[2].InputOf(o[2], kw)]);
    }
  }
  return sum;
}

// x: [N, C, spatial...] -> y: [N, C, spatial...]; finish(sum, o, range) turns a window's sum into an output.
template <typename Term, typename Finish>
Status RunPool(OpContext& ctx, const WindowAttributes& attributes, const Term& term, const Finish& finish) {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
  const Shape& in = ctx.Input(0).shape();
  ONEDGE_ASSIGN_OR_RETURN(const Window resolved, attributes.Resolve(graph::DimsOf(in)));
  Shape shape = {in[0], in[1]};
  for (const WindowAxis& axis : resolved) shape.push_back(axis.out.value);
  const Window3 window(resolved);
  const size_t planes = static_cast<size_t>(in.element_count(0, 2));
  const DType dtype = ctx.Input(0).dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
    T* const to = y.data();
    const T* const from = x.template data<T>();
    const size_t out_size = window.out_size();
    ParallelRanges(ctx.threads(), planes, out_size * window.kernel_size(), [&](size_t begin, size_t end) {
      for (size_t plane = begin; plane < end; ++plane) {
        size_t out = plane * out_size;
        int64_t o[3];
        KernelRange range[3];
        for (o[0] = 0; o[0] < window.axis[0].out.value; ++o[0]) {
          range[0] = InsideInput(window.axis[0], o[0]);
          for (o[1] = 0; o[1] < window.axis[1].out.value; ++o[1]) {
            range[1] = InsideInput(window.axis[1], o[1]);
            for (o[2] = 0; o[2] < window.axis[2].out.value; ++o[2], ++out) {
              range[2] = InsideInput(window.axis[2], o[2]);
              to[out] = finish(SumWindow<T>(window, from + plane * window.in_size(), o, range, term), window, o, range);
            }
          }
        }
      }
    });
    return y.Store();
  });
}

// The number of window positions in the input or its padding; positions beyond the padding (ceil_mode) do not count.
int64_t PositionsWithPadding(const Window3& window, const int64_t (&o)[3]) {
  int64_t count = 1;
  for (size_t i = 0; i < 3; ++i) {
    const WindowAxis& axis = window.axis[i];
    const int64_t end = axis.in.value + axis.pad_end;
    const int64_t start = axis.InputOf(o[i], 0);
    count *= std::min(axis.kernel, (end - start + axis.dilation - 1) / axis.dilation);
  }
  return count;
}

}  // namespace

struct AveragePool final : Op {
  WindowAttributes window;
  bool count_include_pad = false;

  Status InferShapes(ShapeContext& ctx) const override { return InferPool(ctx, window); }
  Status Run(OpContext& ctx) const override {
    return RunPool(
        ctx, window, [](auto x) { return x; },
        [this](auto sum, const Window3& axes, const int64_t(&o)[3], const KernelRange(&range)[3]) {
          int64_t count = 1;
          for (const KernelRange& r : range) count *= r.last - r.first;
          if (count_include_pad) count = PositionsWithPadding(axes, o);
          return count > 0 ? sum / static_cast<decltype(sum)>(count) : sum;
        });
  }
};

struct LpPool final : Op {
  WindowAttributes window;
  int64_t p = 2;

  Status InferShapes(ShapeContext& ctx) const override { return InferPool(ctx, window); }
  Status Run(OpContext& ctx) const override {
    return RunPool(
        ctx, window, [this](auto x) { return IntegerPower(std::abs(x), p); },
        [this](auto sum, const Window3&, const int64_t(&)[3], const KernelRange(&)[3]) {
          return static_cast<decltype(sum)>(RealRoot(sum, p));
        });
  }
};

template <>
Result<OpPtr> Parse<AveragePool>(AttributeReader& attrs) {
  auto op = std::make_unique<AveragePool>();
  op->window = WindowAttributes::Parse(attrs, /*with_dilations=*/attrs.opset() >= 19);
  if (op->window.kernel.empty()) attrs.Fail(CorruptFile("attribute 'kernel_shape' is required, but missing"));
  if (attrs.opset() >= 7) op->count_include_pad = attrs.Int("count_include_pad", 0) != 0;
  if (attrs.opset() >= 10) op->window.ceil_mode = attrs.Int("ceil_mode", 0) != 0;
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
