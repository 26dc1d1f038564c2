#include "ops/math/broadcast.h"

namespace onedge::ops {
namespace {

// A dimension of a broadcast plan is merged into the one before it if every input walks over both with one stride.
bool Joins(const BroadcastPlan& plan, int64_t dim, std::span<const int64_t> strides) {
  if (plan.dims.empty()) return false;
  for (size_t i = 0; i < plan.inputs; ++i) {
    if (plan.strides[i].back() != strides[i] * dim) return false;
  }
  return true;
}

template <typename Dimensions>
Result<Dimensions> AlignDimensions(const LegacyBroadcast& legacy, const Dimensions& a, const Dimensions& b) {
  if (!legacy.active) return b;
  if (!legacy.broadcast && a.size() != b.size()) {
    return InvalidArgument("inputs of rank ", a.size(), " and ", b.size(),
                           " need attribute 'broadcast' before opset 7");
  }
  if (!legacy.axis || b.size() > a.size()) return b;
  const int64_t slack = static_cast<int64_t>(a.size()) - static_cast<int64_t>(b.size());
  const int64_t axis = *legacy.axis < 0 ? *legacy.axis + static_cast<int64_t>(a.size()) : *legacy.axis;
  if (axis < 0 || axis > slack) {
    return InvalidArgument("attribute 'axis': expected a value in [0, ", slack, "] for inputs of rank ", a.size(),
                           " and ", b.size(), ", got ", *legacy.axis);
  }
  Dimensions padded = b;
  for (int64_t i = axis; i < slack; ++i) {
    if constexpr (std::is_same_v<Dimensions, Shape>) {
      padded.push_back(1);
    } else {
      padded.push_back(Dim::Known(1));
    }
  }
  return padded;
}

}  // namespace

void ForChunksErased(ThreadPool* pool, int64_t total, void (*body)(const void* context, int64_t begin, int64_t count),
                     const void* context) {
  if (total <= kParallelThreshold) {
    if (total > 0) body(context, 0, total);
    return;
  }
  ParallelFor(pool, static_cast<size_t>((total + kParallelChunk - 1) / kParallelChunk), [&](size_t chunk) {
    const int64_t begin = static_cast<int64_t>(chunk) * kParallelChunk;
    body(context, begin, std::min(kParallelChunk, total - begin));
  });
}

BroadcastPlan PlanBroadcast(const Shape& out, std::span<const Shape* const> inputs) {
  for ([[maybe_unused]] const Shape* shape : inputs) ONEDGE_DCHECK(BroadcastShapes(*shape, out) == out);
  BroadcastPlan plan;
  plan.inputs = inputs.size();
  plan.count = out.element_count();
  InlineVector<int64_t, 8> dense[BroadcastPlan::kMaxInputs];
  for (size_t i = 0; i < inputs.size(); ++i) dense[i] = inputs[i]->Strides();
  for (size_t axis = 0; axis < out.rank(); ++axis) {
    if (out[axis] == 1) continue;
    int64_t strides[BroadcastPlan::kMaxInputs] = {};
    for (size_t i = 0; i < inputs.size(); ++i) {
      const size_t missing = out.rank() - inputs[i]->rank();
      if (axis >= missing && (*inputs[i])[axis - missing] != 1) strides[i] = dense[i][axis - missing];
    }
    if (Joins(plan, out[axis], strides)) {
      plan.dims.back() *= out[axis];
    } else {
      plan.dims.push_back(out[axis]);
      for (size_t i = 0; i < plan.inputs; ++i) plan.strides[i].push_back(0);
    }
    for (size_t i = 0; i < plan.inputs; ++i) plan.strides[i].back() = strides[i];
  }
  if (plan.dims.empty()) {
    plan.dims.push_back(1);
    for (size_t i = 0; i < plan.inputs; ++i) plan.strides[i].push_back(0);
  }
  return plan;
}

void ForEachRowErased(ThreadPool* pool, const BroadcastPlan& plan, RowBody body, const void* context) {
  ForChunks(pool, plan.count, [&](int64_t begin, int64_t count) {
    const size_t rank = plan.dims.size();
    InlineVector<int64_t, 8> index(rank, int64_t{0});
    int64_t offsets[BroadcastPlan::kMaxInputs] = {};
    int64_t rest = begin;
    for (size_t axis = rank; axis-- > 0;) {
      index[axis] = rest % plan.dims[axis];
      rest /= plan.dims[axis];
      for (size_t i = 0; i < plan.inputs; ++i) offsets[i] += index[axis] * plan.strides[i][axis];
    }
    int64_t out = begin;
    const int64_t end = begin + count;
    while (true) {
      const int64_t row = std::min(plan.dims[rank - 1] - index[rank - 1], end - out);
      body(context, offsets, out, row);
      out += row;
      if (out >= end) return;
      // Moves to the start of the next row.
      for (size_t i = 0; i < plan.inputs; ++i) offsets[i] -= index[rank - 1] * plan.strides[i][rank - 1];
      index[rank - 1] = 0;
      for (size_t axis = rank - 1; axis-- > 0;) {
        if (++index[axis] < plan.dims[axis]) {
          for (size_t i = 0; i < plan.inputs; ++i) offsets[i] += plan.strides[i][axis];
          break;
        }
        for (size_t i = 0; i < plan.inputs; ++i) offsets[i] -= (plan.dims[axis] - 1) * plan.strides[i][axis];
        index[axis] = 0;
      }
    }
  });
}

Result<Shape> BroadcastAll(std::span<const Shape* const> inputs) {
  Shape out;
  for (const Shape* shape : inputs) {
    const auto next = BroadcastShapes(out, *shape);
    if (!next) return InvalidArgument("shapes do not broadcast: ", out, " against ", *shape);
    out = *next;
  }
  ONEDGE_RETURN_IF_ERROR(out.Check());
  return out;
}

LegacyBroadcast LegacyBroadcast::Read(AttributeReader& attrs) {
  LegacyBroadcast legacy;
  if (attrs.opset() >= 7 || !attrs.node().domain.empty()) return legacy;
  attrs.Ignore("consumed_inputs");
  legacy.active = true;
  legacy.broadcast = attrs.Int("broadcast", 0) != 0;
  if (attrs.Has("axis")) legacy.axis = attrs.Int("axis", 0);
  return legacy;
}

Result<Shape> LegacyBroadcast::Align(const Shape& a, const Shape& b) const { return AlignDimensions(*this, a, b); }
Result<Dims> LegacyBroadcast::Align(const Dims& a, const Dims& b) const { return AlignDimensions(*this, a, b); }

}  // namespace onedge::ops
