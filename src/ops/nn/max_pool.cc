// MaxPool (ai.onnx 1, 8, 10, 11, 12, 22): the largest element under a sliding window and, optionally, its position.
// onedge.NhwcMaxPool 1: without positions, channels last.
#include <cmath>
#include <limits>

#include "ops/nn/parallel.h"
#include "ops/nn/pools.h"
#include "ops/nn/real_tensors.h"

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

// Pools planes [0, planes) of x into y; `indices` (may be null) receives positions in the whole of x. The elements of
// `inner` planes are interleaved.
template <typename T>
void PoolPlanes(const Window3& window, bool column_major, size_t planes, size_t inner, const T* x, T* y,
                int64_t* indices, ThreadPool* threads) {
  const WindowAxis& d = window.axis[0];
  const WindowAxis& h = window.axis[1];
  const WindowAxis& w = window.axis[2];
  const size_t in_size = window.in_size();
  const size_t out_size = window.out_size();
  ParallelRanges(threads, planes, out_size * window.kernel_size(), [&](size_t begin, size_t end) {
    for (size_t plane = begin; plane < end; ++plane) {
      const T* from = x + plane / inner * inner * in_size + plane % inner;
      size_t out = plane / inner * inner * out_size + plane % inner;
      for (int64_t od = 0; od < d.out.value; ++od) {
        const KernelRange ds = InsideInput(d, od);
        for (int64_t oh = 0; oh < h.out.value; ++oh) {
          const KernelRange hs = InsideInput(h, oh);
          for (int64_t ow = 0; ow < w.out.value; ++ow, out += inner) {
            const KernelRange ws = InsideInput(w, ow);
            T best = Lowest<T>();
            int64_t where[3] = {-1, 0, 0};
            for (int64_t kd = ds.first; kd < ds.last; ++kd) {
              const int64_t id = d.InputOf(od, kd);
              for (int64_t kh = hs.first; kh < hs.last; ++kh) {
                const int64_t ih = h.InputOf(oh, kh);
                const T* row = from + static_cast<size_t>((id * h.in.value + ih) * w.in.value) * inner;
                for (int64_t kw = ws.first; kw < ws.last; ++kw) {
                  const int64_t iw = w.InputOf(ow, kw);
                  const T value = row[static_cast<size_t>(iw) * inner];
                  if (where[0] >= 0 && !Exceeds(value, best)) continue;
                  best = value;
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

Status MaxPool::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  std::optional<Dims> out;
  if (const Dims* x = ctx.InputDims(0)) {
    ONEDGE_ASSIGN_OR_RETURN(out, PooledDims(window, channels_last, *x));
  }
  ctx.SetOutput(0, ctx.InputDType(0), out);
  ctx.SetOutput(1, DType::kInt64, std::move(out));
  return OkStatus();
}

Status MaxPool::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
  const Tensor& x = ctx.Input(0);
  ONEDGE_ASSIGN_OR_RETURN(const PoolPlan plan, PlanPool(window, channels_last, x.shape()));
  int64_t* indices = nullptr;
  if (ctx.WantsOutput(1)) {
    if (channels_last) return Unsupported("output 1: positions with channels last");
    ONEDGE_ASSIGN_OR_RETURN(Tensor * positions, ctx.Output(1, DType::kInt64, plan.out));
    indices = positions->mutable_data<int64_t>();
  }
  const auto bytes = [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, x.dtype(), plan.out));
    PoolPlanes(plan.window, column_major, plan.planes, plan.inner, x.data<T>(), y->mutable_data<T>(), indices,
               ctx.threads());
    return OkStatus();
  };
  if (x.dtype() == DType::kInt8) return bytes(int8_t());
  if (x.dtype() == DType::kUint8) return bytes(uint8_t());
  const DType dtype = x.dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor real, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, plan.out));
    PoolPlanes(plan.window, column_major, plan.planes, plan.inner, real.template data<T>(), y.data(), indices,
               ctx.threads());
    return y.Store();
  });
}

template <>
Result<OpPtr> Parse<MaxPool>(AttributeReader& attrs) {
  auto op = std::make_unique<MaxPool>();
  op->channels_last = attrs.node().domain == "onedge";
  op->window = WindowAttributes::Parse(attrs, /*with_dilations=*/op->channels_last || attrs.opset() >= 10);
  if (op->window.kernel.empty()) attrs.Fail(CorruptFile("attribute 'kernel_shape' is required, but missing"));
  if (op->channels_last) {
    op->window.ceil_mode = attrs.Int("ceil_mode", 0) != 0;
    return OpPtr(std::move(op));
  }
  if (attrs.opset() >= 8) op->column_major = attrs.Int("storage_order", 0) != 0;
  if (attrs.opset() >= 10) op->window.ceil_mode = attrs.Int("ceil_mode", 0) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
