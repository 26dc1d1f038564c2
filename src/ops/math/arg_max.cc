// ArgMax and ArgMin (ai.onnx 1, 11, 12, 13): the index of the extreme element along one axis: the first or the last of
// equal ones. NaN counts as extreme, as in NumPy.
#include "ops/math/convert.h"
#include "ops/math/elementwise.h"

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
        Search(x.data<float>(), out, outputs, count, inner);
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

  template <typename T>
  void Search(const T* x, int64_t* out, int64_t outputs, int64_t count, int64_t inner) const {
    for (int64_t at = 0; at < outputs; ++at) {
      const T* line = x + at / inner * count * inner + at % inner;
      int64_t best = 0;
      T extreme = line[0];
      for (int64_t k = 1; k < count; ++k) {
        const T value = line[k * inner];
        const bool better = (max ? value > extreme : value < extreme) || (value != value && extreme == extreme);
        const bool as_good = value == extreme || (value != value && extreme != extreme);
        if (better || (last && as_good)) best = k, extreme = value;
      }
      out[at] = best;
    }
  }

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
