// CumSum (ai.onnx 11, 14) and CumProd (26): running sum or product along one axis, in order; with exclusive and
// reverse.
#include "ops/math/convert.h"
#include "ops/math/elementwise.h"

namespace onedge::ops {
namespace {

bool IsCumulativeDType(DType dtype) {
  return ComputeOf(dtype) != Compute::kNone && dtype != DType::kBool && (DTypeBits(dtype) > 8 || IsInteger(dtype));
}

struct Cumulative final : Op {
  Cumulative(bool multiplies, AttributeReader& attrs)
      : product(multiplies), exclusive(attrs.Int("exclusive", 0) != 0), reverse(attrs.Int("reverse", 0) != 0) {}

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    const DType dtype = ctx.InputDType(0);
    if (dtype != DType::kUndefined && !IsCumulativeDType(dtype)) return UnsupportedDType(0, dtype);
    return InferSameAsInput(ctx);
  }

  // x: numbers, axis: int32 or int64, one element -> y: as x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& x = ctx.Input(0);
    if (!IsCumulativeDType(x.dtype())) return UnsupportedDType(0, x.dtype());
    ONEDGE_ASSIGN_OR_RETURN(const auto axes, ctx.Input(1).ToInt64s("axis"));
    if (axes.size() != 1) return InvalidArgument("axis: expected one element, got ", ctx.Input(1).ToString());
    ONEDGE_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(axes[0], x.rank()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, x.dtype(), x.shape()));
    const DType dtype = x.dtype() == DType::kFloat64 ? DType::kFloat64
                        : IsFloatingPoint(x.dtype()) ? DType::kFloat32
                                                     : DType::kInt64;
    if (x.dtype() == dtype) {
      Compute(x, *y, axis);
      return OkStatus();
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor wide, ConvertedTo(dtype, x, ctx.threads(), ctx.budget()));
    Compute(wide, wide, axis);
    return ConvertElements(ctx.threads(), wide, *y);
  }

  void Compute(const Tensor& x, Tensor& y, size_t axis) const {
    if (x.element_count() == 0) return;
    const int64_t count = x.dim(axis);
    const int64_t inner = x.shape().element_count(axis + 1, x.rank());
    switch (x.dtype()) {
      case DType::kFloat32:
        return Scan(x.data<float>(), y.mutable_data<float>(), x.element_count(), count, inner);
      case DType::kFloat64:
        return Scan(x.data<double>(), y.mutable_data<double>(), x.element_count(), count, inner);
      default:
        Scan(x.data<uint64_t>(), y.mutable_data<uint64_t>(), x.element_count(), count, inner);  // integers wrap
    }
  }

  template <typename T>
  void Scan(const T* x, T* y, int64_t total, int64_t count, int64_t inner) const {
    for (int64_t line = 0; line < total / count; ++line) {
      const int64_t start = line / inner * count * inner + line % inner;
      T running = product ? T{1} : T{0};
      for (int64_t k = 0; k < count; ++k) {
        const int64_t at = start + (reverse ? count - 1 - k : k) * inner;
        const T value = x[at];
        const T next = product ? running * value : running + value;
        y[at] = exclusive ? running : next;
        running = next;
      }
    }
  }

  const bool product;
  const bool exclusive;
  const bool reverse;
};

}  // namespace

template <>
Result<OpPtr> Parse<struct CumSum>(AttributeReader& attrs) {
  return OpPtr(std::make_unique<Cumulative>(false, attrs));
}
template <>
Result<OpPtr> Parse<struct CumProd>(AttributeReader& attrs) {
  return OpPtr(std::make_unique<Cumulative>(true, attrs));
}

}  // namespace onedge::ops
