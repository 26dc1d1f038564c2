#include "ops/movement/cell_ops.h"

#include <bit>
#include <cmath>

#include "tensor/half.h"

namespace onedge::ops {
namespace {

template <typename T>
inline constexpr bool kIsHalf = std::is_same_v<T, Float16> || std::is_same_v<T, Bfloat16>;

// Calls body(std::type_identity<T>()) with the arithmetic type; false for dtypes without arithmetic here.
template <typename Body>
bool DispatchNumber(DType dtype, const Body& body) {
  switch (dtype) {
    case DType::kFloat32:
      body(std::type_identity<float>());
      return true;
    case DType::kFloat64:
      body(std::type_identity<double>());
      return true;
    case DType::kFloat16:
      body(std::type_identity<Float16>());
      return true;
    case DType::kBfloat16:
      body(std::type_identity<Bfloat16>());
      return true;
    case DType::kInt8:
      body(std::type_identity<int8_t>());
      return true;
    case DType::kInt16:
      body(std::type_identity<int16_t>());
      return true;
    case DType::kInt32:
      body(std::type_identity<int32_t>());
      return true;
    case DType::kInt64:
      body(std::type_identity<int64_t>());
      return true;
    case DType::kUint8:
    case DType::kBool:
      body(std::type_identity<uint8_t>());
      return true;
    case DType::kUint16:
      body(std::type_identity<uint16_t>());
      return true;
    case DType::kUint32:
      body(std::type_identity<uint32_t>());
      return true;
    case DType::kUint64:
      body(std::type_identity<uint64_t>());
      return true;
    default:
      return false;
  }
}

template <ScatterReduction kReduction, typename T>
T Combine(T a, T b) {
  if constexpr (kReduction == ScatterReduction::kMax || kReduction == ScatterReduction::kMin) {
    if (a != a) return a;
    if (b != b) return b;
    return (kReduction == ScatterReduction::kMax) == (a < b) ? b : a;
  } else if constexpr (std::is_integral_v<T>) {
    const auto x = static_cast<uint64_t>(a);
    const auto y = static_cast<uint64_t>(b);
    return static_cast<T>(kReduction == ScatterReduction::kAdd ? x + y : x * y);
  } else {
    return kReduction == ScatterReduction::kAdd ? a + b : a * b;
  }
}

template <ScatterReduction kReduction, typename T>
void Reduce(uint8_t* to, const uint8_t* from) {
  T& a = *reinterpret_cast<T*>(to);
  const T& b = *reinterpret_cast<const T*>(from);
  if constexpr (std::is_same_v<T, Float16>) {
    a = ToFloat16(Combine<kReduction>(ToFloat(a), ToFloat(b)));
  } else if constexpr (std::is_same_v<T, Bfloat16>) {
    a = ToBfloat16(Combine<kReduction>(ToFloat(a), ToFloat(b)));
  } else {
    a = Combine<kReduction>(a, b);
  }
}

template <typename T>
uint64_t Key(const uint8_t* cell) {
  const T value = *reinterpret_cast<const T*>(cell);
  if constexpr (kIsHalf<T>) {
    const float wide = ToFloat(value);
    return Key<float>(reinterpret_cast<const uint8_t*>(&wide));
  } else if constexpr (std::is_floating_point_v<T>) {
    if (value != value) return ~uint64_t{0};
    const uint64_t bits = std::bit_cast<uint64_t>(static_cast<double>(value) + 0.0);  // -0 becomes 0
    return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<uint64_t>(static_cast<int64_t>(value)) ^ uint64_t { 1 } << 63;
  } else {
    return value;
  }
}

}  // namespace

CellOp CopyCell(CellType type) {
  CellOp op = nullptr;
  DispatchCell(type, [&op]<typename T>(std::type_identity<T>) {
    op = [](uint8_t* to, const uint8_t* from) { *reinterpret_cast<T*>(to) = *reinterpret_cast<const T*>(from); };
  });
  return op;
}

ScatterReduction ReadReduction(AttributeReader& attrs) {
  if (attrs.opset() < 16) return ScatterReduction::kNone;
  const std::string name = attrs.String("reduction", "none");
  if (name == "none") return ScatterReduction::kNone;
  if (name == "add") return ScatterReduction::kAdd;
  if (name == "mul") return ScatterReduction::kMul;
  if (name == "max" && attrs.opset() >= 18) return ScatterReduction::kMax;
  if (name == "min" && attrs.opset() >= 18) return ScatterReduction::kMin;
  attrs.FailValue("reduction", attrs.opset() >= 18 ? "none, add, mul, max or min" : "none, add or mul", name);
  return ScatterReduction::kNone;
}

Result<CellOp> ReduceCell(ScatterReduction reduction, DType dtype) {
  if (reduction == ScatterReduction::kNone) return CopyCell(CellTypeOf(dtype));
  CellOp op = nullptr;
  const bool found = DispatchNumber(dtype, [&]<typename T>(std::type_identity<T>) {
    switch (reduction) {
      case ScatterReduction::kAdd:
        op = Reduce<ScatterReduction::kAdd, T>;
        break;
      case ScatterReduction::kMul:
        op = Reduce<ScatterReduction::kMul, T>;
        break;
      case ScatterReduction::kMax:
        op = Reduce<ScatterReduction::kMax, T>;
        break;
      default:
        op = Reduce<ScatterReduction::kMin, T>;
        break;
    }
  });
  const bool bool_sum = dtype == DType::kBool && reduction == ScatterReduction::kAdd;
  if (!found || bool_sum) return Unsupported("this reduction of ", DTypeName(dtype), " elements");
  return op;
}

Result<OrderKey> OrderKeyOf(DType dtype) {
  OrderKey key = nullptr;
  if (!DispatchNumber(dtype, [&key]<typename T>(std::type_identity<T>) { key = Key<T>; })) {
    return Unsupported("ordering ", DTypeName(dtype), " elements");
  }
  return key;
}

Result<int64_t> ReadInteger(const Tensor& tensor, int64_t index) {
  std::optional<int64_t> out;
  DispatchNumber(tensor.dtype(), [&]<typename T>(std::type_identity<T>) {
    const T value = tensor.data<T>()[index];
    if constexpr (std::is_integral_v<T>) {
      if (std::in_range<int64_t>(value)) out = static_cast<int64_t>(value);
    } else {
      double wide = 0;
      if constexpr (kIsHalf<T>) {
        wide = ToFloat(value);
      } else {
        wide = value;
      }
      if (wide > -0x1p63 && wide < 0x1p63) out = static_cast<int64_t>(wide);
    }
  });
  if (!out) return InvalidArgument("element ", index, " of ", tensor, " is not a 64-bit integer");
  return *out;
}

Result<Tensor> MakeNumber(DType dtype, float value) {
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, {}));
  const bool found = DispatchNumber(dtype, [&]<typename T>(std::type_identity<T>) {
    if constexpr (std::is_same_v<T, Float16>) {
      *tensor.mutable_data<T>() = ToFloat16(value);
    } else if constexpr (std::is_same_v<T, Bfloat16>) {
      *tensor.mutable_data<T>() = ToBfloat16(value);
    } else {
      *tensor.mutable_data<T>() = static_cast<T>(value);
    }
  });
  if (!found) return Unsupported("a number as ", DTypeName(dtype));
  return tensor;
}

}  // namespace onedge::ops
