// PRelu (ai.onnx 1, 6, 7, 9, 16): slope * x if x < 0, otherwise x. The slope broadcasts to x; before opset 7 it has one
// element, or one for each channel (dimension 1).
#include "ops/math/loops.h"

namespace onedge::ops {
namespace {

struct PReluOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T x, T slope) const {
    if constexpr (std::is_floating_point_v<T>) return x < 0 ? x * slope : x;
    // Integers wrap.
    using U = std::make_unsigned_t<std::conditional_t<std::is_integral_v<T>, T, int>>;
    return x < 0 ? static_cast<T>(static_cast<U>(x) * static_cast<U>(slope)) : x;
  }
};
constexpr BinaryLoops kPReluLoops = {.f32 = FastZipLoop<float, float, PReluOf>,
                                     .f64 = ZipLoop<double, double, PReluOf>,
                                     .i32 = ZipLoop<int32_t, int32_t, PReluOf>,
                                     .u32 = ZipLoop<uint32_t, uint32_t, PReluOf>,
                                     .i64 = ZipLoop<int64_t, int64_t, PReluOf>,
                                     .u64 = ZipLoop<uint64_t, uint64_t, PReluOf>};

}  // namespace

struct PRelu final : Op {
  explicit PRelu(bool by_channel) : per_channel(by_channel) {}

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    const DType dtype = ctx.InputDType(0);
    if (dtype != DType::kUndefined && !kPReluLoops.For(dtype)) return UnsupportedDType(0, dtype);
    return InferSameAsInput(ctx);
  }

  // x: [batch, channels, ...], slope: broadcasts to x -> y: as x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& x = ctx.Input(0);
    const Tensor& slope = ctx.Input(1);
    if (!kPReluLoops.For(x.dtype()) || slope.dtype() != x.dtype()) return UnsupportedDType(1, slope.dtype());
    Shape slope_shape = slope.shape();
    if (per_channel && slope.rank() == 1 && slope.dim(0) != 1) {
      for (size_t axis = 2; axis < x.rank(); ++axis) slope_shape.push_back(1);
    }
    const auto shape = BroadcastShapes(x.shape(), slope_shape);
    if (!shape || !(*shape == x.shape())) {
      return InvalidArgument("slope: expected a shape that broadcasts to ", x.shape(), ", got ", slope.shape());
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, x.dtype(), x.shape()));
    ApplyBinary(ctx.threads(), x, x.shape(), slope, slope_shape, *y, kPReluLoops, nullptr);
    return OkStatus();
  }

  const bool per_channel;
};

template <>
Result<OpPtr> Parse<PRelu>(AttributeReader& attrs) {
  if (attrs.opset() < 6) attrs.Ignore("consumed_inputs");
  return OpPtr(std::make_unique<PRelu>(attrs.opset() < 7));
}

}  // namespace onedge::ops
