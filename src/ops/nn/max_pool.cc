// MaxPool (ai.onnx 1, 8, 10, 11, 12, 22): the largest element under a sliding window and, optionally, its position.
#include <cmath>
#include <limits>

#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"
#include "ops/nn/window.h"

namespace onedge::ops {
namespace {

template <typename T>
bool Exceeds(T value, T best) {
  if constexpr (std::is_floating_point_v<T>) {
    return value > best || std::isnan(value);
  } else {
    return value > best;
  }
}

template <typename T>
constexpr T Lowest() {
  if constexpr (std::is_floating_point_v<T>) {
    return -std::numeric_limits<T>::infinity();
  } else {
    return std::numeric_limits<T>::lowest();
  }
}

// Pools planes [0, planes) of x into y; `indices` (may be null) receives positions in the whole of x.
template <typename T>
void PoolPlanes(const Window3& window, bool column_major, size_t planes, const T* x, T* y, int64_t* indices,
                ThreadPool* threads) {
  const WindowAxis& d = window.axis[0];
  const WindowAxis& h = window.axis[1];
  const WindowAxis& w = window.axis[2];
  const size_t in_size = window.in_size();
  const size_t out_size = window.out_size();
  ParallelRanges(threads, planes, out_size * window.kernel_size(), [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane) {
      const T* from = x + plane * in_size;
      size_t out = plane * out_size;
      for (int64_t od = 0; od < d.out.value; ++od) {
        const KernelRange ds = InsideInput(d, od);
        for (int64_t oh = 0; oh < h.out.value; ++oh) {
          const KernelRange hs = InsideInput(h, oh);
          for (int64_t ow = 0; ow < w.out.value; ++ow, ++out) {
            const KernelRange ws = InsideInput(w, ow);
            T best = Lowest<T>();
            int64_t where[3] = {-1, 0, 0};
            for (int64_t kd = ds.first; kd < ds.last; ++kd) {
              const int64_t id = d.InputOf(od, kd);
              for (int64_t kh = hs.first; kh < hs.last; ++kh) {
                const int64_t ih = h.InputOf(oh, kh);
                const T* row = from + (id * h.in.value + ih) * w.in.value;
                for (int64_t kw = ws.first; kw < ws.last; ++kw) {
                  const int64_t iw = w.InputOf(ow, kw);
                  if (where[0] >= 0 && !Exceeds(row[iw], best)) continue;
                  best = row[iw];
                  where[0] = id;
                  where[1] = ih;
                  where[2] = iw;
                }
              }
            }
            y[out] = best;
            if (!indices) continue;
            const int64_t offset = column_major ? (where[2] * h.in.value + where[1]) * d.in.value + where[0]
                                                : (where[0] * h.in.value + where[1]) * w.in.value + where[2];
            indices[out] = where[0] < 0 ? -1 : static_cast<int64_t>(plane * in_size) + offset;
          }
        }
      }
    }
  });
}

}  // namespace

struct MaxPool final : Op {
  WindowAttributes window;
  bool column_major = false;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    std::optional<Dims> out;
    if (const Dims* x = ctx.InputDims(0)) {
      ONEDGE_ASSIGN_OR_RETURN(const Window resolved, window.Resolve(*x));
      out = Dims{(*x)[0], (*x)[1]};
      for (const WindowAxis& axis : resolved) out->push_back(axis.out);
    }
    ctx.SetOutput(0, ctx.InputDType(0), out);
    ctx.SetOutput(1, DType::kInt64, std::move(out));
    return OkStatus();
  }

  // x: [N, C, spatial...] -> y: [N, C, spatial...], indices: int64, as y (optional)
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const Window resolved, window.Resolve(graph::DimsOf(x.shape())));
    Shape shape = {x.dim(0), x.dim(1)};
    for (const WindowAxis& axis : resolved) shape.push_back(axis.out.value);
    int64_t* indices = nullptr;
    if (ctx.WantsOutput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(Tensor * positions, ctx.Output(1, DType::kInt64, shape));
      indices = positions->mutable_data<int64_t>();
    }
    const Window3 axes(resolved);
    const size_t planes = static_cast<size_t>(x.shape().element_count(0, 2));
    const auto bytes = [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, x.dtype(), shape));
      PoolPlanes(axes, column_major, planes, x.data<T>(), y->mutable_data<T>(), indices, ctx.threads());
      return OkStatus();
    };
    if (x.dtype() == DType::kInt8) return bytes(int8_t());
    if (x.dtype() == DType::kUint8) return bytes(uint8_t());
    const DType dtype = x.dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor real, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
      PoolPlanes(axes, column_major, planes, real.template data<T>(), y.data(), indices, ctx.threads());
      return y.Store();
    });
  }
};

template <>
Result<OpPtr> Parse<MaxPool>(AttributeReader& attrs) {
  auto op = std::make_unique<MaxPool>();
  op->window = WindowAttributes::Parse(attrs, /*with_dilations=*/attrs.opset() >= 10);
  if (op->window.kernel.empty()) attrs.Fail(CorruptFile("attribute 'kernel_shape' is required, but missing"));
  if (attrs.opset() >= 8) op->column_major = attrs.Int("storage_order", 0) != 0;
  if (attrs.opset() >= 10) op->window.ceil_mode = attrs.Int("ceil_mode", 0) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
