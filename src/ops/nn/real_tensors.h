// Real numbers in kernels: float32, float16 and bfloat16 are computed in float, float64 in double. The 16-bit types are
// converted on input and output, so that each kernel is compiled for two types, not four. Stateless.
#pragma once

#include "ops/op.h"
#include "tensor/half.h"

namespace onedge::ops {

// float32, float16, bfloat16 or float64.
bool IsReal(DType dtype);

// Calls f(float()) or f(double()), the compute type of `dtype`; kUnsupported for dtypes that are not real.
template <typename F>
Status WithRealType(DType dtype, const F& f) {
  if (dtype == DType::kFloat64) return f(double());
  if (IsReal(dtype)) return f(float());
  return Unsupported("input 0: expected float32, float64, float16 or bfloat16, got ", DTypeName(dtype));
}

// `x` as float32 or float64 (`computed`): itself if it has that dtype, otherwise a converted copy.
Result<Tensor> ConvertReal(const Tensor& x, DType computed, MemoryBudget* budget);

// Input `i` with elements of T. Fails unless its dtype is `dtype`.
template <typename T>
Result<Tensor> RealInput(OpContext& ctx, size_t i, DType dtype) {
  const Tensor& x = ctx.Input(i);
  if (x.dtype() != dtype) {
    return InvalidArgument("input ", i, ": expected ", DTypeName(dtype), " like the other inputs, got ",
                           DTypeName(x.dtype()));
  }
  return ConvertReal(x, kDTypeOf<T>, ctx.budget());
}

// Like RealInput; an undefined Tensor if input `i` is absent.
template <typename T>
Result<Tensor> OptionalRealInput(OpContext& ctx, size_t i, DType dtype) {
  if (!ctx.HasInput(i)) return Tensor();
  return RealInput<T>(ctx, i, dtype);
}

// An output that a kernel writes as T. Call Store() afterwards: it rounds to the output's dtype if that has 16 bits.
template <typename T>
class RealOutput {
 public:
  static Result<RealOutput> Create(OpContext& ctx, size_t i, DType dtype, const Shape& shape) {
    RealOutput output;
    ONEDGE_ASSIGN_OR_RETURN(output.final_, ctx.Output(i, dtype, shape));
    if (dtype != kDTypeOf<T>) {
      ONEDGE_ASSIGN_OR_RETURN(output.computed_, Tensor::Allocate(kDTypeOf<T>, shape, ctx.budget()));
    }
    return output;
  }
  T* data() { return computed_.defined() ? computed_.mutable_data<T>() : final_->mutable_data<T>(); }
  Status Store();

 private:
  Tensor* final_ = nullptr;
  Tensor computed_;  // undefined if the kernel writes the output itself
};

// Rounds float32 elements to a 16-bit dtype. REQUIRES: both have the same element count.
void RoundTo(const Tensor& from, Tensor& to);

template <typename T>
Status RealOutput<T>::Store() {
  if (computed_.defined()) RoundTo(computed_, *final_);
  return OkStatus();
}

// Shape inference: fails if the dtype of input `i` is known and not real.
Status RequireReal(const ShapeContext& ctx, size_t i);
// Fails unless input `i` is absent or a tensor with the dtype of input 0 (as far as both are known).
Status RequireSameDType(const ShapeContext& ctx, size_t i);

}  // namespace onedge::ops
