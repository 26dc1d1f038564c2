#include "ops/quant/matmul_nbits.h"

#include <algorithm>

#include "ops/nn/matmul_kernel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

// Columns that are dequantized at a time.
constexpr size_t kNBitsColumns = 32;

size_t CodeAt(const uint8_t* codes, size_t i, size_t bits) {
  return codes[i * bits / 8] >> (i * bits % 8) & ((size_t{1} << bits) - 1);
}

float FloatAt(const Tensor& tensor, size_t i) {
  if (tensor.dtype() == DType::kFloat16) return ToFloat(tensor.data<Float16>()[i]);
  if (tensor.dtype() == DType::kBfloat16) return ToFloat(tensor.data<Bfloat16>()[i]);
  return tensor.data<float>()[i];
}

// Elements [0, k) of a column; to[i * stride].
void DequantizeColumn(const NBitsWeights& w, size_t column, float* to, size_t stride) {
  const uint8_t* const codes = w.codes + column * w.column_bytes();
  for (size_t i = 0; i < w.k; ++i) {
    const size_t block = w.groups ? static_cast<size_t>(w.groups[i]) : i / w.block_size;
    to[i * stride] =
        (static_cast<float>(CodeAt(codes, i, w.bits)) - w.ZeroPoint(column, block)) * w.Scale(column, block);
  }
}

// Fails unless `tensor`, input `i`, has this dtype and as many elements. Exporters write scales and zero points with
// one dimension or two.
Status CheckElements(const Tensor& tensor, size_t i, DType dtype, size_t count) {
  if (tensor.dtype() == dtype && tensor.element_count() == static_cast<int64_t>(count)) return OkStatus();
  return InvalidArgument("input ", i, ": expected ", count, " elements of ", DTypeName(dtype), ", got ", tensor);
}

}  // namespace

float NBitsWeights::Scale(size_t column, size_t block) const { return FloatAt(*scales, column * blocks + block); }

float NBitsWeights::ZeroPoint(size_t column, size_t block) const {
  if (!zero_points) return static_cast<float>(size_t{1} << (bits - 1));
  if (zero_points->dtype() != DType::kUint8) return FloatAt(*zero_points, column * blocks + block);
  const size_t bytes = (blocks * bits + 7) / 8;
  return static_cast<float>(CodeAt(zero_points->data<uint8_t>() + column * bytes, block, bits));
}

Result<NBitsWeights> MatMulNBits::Read(const Tensor& b, const Tensor& scales, const Tensor* zero_points,
                                       const Tensor* g_idx) const {
  const int64_t blocks = (k + block_size - 1) / block_size;
  const Shape shape = {n, blocks, block_size / 8 * bits};
  if (b.dtype() != DType::kUint8 || b.shape() != shape) {
    return InvalidArgument("input 1: expected uint8 ", shape, ", got ", b);
  }
  NBitsWeights w = {};
  w.codes = b.data<uint8_t>();
  w.scales = &scales;
  w.zero_points = zero_points;
  w.k = static_cast<size_t>(k);
  w.n = static_cast<size_t>(n);
  w.bits = static_cast<size_t>(bits);
  w.block_size = static_cast<size_t>(block_size);
  w.blocks = static_cast<size_t>(blocks);
  ONEDGE_RETURN_IF_ERROR(CheckElements(scales, 2, scales.dtype(), w.n * w.blocks));
  if (zero_points) {
    const bool packed = zero_points->dtype() == DType::kUint8;
    ONEDGE_RETURN_IF_ERROR(CheckElements(*zero_points, 3, packed ? DType::kUint8 : scales.dtype(),
                                         w.n * (packed ? (w.blocks * w.bits + 7) / 8 : w.blocks)));
  }
  if (g_idx) {  // also as long as the padded codes
    const bool padded = g_idx->element_count() == blocks * block_size;
    ONEDGE_RETURN_IF_ERROR(CheckElements(*g_idx, 4, DType::kInt32, padded ? w.blocks * w.block_size : w.k));
    w.groups = g_idx->data<int32_t>();
    for (size_t i = 0; i < w.k; ++i) {
      if (w.groups[i] < 0 || w.groups[i] >= blocks) {
        return InvalidArgument("input 4: expected blocks below ", blocks, ", got ", w.groups[i]);
      }
    }
  }
  return w;
}

