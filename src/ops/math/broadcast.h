// The walk over broadcast inputs that elementwise operators share: it merges neighbouring dimensions, calls the loop
// for rows, and cuts large tensors into chunks for the thread pool. Also the broadcasting rules of opsets before 7.
// Stateless.
#pragma once

#include <span>

#include "ops/op.h"

namespace onedge::ops {

// Larger tensors are cut into chunks of kParallelChunk elements for the thread pool. The split does not depend on the
// thread count.
inline constexpr int64_t kParallelThreshold = 65536;
inline constexpr int64_t kParallelChunk = 32768;

// Calls body(begin, count) over [0, total) in chunks, in parallel if there are many.
void ForChunksErased(ThreadPool* pool, int64_t total, void (*body)(const void* context, int64_t begin, int64_t count),
                     const void* context);
template <typename Body>
void ForChunks(ThreadPool* pool, int64_t total, const Body& body) {
  ForChunksErased(
      pool, total,
      [](const void* context, int64_t begin, int64_t count) { (*static_cast<const Body*>(context))(begin, count); },
      &body);
}

// The walk of up to three dense inputs over one dense output. Neighbouring dimensions are merged if all inputs allow
// it, so that equal shapes form one row. Within a row each input has stride 1 or 0.
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

// row(offsets of the inputs, offset of the output, count), offsets in elements. A chunk may end inside a row.
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

// The shape that `inputs` broadcast to; otherwise an error that names both shapes.
Result<Shape> BroadcastAll(std::span<const Shape* const> inputs);

// The attributes for broadcasting before opset 7: B's dimensions align with A's from `axis` on (by default with the
// last ones).
struct LegacyBroadcast {
  bool active = false;  // opset < 7
  bool broadcast = false;
  std::optional<int64_t> axis;

  static LegacyBroadcast Read(AttributeReader& attrs);
  // B's shape or dims, padded with ones at the end so that NumPy's rule applies. An error if the old rule forbids it.
  Result<Shape> Align(const Shape& a, const Shape& b) const;
  Result<Dims> Align(const Dims& a, const Dims& b) const;
};

}  // namespace onedge::ops
