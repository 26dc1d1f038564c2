// Equal, Greater, GreaterOrEqual, Less, LessOrEqual (ai.onnx 1, 7, 9, 11 to 19): elementwise comparison with
// broadcasting; the result is bool. NaN is unequal to everything. Equal also takes bool and, from opset 19, strings.
#include "ops/math/loops.h"

namespace onedge::ops {
namespace {

struct EqualOf : Plain {
  using Plain::Plain;
  template <typename T>
  bool operator()(T a, T b) const {
    return a == b;
  }
};
struct GreaterOf : Plain {
  using Plain::Plain;
  template <typename T>
  bool operator()(T a, T b) const {
    return a > b;
  }
};
struct GreaterOrEqualOf : Plain {
  using Plain::Plain;
  template <typename T>
  bool operator()(T a, T b) const {
    return a >= b;
  }
};
struct LessOf : Plain {
  using Plain::Plain;
  template <typename T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};
struct LessOrEqualOf : Plain {
  using Plain::Plain;
  template <typename T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};

template <typename F>
constexpr BinaryLoops CompareLoops() {
  return {.f32 = FastZipLoop<float, uint8_t, F>,
          .f64 = ZipLoop<double, uint8_t, F>,
          .i32 = ZipLoop<int32_t, uint8_t, F>,
          .u32 = ZipLoop<uint32_t, uint8_t, F>,
          .i64 = ZipLoop<int64_t, uint8_t, F>,
          .u64 = ZipLoop<uint64_t, uint8_t, F>,
          .to_bool = true};
}

constexpr BinaryLoops EqualLoops() {
  BinaryLoops loops = CompareLoops<EqualOf>();
  loops.booleans = true;
  return loops;
}

struct EqualOp final : Op {
  explicit EqualOp(const LegacyBroadcast& old, bool with_strings) : legacy(old), strings(with_strings) {}

  Status InferShapes(ShapeContext& ctx) const override {
    if (!strings || ctx.InputDType(0) != DType::kString || ctx.InputDType(1) != DType::kString) {
      return InferBinary(ctx, kCompareLoops, legacy);
    }
    return InferBroadcast(ctx, DType::kBool);
  }

  // a, b: one dtype -> bool, their broadcast
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& a = ctx.Input(0);
    const Tensor& b = ctx.Input(1);
    if (!strings || a.dtype() != DType::kString || b.dtype() != DType::kString)
      return RunBinary(ctx, kCompareLoops, legacy);
    const Shape* shapes[] = {&a.shape(), &b.shape()};
    ONEDGE_ASSIGN_OR_RETURN(const Shape shape, BroadcastAll(shapes));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kBool, shape));
    const BroadcastPlan plan = PlanBroadcast(shape, shapes);
    ForEachRow(ctx.threads(), plan, [&](const int64_t* offsets, int64_t out, int64_t count) {
      for (int64_t i = 0; i < count; ++i) {
        const size_t left = static_cast<size_t>(offsets[0] + (plan.vector(0) ? i : 0));
        const size_t right = static_cast<size_t>(offsets[1] + (plan.vector(1) ? i : 0));
        y->mutable_bytes()[out + i] = a.strings()[left] == b.strings()[right];
      }
    });
    return OkStatus();
  }

  static constexpr BinaryLoops kCompareLoops = EqualLoops();
  const LegacyBroadcast legacy;
  const bool strings;
};

}  // namespace

template <>
Result<OpPtr> Parse<struct Equal>(AttributeReader& attrs) {
  return OpPtr(std::make_unique<EqualOp>(LegacyBroadcast::Read(attrs), attrs.opset() >= 19));
}
template <>
Result<OpPtr> Parse<struct Greater>(AttributeReader& attrs) {
  return MakeBinary(attrs, CompareLoops<GreaterOf>());
}
template <>
Result<OpPtr> Parse<struct GreaterOrEqual>(AttributeReader& attrs) {
  return MakeBinary(attrs, CompareLoops<GreaterOrEqualOf>());
}
template <>
Result<OpPtr> Parse<struct Less>(AttributeReader& attrs) {
  return MakeBinary(attrs, CompareLoops<LessOf>());
}
template <>
Result<OpPtr> Parse<struct LessOrEqual>(AttributeReader& attrs) {
  return MakeBinary(attrs, CompareLoops<LessOrEqualOf>());
}

}  // namespace onedge::ops
