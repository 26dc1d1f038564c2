#include "ops/nn/real_tensors.h"

#include "ops/math/half_row.h"

namespace onedge::ops {

bool IsReal(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBfloat16 || dtype == DType::kFloat64;
}

Result<Tensor> ConvertReal(const Tensor& x, DType computed, MemoryBudget* budget) {
  if (x.dtype() == computed) return x;
  ONEDGE_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(computed, x.shape(), budget));
  const size_t count = static_cast<size_t>(x.element_count());
  if (computed == DType::kFloat32 && x.dtype() == DType::kFloat16) {
    WidenRow(x.data<Float16>(), out.mutable_data<float>(), count);
  } else if (computed == DType::kFloat32 && x.dtype() == DType::kBfloat16) {
    for (size_t i = 0; i < count; ++i) out.mutable_data<float>()[i] = ToFloat(x.data<Bfloat16>()[i]);
  } else if (computed == DType::kFloat32 && x.dtype() == DType::kFloat64) {
    for (size_t i = 0; i < count; ++i) out.mutable_data<float>()[i] = static_cast<float>(x.data<double>()[i]);
  } else if (computed == DType::kFloat64 && IsReal(x.dtype())) {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor single, ConvertReal(x, DType::kFloat32, budget));
    for (size_t i = 0; i < count; ++i) out.mutable_data<double>()[i] = single.data<float>()[i];
  } else {
    return Unsupported("expected float32, float64, float16 or bfloat16, got ", DTypeName(x.dtype()));
  }
  return out;
}

void RoundTo(const Tensor& from, Tensor& to) {
  ONEDGE_DCHECK(from.element_count() == to.element_count());
  const size_t count = static_cast<size_t>(from.element_count());
  if (from.dtype() != DType::kFloat32) return;
  const float* values = from.data<float>();
  if (to.dtype() == DType::kFloat16) {
    NarrowRow(values, to.mutable_data<Float16>(), count);
  } else if (to.dtype() == DType::kBfloat16) {
    for (size_t i = 0; i < count; ++i) to.mutable_data<Bfloat16>()[i] = ToBfloat16(values[i]);
  }
}

Status RequireReal(const ShapeContext& ctx, size_t i) {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
  const DType dtype = ctx.InputDType(i);
  if (dtype == DType::kUndefined || IsReal(dtype)) return OkStatus();
  return Unsupported("input ", i, ": expected float32, float64, float16 or bfloat16, got ", DTypeName(dtype));
}

Status RequireSameDType(const ShapeContext& ctx, size_t i) {
  if (!ctx.HasInput(i)) return OkStatus();
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
  const DType expected = ctx.InputDType(0);
  const DType dtype = ctx.InputDType(i);
  if (dtype == DType::kUndefined || expected == DType::kUndefined || dtype == expected) return OkStatus();
  return InvalidArgument("input ", i, ": expected ", DTypeName(expected), " like input 0, got ", DTypeName(dtype));
}

}  // namespace onedge::ops
