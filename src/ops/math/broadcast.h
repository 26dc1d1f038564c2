// The walk over broadcast inputs that elementwise operators share: neighbouring dimensions merged,
// rows handed out, large tensors cut into chunks for the thread pool. Also the broadcasting of
// opsets before 7. No state.
#pragma once

#include <span>

#include "ops/op.h"

namespace onedge::ops {

// Tensors with more elements are cut into chunks of kParallelChunk for the thread pool. Never
// depends on the thread count.
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

// How up to three dense inputs walk over one dense output. Neighbouring dimensions are merged where
// all inputs allow it, so that equal shapes are one row. Within a row each input has stride 1 or 0.
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

// row(offsets of the inputs, offset of the output, count), offsets in elements. Rows may be cut
// where chunks end.
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

// The attributes by which opsets before 7 broadcast: B's dimensions stand below A's from `axis` on
// (the last ones by default).
struct LegacyBroadcast {
  bool active = false;  // opset < 7
  bool broadcast = false;
  std::optional<int64_t> axis;

  static LegacyBroadcast Read(AttributeReader& attrs);
  // B's shape or dims, padded with ones at the end, so that NumPy's rule applies; an error where
  // the old rule forbids it.
  Result<Shape> Align(const Shape& a, const Shape& b) const;
  Result<Dims> Align(const Dims& a, const Dims& b) const;
};

}  // namespace onedge::ops
