// Det (ai.onnx 11, 22): the determinants of a batch of square matrices, by LU decomposition with row pivots, in
// float64.
#include <cmath>
#include <cstring>

#include "ops/math/convert.h"
#include "ops/op.h"

namespace onedge::ops {
namespace {

// Destroys the matrix. a: [n, n]
double Determinant(double* a, int64_t n) {
  double det = 1;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < n; ++i) {
      if (std::fabs(a[i * n + k]) > std::fabs(a[pivot * n + k])) pivot = i;
    }
    if (a[pivot * n + k] == 0) return 0;
    if (pivot != k) {
      std::swap_ranges(a + k * n, a + (k + 1) * n, a + pivot * n);
      det = -det;
    }
    det *= a[k * n + k];
    for (int64_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (int64_t j = k + 1; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return det;
}

}  // namespace

struct Det final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* dims = ctx.InputDims(0);
    if (!dims) {
      ctx.SetOutput(0, ctx.InputDType(0), std::nullopt);
      return OkStatus();
    }
    if (dims->size() < 2) return InvalidArgument("input 0: expected [..., n, n], got rank ", dims->size());
    ctx.SetOutput(0, ctx.InputDType(0), Dims(dims->begin(), dims->end() - 2));
    return OkStatus();
  }

  // x: floats [..., n, n] -> y: [...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.rank() < 2 || x.dim(x.rank() - 1) != x.dim(x.rank() - 2) || !IsFloatingPoint(x.dtype())) {
      return InvalidArgument("input 0: expected floats [..., n, n], got ", x.ToString());
    }
    const int64_t n = x.dim(x.rank() - 1);
    const Shape shape(x.shape().begin(), x.shape().end() - 2);
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, x.dtype(), shape));
    ONEDGE_ASSIGN_OR_RETURN(Tensor matrices, Tensor::Allocate(DType::kFloat64, x.shape(), ctx.budget()));
    ONEDGE_RETURN_IF_ERROR(ConvertElements(ctx.threads(), x, matrices));
    ONEDGE_ASSIGN_OR_RETURN(Tensor wide, Tensor::Allocate(DType::kFloat64, shape, ctx.budget()));
    for (int64_t i = 0; i < wide.element_count(); ++i) {
      wide.mutable_data<double>()[i] = Determinant(matrices.mutable_data<double>() + i * n * n, n);
    }
    return ConvertElements(ctx.threads(), wide, *y);
  }
};

template <>
Result<OpPtr> Parse<Det>(AttributeReader&) {
  return OpPtr(std::make_unique<Det>());
}

}  // namespace onedge::ops
