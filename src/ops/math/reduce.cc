// ReduceL1, ReduceL2, ReduceLogSum, ReduceLogSumExp, ReduceMax, ReduceMean, ReduceMin, ReduceProd, ReduceSum, ReduceSumSquare
// (ai.onnx 1 to 20): over given axes or all. Axes are an attribute, and from opset 18 (ReduceSum: 13) an input.
// Sums: contiguous runs in LaneSum's order, one after another; where the innermost dimension is kept, rows in blocks of
// kBlock, one after another. Never dependent on threads.
#include <cmath>
#include <limits>

#include "ops/math/convert.h"
#include "ops/math/elementwise.h"
#include "ops/math/transcendental.h"
#include "ops/nn/lane_sum.h"

namespace onedge::ops {
namespace {

enum class Kind : uint8_t { kL1, kL2, kLogSum, kLogSumExp, kMax, kMean, kMin, kProd, kSum, kSumSquare };

// Dimensions of the input, neighbours of one sort merged. Strides in elements of the input.
struct Axes {
  InlineVector<int64_t, 8> sizes;
  InlineVector<int64_t, 8> strides;
  int64_t count = 1;

  // The offset of the `index`-th position, last dimension fastest.
  int64_t Offset(int64_t index) const {
    int64_t offset = 0;
    for (size_t i = sizes.size(); i-- > 0;) {
      offset += index % sizes[i] * strides[i];
      index /= sizes[i];
    }
    return offset;
  }
};

// How to reduce one shape: kept and reduced dimensions without the innermost run, which is of one of the two sorts.
struct Plan {
  Axes kept;
  Axes reduced;
  int64_t run = 1;  // contiguous elements
  bool run_is_reduced = false;
  int64_t reduced_count = 1;  // elements behind one output
  int64_t kept_count = 1;     // outputs
};

Plan MakePlan(const Shape& shape, const InlineVector<uint8_t, 8>& is_reduced) {
  Plan plan;
  struct Merged {
    int64_t size;
    bool reduced;
  };
  InlineVector<Merged, 8> dims;
  for (size_t i = 0; i < shape.rank(); ++i) {
    (is_reduced[i] ? plan.reduced_count : plan.kept_count) *= shape[i];
    if (shape[i] == 1) continue;
    if (!dims.empty() && dims.back().reduced == (is_reduced[i] != 0)) {
      dims.back().size *= shape[i];
    } else {
      dims.push_back({shape[i], is_reduced[i] != 0});
    }
  }
  if (dims.empty()) dims.push_back({1, false});
  int64_t stride = 1;
  InlineVector<int64_t, 8> strides(dims.size(), int64_t{1});
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= dims[i].size;
  }
  plan.run = dims.back().size;
  plan.run_is_reduced = dims.back().reduced;
  for (size_t i = 0; i + 1 < dims.size(); ++i) {
    Axes& axes = dims[i].reduced ? plan.reduced : plan.kept;
    axes.sizes.push_back(dims[i].size);
    axes.strides.push_back(strides[i]);
    axes.count *= dims[i].size;
  }
  return plan;
}

template <typename T>
T Exponential(T x) {
  if constexpr (std::is_same_v<T, float>) return lanes::Exp(x);
  return static_cast<T>(std::exp(static_cast<double>(x)));
}
template <typename T>
T Logarithm(T x) {
  if constexpr (std::is_same_v<T, float>) return lanes::Log(x);
  return static_cast<T>(std::log(static_cast<double>(x)));
}

// A reducer: what an element counts (Map), how two are joined (Join), what is made of the total (Finish). `shift` is the
// maximum, for LogSumExp only. Integers are signed or unsigned 64 bits and wrap.
template <typename T>
using Unsigned = std::conditional_t<std::is_floating_point_v<T>, T, uint64_t>;

template <typename T>
struct Sum {
  static constexpr bool kAdds = true;
  static T Init() { return 0; }
  static T Map(T x, T) { return x; }
  static T Join(T a, T b) { return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b)); }
};
template <typename T>
struct SumOfMagnitudes : Sum<T> {
  static T Map(T x, T) { return x < 0 ? static_cast<T>(Unsigned<T>{0} - static_cast<Unsigned<T>>(x)) : x; }
};
template <typename T>
struct SumOfSquares : Sum<T> {
  static T Map(T x, T) { return static_cast<T>(static_cast<Unsigned<T>>(x) * static_cast<Unsigned<T>>(x)); }
};
template <typename T>
struct SumOfExponentials : Sum<T> {
  static T Map(T x, T shift) { return Exponential<T>(x - shift); }
};
template <typename T>
struct Product {
  static constexpr bool kAdds = false;
  static T Init() { return 1; }
  static T Map(T x, T) { return x; }
  static T Join(T a, T b) { return static_cast<T>(static_cast<Unsigned<T>>(a) * static_cast<Unsigned<T>>(b)); }
};
// NaN wins over all.
template <typename T>
struct Maximum {
  static constexpr bool kAdds = false;
  static T Init() {
    return std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  }
  static T Map(T x, T) { return x; }
  static T Join(T a, T b) { return b > a || b != b ? b : a; }
};
template <typename T>
struct Minimum {
  static constexpr bool kAdds = false;
  static T Init() {
    return std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  }
  static T Map(T x, T) { return x; }
  static T Join(T a, T b) { return b < a || b != b ? b : a; }
};

