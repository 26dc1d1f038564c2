// Softmax, LogSoftmax, Hardmax (ai.onnx 1, 11, 13). From opset 13 on along one axis (default: the last); before, over
// all dimensions from `axis` (default 1) on, as one. The maximum is subtracted first. Sums: LaneSum's order where the
// axis is innermost; otherwise one sum for each column, in blocks of kBlock along the axis.
#include <cmath>
#include <utility>

#include "ops/math/convert.h"
#include "ops/math/elementwise.h"
#include "ops/math/softmax_row.h"

namespace onedge::ops {
namespace {

enum class SoftmaxKind : uint8_t { kSoftmax, kLogSoftmax, kHardmax };

void Hardmax(const float* x, float* y, size_t count, size_t stride) {
  size_t best = 0;
  for (size_t i = 0; i < count; ++i) {
    if (x[i * stride] > x[best * stride]) best = i;
    y[i * stride] = 0;
  }
  if (count > 0) y[best * stride] = 1;
}

void Row(SoftmaxKind kind, const float* x, float* y, size_t count) {
  if (kind == SoftmaxKind::kSoftmax) return SoftmaxRow(x, y, count);
  if (kind == SoftmaxKind::kHardmax) return Hardmax(x, y, count, 1);
  const float max = RowMax(x, count);
  const float log_sum = lanes::Log(RowExp(x, y, count, max));
  for (size_t i = 0; i < count; ++i) y[i] = (x[i] - max) - log_sum;
}

// Columns [0, width) of a [count, stride] block, up to kColumns at a time; one sum a column.
constexpr size_t kColumns = 16;
constexpr size_t kBlock = 16;  // terms that are added up before they join the total: long sums lose less
void Columns(SoftmaxKind kind, const float* x, float* y, size_t count, size_t stride, size_t width) {
  if (kind == SoftmaxKind::kHardmax) {
    for (size_t j = 0; j < width; ++j) Hardmax(x + j, y + j, count, stride);
    return;
  }
  float max[kColumns];
  float sum[kColumns] = {};
  float block[kColumns] = {};
  std::fill(max, max + kColumns, -std::numeric_limits<float>::infinity());
  for (size_t i = 0; i < count; ++i) {
    const float* row = x + i * stride;
    for (size_t j = 0; j < width; ++j) max[j] = row[j] > max[j] || row[j] != row[j] ? row[j] : max[j];
  }
  for (size_t i = 0; i < count; ++i) {
    alignas(16) float row[kColumns] = {};
    for (size_t j = 0; j < width; ++j) row[j] = x[i * stride + j] - max[j];
    for (size_t j = 0; j < width; j += 4) lanes::Store(row + j, lanes::Exp(lanes::Load<Float4>(row + j)));
    for (size_t j = 0; j < width; ++j) block[j] += row[j];
    if (i % kBlock == kBlock - 1 || i + 1 == count) {
      for (size_t j = 0; j < width; ++j) sum[j] += std::exchange(block[j], 0.0f);
    }
    if (kind == SoftmaxKind::kSoftmax) std::copy(row, row + width, y + i * stride);
  }
  for (size_t j = 0; j < width; ++j) sum[j] = kind == SoftmaxKind::kSoftmax ? 1.0f / sum[j] : lanes::Log(sum[j]);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < width; ++j) {
      const size_t at = i * stride + j;
      y[at] = kind == SoftmaxKind::kSoftmax ? y[at] * sum[j] : (x[at] - max[j]) - sum[j];
    }
  }
}

void Row64(SoftmaxKind kind, const double* x, double* y, size_t count, size_t stride) {
  double max = -std::numeric_limits<double>::infinity();
  size_t best = 0;
  for (size_t i = 0; i < count; ++i) {
    if (x[i * stride] > max || std::isnan(x[i * stride])) max = x[i * stride], best = i;
  }
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += std::exp(x[i * stride] - max);
  for (size_t i = 0; i < count; ++i) {
    const double shifted = x[i * stride] - max;
    y[i * stride] = kind == SoftmaxKind::kSoftmax      ? std::exp(shifted) / sum
                    : kind == SoftmaxKind::kLogSoftmax ? shifted - std::log(sum)
                                                       : (i == best ? 1.0 : 0.0);
  }
}

