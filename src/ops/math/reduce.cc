// ReduceL1, ReduceL2, ReduceLogSum, ReduceLogSumExp, ReduceMax, ReduceMean, ReduceMin, ReduceProd, ReduceSum,
// ReduceSumSquare (ai.onnx 1 to 20): over given axes or all. Axes are an attribute, and from opset 18 (ReduceSum: 13)
// an input. Sums: contiguous runs in LaneSum's order, one after another; where the innermost dimension is kept, rows in
// blocks of kBlock, one after another. Never dependent on threads.
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

// A reducer: what an element counts (Map), how two are joined (Join), what is made of the total (Finish). `shift` is
// the maximum, for LogSumExp only. Integers are signed or unsigned 64 bits and wrap.
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

// A reducer's inner loops, one element type and reducer each; the walk around them is written once, over bytes.
struct Loops {
  size_t size;                                                                 // bytes of an element
  void (*init)(void* totals, size_t count);                                    // totals[i] = Init()
  void (*run)(const void* x, size_t count, const void* shift, void* total);    // *total joins Map(x[0]), Map(x[1]), ...
  void (*row)(const void* x, size_t count, const void* shifts, void* totals);  // totals[i] joins Map(x[i])
  void (*join)(const void* from, size_t count, void* totals);                  // totals[i] joins from[i]
};

template <typename T, typename R>
[[clang::minsize]] void InitTotals(void* totals, size_t count) {
  std::fill_n(static_cast<T*>(totals), count, R::Init());
}

template <typename T, typename R>
void JoinRun(const void* x, size_t count, const void* shift, void* total) {
  const T* from = static_cast<const T*>(x);
  const T by = shift ? *static_cast<const T*>(shift) : T{0};
  T sum = R::Init();
  if constexpr (R::kAdds && std::is_floating_point_v<T>) {
    sum = LaneSum<T>(count, [&](size_t i) { return R::Map(from[i], by); });
  } else {
#pragma clang loop vectorize(disable) unroll(disable)
    for (size_t i = 0; i < count; ++i) sum = R::Join(sum, R::Map(from[i], by));
  }
  *static_cast<T*>(total) = R::Join(*static_cast<T*>(total), sum);
}

template <typename T, typename R>
void JoinRow(const void* x, size_t count, const void* shifts, void* totals) {
  const T* from = static_cast<const T*>(x);
  T* to = static_cast<T*>(totals);
  if constexpr (std::is_same_v<T, float>) {
    if (!shifts) {
      for (size_t i = 0; i < count; ++i) to[i] = R::Join(to[i], R::Map(from[i], T{0}));
      return;
    }
  }
#pragma clang loop vectorize(disable) unroll(disable)
  for (size_t i = 0; i < count; ++i)
    to[i] = R::Join(to[i], R::Map(from[i], shifts ? static_cast<const T*>(shifts)[i] : T{0}));
}

template <typename T, typename R>
[[clang::minsize]] void JoinTotals(const void* from, size_t count, void* totals) {
  T* to = static_cast<T*>(totals);
#pragma clang loop vectorize(disable) unroll(disable)
  for (size_t i = 0; i < count; ++i) to[i] = R::Join(to[i], static_cast<const T*>(from)[i]);
}

template <typename T, template <typename> typename R>
constexpr Loops kLoops = {sizeof(T), InitTotals<T, R<T>>, JoinRun<T, R<T>>, JoinRow<T, R<T>>, JoinTotals<T, R<T>>};

constexpr int64_t kBlock = 32;    // rows that are added up before they join the total: long sums lose less
constexpr int64_t kColumns = 64;  // outputs that are accumulated side by side where the innermost dimension is kept

// y: [kept]. `shifts`: as y, or null.
void Reduce(ThreadPool* pool, const Plan& plan, const Loops& loops, const void* input, void* output,
            const void* shift_values) {
  const uint8_t* const x = static_cast<const uint8_t*>(input);
  uint8_t* const y = static_cast<uint8_t*>(output);
  const uint8_t* const shifts = static_cast<const uint8_t*>(shift_values);
  const int64_t size = static_cast<int64_t>(loops.size);
  loops.init(y, static_cast<size_t>(plan.kept_count));
  if (plan.reduced_count == 0 || plan.kept_count == 0) return;
  const int64_t blocks = plan.run_is_reduced ? 1 : (plan.run + kColumns - 1) / kColumns;
  const int64_t tasks = plan.kept.count * blocks;
  const int64_t grain = std::max<int64_t>(1, kParallelChunk * tasks / (plan.kept_count * plan.reduced_count));
  ThreadPool* const used = plan.kept_count * plan.reduced_count > kParallelThreshold ? pool : nullptr;
  ParallelFor(used, static_cast<size_t>((tasks + grain - 1) / grain), [&](size_t chunk) {
    const int64_t first = static_cast<int64_t>(chunk) * grain;
    for (int64_t task = first; task < std::min(tasks, first + grain); ++task) {
      const int64_t kept = task / blocks;
      const uint8_t* from = x + plan.kept.Offset(kept) * size;
      if (plan.run_is_reduced) {
        for (int64_t i = 0; i < plan.reduced.count; ++i) {
          loops.run(from + plan.reduced.Offset(i) * size, static_cast<size_t>(plan.run),
                    shifts ? shifts + kept * size : nullptr, y + kept * size);
        }
        continue;
      }
      const int64_t column = task % blocks * kColumns;
      const size_t width = static_cast<size_t>(std::min(kColumns, plan.run - column));
      const int64_t at = (kept * plan.run + column) * size;
      alignas(16) uint64_t block[kColumns];
      loops.init(block, width);
      for (int64_t i = 0; i < plan.reduced.count; ++i) {
        loops.row(from + (plan.reduced.Offset(i) + column) * size, width, shifts ? shifts + at : nullptr, block);
        if (i % kBlock == kBlock - 1 || i + 1 == plan.reduced.count) {
          loops.join(block, width, y + at);
          loops.init(block, width);
        }
      }
    }
  });
}