// One contiguous run.
template <typename T, typename R>
T ReduceRun(const T* x, size_t count, T shift) {
  if constexpr (R::kAdds && std::is_floating_point_v<T>) {
    return LaneSum<T>(count, [&](size_t i) { return R::Map(x[i], shift); });
  } else {
    T total = R::Init();
    for (size_t i = 0; i < count; ++i) total = R::Join(total, R::Map(x[i], shift));
    return total;
  }
}

constexpr int64_t kBlock = 32;  // rows that are added up before they join the total: long sums lose less
constexpr int64_t kColumns = 64;  // outputs that are accumulated side by side where the innermost dimension is kept

// y: [kept]. `shifts`: as y, or null.
template <typename T, typename R>
void Reduce(ThreadPool* pool, const Plan& plan, const T* x, T* y, const T* shifts) {
  if (plan.reduced_count == 0) {
    std::fill(y, y + plan.kept_count, R::Init());
    return;
  }
  if (plan.kept_count == 0) return;
  const int64_t blocks = plan.run_is_reduced ? 1 : (plan.run + kColumns - 1) / kColumns;
  const int64_t tasks = plan.kept.count * blocks;
  const int64_t grain = std::max<int64_t>(1, kParallelChunk * tasks / (plan.kept_count * plan.reduced_count));
  ThreadPool* const used = plan.kept_count * plan.reduced_count > kParallelThreshold ? pool : nullptr;
  ParallelFor(used, static_cast<size_t>((tasks + grain - 1) / grain), [&](size_t chunk) {
    const int64_t first = static_cast<int64_t>(chunk) * grain;
    for (int64_t task = first; task < std::min(tasks, first + grain); ++task) {
      const int64_t kept = task / blocks;
      const T* from = x + plan.kept.Offset(kept);
      if (plan.run_is_reduced) {
        const T shift = shifts ? shifts[kept] : T{0};
        T total = ReduceRun<T, R>(from + plan.reduced.Offset(0), static_cast<size_t>(plan.run), shift);
        for (int64_t i = 1; i < plan.reduced.count; ++i) {
          const T next = ReduceRun<T, R>(from + plan.reduced.Offset(i), static_cast<size_t>(plan.run), shift);
          total = R::Join(total, next);
        }
        y[kept] = total;
      } else {
        const int64_t column = task % blocks * kColumns;
        const int64_t width = std::min(kColumns, plan.run - column);
        const int64_t at = kept * plan.run + column;
        T totals[kColumns];
        T block[kColumns];
        std::fill(totals, totals + width, R::Init());
        std::fill(block, block + width, R::Init());
        for (int64_t i = 0; i < plan.reduced.count; ++i) {
          const T* row = from + plan.reduced.Offset(i) + column;
          for (int64_t j = 0; j < width; ++j) {
            block[j] = R::Join(block[j], R::Map(row[j], shifts ? shifts[at + j] : T{0}));
          }
          if (i % kBlock == kBlock - 1 || i + 1 == plan.reduced.count) {
            for (int64_t j = 0; j < width; ++j) totals[j] = R::Join(totals[j], block[j]);
            std::fill(block, block + width, R::Init());
          }
        }
        std::copy(totals, totals + width, y + at);
      }
    }
  });
}

