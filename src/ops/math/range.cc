// Range (ai.onnx 11, 27): start, start + delta, start + 2 delta, ... below limit (above it if delta < 0).
#include <cmath>

#include "ops/math/convert.h"
#include "ops/op.h"

namespace onedge::ops {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 40;  // more than any budget holds; the arithmetic stays exact below it

// The integers' span is unsigned: limit - start may exceed int64.
Result<int64_t> CountOf(int64_t start, int64_t limit, int64_t delta) {
  if (delta == 0) return InvalidArgument("delta: expected a number other than 0, got 0");
  if (delta > 0 ? start >= limit : start <= limit) return int64_t{0};
  const uint64_t from = static_cast<uint64_t>(start);
  const uint64_t to = static_cast<uint64_t>(limit);
  const uint64_t span = delta > 0 ? to - from : from - to;
  const uint64_t step = delta > 0 ? static_cast<uint64_t>(delta) : uint64_t{0} - static_cast<uint64_t>(delta);
  const uint64_t count = span / step + (span % step != 0);
  if (count > static_cast<uint64_t>(kMostElements))
    return ResourceExhausted("a range of ", count, " elements is too long");
  return static_cast<int64_t>(count);
}

Result<int64_t> CountOf(double start, double limit, double delta) {
  if (delta == 0) return InvalidArgument("delta: expected a number other than 0, got 0");
  const double count = std::ceil((limit - start) / delta);
  if (std::isnan(count)) return InvalidArgument("expected finite start, limit and delta");
  if (count > static_cast<double>(kMostElements))
    return ResourceExhausted("a range of ", count, " elements is too long");
  return count > 0 ? static_cast<int64_t>(count) : 0;
}

bool IsRangeDType(DType dtype) {
  return (IsFloatingPoint(dtype) && DTypeBits(dtype) >= 16) || (IsInteger(dtype) && DTypeBits(dtype) >= 16);
}

}  // namespace

struct Range final : Op {
  // One scalar as T.
  template <typename T>
  static Result<T> Scalar(const Tensor& tensor, size_t input) {
    if (tensor.element_count() != 1 || !IsRangeDType(tensor.dtype())) {
      return InvalidArgument("input ", input, ": expected one number, got ", tensor.ToString());
    }
    ONEDGE_ASSIGN_OR_RETURN(const Tensor wide, ConvertedTo(kDTypeOf<T>, tensor, nullptr, nullptr));
    return *wide.data<T>();
  }

  template <typename T>
  static Result<int64_t> Count(const Tensor& start, const Tensor& limit, const Tensor& delta) {
    ONEDGE_ASSIGN_OR_RETURN(const T from, Scalar<T>(start, 0));
    ONEDGE_ASSIGN_OR_RETURN(const T to, Scalar<T>(limit, 1));
    ONEDGE_ASSIGN_OR_RETURN(const T step, Scalar<T>(delta, 2));
    return CountOf(from, to, step);
  }

  static Result<int64_t> CountFor(const Tensor& start, const Tensor& limit, const Tensor& delta) {
    return IsInteger(start.dtype()) ? Count<int64_t>(start, limit, delta) : Count<double>(start, limit, delta);
  }

  Status InferShapes(ShapeContext& ctx) const override {
    for (size_t i = 0; i < 3; ++i) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    const DType dtype = ctx.InputDType(0);
    if (dtype != DType::kUndefined && !IsRangeDType(dtype)) {
      return Unsupported("input 0: this operator is not defined for ", DTypeName(dtype));
    }
    Dim dim = Dim::Unknown();
    const Tensor* start = ctx.InputConstant(0);
    const Tensor* limit = ctx.InputConstant(1);
    const Tensor* delta = ctx.InputConstant(2);
    if (start && limit && delta) {
      ONEDGE_ASSIGN_OR_RETURN(const int64_t count, CountFor(*start, *limit, *delta));
      dim = Dim::Known(count);
    } else if (IsZero(start) && IsOne(delta)) {
      // range(0, n, 1) has the length n, which may be a symbol.
      if (const auto elements = ctx.InputShapeValue(1); elements && elements->size() == 1) dim = (*elements)[0];
    }
    ctx.SetOutput(0, dtype, Dims{dim});
    return OkStatus();
  }

  // start, limit, delta: one number each, of one dtype -> y: [count]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const DType dtype = ctx.Input(0).dtype();
    if (ctx.Input(1).dtype() != dtype || ctx.Input(2).dtype() != dtype) {
      return InvalidArgument("start, limit and delta: expected one dtype, got ", ctx.Input(0).ToString(), ", ",
                             ctx.Input(1).ToString(), " and ", ctx.Input(2).ToString());
    }
    ONEDGE_ASSIGN_OR_RETURN(const int64_t count, CountFor(ctx.Input(0), ctx.Input(1), ctx.Input(2)));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, dtype, Shape{count}));
    if (dtype == DType::kFloat32) return Fill<float>(ctx, *y);
    return IsInteger(dtype) ? Fill<int64_t>(ctx, *y) : Fill<double>(ctx, *y);
  }

  // Computes in T, then converts if T is wider than y's dtype.
  template <typename T>
  static Status Fill(OpContext& ctx, Tensor& y) {
    ONEDGE_ASSIGN_OR_RETURN(const T start, Scalar<T>(ctx.Input(0), 0));
    ONEDGE_ASSIGN_OR_RETURN(const T delta, Scalar<T>(ctx.Input(2), 2));
    Tensor wide;
    if (y.dtype() != kDTypeOf<T>) {
      ONEDGE_ASSIGN_OR_RETURN(wide, Tensor::Allocate(kDTypeOf<T>, y.shape(), ctx.budget()));
    }
    T* out = wide.defined() ? wide.mutable_data<T>() : y.mutable_data<T>();
    for (int64_t i = 0; i < y.element_count(); ++i) out[i] = static_cast<T>(start + static_cast<T>(i) * delta);
    return wide.defined() ? ConvertElements(ctx.threads(), wide, y) : OkStatus();
  }

  static bool IsZero(const Tensor* tensor) { return IsInt(tensor, 0); }
  static bool IsOne(const Tensor* tensor) { return IsInt(tensor, 1); }
  static bool IsInt(const Tensor* tensor, int64_t value) {
    return tensor && tensor->dtype() == DType::kInt64 && tensor->element_count() == 1 &&
           *tensor->data<int64_t>() == value;
  }
};

template <>
Result<OpPtr> Parse<Range>(AttributeReader& attrs) {
  attrs.Ignore("stash_type");
  return OpPtr(std::make_unique<Range>());
}

}  // namespace onedge::ops
