// ReduceL1, ReduceL2, ReduceLogSum, ReduceLogSumExp, ReduceMax, ReduceMean, ReduceMin, ReduceProd, ReduceSum,
// ReduceSumSquare (ai.onnx 1 to 20): over the given axes, or all. Axes are an attribute, and an input from opset 18
// (ReduceSum: 13). Order of sums: contiguous runs in LaneSum's order, one after another; if the innermost dimension is
// kept, rows in blocks of kBlock, one after another. The order does not depend on threads.
#include "ops/math/reduce.h"

#include <cmath>

#include "ops/math/convert.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce_loops.h"

namespace onedge::ops {
namespace {

using namespace reduce;

// Each converts the totals to the results, in place. `shifts`: only of LogSumExp.
using Finish = void(const Plan& plan, void* totals, const void* shifts);

template <typename T, typename Convert>
[[clang::minsize]] void ForEachTotal(const Plan& plan, void* totals, const Convert& convert) {
  T* const y = static_cast<T*>(totals);
  for (int64_t i = 0; i < plan.kept_count; ++i) y[i] = convert(y[i], i);
}
template <typename T>
void DivideByCount(const Plan& plan, void* totals, const void*) {
  if (std::is_integral_v<T> && plan.reduced_count == 0) return;  // 0, not 0 / 0
  ForEachTotal<T>(plan, totals, [count = static_cast<T>(plan.reduced_count)](T y, int64_t) { return y / count; });
}
template <typename T>
void TakeLogarithm(const Plan& plan, void* totals, const void*) {
  ForEachTotal<T>(plan, totals, [](T y, int64_t) { return Logarithm(y); });
}
template <typename T>
void TakeLogarithmAndShift(const Plan& plan, void* totals, const void* shifts) {
  ForEachTotal<T>(plan, totals, [shifts](T y, int64_t i) { return Logarithm(y) + static_cast<const T*>(shifts)[i]; });
}
template <typename T>
void TakeRoot(const Plan& plan, void* totals, const void*) {
  ForEachTotal<T>(plan, totals, [](T y, int64_t) { return static_cast<T>(std::sqrt(y)); });
}

// A kind in one dtype. Each operator refers only to its own, so that `onedge trim` drops the others.
struct Reducer {
  const ReduceLoops* loops = nullptr;  // null: the kind computes in another dtype
  const ReduceLoops* shift = nullptr;  // LogSumExp: reduces to what is subtracted first
  Finish* finish = nullptr;            // null: the totals are the results
};
struct Reducers {
  Reducer float32, float64, int64, uint64;
};

template <template <typename> typename R>
constexpr Reducers kPlain = {
    {&kReduceLoops<float, R>}, {&kReduceLoops<double, R>}, {&kReduceLoops<int64_t, R>}, {&kReduceLoops<uint64_t, R>}};
constexpr Reducers kMean = {{&kReduceLoops<float, SumOfValues>, nullptr, DivideByCount<float>},
                            {&kReduceLoops<double, SumOfValues>, nullptr, DivideByCount<double>},
                            {&kReduceLoops<int64_t, SumOfValues>, nullptr, DivideByCount<int64_t>},
                            {&kReduceLoops<uint64_t, SumOfValues>, nullptr, DivideByCount<uint64_t>}};
constexpr Reducers kRootOfSquares = {{&kReduceLoops<float, SumOfSquares>, nullptr, TakeRoot<float>},
                                     {&kReduceLoops<double, SumOfSquares>, nullptr, TakeRoot<double>},
                                     {},
                                     {}};
constexpr Reducers kLogOfSum = {{&kReduceLoops<float, SumOfValues>, nullptr, TakeLogarithm<float>},
                                {&kReduceLoops<double, SumOfValues>, nullptr, TakeLogarithm<double>},
                                {},
                                {}};
constexpr Reducers kLogOfExponentials = {
    {&kReduceLoops<float, SumOfExponentials>, &kReduceLoops<float, Maximum>, TakeLogarithmAndShift<float>},
    {&kReduceLoops<double, SumOfExponentials>, &kReduceLoops<double, Maximum>, TakeLogarithmAndShift<double>},
    {},
    {}};

// An infinite maximum would give inf - inf.
template <typename T>
void ClearInfinities(Tensor& shifts) {
  for (T& shift : std::span(shifts.mutable_data<T>(), static_cast<size_t>(shifts.element_count()))) {
    if (std::isinf(shift)) shift = 0;
  }
}

// The dtype that a kind computes in. Integer inputs with a result that is not an integer use float64.
DType ComputeDType(ReduceKind kind, DType dtype) {
  if (dtype == DType::kFloat32 || dtype == DType::kFloat64) return dtype;
  if (IsFloatingPoint(dtype)) return DType::kFloat32;
  if (kind == ReduceKind::kL2 || kind == ReduceKind::kLogSum || kind == ReduceKind::kLogSumExp) return DType::kFloat64;
  return dtype == DType::kUint64 ? DType::kUint64 : DType::kInt64;
}

struct ReduceOp final : Reduction {
  const Reducers* reducers = nullptr;