template <typename T>
void ReduceFloats(ThreadPool* pool, Kind kind, const Plan& plan, const T* x, T* y, std::vector<T>& shifts) {
  const int64_t outputs = plan.kept_count;
  switch (kind) {
    case Kind::kSum:
    case Kind::kMean:
    case Kind::kLogSum: Reduce<T, Sum<T>>(pool, plan, x, y, nullptr); break;
    case Kind::kL1: Reduce<T, SumOfMagnitudes<T>>(pool, plan, x, y, nullptr); break;
    case Kind::kL2:
    case Kind::kSumSquare: Reduce<T, SumOfSquares<T>>(pool, plan, x, y, nullptr); break;
    case Kind::kMax: Reduce<T, Maximum<T>>(pool, plan, x, y, nullptr); break;
    case Kind::kMin: Reduce<T, Minimum<T>>(pool, plan, x, y, nullptr); break;
    case Kind::kProd: Reduce<T, Product<T>>(pool, plan, x, y, nullptr); break;
    case Kind::kLogSumExp:
      shifts.resize(static_cast<size_t>(outputs));
      Reduce<T, Maximum<T>>(pool, plan, x, shifts.data(), nullptr);
      // An infinite maximum would give inf - inf.
      for (T& shift : shifts) shift = std::isinf(shift) ? T{0} : shift;
      Reduce<T, SumOfExponentials<T>>(pool, plan, x, y, shifts.data());
      break;
  }
  if (kind == Kind::kMean) {
    const T count = static_cast<T>(plan.reduced_count);
    for (int64_t i = 0; i < outputs; ++i) y[i] = y[i] / count;
  } else if (kind == Kind::kLogSum) {
    for (int64_t i = 0; i < outputs; ++i) y[i] = Logarithm(y[i]);
  } else if (kind == Kind::kLogSumExp) {
    for (int64_t i = 0; i < outputs; ++i) y[i] = Logarithm(y[i]) + shifts[static_cast<size_t>(i)];
  } else if (kind == Kind::kL2) {
    for (int64_t i = 0; i < outputs; ++i) y[i] = std::sqrt(y[i]);
  }
}

template <typename T>
void ReduceIntegers(ThreadPool* pool, Kind kind, const Plan& plan, const T* x, T* y) {
  switch (kind) {
    case Kind::kL1: return Reduce<T, SumOfMagnitudes<T>>(pool, plan, x, y, nullptr);
    case Kind::kSumSquare: return Reduce<T, SumOfSquares<T>>(pool, plan, x, y, nullptr);
    case Kind::kMax: return Reduce<T, Maximum<T>>(pool, plan, x, y, nullptr);
    case Kind::kMin: return Reduce<T, Minimum<T>>(pool, plan, x, y, nullptr);
    case Kind::kProd: return Reduce<T, Product<T>>(pool, plan, x, y, nullptr);
    default: Reduce<T, Sum<T>>(pool, plan, x, y, nullptr);
  }
  if (kind != Kind::kMean) return;
  for (int64_t i = 0; i < plan.kept_count; ++i) y[i] = plan.reduced_count ? y[i] / static_cast<T>(plan.reduced_count) : T{0};
}

// The dtype in which a kind computes: integers whose result is no integer go through float64.
DType ComputeDType(Kind kind, DType dtype) {
  if (dtype == DType::kFloat32 || dtype == DType::kFloat64) return dtype;
  if (IsFloatingPoint(dtype)) return DType::kFloat32;
  if (kind == Kind::kL2 || kind == Kind::kLogSum || kind == Kind::kLogSumExp) return DType::kFloat64;
  return dtype == DType::kUint64 ? DType::kUint64 : DType::kInt64;
}

struct ReduceOp final : Op {
  bool Supports(DType dtype) const {
    const bool extremum = kind == Kind::kMax || kind == Kind::kMin;
    switch (ComputeOf(dtype)) {
      case Compute::kNone: return false;
      case Compute::kFloat32: return DTypeBits(dtype) >= 16;
      default: return dtype != DType::kBool || (extremum && opset >= 20);
    }
  }