struct Normalize final : Op {
  Normalize(SoftmaxKind which, int64_t along, bool flattens) : kind(which), axis(along), flatten(flattens) {}

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(InferSameAsInput(ctx));
    const DType dtype = ctx.InputDType(0);
    if (dtype != DType::kUndefined && !Supports(dtype)) return UnsupportedDType(0, dtype);
    if (const Dims* dims = ctx.InputDims(0)) return Axis(dims->size()).status();
    return OkStatus();
  }

  // x: floats -> y: as x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (!Supports(x.dtype())) return UnsupportedDType(0, x.dtype());
    ONEDGE_ASSIGN_OR_RETURN(const size_t first, Axis(x.rank()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, x.dtype(), x.shape()));
    if (x.element_count() == 0) return OkStatus();
    const size_t last = flatten ? x.rank() : std::min(first + 1, x.rank());
    const size_t count = static_cast<size_t>(x.shape().element_count(first, last));
    const size_t inner = static_cast<size_t>(x.shape().element_count(last, x.rank()));
    if (IsComputedDirectly(x.dtype())) {
      Compute(ctx.threads(), x, *y, count, inner);
      return OkStatus();
    }
    ONEDGE_ASSIGN_OR_RETURN(const Tensor wide, ConvertedTo(DType::kFloat32, x, ctx.threads(), ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor result, Tensor::Allocate(DType::kFloat32, x.shape(), ctx.budget()));
    Compute(ctx.threads(), wide, result, count, inner);
    return ConvertElements(ctx.threads(), result, *y);
  }

 private:
  static bool Supports(DType dtype) {
    return dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBfloat16 ||
           dtype == DType::kFloat64;
  }
  // A scalar counts as a vector of one.
  Result<size_t> Axis(size_t rank) const {
    if (flatten && axis == static_cast<int64_t>(rank)) return rank;  // the flattened dimension is then of size 1
    if (rank == 0) return size_t{0};
    return NormalizeAxis(axis, rank, "attribute 'axis'");
  }

  void Compute(ThreadPool* pool, const Tensor& x, Tensor& y, size_t count, size_t inner) const {
    // Tasks: rows where the axis is innermost, otherwise blocks of kColumns columns.
    const size_t blocks = (inner + kColumns - 1) / kColumns;
    const size_t tasks = static_cast<size_t>(x.element_count()) / (count * inner) * blocks;
    const size_t grain = std::max<size_t>(1, static_cast<size_t>(kParallelChunk) / (count * std::min(inner, kColumns)));
    ThreadPool* const used = x.element_count() > kParallelThreshold ? pool : nullptr;
    ParallelFor(used, (tasks + grain - 1) / grain, [&](size_t chunk) {
      for (size_t task = chunk * grain; task < std::min(tasks, (chunk + 1) * grain); ++task) {
        const size_t column = task % blocks * kColumns;
        const size_t at = task / blocks * count * inner + column;
        const size_t width = std::min(kColumns, inner - column);
        if (x.dtype() == DType::kFloat64) {
          for (size_t j = 0; j < width; ++j) {
            Row64(kind, x.data<double>() + at + j, y.mutable_data<double>() + at + j, count, inner);
          }
        } else if (inner == 1) {
          Row(kind, x.data<float>() + at, y.mutable_data<float>() + at, count);
        } else {
          Columns(kind, x.data<float>() + at, y.mutable_data<float>() + at, count, inner, width);
        }
      }
    });
  }

  const SoftmaxKind kind;
  const int64_t axis;
  const bool flatten;
};

Result<OpPtr> Make(AttributeReader& attrs, SoftmaxKind kind) {
  const bool flatten = attrs.opset() < 13;
  return OpPtr(std::make_unique<Normalize>(kind, attrs.Int("axis", flatten ? 1 : -1), flatten));
}

}  // namespace

template <>
Result<OpPtr> Parse<struct Softmax>(AttributeReader& attrs) {
  return Make(attrs, SoftmaxKind::kSoftmax);
}
template <>
Result<OpPtr> Parse<struct LogSoftmax>(AttributeReader& attrs) {
  return Make(attrs, SoftmaxKind::kLogSoftmax);
}
template <>
Result<OpPtr> Parse<struct Hardmax>(AttributeReader& attrs) {
  return Make(attrs, SoftmaxKind::kHardmax);
}

}  // namespace onedge::ops