  bool Supports(DType dtype) const {
    const bool extremum = kind == ReduceKind::kMax || kind == ReduceKind::kMin;
    switch (ComputeOf(dtype)) {
      case Compute::kNone:
        return false;
      case Compute::kFloat32:
        return DTypeBits(dtype) >= 16;
      default:
        return dtype != DType::kBool || (extremum && opset >= 20);
    }
  }

  // The dimensions of `rank` that are reduced.
  Result<InlineVector<uint8_t, 8>> Mask(std::span<const int64_t> axes, size_t rank) const {
    InlineVector<uint8_t, 8> mask(rank, uint8_t{axes.empty() && !noop_with_empty_axes});
    for (int64_t axis : axes) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t i, NormalizeAxis(axis, rank, "axes"));
      mask[i] = true;
    }
    return mask;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const DType dtype = ctx.InputDType(0);
    if (dtype != DType::kUndefined && !Supports(dtype)) return UnsupportedDType(0, dtype);
    const Dims* dims = ctx.InputDims(0);
    InlineVector<int64_t, 8> chosen(axes.begin(), axes.end());
    bool known = true;
    if (axes_are_input && ctx.HasInput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(const auto ints, ctx.InputInts(1));
      known = ints.has_value();
      if (known) chosen = *ints;
    }
    std::optional<Dims> out;
    if (dims && known) {
      ONEDGE_ASSIGN_OR_RETURN(const auto mask, Mask(chosen, dims->size()));
      out.emplace();
      for (size_t i = 0; i < dims->size(); ++i) {
        if (!mask[i]) {
          out->push_back((*dims)[i]);
        } else if (keepdims) {
          out->push_back(Dim::Known(1));
        }
      }
    } else if (dims && keepdims) {
      out.emplace(dims->size(), Dim::Unknown());
    }
    ctx.SetOutput(0, dtype, std::move(out));
    return OkStatus();
  }

