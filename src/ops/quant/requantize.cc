#include "ops/quant/requantize.h"

#include "ops/nn/real_tensors.h"
#include "ops/quant/quantize.h"

namespace onedge::ops {

Result<InlineVector<float, 8>> FloatInput(const OpContext& ctx, size_t i) {
  if (!IsReal(ctx.Input(i).dtype())) {
    return InvalidArgument("input ", i, ": expected a float type, got ", DTypeName(ctx.Input(i).dtype()));
  }
  ONEDGE_ASSIGN_OR_RETURN(const Tensor converted, ConvertReal(ctx.Input(i), DType::kFloat32, ctx.budget()));
  return InlineVector<float, 8>(converted.values<float>());
}

Result<OutputQuantization> ReadOutputQuantization(const OpContext& ctx, size_t i) {
  const Tensor& tensor = ctx.Input(i);
  if (tensor.dtype() != DType::kInt8 && tensor.dtype() != DType::kUint8) {
    return Unsupported("input ", i, ": expected an int8 or uint8 zero point, got ", DTypeName(tensor.dtype()));
  }
  if (tensor.element_count() != 1)
    return InvalidArgument("input ", i, ": expected one zero point, got shape ", tensor.shape());
  OutputQuantization out;
  out.dtype = tensor.dtype();
  const bool is_signed = tensor.dtype() == DType::kInt8;
  out.zero_point = is_signed ? *tensor.data<int8_t>() : *tensor.data<uint8_t>();
  out.low = static_cast<float>((is_signed ? -128 : 0) - out.zero_point);
  out.high = static_cast<float>((is_signed ? 127 : 255) - out.zero_point);
  return out;
}

void Requantize(const int32_t* sums, size_t count, const float* multipliers, size_t stride,
                const OutputQuantization& quantization, uint8_t* y) {
  for (size_t j = 0; j < count; ++j) {
    const float value = static_cast<float>(sums[j]) * multipliers[j * stride];
    // The low byte is the same for int8 and uint8.
    y[j] =
        static_cast<uint8_t>(RoundQuotient(value, 1.0f, quantization.low, quantization.high) + quantization.zero_point);
  }
}

}  // namespace onedge::ops
