// What elementwise operators share: a broadcast walk over rows, and loops that are written for six compute types only.
// Narrower types (float16, bfloat16, 8- and 16-bit integers, bool, float8 where asked) are widened and narrowed in
// chunks on the stack.
#pragma once

#include <span>

#include "ops/op.h"

namespace onedge::ops {

// Tensors with more elements are cut into chunks of kParallelChunk for the thread pool. Never depends on the thread
// count.
inline constexpr int64_t kParallelThreshold = 65536;
inline constexpr int64_t kParallelChunk = 32768;

// body(begin, count) over [0, total) in chunks, in parallel when there are many.
void ForChunksErased(ThreadPool* pool, int64_t total, void (*body)(const void* context, int64_t begin, int64_t count),
                     const void* context);
template <typename Body>
void ForChunks(ThreadPool* pool, int64_t total, const Body& body) {
  ForChunksErased(
      pool, total,
      [](const void* context, int64_t begin, int64_t count) { (*static_cast<const Body*>(context))(begin, count); },
      &body);
}

// How up to three dense inputs walk over one dense output. Neighbouring dimensions are merged where all inputs allow
// it, so that equal shapes are one row. Within a row each input has stride 1 or 0.
struct BroadcastPlan {
  static constexpr size_t kMaxInputs = 3;
  size_t inputs = 0;
  int64_t count = 0;                             // elements of the output
  InlineVector<int64_t, 8> dims;                 // at least one; the last is the row
  InlineVector<int64_t, 8> strides[kMaxInputs];  // in elements, 0 where broadcast

  bool vector(size_t input) const { return strides[input].back() != 0; }
};

// REQUIRES: every shape broadcasts to `out`.
BroadcastPlan PlanBroadcast(const Shape& out, std::span<const Shape* const> inputs);

// row(offsets of the inputs, offset of the output, count), offsets in elements. Rows may be cut where chunks end.
using RowBody = void (*)(const void* context, const int64_t* offsets, int64_t out, int64_t count);
void ForEachRowErased(ThreadPool* pool, const BroadcastPlan& plan, RowBody body, const void* context);
template <typename Row>
void ForEachRow(ThreadPool* pool, const BroadcastPlan& plan, const Row& row) {
  ForEachRowErased(
      pool, plan,
      [](const void* context, const int64_t* offsets, int64_t out, int64_t count) {
        (*static_cast<const Row*>(context))(offsets, out, count);
      },
      &row);
}

// The shape that `inputs` broadcast to; an error that names both shapes otherwise.
Result<Shape> BroadcastAll(std::span<const Shape* const> inputs);

// The types that loops compute in. Float16, bfloat16 and float8 compute as float32; int8, int16 as int32; uint8, uint16
// and bool as uint32.
enum class Compute : uint8_t { kFloat32, kFloat64, kInt32, kUint32, kInt64, kUint64, kNone };
Compute ComputeOf(DType dtype);
// Bytes of one element.
size_t ComputeSize(Compute compute);
// True when elements of this dtype are stored as they are computed.
bool IsComputedDirectly(DType dtype);
// `count` elements at byte address `from` (stored as dtype) to `to` (its compute type), and back. Narrowing integers
// wraps.
void Widen(DType dtype, const uint8_t* from, void* to, size_t count);
void Narrow(DType dtype, const void* from, uint8_t* to, size_t count);

// y[i] = f(x[i]). `params` is whatever the operator passed to RunUnary.
using UnaryLoop = void (*)(const void* x, void* y, size_t count, const void* params);
// y[i] = f(a[i], b[i]), where a scalar operand stays at index 0.
using BinaryLoop = void (*)(const void* a, bool a_scalar, const void* b, bool b_scalar, void* y, size_t count,
                            const void* params);

// A loop for each compute type; null where the operator is not defined for it.
template <typename Loop>
struct Loops {
  Loop f32 = nullptr;
  Loop f64 = nullptr;
  Loop i32 = nullptr;
  Loop u32 = nullptr;
  Loop i64 = nullptr;
  Loop u64 = nullptr;
  bool booleans = false;       // bool inputs are accepted (as uint32)
  bool booleans_only = false;  // no others are
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

// Output 0: shape of input 0, dtype of input 0 or bool. Fails where `loops` lack the dtype.
Status InferUnary(ShapeContext& ctx, const UnaryLoops& loops);
Status RunUnary(OpContext& ctx, const UnaryLoops& loops, const void* params = nullptr);

// One loop over all of `x` into `y`, tensors of one size. REQUIRES: loops.For(x.dtype()).
void ApplyUnary(ThreadPool* pool, const Tensor& x, Tensor& y, const UnaryLoops& loops, const void* params);
// y = loop(a, b), where `a` and `b` of one dtype, viewed under the given shapes, broadcast to y's shape. `y` may be
// `a`. REQUIRES: loops.For(a.dtype()).
void ApplyBinary(ThreadPool* pool, const Tensor& a, const Shape& a_shape, const Tensor& b, const Shape& b_shape,
                 Tensor& y, const BinaryLoops& loops, const void* params);

// The attributes by which opsets before 7 broadcast: B's dimensions stand below A's from `axis` on (the last ones by
// default).
struct LegacyBroadcast {
  bool active = false;  // opset < 7
  bool broadcast = false;
  std::optional<int64_t> axis;

  static LegacyBroadcast Read(AttributeReader& attrs);
  // B's shape or dims, padded with ones at the end, so that NumPy's rule applies; an error where the old rule forbids
  // it.
  Result<Shape> Align(const Shape& a, const Shape& b) const;
  Result<Dims> Align(const Dims& a, const Dims& b) const;
};

// Inputs 0 and 1 of one dtype, output 0 their broadcast.
Status InferBinary(ShapeContext& ctx, const BinaryLoops& loops, const LegacyBroadcast& legacy = {});
Status RunBinary(OpContext& ctx, const BinaryLoops& loops, const LegacyBroadcast& legacy = {},
                 const void* params = nullptr);

// Operators that are their loops and nothing more. `alpha` and `beta` are what the loops get as params: const float[2].
Result<OpPtr> MakeUnary(AttributeReader& attrs, const UnaryLoops& loops, float alpha = 0, float beta = 0);
Result<OpPtr> MakeBinary(AttributeReader& attrs, const BinaryLoops& loops);

}  // namespace onedge::ops