  // data: numbers, axes: int64 [n] (optional) -> reduced: data's dtype, the reduced dimensions 1 or dropped
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& data = ctx.Input(0);
    if (!Supports(data.dtype())) return UnsupportedDType(0, data.dtype());
    InlineVector<int64_t, 8> chosen(axes.begin(), axes.end());
    if (axes_are_input && ctx.HasInput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(chosen, ctx.Input(1).ToInt64s("axes"));
    }
    ONEDGE_ASSIGN_OR_RETURN(const auto mask, Mask(chosen, data.rank()));
    Shape shape;
    for (size_t i = 0; i < data.rank(); ++i) {
      if (!mask[i] || keepdims) shape.push_back(mask[i] ? 1 : data.dim(i));
    }
    const Plan plan = MakePlan(data.shape(), mask);
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, data.dtype(), shape));
    const DType dtype = ComputeDType(kind, data.dtype());
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, ConvertedTo(dtype, data, ctx.threads(), ctx.budget()));
    if (data.dtype() == dtype) return Compute(ctx, plan, x, *y);
    ONEDGE_ASSIGN_OR_RETURN(Tensor wide, Tensor::Allocate(dtype, shape, ctx.budget()));
    ONEDGE_RETURN_IF_ERROR(Compute(ctx, plan, x, wide));
    if (plan.reduced_count == 0) return FillEmpty(*y, wide);
    return ConvertElements(ctx.threads(), wide, *y);
  }

  Status Compute(OpContext& ctx, const Plan& plan, const Tensor& x, Tensor& y) const {
    const Reducer& reducer = ReducerOf(x.dtype());
    Tensor shifts;
    const void* shift_bytes = nullptr;
    if (reducer.shift) {
      ONEDGE_ASSIGN_OR_RETURN(shifts, Tensor::Allocate(x.dtype(), y.shape(), ctx.budget()));
      Reduce(ctx.threads(), plan, *reducer.shift, x.bytes(), shifts.mutable_bytes(), nullptr);
      x.dtype() == DType::kFloat32 ? ClearInfinities<float>(shifts) : ClearInfinities<double>(shifts);
      shift_bytes = shifts.bytes();
    }
    Reduce(ctx.threads(), plan, *reducer.loops, x.bytes(), y.mutable_bytes(), shift_bytes);
    if (reducer.finish) reducer.finish(plan, y.mutable_bytes(), shift_bytes);
    return OkStatus();
  }

  // REQUIRES: a dtype of ComputeDType.
  const Reducer& ReducerOf(DType dtype) const {
    if (dtype == DType::kFloat32) return reducers->float32;
    if (dtype == DType::kFloat64) return reducers->float64;
    return dtype == DType::kUint64 ? reducers->uint64 : reducers->int64;
  }

  // The extremum of an empty set is the lowest or highest value of the stored dtype, not of the compute dtype.
  Status FillEmpty(Tensor& y, Tensor& wide) const {
    if (wide.dtype() == DType::kInt64 && (kind == ReduceKind::kMax || kind == ReduceKind::kMin)) {
      const size_t bits = y.dtype() == DType::kBool ? 1 : DTypeBits(y.dtype());
      const bool is_signed = ComputeOf(y.dtype()) == Compute::kInt32;
      const int64_t highest = (int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
      const int64_t bound = kind == ReduceKind::kMin ? highest : is_signed ? -highest - 1 : 0;
      if (y.dtype() != DType::kInt64) std::fill_n(wide.mutable_data<int64_t>(), wide.element_count(), bound);
    }
    return ConvertElements(nullptr, wide, y);
  }
};

Result<OpPtr> Make(AttributeReader& attrs, ReduceKind kind, const Reducers& reducers) {
  auto op = std::make_unique<ReduceOp>();
  op->kind = kind;
  op->reducers = &reducers;
  op->opset = attrs.opset();
  op->keepdims = attrs.Int("keepdims", 1) != 0;
  op->axes_are_input = attrs.opset() >= (kind == ReduceKind::kSum ? 13 : 18);
  if (op->axes_are_input) {
    op->noop_with_empty_axes = attrs.Int("noop_with_empty_axes", 0) != 0;
  } else {
    op->axes = attrs.Ints("axes");
  }
  return OpPtr(std::move(op));
}

}  // namespace

// clang-format off
template <> Result<OpPtr> Parse<struct ReduceL1>(AttributeReader& attrs) { return Make(attrs, ReduceKind::kL1, kPlain<SumOfMagnitudes>); }
template <> Result<OpPtr> Parse<struct ReduceL2>(AttributeReader& attrs) { return Make(attrs, ReduceKind::kL2, kRootOfSquares); }
template <> Result<OpPtr> Parse<struct ReduceLogSum>(AttributeReader& attrs) { return Make(attrs, ReduceKind::kLogSum, kLogOfSum); }
template <> Result<OpPtr> Parse<struct ReduceLogSumExp>(AttributeReader& attrs) { return Make(attrs, ReduceKind::kLogSumExp, kLogOfExponentials); }
template <> Result<OpPtr> Parse<struct ReduceMax>(AttributeReader& attrs) { return Make(attrs, ReduceKind::kMax, kPlain<Maximum>); }
template <> Result<OpPtr> Parse<struct ReduceMean>(AttributeReader& attrs) { return Make(attrs, ReduceKind::kMean, kMean); }
template <> Result<OpPtr> Parse<struct ReduceMin>(AttributeReader& attrs) { return Make(attrs, ReduceKind::kMin, kPlain<Minimum>); }
template <> Result<OpPtr> Parse<struct ReduceProd>(AttributeReader& attrs) { return Make(attrs, ReduceKind::kProd, kPlain<Product>); }
template <> Result<OpPtr> Parse<struct ReduceSum>(AttributeReader& attrs) { return Make(attrs, ReduceKind::kSum, kPlain<SumOfValues>); }
template <> Result<OpPtr> Parse<struct ReduceSumSquare>(AttributeReader& attrs) { return Make(attrs, ReduceKind::kSumSquare, kPlain<SumOfSquares>); }
// clang-format on

}  // namespace onedge::ops
