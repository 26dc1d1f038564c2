// Unique (ai.onnx 11): the distinct elements, or the distinct slices along an axis, with the index of each first
// occurrence, the inverse mapping and the counts.
#include <algorithm>
#include <vector>

#include "base/heap_sort.h"
#include "ops/movement/cell_ops.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

struct Unique final : Op {
  std::optional<int64_t> axis;  // nullopt: of the flattened input
  bool sorted = true;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* from = ctx.InputDims(0);
    std::optional<Dims> dims;
    if (!axis) {
      dims = Dims{Dim::Unknown()};
    } else if (from) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t along, NormalizeAxis(*axis, from->size(), "attribute 'axis'"));
      dims = *from;
      (*dims)[along] = Dim::Unknown();
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    for (size_t i = 1; i < 4; ++i) ctx.SetOutput(i, DType::kInt64, Dims{Dim::Unknown()});
    return OkStatus();
  }

  static Status WriteInts(OpContext& ctx, size_t output, std::span<const int64_t> values) {
    if (!ctx.WantsOutput(output)) return OkStatus();
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(output, DType::kInt64, {static_cast<int64_t>(values.size())}));
    std::copy(values.begin(), values.end(), y->mutable_data<int64_t>());
    return OkStatus();
  }

  // x: any [outer, n, inner] -> any [outer, m, inner], first: i64 [m], inverse: i64 [n], counts: i64 [m]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    Shape shape = {x.element_count()};
    size_t along = 0;
    if (axis) {
      ONEDGE_ASSIGN_OR_RETURN(along, NormalizeAxis(*axis, x.rank(), "attribute 'axis'"));
      shape = x.shape();
    }
    const int64_t outer = shape.element_count(0, along);
    const int64_t inner = shape.element_count(along + 1, shape.rank());
    const auto n = static_cast<size_t>(shape[along]);
    ONEDGE_ASSIGN_OR_RETURN(const InputCells cells, InputCells::Of(x, ctx.budget()));
    OrderKey key = nullptr;
    if (x.dtype() != DType::kString) {
      ONEDGE_ASSIGN_OR_RETURN(key, OrderKeyOf(x.dtype()));
    }
    // -1, 0 or 1 if slice a comes before, equals or comes after slice b.
    const auto compare = [&](int64_t a, int64_t b) {
      for (int64_t o = 0; o < outer; ++o) {
        for (int64_t i = 0; i < inner; ++i) {
          const int64_t at_a = (o * shape[along] + a) * inner + i;
          const int64_t at_b = (o * shape[along] + b) * inner + i;
          if (!key) {
            const int order = cells.data<std::string>()[at_a].compare(cells.data<std::string>()[at_b]);
            if (order != 0) return order < 0 ? -1 : 1;
            continue;
          }
          const uint64_t key_a = key(cells.at(at_a));
          const uint64_t key_b = key(cells.at(at_b));
          if (key_a != key_b) return key_a < key_b ? -1 : 1;
        }
      }
      return 0;
    };
    ONEDGE_ASSIGN_OR_RETURN(const Buffer scratch, Buffer::Allocate(4 * n * sizeof(int64_t), ctx.budget()));
    int64_t* const order = reinterpret_cast<int64_t*>(scratch.data());
    for (size_t i = 0; i < n; ++i) order[i] = static_cast<int64_t>(i);
    HeapSort(std::span(order, n), [&](int64_t a, int64_t b) {
      const int result = compare(a, b);
      return result != 0 ? result < 0 : a < b;
    });
    // Groups in sorted order; each starts with its first occurrence.
    int64_t* const group_of = order + n;
    int64_t* const first = group_of + n;
    int64_t* const counts = first + n;
    size_t groups = 0;
    for (size_t i = 0; i < n; ++i) {
      if (i == 0 || compare(order[i - 1], order[i]) != 0) {
        first[groups] = order[i];
        counts[groups++] = 0;
      }
      ++counts[groups - 1];
      group_of[order[i]] = static_cast<int64_t>(groups) - 1;
    }
    if (!sorted) {
      // Renumbers by first occurrence. `order` is no longer needed and takes the new numbers.
      int64_t next = 0;
      std::vector<int64_t> old_counts(counts, counts + groups);
      std::vector<int64_t> old_first(first, first + groups);
      for (size_t i = 0; i < n; ++i) {
        const auto group = static_cast<size_t>(group_of[i]);
        if (old_first[group] == static_cast<int64_t>(i)) {
          first[next] = static_cast<int64_t>(i);
          counts[next] = old_counts[group];
          order[group] = next++;
        }
        group_of[i] = order[group];
      }
    }
    shape[along] = static_cast<int64_t>(groups);
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), shape));
    for (int64_t o = 0; o < outer; ++o) {
      for (size_t g = 0; g < groups; ++g) {
        CopyCells(to.type(), cells.at((o * static_cast<int64_t>(n) + first[g]) * inner),
                  to.at((o * static_cast<int64_t>(groups) + static_cast<int64_t>(g)) * inner),
                  static_cast<size_t>(inner));
      }
    }
    to.Finish();
    ONEDGE_RETURN_IF_ERROR(WriteInts(ctx, 1, {first, groups}));
    ONEDGE_RETURN_IF_ERROR(WriteInts(ctx, 2, {group_of, n}));
    return WriteInts(ctx, 3, {counts, groups});
  }
};

template <>
Result<OpPtr> Parse<Unique>(AttributeReader& attrs) {
  auto op = std::make_unique<Unique>();
  if (attrs.Has("axis")) op->axis = attrs.Int("axis", 0);
  op->sorted = attrs.Int("sorted", 1) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
