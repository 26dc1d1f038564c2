// QuantizeLinear (ai.onnx 10, 13, 19, 21, 23, 24, 25) and DequantizeLinear (the same): convert between floats and
// narrow types, with a scale and zero point for the whole tensor, for each slice of an axis, or for each block of an
// axis.
#include "ops/quant/quantize_linear.h"

#include <cstring>

#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"
#include "ops/quant/byte_lanes.h"
#include "ops/quant/narrow_types.h"

namespace onedge::ops {
namespace {

// The layout of scales over a tensor: runs of elements in which the scale stays (stride 0) or advances (stride 1).
struct Granularity {
  size_t runs = 0;
  size_t length = 0;  // elements of a run (the last run of a block axis may be shorter: see Length)
  size_t scale_stride = 0;
  // Per tensor: all 0. Run r of an axis of `slices` runs, `inner` scales each.
  size_t slices = 1;  // positions of the axis, in runs
  size_t block = 1;   // positions of the axis that share a scale
  size_t axis_size = 1;
  size_t scales_per_slice = 0;
  size_t scale_slices = 1;  // along the axis
  bool block_runs = false;  // a run is a whole block of the innermost axis

  size_t Offset(size_t run) const {
    return block_runs ? run / slices * axis_size + run % slices * block : run * length;
  }
  size_t Length(size_t run) const { return block_runs ? std::min(block, axis_size - run % slices * block) : length; }
  size_t ScaleOf(size_t run) const {
    if (block_runs) return run;
    if (scales_per_slice == 0) return 0;
    return (run / slices * scale_slices + run % slices / block) * scales_per_slice;
  }
};

Status CheckBlocks(const Shape& x, const Shape& scale, size_t axis, int64_t block) {
  bool fits = scale.rank() == x.rank();
  for (size_t i = 0; fits && i < x.rank(); ++i) {
    const int64_t expected = i == axis ? x[i] / block + (x[i] % block != 0) : x[i];
    fits = scale[i] == expected;
  }
  if (fits) return OkStatus();
  return InvalidArgument("input 1: expected the shape of input 0, ", x, ", in blocks of ", block, " along axis ", axis,
                         ", got ", scale);
}

Result<Granularity> GranularityOf(const Shape& x, const Shape& scale, int64_t axis_attribute, int64_t block_size) {
  Granularity g;
  const size_t count = static_cast<size_t>(x.element_count());
  if (scale.rank() == 0 || (block_size == 0 && scale.element_count() == 1 && scale.rank() <= 1)) {
    g.length = std::min<size_t>(count, 4096);  // any length works; this is enough for a thread
    g.block_runs = false;
    g.runs = g.length == 0 ? 0 : (count + g.length - 1) / g.length;
    return g;
  }
  ONEDGE_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(axis_attribute, x.rank()));
  const size_t inner = static_cast<size_t>(x.element_count(axis + 1, x.rank()));
  const size_t outer = static_cast<size_t>(x.element_count(0, axis));
  g.axis_size = static_cast<size_t>(x[axis]);
  g.slices = g.axis_size;
  if (block_size > 0) {
    ONEDGE_RETURN_IF_ERROR(CheckBlocks(x, scale, axis, block_size));
    g.block = static_cast<size_t>(block_size);
    g.scale_slices = static_cast<size_t>(scale[axis]);
    if (inner == 1) {
      g.block_runs = true;
      g.slices = g.scale_slices;
      g.runs = outer * g.slices;
      return g;
    }
    g.scales_per_slice = inner;
    g.scale_stride = 1;
  } else {
    if (scale.rank() != 1 || scale[0] != x[axis]) {
      return InvalidArgument("input 1: expected [] or [", x[axis], "] (axis ", axis, " of input 0), got ", scale);
    }
    if (inner == 1) {  // the last axis: one run over all slices, each with its own scale
      g.runs = outer;
      g.length = g.axis_size;
      g.scale_stride = 1;
      return g;
    }
    g.scales_per_slice = 1;
    g.scale_slices = 0;  // every outer slice has the same scales
  }
  g.runs = outer * g.axis_size;
  g.length = inner;
  return g;
}

// Rounds floats to the precision of `dtype`.
void RoundInPlace(DType dtype, float* values, size_t count) {
  if (dtype == DType::kFloat16) {
    for (size_t i = 0; i < count; ++i) values[i] = ToFloat(ToFloat16(values[i]));
  } else if (dtype == DType::kBfloat16) {
    for (size_t i = 0; i < count; ++i) values[i] = ToFloat(ToBfloat16(values[i]));
  }
}

Status CheckZeroPoint(const Tensor& scale, const Tensor& zero_point) {
  if (scale.shape() == zero_point.shape() || (scale.element_count() == 1 && zero_point.element_count() == 1))
    return OkStatus();
  return InvalidArgument("input 2: expected the shape of the scale, ", scale.shape(), ", got ", zero_point.shape());
}

// All scales and zero points as floats.
struct Parameters {
  std::vector<float> scale;
  std::vector<float> zero_point;  // empty: all 0

