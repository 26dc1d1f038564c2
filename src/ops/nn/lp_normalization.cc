// LpNormalization (ai.onnx 1, 22): divides by the 1- or 2-norm along an axis.
#include <cmath>

#include "ops/nn/lane_sum.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {

struct LpNormalization final : Op {
  int64_t axis = -1;
  int64_t p = 2;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    if (const Dims* x = ctx.InputDims(0)) ONEDGE_RETURN_IF_ERROR(NormalizeAxis(axis, x->size()).status());
    return InferSameAsInput(ctx);
  }

  // x: any -> y: as x; zeros stay zeros
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Shape& shape = ctx.Input(0).shape();
    ONEDGE_ASSIGN_OR_RETURN(const size_t at, NormalizeAxis(axis, shape.rank()));
    const size_t count = static_cast<size_t>(shape[at]);
    const size_t inner = static_cast<size_t>(shape.element_count(at + 1, shape.rank()));
    const size_t outer = static_cast<size_t>(shape.element_count(0, at));
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
      T* const outputs = y.data();
      ParallelRanges(ctx.threads(), outer * inner, count * 3, [&](size_t begin, size_t end) {
        for (size_t item = begin; item < end; ++item) {
          const size_t start = item / inner * count * inner + item % inner;
          const T* from = x.template data<T>() + start;
          const T sum = LaneSum<T>(count, [&](size_t i) {
            const T value = from[i * inner];
            return p == 1 ? std::abs(value) : value * value;
          });
          const T norm = p == 1 ? sum : std::sqrt(sum);
          for (size_t i = 0; i < count; ++i) outputs[start + i * inner] = norm == 0 ? T{0} : from[i * inner] / norm;
        }
      });
      return y.Store();
    });
  }
};

template <>
Result<OpPtr> Parse<LpNormalization>(AttributeReader& attrs) {
  auto op = std::make_unique<LpNormalization>();
  op->axis = attrs.Int("axis", -1);
  op->p = attrs.Int("p", 2);
  if (op->p != 1 && op->p != 2) attrs.Fail(InvalidArgument("attribute 'p': expected 1 or 2, got ", op->p));
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
