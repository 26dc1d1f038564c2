// ArgMax and ArgMin (ai.onnx 1, 11, 12, 13): the index of the extreme element along one axis: the first or the last of
// equal ones. NaN counts as extreme, as in NumPy.
#include "ops/math/convert.h"
#include "ops/math/elementwise.h"
#include "ops/math/transcendental.h"

namespace onedge::ops {
namespace {

DType ComputeDType(DType dtype) {
  switch (ComputeOf(dtype)) {
    case Compute::kFloat32:
      return DType::kFloat32;
    case Compute::kFloat64:
      return DType::kFloat64;
    case Compute::kUint64:
      return DType::kUint64;
    default:
      return DType::kInt64;
  }
}

bool IsArgMaxDType(DType dtype) {
  return ComputeOf(dtype) != Compute::kNone && dtype != DType::kBool && (DTypeBits(dtype) > 8 || IsInteger(dtype));
}

struct ArgOp final : Op {
  ArgOp(bool largest, AttributeReader& attrs)
      : max(largest),
        axis(attrs.Int("axis", 0)),
        keepdims(attrs.Int("keepdims", 1) != 0),
        last(attrs.Int("select_last_index", 0) != 0) {}

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const DType dtype = ctx.InputDType(0);
    if (dtype != DType::kUndefined && !IsArgMaxDType(dtype)) return UnsupportedDType(0, dtype);
    std::optional<Dims> out;
    if (const Dims* dims = ctx.InputDims(0)) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t i, NormalizeAxis(axis, dims->size(), "attribute 'axis'"));
      out = *dims;
      if (keepdims) {
        (*out)[i] = Dim::Known(1);
      } else {
        out->erase(i);
      }
    }
    ctx.SetOutput(0, DType::kInt64, std::move(out));
    return OkStatus();
  }

  // data: numbers -> reduced: int64, with the axis 1 or dropped
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& data = ctx.Input(0);
    if (!IsArgMaxDType(data.dtype())) return UnsupportedDType(0, data.dtype());
    ONEDGE_ASSIGN_OR_RETURN(const size_t i, NormalizeAxis(axis, data.rank(), "attribute 'axis'"));
    Shape shape = data.shape();
    if (keepdims) {
      shape[i] = 1;
    } else {
      shape.erase(i);
    }
    if (data.dim(i) == 0 && shape.element_count() > 0) {
      return InvalidArgument("the axis to search is empty in ", data.shape());
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kInt64, shape));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, ConvertedTo(ComputeDType(data.dtype()), data, ctx.threads(), ctx.budget()));
    const int64_t count = data.dim(i);
    const int64_t inner = data.shape().element_count(i + 1, data.rank());
    int64_t* out = y->mutable_data<int64_t>();
    const int64_t outputs = y->element_count();
    switch (x.dtype()) {
      case DType::kFloat32:
        SearchFloats(ctx.threads(), x.data<float>(), out, outputs, count, inner);
        break;
      case DType::kFloat64:
        Search(x.data<double>(), out, outputs, count, inner);
        break;
      case DType::kUint64:
        Search(x.data<uint64_t>(), out, outputs, count, inner);
        break;
      default:
        Search(x.data<int64_t>(), out, outputs, count, inner);
    }
    return OkStatus();
  }

  // In blocks of neighbouring columns, or, along the last axis, of whole lines.
  void SearchFloats(ThreadPool* pool, const float* x, int64_t* out, int64_t outputs, int64_t count,
                    int64_t inner) const {
    const int64_t outer = inner == 0 ? 0 : outputs / inner;
    const int64_t blocks = (inner + kColumns - 1) / kColumns;
    const bool parallel = outputs * count > kParallelThreshold;
    ParallelFor(parallel ? pool : nullptr, static_cast<size_t>(outer * blocks), [&](size_t task) {
      const int64_t o = static_cast<int64_t>(task) / blocks, first = static_cast<int64_t>(task) % blocks * kColumns;
      const float* from = x + o * count * inner + first;
      int64_t* to = out + o * inner + first;
      const int64_t columns = std::min(kColumns, inner - first);
      if (inner == 1 && SearchLine(from, to, count)) return;
      const int64_t vectors = count < int64_t{1} << 31 ? columns / 4 : 0;
      if (vectors > 0) SearchColumns(from, to, count, inner, vectors);
      for (int64_t c = vectors * 4; c < columns; ++c) to[c] = SearchOne(from + c, count, inner);
    });
  }

  // Four columns at a time. REQUIRES: vectors <= kColumns / 4.
  void SearchColumns(const float* x, int64_t* out, int64_t count, int64_t inner, int64_t vectors) const {
    using lanes::I32x4;
    F32x4 extreme[kColumns / 4];
    I32x4 best[kColumns / 4] = {};
    for (int64_t i = 0; i < vectors; ++i) extreme[i] = lanes::Load<F32x4>(x + i * 4);
    for (int64_t k = 1; k < count; ++k) {
      const float* row = x + k * inner;
      for (int64_t i = 0; i < vectors; ++i) {
        const F32x4 value = lanes::Load<F32x4>(row + i * 4), e = extreme[i];
        I32x4 better = (max ? value > e : value < e) | ((value != value) & (e == e));
        if (last) better |= (value == e) | ((value != value) & (e != e));
        extreme[i] = better ? value : e;
        best[i] = better ? I32x4{} + static_cast<int32_t>(k) : best[i];
      }
    }
    for (int64_t i = 0; i < vectors * 4; ++i) out[i] = best[i / 4][i % 4];
  }

  // A line of neighbours: its extreme value, then where that is. False if it has a NaN.
  bool SearchLine(const float* x, int64_t* out, int64_t count) const {
    F32x4 extreme = lanes::Splat<F32x4>(x[0]);
    lanes::I32x4 nan = {};
    int64_t k = 0;
    for (; k + 4 <= count; k += 4) {
      const F32x4 value = lanes::Load<F32x4>(x + k);
      nan |= value != value;
      extreme = (max ? value > extreme : value < extreme) ? value : extreme;
    }
    float found = extreme[0];
    for (int lane = 1; lane < 4; ++lane)
      found = (max ? extreme[lane] > found : extreme[lane] < found) ? extreme[lane] : found;
    bool any_nan = (nan[0] | nan[1] | nan[2] | nan[3]) != 0;
    for (; k < count; ++k) {
      any_nan = any_nan || x[k] != x[k];
      found = (max ? x[k] > found : x[k] < found) ? x[k] : found;
    }
    if (any_nan || found != found) return false;
    k = last ? count - 1 : 0;
    while (x[k] != found) k += last ? -1 : 1;
    *out = k;
    return true;
  }

  template <typename T>
  void Search(const T* x, int64_t* out, int64_t outputs, int64_t count, int64_t inner) const {
    for (int64_t at = 0; at < outputs; ++at)
      out[at] = SearchOne(x + at / inner * count * inner + at % inner, count, inner);
  }

  template <typename T>
  int64_t SearchOne(const T* line, int64_t count, int64_t inner) const {
    int64_t best = 0;
    T extreme = line[0];
    for (int64_t k = 1; k < count; ++k) {
      const T value = line[k * inner];
      const bool better = (max ? value > extreme : value < extreme) || (value != value && extreme == extreme);
      const bool as_good = value == extreme || (value != value && extreme != extreme);
      if (better || (last && as_good)) best = k, extreme = value;
    }
    return best;
  }

  static constexpr int64_t kColumns = 64;  // of a block: its state fits the first-level cache

  const bool max;
  const int64_t axis;
  const bool keepdims;
  const bool last;
};

}  // namespace

template <>
Result<OpPtr> Parse<struct ArgMax>(AttributeReader& attrs) {
  return OpPtr(std::make_unique<ArgOp>(true, attrs));
}
template <>
Result<OpPtr> Parse<struct ArgMin>(AttributeReader& attrs) {
  return OpPtr(std::make_unique<ArgOp>(false, attrs));
}

}  // namespace onedge::ops