  // Of the whole tensor, if its dtype has 8 bits.
  int32_t WholeZeroPoint() const { return zero_point.empty() ? 0 : static_cast<int32_t>(zero_point[0]); }
  static Result<Parameters> Read(OpContext& ctx, Granularity& granularity) {
    Parameters parameters;
    const Tensor& scale = ctx.Input(1);
    ONEDGE_RETURN_IF_ERROR(CheckNarrowOrReal(scale.dtype(), 1));
    parameters.scale.resize(static_cast<size_t>(scale.element_count()));
    LoadFloats(scale, 0, parameters.scale.size(), parameters.scale.data());
    if (!ctx.HasInput(2)) return parameters;
    const Tensor& zero_point = ctx.Input(2);
    ONEDGE_RETURN_IF_ERROR(CheckNarrowOrReal(zero_point.dtype(), 2));
    ONEDGE_RETURN_IF_ERROR(CheckZeroPoint(scale, zero_point));
    parameters.zero_point.resize(static_cast<size_t>(zero_point.element_count()));
    LoadFloats(zero_point, 0, parameters.zero_point.size(), parameters.zero_point.data());
    static_cast<void>(granularity);
    return parameters;
  }
};

bool IsFloat32(const Tensor& tensor) { return tensor.dtype() == DType::kFloat32; }

constexpr size_t kChunk = 256;

// Calls body(first element, count, first scale) for chunks of runs. Packed types use one thread, because neighbours
// share bytes.
template <typename Body>
void ForEachChunk(const Granularity& g, size_t total, bool packed, ThreadPool* pool, const Body& body) {
  const auto run_range = [&](size_t begin, size_t end) {
    for (size_t run = begin; run < end; ++run) {
      const size_t offset = g.Offset(run);
      const size_t length = std::min(g.Length(run), total - offset);
      for (size_t i = 0; i < length; i += kChunk) {
        body(offset + i, std::min(kChunk, length - i), g.ScaleOf(run) + i * g.scale_stride);
      }
    }
  };
  if (packed) {
    run_range(0, g.runs);
  } else {
    ParallelRanges(pool, g.runs, std::max<size_t>(1, g.block_runs ? g.block : g.length) * 8, run_range);
  }
}

int64_t ReadBlockSize(AttributeReader& attrs) {
  if (attrs.opset() < 21) return 0;
  const int64_t block_size = attrs.Int("block_size", 0);
  if (block_size < 0) attrs.Fail(InvalidArgument("attribute 'block_size': expected at least 0, got ", block_size));
  return std::max<int64_t>(0, block_size);
}

}  // namespace

Status QuantizeLinear::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  DType dtype = output == DType::kUndefined ? DType::kUint8 : output;
  if (ctx.HasInput(2)) {
    dtype = ctx.InputDType(2);
    if (dtype != DType::kUndefined && output != DType::kUndefined && dtype != output) {
      return InvalidArgument("input 2: expected ", DTypeName(output), " like attribute 'output_dtype', got ",
                             DTypeName(dtype));
    }
  }
  ctx.SetOutput(0, dtype, ctx.InputDims(0) ? std::optional(*ctx.InputDims(0)) : std::nullopt);
  return OkStatus();
}

Status QuantizeLinear::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const Tensor& x = ctx.Input(0);
  if (!IsReal(x.dtype()) && x.dtype() != DType::kInt32) {
    return Unsupported("input 0: expected floats or int32, got ", DTypeName(x.dtype()));
  }
  const DType dtype = ctx.HasInput(2) ? ctx.Input(2).dtype() : output == DType::kUndefined ? DType::kUint8 : output;
  ONEDGE_RETURN_IF_ERROR(CheckNarrow(dtype, 2));
  ONEDGE_ASSIGN_OR_RETURN(Granularity granularity, GranularityOf(x.shape(), ctx.Input(1).shape(), axis, block_size));
  ONEDGE_ASSIGN_OR_RETURN(const Parameters parameters, Parameters::Read(ctx, granularity));
  ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, dtype, x.shape()));
  const size_t total = static_cast<size_t>(x.element_count());
  if (IsByte(dtype) && x.dtype() == DType::kFloat32 && parameters.scale.size() == 1 && IsFloat32(ctx.Input(1)) &&
      (precision == DType::kUndefined || precision == DType::kFloat32)) {
    const ByteQuantizer quantizer = {dtype == DType::kInt8, parameters.WholeZeroPoint(), parameters.scale[0]};
    ParallelRanges(ctx.threads(), total, 4, [&](size_t begin, size_t end) {
      const float* from = x.data<float>() + begin;
      uint8_t* to = y->mutable_bytes() + begin;
      ForByteLanes(end - begin, [&](size_t i, size_t lanes) {
        F32x8 values{};
        std::memcpy(&values, from + i, lanes * sizeof(float));
        uint8_t bytes[kByteLanes];
        quantizer(values, bytes);
        std::memcpy(to + i, bytes, lanes);
      });
    });
    return OkStatus();
  }
  const DType divided = precision != DType::kUndefined ? precision : ctx.Input(1).dtype();
  const NarrowRange range = NarrowRangeOf(dtype);
  const bool packed = DTypeBits(dtype) < 8;
  const size_t stride = granularity.scale_stride;
  ForEachChunk(granularity, static_cast<size_t>(x.element_count()), packed, ctx.threads(),
               [&](size_t first, size_t count, size_t scale) {
                 float values[kChunk];
                 LoadFloats(x, first, count, values);
                 for (size_t i = 0; i < count; ++i) values[i] = values[i] / parameters.scale[scale + i * stride];
                 RoundInPlace(divided, values, count);
                 for (size_t i = 0; i < count; ++i) {
                   const float zero = parameters.zero_point.empty() ? 0.0f : parameters.zero_point[scale + i * stride];
                   if (range.is_float) {
                     values[i] = values[i] + zero;
                   } else {
                     // The quotient is rounded before the zero point is added, so that ties go to even quotients.
                     const float low = range.low - zero;
                     const float high = range.high - zero;
                     const float held = values[i] > low ? (values[i] < high ? values[i] : high) : low;
                     // The sum with 1.5 * 2^23 rounds: one instruction on every target. The range has at most 17 bits.
                     values[i] = (held + 12582912.0f) - 12582912.0f + zero;
                   }
                 }
                 StoreFloats(values, *y, first, count, saturate);
               });
  return OkStatus();
}

