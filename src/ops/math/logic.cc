// And, Or, Xor over bool (ai.onnx 1, 7); BitwiseAnd, BitwiseOr, BitwiseXor (18) and BitShift (11) over integers; with
// broadcasting. A shift by the width or more gives 0.
#include "ops/math/loops.h"

namespace onedge::ops {
namespace {

struct AndOf : Plain {
  using Plain::Plain;
  bool operator()(uint32_t a, uint32_t b) const { return a && b; }
};
struct OrOf : Plain {
  using Plain::Plain;
  bool operator()(uint32_t a, uint32_t b) const { return a || b; }
};
struct XorOf : Plain {
  using Plain::Plain;
  bool operator()(uint32_t a, uint32_t b) const { return !a != !b; }
};

struct BitAndOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    return a & b;
  }
};
struct BitOrOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    return a | b;
  }
};
struct BitXorOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    return a ^ b;
  }
};
struct ShiftLeftOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    return b < sizeof(T) * 8 ? a << b : 0;
  }
};
struct ShiftRightOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    return b < sizeof(T) * 8 ? a >> b : 0;
  }
};

template <typename F>
constexpr BinaryLoops kLogic = {.u32 = ZipLoop<uint32_t, uint8_t, F>, .booleans_only = true, .to_bool = true};
template <typename F>
constexpr BinaryLoops kBitwise = {.i32 = ZipLoop<uint32_t, uint32_t, F>,
                                  .u32 = ZipLoop<uint32_t, uint32_t, F>,
                                  .i64 = ZipLoop<uint64_t, uint64_t, F>,
                                  .u64 = ZipLoop<uint64_t, uint64_t, F>};
template <typename F>
constexpr BinaryLoops kShift = {.u32 = ZipLoop<uint32_t, uint32_t, F>, .u64 = ZipLoop<uint64_t, uint64_t, F>};

}  // namespace

template <>
Result<OpPtr> Parse<struct And>(AttributeReader& attrs) {
  return MakeBinary(attrs, kLogic<AndOf>);
}
template <>
Result<OpPtr> Parse<struct Or>(AttributeReader& attrs) {
  return MakeBinary(attrs, kLogic<OrOf>);
}
template <>
Result<OpPtr> Parse<struct Xor>(AttributeReader& attrs) {
  return MakeBinary(attrs, kLogic<XorOf>);
}
template <>
Result<OpPtr> Parse<struct BitwiseAnd>(AttributeReader& attrs) {
  return MakeBinary(attrs, kBitwise<BitAndOf>);
}
template <>
Result<OpPtr> Parse<struct BitwiseOr>(AttributeReader& attrs) {
  return MakeBinary(attrs, kBitwise<BitOrOf>);
}
template <>
Result<OpPtr> Parse<struct BitwiseXor>(AttributeReader& attrs) {
  return MakeBinary(attrs, kBitwise<BitXorOf>);
}
template <>
Result<OpPtr> Parse<struct BitShift>(AttributeReader& attrs) {
  const std::string direction = attrs.RequiredString("direction");
  if (direction != "LEFT" && direction != "RIGHT") attrs.FailValue("direction", "LEFT or RIGHT", direction);
  return MakeBinary(attrs, direction == "LEFT" ? kShift<ShiftLeftOf> : kShift<ShiftRightOf>);
}

}  // namespace onedge::ops