template <typename T>
const Loops& FloatLoops(Kind kind) {
  switch (kind) {
    case Kind::kL1:
      return kLoops<T, SumOfMagnitudes>;
    case Kind::kL2:
    case Kind::kSumSquare:
      return kLoops<T, SumOfSquares>;
    case Kind::kMax:
      return kLoops<T, Maximum>;
    case Kind::kMin:
      return kLoops<T, Minimum>;
    case Kind::kProd:
      return kLoops<T, Product>;
    case Kind::kLogSumExp:
      return kLoops<T, SumOfExponentials>;
    default:
      return kLoops<T, Sum>;
  }
}

template <typename T>
const Loops& IntegerLoops(Kind kind) {
  switch (kind) {
    case Kind::kL1:
      return kLoops<T, SumOfMagnitudes>;
    case Kind::kSumSquare:
      return kLoops<T, SumOfSquares>;
    case Kind::kMax:
      return kLoops<T, Maximum>;
    case Kind::kMin:
      return kLoops<T, Minimum>;
    case Kind::kProd:
      return kLoops<T, Product>;
    default:
      return kLoops<T, Sum>;
  }
}

// From the total to the result, output by output.
template <typename T>
[[clang::minsize]] void Finish(Kind kind, const Plan& plan, T* y, const T* shifts) {
  if (kind == Kind::kMean && std::is_integral_v<T> && plan.reduced_count == 0) return;  // 0 rather than 0 / 0
  const T count = static_cast<T>(plan.reduced_count);
  for (int64_t i = 0; i < plan.kept_count; ++i) {
    switch (kind) {
      case Kind::kMean:
        y[i] = y[i] / count;
        break;
      case Kind::kLogSum:
        y[i] = Logarithm(y[i]);
        break;
      case Kind::kLogSumExp:
        y[i] = Logarithm(y[i]) + shifts[i];
        break;
      case Kind::kL2:
        y[i] = static_cast<T>(std::sqrt(y[i]));
        break;
      default:
        return;
    }
  }
}

template <typename T>
Status ReduceFloats(OpContext& ctx, Kind kind, const Plan& plan, const Tensor& x, Tensor& y) {
  Tensor shifts;
  if (kind == Kind::kLogSumExp) {
    ONEDGE_ASSIGN_OR_RETURN(shifts, Tensor::Allocate(x.dtype(), y.shape(), ctx.budget()));
    Reduce(ctx.threads(), plan, kLoops<T, Maximum>, x.bytes(), shifts.mutable_bytes(), nullptr);
    // An infinite maximum would give inf - inf.
    for (int64_t i = 0; i < plan.kept_count; ++i) {
      if (std::isinf(shifts.data<T>()[i])) shifts.mutable_data<T>()[i] = 0;
    }
  }
  Reduce(ctx.threads(), plan, FloatLoops<T>(kind), x.bytes(), y.mutable_bytes(), shifts.bytes());
  Finish(kind, plan, y.mutable_data<T>(), shifts.data<T>());
  return OkStatus();
}

template <typename T>
Status ReduceIntegers(OpContext& ctx, Kind kind, const Plan& plan, const Tensor& x, Tensor& y) {
  Reduce(ctx.threads(), plan, IntegerLoops<T>(kind), x.bytes(), y.mutable_bytes(), nullptr);
  if (kind == Kind::kMean) Finish<T>(kind, plan, y.mutable_data<T>(), nullptr);
  return OkStatus();
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
      case Compute::kNone:
        return false;
      case Compute::kFloat32:
        return DTypeBits(dtype) >= 16;
      default:
        return dtype != DType::kBool || (extremum && opset >= 20);
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
    if (data.dtype() == dtype) return Compute(ctx, plan, x, *y);
    ONEDGE_ASSIGN_OR_RETURN(Tensor wide, Tensor::Allocate(dtype, shape, ctx.budget()));
    ONEDGE_RETURN_IF_ERROR(Compute(ctx, plan, x, wide));
    if (plan.reduced_count == 0) return FillEmpty(*y, wide);
    return ConvertElements(ctx.threads(), wide, *y);
  }

  Status Compute(OpContext& ctx, const Plan& plan, const Tensor& x, Tensor& y) const {
    switch (x.dtype()) {
      case DType::kFloat32:
        return ReduceFloats<float>(ctx, kind, plan, x, y);
      case DType::kFloat64:
        return ReduceFloats<double>(ctx, kind, plan, x, y);
      case DType::kUint64:
        return ReduceIntegers<uint64_t>(ctx, kind, plan, x, y);
      default:
        return ReduceIntegers<int64_t>(ctx, kind, plan, x, y);
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
