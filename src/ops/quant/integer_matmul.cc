#include "ops/quant/integer_matmul.h"

#include "base/checked_math.h"
#include "ops/quant/quantize.h"

namespace onedge::ops {
namespace {

int32_t ByteAt(const Tensor& tensor, size_t i) {
  return tensor.dtype() == DType::kInt8 ? tensor.data<int8_t>()[i] : tensor.data<uint8_t>()[i];
}

template <typename T>
void WidenBytes(const T* from, size_t count, uint32_t* to) {
  for (size_t i = 0; i < count; ++i) to[i] = static_cast<uint32_t>(int32_t{from[i]});
}

// The operand's values minus its zero point, as wrapping 32-bit integers. `rows` and `columns` describe one matrix.
void Widen(const QuantizedOperand& operand, size_t rows, size_t columns, bool by_row, uint32_t* out) {
  const Tensor& values = *operand.values;
  const size_t count = static_cast<size_t>(values.element_count());
  if (values.dtype() == DType::kInt8) {
    WidenBytes(values.data<int8_t>(), count, out);
  } else {
    WidenBytes(values.data<uint8_t>(), count, out);
  }
  if (!operand.zero_point) return;
  const size_t zero_points = static_cast<size_t>(operand.zero_point->element_count());
  if (zero_points <= 1) {
    const uint32_t zero_point = zero_points == 0 ? 0 : static_cast<uint32_t>(ByteAt(*operand.zero_point, 0));
    if (zero_point == 0) return;
    for (size_t i = 0; i < count; ++i) out[i] -= zero_point;
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const size_t matrix = i / (rows * columns);
    const size_t within = by_row ? i / columns % rows : i % columns;
    const size_t lines = by_row ? rows : columns;
    out[i] -= static_cast<uint32_t>(ByteAt(*operand.zero_point, (matrix * lines + within) % zero_points));
  }
}

}  // namespace

Status CheckQuantizedOperand(const QuantizedOperand& operand, size_t input, size_t zero_point_input, bool by_row) {
  const Tensor& values = *operand.values;
  if (!IsByte(values.dtype())) {
    return Unsupported("input ", input, ": expected int8 or uint8, got ", DTypeName(values.dtype()));
  }
  const Tensor* zero_point = operand.zero_point;
  if (!zero_point) return OkStatus();
  if (zero_point->dtype() != values.dtype()) {
    return InvalidArgument("input ", zero_point_input, ": expected a zero point of ", DTypeName(values.dtype()),
                           ", got ", DTypeName(zero_point->dtype()));
  }
  const int64_t count = zero_point->element_count();
  if (count == 1) return OkStatus();
  const size_t rank = values.rank();
  const int64_t lines = rank < 2 ? 1 : values.dim(rank - (by_row ? 2 : 1));
  const int64_t matrices = rank < 2 ? 1 : values.shape().element_count(0, rank - 2);
  const std::optional<int64_t> all =
      lines > 0 && matrices <= count / lines ? std::optional(lines * matrices) : std::nullopt;
  if (count != lines && count != all) {
    return InvalidArgument("input ", zero_point_input, ": expected one zero point, or one for each of the ", lines,
                           by_row ? " rows" : " columns", " of input ", input, ", got shape ", zero_point->shape());
  }
  return OkStatus();
}

size_t IntegerMatMulWorkspace(const Shape& a, const Shape& b) {
  return AlignUp(static_cast<size_t>(a.element_count()) * sizeof(uint32_t), size_t{64}) +
         static_cast<size_t>(b.element_count()) * sizeof(uint32_t);
}

void MultiplyIntegers(const MatMulPlan& plan, const QuantizedOperand& a, const QuantizedOperand& b, uint8_t* workspace,
                      int32_t* y, ThreadPool* pool) {
  uint32_t* wide_a = reinterpret_cast<uint32_t*>(workspace);
  uint32_t* wide_b = reinterpret_cast<uint32_t*>(
      workspace + AlignUp(static_cast<size_t>(a.values->element_count()) * sizeof(uint32_t), size_t{64}));
  const size_t a_rank = a.values->rank();
  const size_t a_rows = a_rank < 2 ? 1 : static_cast<size_t>(a.values->dim(a_rank - 2));
  Widen(a, a_rows, plan.k, /*by_row=*/true, wide_a);
  Widen(b, plan.k, plan.n, /*by_row=*/false, wide_b);
  for (size_t batch = 0; batch < plan.batches; ++batch) {
    MatMulBlock<uint32_t> block;
    block.m = plan.m;
    block.k = plan.k;
    block.n = plan.n;
    block.a = wide_a + plan.BatchOfA(batch) * plan.m * plan.k;
    block.a_row = plan.k;
    block.a_k = 1;
    block.b = wide_b + plan.BatchOfB(batch) * plan.k * plan.n;
    block.b_row = plan.n;
    block.c = reinterpret_cast<uint32_t*>(y) + batch * plan.m * plan.n;
    block.c_row = plan.n;
    RunMatMul(block, pool);
  }
}

Result<std::optional<Dims>> InferIntegerMatMul(ShapeContext& ctx, size_t a, size_t b) {
  for (size_t i : {a, b}) {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    const DType dtype = ctx.InputDType(i);
    if (dtype != DType::kUndefined && !IsByte(dtype)) {
      return Unsupported("input ", i, ": expected int8 or uint8, got ", DTypeName(dtype));
    }
  }
  const Dims* a_dims = ctx.InputDims(a);
  const Dims* b_dims = ctx.InputDims(b);
  if (!a_dims || !b_dims) return std::optional<Dims>();
  ONEDGE_ASSIGN_OR_RETURN(Dims out, MatMulDims(*a_dims, *b_dims));
  return std::optional(std::move(out));
}

size_t IntegerMatMulWorkspace(const ShapeContext& ctx, size_t a, size_t b) {
  const auto a_shape = ctx.InputDims(a) ? graph::ShapeOf(*ctx.InputDims(a)) : std::nullopt;
  const auto b_shape = ctx.InputDims(b) ? graph::ShapeOf(*ctx.InputDims(b)) : std::nullopt;
  return a_shape && b_shape ? IntegerMatMulWorkspace(*a_shape, *b_shape) : 0;
}

}  // namespace onedge::ops
