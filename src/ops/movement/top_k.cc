// TopK (ai.onnx 1: attribute k; 10: input k; 11: largest, sorted): the k largest or smallest elements along a
// dimension, with their indices. Among equal elements the lower index comes first; NaN counts as larger than all
// others.
#include <algorithm>

#include "ops/movement/cell_ops.h"
#include "ops/movement/dims_math.h"

namespace onedge::ops {
namespace {

struct Entry {
  uint64_t key;
  int64_t index;
};

}  // namespace

struct TopK final : Op {
  int64_t axis = -1;
  std::optional<int64_t> k_attribute;  // opset 1 to 9
  bool largest = true;

  static Result<int64_t> ReadK(const Tensor& k) {
    if (k.element_count() != 1 || k.dtype() != DType::kInt64)
      return InvalidArgument("input 1: expected one int64, got ", k);
    return *k.data<int64_t>();
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    std::optional<Dims> dims;
    if (const Dims* from = ctx.InputDims(0)) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t along, NormalizeAxis(axis, from->size(), "attribute 'axis'"));
      dims = *from;
      Dim& kept = (*dims)[along];
      kept = Dim::Unknown();
      if (k_attribute) {
        kept = Dim::Known(*k_attribute);
      } else if (const auto elements = KnownElements(ctx, 1); elements && elements->size() == 1) {
        kept = (*elements)[0];
      }
      if (kept.known() && (*from)[along].known() && kept.value > (*from)[along].value) {
        return InvalidArgument("input 1: k is ", kept.value, ", but dimension ", along, " has size ",
                               (*from)[along].value);
      }
    }
    ctx.SetOutput(0, ctx.InputDType(0), dims);
    ctx.SetOutput(1, DType::kInt64, std::move(dims));
    return OkStatus();
  }

  size_t WorkspaceBytes(const ShapeContext& ctx) const override {
    const Dims* dims = ctx.InputDims(0);
    const auto along = dims ? NormalizeAxis(axis, dims->size()) : Result<size_t>(size_t{0});
    if (!dims || !along.ok() || !(*dims)[*along].known()) return 0;
    return static_cast<size_t>((*dims)[*along].value) * sizeof(Entry);
  }

  // x: number [outer, n, inner], k: i64 [1] -> values: number [outer, k, inner], indices: i64 [outer, k, inner]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(k_attribute ? 1 : 2));
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const size_t along, NormalizeAxis(axis, x.rank(), "attribute 'axis'"));
    int64_t k = k_attribute.value_or(0);
    if (!k_attribute) {
      ONEDGE_ASSIGN_OR_RETURN(k, ReadK(ctx.Input(1)));
    }
    const int64_t n = x.dim(along);
    if (k < 0 || k > n) return InvalidArgument("input 1: k is ", k, ", but dimension ", along, " has size ", n);
    ONEDGE_ASSIGN_OR_RETURN(const OrderKey key, OrderKeyOf(x.dtype()));
    Shape shape = x.shape();
    shape[along] = k;
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), shape));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const indices, ctx.Output(1, DType::kInt64, shape));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* const scratch, ctx.Workspace(static_cast<size_t>(n) * sizeof(Entry)));
    auto* const entries = reinterpret_cast<Entry*>(scratch);
    const int64_t outer = x.shape().element_count(0, along);
    const int64_t inner = x.shape().element_count(along + 1, x.rank());
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < inner; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          const uint64_t cell_key = key(from.at((o * n + j) * inner + i));
          entries[j] = {largest ? ~cell_key : cell_key, j};
        }
        std::partial_sort(entries, entries + k, entries + n, [](const Entry& a, const Entry& b) {
          return a.key != b.key ? a.key < b.key : a.index < b.index;
        });
        for (int64_t j = 0; j < k; ++j) {
          const int64_t place = (o * k + j) * inner + i;
          CopyCells(to.type(), from.at((o * n + entries[j].index) * inner + i), to.at(place), 1);
          indices->mutable_data<int64_t>()[place] = entries[j].index;
        }
      }
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<TopK>(AttributeReader& attrs) {
  auto op = std::make_unique<TopK>();
  op->axis = attrs.Int("axis", -1);
  if (attrs.opset() < 10) op->k_attribute = attrs.RequiredInt("k");
  if (attrs.opset() >= 11) {
    op->largest = attrs.Int("largest", 1) != 0;
    attrs.Ignore("sorted");  // with sorted = 0 any order is allowed; this one is sorted
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