Status DequantizeLinear::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 2));
  ctx.SetOutput(0, output == DType::kUndefined ? ctx.InputDType(1) : output,
                ctx.InputDims(0) ? std::optional(*ctx.InputDims(0)) : std::nullopt);
  return OkStatus();
}

Status DequantizeLinear::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const Tensor& x = ctx.Input(0);
  if (x.dtype() != DType::kInt32) ONEDGE_RETURN_IF_ERROR(CheckNarrow(x.dtype(), 0));
  const DType dtype = output == DType::kUndefined ? ctx.Input(1).dtype() : output;
  if (!IsReal(dtype)) return Unsupported("output: expected a float type, got ", DTypeName(dtype));
  if (ctx.HasInput(2) && ctx.Input(2).dtype() != x.dtype()) {
    return InvalidArgument("input 2: expected ", DTypeName(x.dtype()), " like input 0, got ",
                           DTypeName(ctx.Input(2).dtype()));
  }
  ONEDGE_ASSIGN_OR_RETURN(Granularity granularity, GranularityOf(x.shape(), ctx.Input(1).shape(), axis, block_size));
  ONEDGE_ASSIGN_OR_RETURN(const Parameters parameters, Parameters::Read(ctx, granularity));
  ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, dtype, x.shape()));
  const size_t total = static_cast<size_t>(x.element_count());
  if (IsByte(x.dtype()) && dtype == DType::kFloat32 && parameters.scale.size() == 1) {
    const ByteDequantizer dequantizer = {x.dtype() == DType::kInt8, parameters.WholeZeroPoint(), parameters.scale[0]};
    ParallelRanges(ctx.threads(), total, 4, [&](size_t begin, size_t end) {
      const uint8_t* from = x.bytes() + begin;
      float* to = y->mutable_data<float>() + begin;
      ForByteLanes(end - begin, [&](size_t i, size_t lanes) {
        uint8_t bytes[kByteLanes] = {};
        std::memcpy(bytes, from + i, lanes);
        const F32x8 values = dequantizer(bytes);
        std::memcpy(to + i, &values, lanes * sizeof(float));
      });
    });
    return OkStatus();
  }
  const size_t stride = granularity.scale_stride;
  ForEachChunk(granularity, total, false, ctx.threads(), [&](size_t first, size_t count, size_t scale) {
    float values[kChunk];
    LoadFloats(x, first, count, values);
    for (size_t i = 0; i < count; ++i) {
      const float zero = parameters.zero_point.empty() ? 0.0f : parameters.zero_point[scale + i * stride];
      values[i] = (values[i] - zero) * parameters.scale[scale + i * stride];
    }
    StoreFloats(values, *y, first, count, true);
  });
  return OkStatus();
}

template <>
Result<OpPtr> Parse<QuantizeLinear>(AttributeReader& attrs) {
  auto op = std::make_unique<QuantizeLinear>();
  if (attrs.opset() >= 13) op->axis = attrs.Int("axis", 1);
  if (attrs.opset() >= 19) op->saturate = attrs.Int("saturate", 1) != 0;
  op->block_size = ReadBlockSize(attrs);
  if (attrs.opset() >= 21 && attrs.Int("output_dtype", 0) != 0) op->output = attrs.Type("output_dtype");
  if (attrs.opset() >= 23 && attrs.Int("precision", 0) != 0) op->precision = attrs.Type("precision");
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<DequantizeLinear>(AttributeReader& attrs) {
  auto op = std::make_unique<DequantizeLinear>();
  if (attrs.opset() >= 13) op->axis = attrs.Int("axis", 1);
  op->block_size = ReadBlockSize(attrs);
  if (attrs.opset() >= 23 && attrs.Int("output_dtype", 0) != 0) op->output = attrs.Type("output_dtype");
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