Status MatMulNBits::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 2));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 5));
  if (ctx.InputDType(0) == DType::kFloat64) {
    return Unsupported("input 0: expected float32, float16 or bfloat16, got float64");
  }
  std::optional<Dims> out;
  if (const Dims* a = ctx.InputDims(0)) {
    if (a->empty() || (a->back().known() && a->back().value != k)) {
      return InvalidArgument("input 0: expected K = ", k, " columns, got ", a->empty() ? 0 : a->back().value);
    }
    out = *a;
    out->back() = Dim::Known(n);
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

Status MatMulNBits::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
  const DType dtype = ctx.Input(0).dtype();
  const auto optional = [&](size_t i) { return ctx.HasInput(i) ? &ctx.Input(i) : nullptr; };
  ONEDGE_ASSIGN_OR_RETURN(const NBitsWeights w, Read(ctx.Input(1), ctx.Input(2), optional(3), optional(4)));
  ONEDGE_RETURN_IF_ERROR(CheckElements(ctx.Input(2), 2, dtype, w.n * w.blocks));
  if (ctx.HasInput(5)) ONEDGE_RETURN_IF_ERROR(CheckElements(ctx.Input(5), 5, dtype, w.n));
  Shape shape = ctx.Input(0).shape();
  if (shape.rank() == 0 || shape.back() != k) {
    return InvalidArgument("input 0: expected K = ", k, " columns, got ", ctx.Input(0));
  }
  const size_t rows = static_cast<size_t>(shape.element_count(0, shape.rank() - 1));
  shape.back() = n;
  ONEDGE_ASSIGN_OR_RETURN(const Tensor a, RealInput<float>(ctx, 0, dtype));
  ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<float>::Create(ctx, 0, dtype, shape));
  const size_t width = std::min(w.n, kNBitsColumns);
  ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(w.k * width * sizeof(float)));
  float* const columns = reinterpret_cast<float*>(workspace);
  for (size_t j = 0; j < w.n; j += width) {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
    const size_t count = std::min(width, w.n - j);
    for (size_t c = 0; c < count; ++c) DequantizeColumn(w, j + c, columns + c, count);
    RunMatMul<float>({a.data<float>(), w.k, 1, columns, count, y.data() + j, w.n, rows, w.k, count}, ctx.threads());
    for (size_t i = 0; ctx.HasInput(5) && i < rows * count; ++i) {
      float& value = y.data()[i / count * w.n + j + i % count];
      value = value + FloatAt(ctx.Input(5), j + i % count);
    }
  }
  return y.Store();
}

size_t MatMulNBits::WorkspaceBytes(const ShapeContext&) const {
  return static_cast<size_t>(k) * std::min(static_cast<size_t>(n), kNBitsColumns) * sizeof(float);
}

template <>
Result<OpPtr> Parse<MatMulNBits>(AttributeReader& attrs) {
  auto op = std::make_unique<MatMulNBits>();
  op->k = attrs.RequiredInt("K");
  op->n = attrs.RequiredInt("N");
  op->bits = attrs.Int("bits", 4);
  op->block_size = attrs.RequiredInt("block_size");
  // The least precision in which a may be computed. Float32, which is always used, satisfies all levels.
  attrs.Ignore("accuracy_level");
  constexpr int64_t kLimit = int64_t{1} << 24;  // the scratch of 32 columns has a size of 32 bits
  const auto within = [&](int64_t value) { return value > 0 && value <= kLimit; };
  if (!within(op->k) || !within(op->n)) {
    attrs.Fail(Unsupported("attributes 'K' and 'N': expected 1 to ", kLimit, ", got ", op->k, " and ", op->n));
  }
  if (op->bits != 2 && op->bits != 4 && op->bits != 8) attrs.FailValue("bits", "2, 4 or 8", StrCat(op->bits));
  if (!within(op->block_size) || op->block_size < 16 || (op->block_size & (op->block_size - 1)) != 0) {
    attrs.FailValue("block_size", "a power of two from 16 on", StrCat(op->block_size));
  }
  if (const int64_t layout = attrs.Int("weight_prepacked", 0); layout != 0) {
    attrs.FailValue("weight_prepacked", "0 (the other layouts are of one device each)", StrCat(layout));
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
