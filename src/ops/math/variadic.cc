// Max, Mean, Min, Sum (ai.onnx 1, 6, 8, 12, 13): elementwise over one or more inputs with broadcasting, from left to
// right. Max and Min propagate NaN.
#include "ops/math/loops.h"

namespace onedge::ops {
namespace {

struct SumOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    return a + b;
  }
};
struct MaxOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    return b > a || b != b ? b : a;
  }
};
struct MinOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    return b < a || b != b ? b : a;
  }
};
struct DivOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    return a / b;
  }
};

template <typename F>
constexpr BinaryLoops kFloat = {.f32 = FastZipLoop<float, float, F>, .f64 = ZipLoop<double, double, F>};
template <typename F>
constexpr BinaryLoops kNumeric = {.f32 = FastZipLoop<float, float, F>,
                                  .f64 = ZipLoop<double, double, F>,
                                  .i32 = ZipLoop<int32_t, int32_t, F>,
                                  .u32 = ZipLoop<uint32_t, uint32_t, F>,
                                  .i64 = ZipLoop<int64_t, int64_t, F>,
                                  .u64 = ZipLoop<uint64_t, uint64_t, F>};

struct Variadic final : Op {
  Variadic(const BinaryLoops& table, bool divide) : loops(table), mean(divide) {}

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    DType dtype = DType::kUndefined;
    for (size_t i = 0; i < ctx.input_count(); ++i) {
      const DType next = ctx.InputDType(i);
      if (next == DType::kUndefined) continue;
      if (!loops.For(next)) return UnsupportedDType(i, next);
      if (dtype != DType::kUndefined && next != dtype) {
        return InvalidArgument("input ", i, ": expected ", DTypeName(dtype), " like the inputs before it, got ",
                               DTypeName(next));
      }
      dtype = next;
    }
    return InferBroadcast(ctx, dtype);
  }

  // x0, x1, ...: one dtype -> y: their broadcast
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(std::max<size_t>(ctx.input_count(), 1)));
    const Tensor& first = ctx.Input(0);
    std::vector<const Shape*> shapes;
    for (size_t i = 0; i < ctx.input_count(); ++i) {
      if (!loops.For(ctx.Input(i).dtype()) || ctx.Input(i).dtype() != first.dtype()) {
        return UnsupportedDType(i, ctx.Input(i).dtype());
      }
      shapes.push_back(&ctx.Input(i).shape());
    }
    ONEDGE_ASSIGN_OR_RETURN(const Shape shape, BroadcastAll(shapes));
    if (ctx.input_count() == 1) return ctx.SetOutput(0, ctx.InputValue(0));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, first.dtype(), shape));
    ApplyBinary(ctx.threads(), first, first.shape(), ctx.Input(1), ctx.Input(1).shape(), *y, loops, nullptr);
    for (size_t i = 2; i < ctx.input_count(); ++i) {
      ApplyBinary(ctx.threads(), *y, shape, ctx.Input(i), ctx.Input(i).shape(), *y, loops, nullptr);
    }
    return mean ? Divide(ctx, *y) : OkStatus();
  }

  static Status Divide(OpContext& ctx, Tensor& y) {
    ONEDGE_ASSIGN_OR_RETURN(Tensor count, Tensor::Allocate(y.dtype(), Shape(), ctx.budget()));
    const float value = static_cast<float>(ctx.input_count());
    if (y.dtype() == DType::kFloat64) {
      *count.mutable_data<double>() = value;
    } else {
      Narrow(y.dtype(), &value, count.mutable_bytes(), 1);
    }
    ApplyBinary(ctx.threads(), y, y.shape(), count, count.shape(), y, kFloat<DivOf>, nullptr);
    return OkStatus();
  }

  const BinaryLoops& loops;
  const bool mean;
};

Result<OpPtr> Make(AttributeReader& attrs, const BinaryLoops& loops, bool mean = false) {
  if (attrs.opset() < 6) attrs.Ignore("consumed_inputs");
  if (attrs.input_count() == 0) attrs.Fail(InvalidArgument("expected at least one input, got none"));
  return OpPtr(std::make_unique<Variadic>(loops, mean));
}

}  // namespace

template <>
Result<OpPtr> Parse<struct Max>(AttributeReader& attrs) {
  return Make(attrs, kNumeric<MaxOf>);
}
template <>
Result<OpPtr> Parse<struct Mean>(AttributeReader& attrs) {
  return Make(attrs, kFloat<SumOf>, true);
}
template <>
Result<OpPtr> Parse<struct Min>(AttributeReader& attrs) {
  return Make(attrs, kNumeric<MinOf>);
}
template <>
Result<OpPtr> Parse<struct Sum>(AttributeReader& attrs) {
  return Make(attrs, kFloat<SumOf>);
}

}  // namespace onedge::ops
