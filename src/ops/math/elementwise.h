// Shared by elementwise operators: loops are written for six compute types only. Narrower types (float16, bfloat16,
// 8- and 16-bit integers, bool, and float8 if requested) are widened and narrowed in chunks on the stack.
// Stateless.
#pragma once

#include "ops/math/activation.h"
#include "ops/math/broadcast.h"

namespace onedge::ops {

// The types that loops compute in. float16, bfloat16 and float8 compute as float32; int8 and int16 as int32; uint8,
// uint16 and bool as uint32.
enum class Compute : uint8_t { kFloat32, kFloat64, kInt32, kUint32, kInt64, kUint64, kNone };
Compute ComputeOf(DType dtype);
// True if elements of this dtype are stored in their compute type.
bool IsComputedDirectly(DType dtype);
// Converts `count` elements from byte address `from` (stored as dtype) to `to` (its compute type), and back. Narrowing
// integers wraps.
void Widen(DType dtype, const uint8_t* from, void* to, size_t count);
void Narrow(DType dtype, const void* from, uint8_t* to, size_t count);

// y[i] = f(x[i]). `params` is the pointer that the operator passed to RunUnary.
using UnaryLoop = void (*)(const void* x, void* y, size_t count, const void* params);
// y[i] = f(a[i], b[i]); a scalar operand stays at index 0.
using BinaryLoop = void (*)(const void* a, bool a_scalar, const void* b, bool b_scalar, void* y, size_t count,
                            const void* params);

// A loop for each compute type; null if the operator is not defined for it.
template <typename Loop>
struct Loops {
  Loop f32 = nullptr;
  Loop f64 = nullptr;
  Loop i32 = nullptr;
  Loop u32 = nullptr;
  Loop i64 = nullptr;
  Loop u64 = nullptr;
  bool booleans = false;       // bool inputs are accepted (as uint32)
  bool booleans_only = false;  // only bool inputs are accepted
  bool float8 = false;         // float8 inputs are accepted (as float32)
  bool to_bool = false;        // loops write bool: bytes of 0 or 1

  Loop For(DType dtype) const {
    if (booleans_only) return dtype == DType::kBool ? u32 : nullptr;
    switch (ComputeOf(dtype)) {
      case Compute::kFloat32:
        return DTypeBits(dtype) > 8 || float8 ? f32 : nullptr;
      case Compute::kFloat64:
        return f64;
      case Compute::kInt32:
        return i32;
      case Compute::kUint32:
        return dtype != DType::kBool || booleans ? u32 : nullptr;
      case Compute::kInt64:
        return i64;
      case Compute::kUint64:
        return u64;
      case Compute::kNone:
        return nullptr;
    }
    return nullptr;
  }
};
using UnaryLoops = Loops<UnaryLoop>;
using BinaryLoops = Loops<BinaryLoop>;

// "input 0: this operator is not defined for string"
Status UnsupportedDType(size_t input, DType dtype);

// Output 0: the shape of input 0, and its dtype or bool. Fails if `loops` lacks the dtype.
Status InferUnary(ShapeContext& ctx, const UnaryLoops& loops);
Status RunUnary(OpContext& ctx, const UnaryLoops& loops, const void* params = nullptr);

// Applies one loop to all of `x` and writes `y`, which has the same size. REQUIRES: loops.For(x.dtype()).
void ApplyUnary(ThreadPool* pool, const Tensor& x, Tensor& y, const UnaryLoops& loops, const void* params);
// y = loop(a, b). `a` and `b` have one dtype; under the given shapes they broadcast to y's shape. `y` may be `a`.
// REQUIRES: loops.For(a.dtype()).
void ApplyBinary(ThreadPool* pool, const Tensor& a, const Shape& a_shape, const Tensor& b, const Shape& b_shape,
                 Tensor& y, const BinaryLoops& loops, const void* params);

// Inputs 0 and 1 of one dtype; output 0 is their broadcast.
Status InferBinary(ShapeContext& ctx, const BinaryLoops& loops, const LegacyBroadcast& legacy = {});
Status RunBinary(OpContext& ctx, const BinaryLoops& loops, const LegacyBroadcast& legacy = {},
                 const void* params = nullptr);

// Operators that consist of their loops. The loops get the activation's alpha and beta as params: const float[2].
Result<OpPtr> MakeUnary(AttributeReader& attrs, const UnaryLoops& loops, Activation activation = {});
Result<OpPtr> MakeBinary(AttributeReader& attrs, const BinaryLoops& loops);

}  // namespace onedge::ops
