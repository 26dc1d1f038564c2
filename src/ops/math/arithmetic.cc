// Add, Sub, Mul, Div (ai.onnx 1, 6, 7, 13, 14): elementwise with broadcasting, for every number type. Integers wrap.
// Integer division truncates towards zero; division by zero gives 0, as in NumPy.
#include "ops/math/loops.h"

namespace onedge::ops {
namespace {

// The unsigned type that wraps like T; T itself for floats.
template <typename T>
struct Wrapping {
  using Type = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
};
template <>
struct Wrapping<float> {
  using Type = float;
};
template <>
struct Wrapping<double> {
  using Type = double;
};

struct AddOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    using W = typename Wrapping<T>::Type;
    return static_cast<T>(static_cast<W>(a) + static_cast<W>(b));
  }
};

struct SubOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    using W = typename Wrapping<T>::Type;
    return static_cast<T>(static_cast<W>(a) - static_cast<W>(b));
  }
};

struct MulOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    using W = typename Wrapping<T>::Type;
    return static_cast<T>(static_cast<W>(a) * static_cast<W>(b));
  }
};

struct DivOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>) {
        if (b == -1) return SubOf(nullptr)(T{0}, a);  // the lowest value / -1 wraps
      }
    }
    return a / b;
  }
};

// Signed integers use the loops of unsigned ones if the bits are the same.
template <typename F>
constexpr BinaryLoops WrappingLoops() {
  return {.f32 = FastZipLoop<float, float, F>,
          .f64 = ZipLoop<double, double, F>,
          .i32 = ZipLoop<uint32_t, uint32_t, F>,
          .u32 = ZipLoop<uint32_t, uint32_t, F>,
          .i64 = ZipLoop<uint64_t, uint64_t, F>,
          .u64 = ZipLoop<uint64_t, uint64_t, F>};
}
constexpr BinaryLoops kAdd = WrappingLoops<AddOf>();
constexpr BinaryLoops kSub = WrappingLoops<SubOf>();
constexpr BinaryLoops kMul = WrappingLoops<MulOf>();
constexpr BinaryLoops kDiv = {.f32 = FastZipLoop<float, float, DivOf>,
                              .f64 = ZipLoop<double, double, DivOf>,
                              .i32 = ZipLoop<int32_t, int32_t, DivOf>,
                              .u32 = ZipLoop<uint32_t, uint32_t, DivOf>,
                              .i64 = ZipLoop<int64_t, int64_t, DivOf>,
                              .u64 = ZipLoop<uint64_t, uint64_t, DivOf>};

// One element of a computed shape: arithmetic on known dims; a symbol is kept by +0, -0, *1 and /1.
Dim CombineDims(char operation, Dim a, Dim b) {
  if (a.known() && b.known()) {
    const int64_t value = operation == '+'   ? AddOf(nullptr)(a.value, b.value)
                          : operation == '-' ? SubOf(nullptr)(a.value, b.value)
                          : operation == '*' ? MulOf(nullptr)(a.value, b.value)
                                             : DivOf(nullptr)(a.value, b.value);
    return value >= 0 ? Dim::Known(value) : Dim::Unknown();
  }
  const int64_t neutral = operation == '+' || operation == '-' ? 0 : 1;
  if (b.is(neutral)) return a;
  if (a.is(neutral) && (operation == '+' || operation == '*')) return b;
  return Dim::Unknown();
}

// True for a scalar or a short vector, as shapes are.
bool IsShapeSized(const Dims* dims) {
  return dims && (dims->empty() || (dims->size() == 1 && (*dims)[0].known() && (*dims)[0].value <= 64));
}

struct Arithmetic final : Op {
  Arithmetic(const BinaryLoops& table, char symbol, const LegacyBroadcast& old)
      : loops(table), operation(symbol), legacy(old) {}

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(InferBinary(ctx, loops, legacy));
    if (ctx.InputDType(0) != DType::kInt64 || !IsShapeSized(ctx.InputDims(0)) || !IsShapeSized(ctx.InputDims(1))) {
      return OkStatus();
    }
    const auto a = ctx.InputShapeValue(0);
    const auto b = ctx.InputShapeValue(1);
    if (!a || !b || (a->size() != b->size() && a->size() != 1 && b->size() != 1)) return OkStatus();
    Dims result;
    const size_t count = a->size() == 1 ? b->size() : a->size();
    for (size_t i = 0; i < count; ++i) {
      result.push_back(CombineDims(operation, (*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]));
    }
    ctx.SetOutputShapeValue(0, std::move(result));
    return OkStatus();
  }

  std::optional<InPlace> InPlaceInput(size_t output) const override {
    static_cast<void>(output);
    return InPlace{0, std::nullopt};
  }

  // a, b: any numbers of one dtype -> their broadcast
  Status Run(OpContext& ctx) const override { return RunBinary(ctx, loops, legacy); }

  const BinaryLoops& loops;
  const char operation;
  const LegacyBroadcast legacy;
};

Result<OpPtr> Make(AttributeReader& attrs, const BinaryLoops& loops, char operation) {
  return OpPtr(std::make_unique<Arithmetic>(loops, operation, LegacyBroadcast::Read(attrs)));
}

}  // namespace

template <>
Result<OpPtr> Parse<struct Add>(AttributeReader& attrs) {
  return Make(attrs, kAdd, '+');
}
template <>
Result<OpPtr> Parse<struct Sub>(AttributeReader& attrs) {
  return Make(attrs, kSub, '-');
}
template <>
Result<OpPtr> Parse<struct Mul>(AttributeReader& attrs) {
  return Make(attrs, kMul, '*');
}
template <>
Result<OpPtr> Parse<struct Div>(AttributeReader& attrs) {
  return Make(attrs, kDiv, '/');
}

}  // namespace onedge::ops