  // Which dimensions of `rank` are reduced.
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
    if (data.dtype() == dtype) {
      Compute(ctx.threads(), plan, x, *y);
      return OkStatus();
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor wide, Tensor::Allocate(dtype, shape, ctx.budget()));
    Compute(ctx.threads(), plan, x, wide);
    if (plan.reduced_count == 0) return FillEmpty(*y, wide);
    return ConvertElements(ctx.threads(), wide, *y);
  }

  void Compute(ThreadPool* pool, const Plan& plan, const Tensor& x, Tensor& y) const {
    if (x.dtype() == DType::kFloat32) {
      std::vector<float> shifts;
      ReduceFloats(pool, kind, plan, x.data<float>(), y.mutable_data<float>(), shifts);
    } else if (x.dtype() == DType::kFloat64) {
      std::vector<double> shifts;
      ReduceFloats(pool, kind, plan, x.data<double>(), y.mutable_data<double>(), shifts);
    } else if (x.dtype() == DType::kUint64) {
      ReduceIntegers(pool, kind, plan, x.data<uint64_t>(), y.mutable_data<uint64_t>());
    } else {
      ReduceIntegers(pool, kind, plan, x.data<int64_t>(), y.mutable_data<int64_t>());
    }
  }

  // The extremum of nothing is the lowest or highest value of the stored dtype, not of the one that was computed in.
  Status FillEmpty(Tensor& y, Tensor& wide) const {
    if (wide.dtype() == DType::kInt64 && (kind == Kind::kMax || kind == Kind::kMin)) {
      const size_t bits = y.dtype() == DType::kBool ? 1 : DTypeBits(y.dtype());
      const bool is_signed = ComputeOf(y.dtype()) == Compute::kInt32;
      const int64_t highest = (int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
      const int64_t bound = kind == Kind::kMin ? highest : is_signed ? -highest - 1 : 0;
      if (y.dtype() != DType::kInt64) std::fill_n(wide.mutable_data<int64_t>(), wide.element_count(), bound);
    }
    return ConvertElements(nullptr, wide, y);
  }

  Kind kind = Kind::kSum;
  int64_t opset = 0;
  bool keepdims = true;
  bool noop_with_empty_axes = false;
  bool axes_are_input = false;
  std::vector<int64_t> axes;
};

Result<OpPtr> Make(AttributeReader& attrs, Kind kind) {
  auto op = std::make_shared<ReduceOp>();
  op->kind = kind;
  op->opset = attrs.opset();
  op->keepdims = attrs.Int("keepdims", 1) != 0;
  op->axes_are_input = attrs.opset() >= (kind == Kind::kSum ? 13 : 18);
  if (op->axes_are_input) {
    op->noop_with_empty_axes = attrs.Int("noop_with_empty_axes", 0) != 0;
  } else {
    op->axes = attrs.Ints("axes");
  }
  return OpPtr(std::move(op));
}

}  // namespace

// clang-format off
template <> Result<OpPtr> Parse<struct ReduceL1>(AttributeReader& attrs) { return Make(attrs, Kind::kL1); }
template <> Result<OpPtr> Parse<struct ReduceL2>(AttributeReader& attrs) { return Make(attrs, Kind::kL2); }
template <> Result<OpPtr> Parse<struct ReduceLogSum>(AttributeReader& attrs) { return Make(attrs, Kind::kLogSum); }
template <> Result<OpPtr> Parse<struct ReduceLogSumExp>(AttributeReader& attrs) { return Make(attrs, Kind::kLogSumExp); }
template <> Result<OpPtr> Parse<struct ReduceMax>(AttributeReader& attrs) { return Make(attrs, Kind::kMax); }
template <> Result<OpPtr> Parse<struct ReduceMean>(AttributeReader& attrs) { return Make(attrs, Kind::kMean); }
template <> Result<OpPtr> Parse<struct ReduceMin>(AttributeReader& attrs) { return Make(attrs, Kind::kMin); }
template <> Result<OpPtr> Parse<struct ReduceProd>(AttributeReader& attrs) { return Make(attrs, Kind::kProd); }
template <> Result<OpPtr> Parse<struct ReduceSum>(AttributeReader& attrs) { return Make(attrs, Kind::kSum); }
template <> Result<OpPtr> Parse<struct ReduceSumSquare>(AttributeReader& attrs) { return Make(attrs, Kind::kSumSquare); }
// clang-format on

}  // namespace onedge::ops
