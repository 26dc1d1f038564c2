// LRN (ai.onnx 1, 13): local response normalization, x / (bias + alpha / size * sum of squares over `size`
// channels)^beta.
#include <algorithm>
#include <cmath>

#include "ops/math/transcendental.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

// base^exponent for base > 0. The usual exponents need only square roots, which are exact to the last bit.
template <typename T>
T Power(T base, float exponent) {
  if (exponent == 1.0f) return base;
  if (exponent == 0.5f) return std::sqrt(base);
  if (exponent == 0.75f) return std::sqrt(base) * std::sqrt(std::sqrt(base));
  if constexpr (std::is_same_v<T, float>) {
    return lanes::Exp(exponent * lanes::Log(base));
  } else {
    return std::pow(base, static_cast<T>(exponent));
  }
}

}  // namespace

struct LRN final : Op {
  int64_t size = 1;
  float alpha = 1e-4f;
  float beta = 0.75f;
  float bias = 1.0f;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    if (const Dims* x = ctx.InputDims(0); x && x->size() < 2) {
      return InvalidArgument("input 0: expected [N, C, ...], got ", x->size(), " dimensions");
    }
    return InferSameAsInput(ctx);
  }

  // x: [N, C, ...] -> y: as x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Shape& shape = ctx.Input(0).shape();
    const DType dtype = ctx.Input(0).dtype();
    if (shape.rank() < 2) return InvalidArgument("input 0: expected [N, C, ...], got shape ", shape);
    const int64_t channels = shape[1];
    const size_t inner = static_cast<size_t>(shape.element_count(2, shape.rank()));
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
      const T* from = x.template data<T>();
      T* to = y.data();
      const T factor = static_cast<T>(alpha) / static_cast<T>(size);
      ParallelRanges(
          ctx.threads(), static_cast<size_t>(shape[0] * channels), inner * 16, [&](size_t begin, size_t end) {
            for (size_t plane = begin; plane < end; ++plane) {
              const int64_t c = static_cast<int64_t>(plane) % channels;
              const int64_t first = std::max<int64_t>(0, c - (size - 1) / 2);
              const int64_t last = std::min<int64_t>(channels - 1, c + size / 2);
              const T* image = from + (plane - static_cast<size_t>(c)) * inner;
              for (size_t i = 0; i < inner; ++i) {
                T squares = 0;
                for (int64_t k = first; k <= last; ++k) {
                  const T value = image[static_cast<size_t>(k) * inner + i];
                  squares = squares + value * value;
                }
                to[plane * inner + i] = from[plane * inner + i] / Power(static_cast<T>(bias) + factor * squares, beta);
              }
            }
          });
      return y.Store();
    });
  }
};

template <>
Result<OpPtr> Parse<LRN>(AttributeReader& attrs) {
  auto op = std::make_unique<LRN>();
  op->size = attrs.RequiredInt("size");
  op->alpha = attrs.Float("alpha", 1e-4f);
  op->beta = attrs.Float("beta", 0.75f);
  op->bias = attrs.Float("bias", 1.0f);
  if (op->size < 1 || op->size >= int64_t{1} << 31) {
    attrs.Fail(InvalidArgument("attribute 'size': expected at least 1, got ", op->size));
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
