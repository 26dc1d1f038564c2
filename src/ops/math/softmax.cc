// Softmax, LogSoftmax, Hardmax (ai.onnx 1, 11, 13). From opset 13 on along one axis (default: the last); before, over
// all dimensions from `axis` (default 1) on, as one.
#include "ops/math/softmax.h"

#include "ops/math/convert.h"
#include "ops/math/elementwise.h"
#include "ops/math/softmax_row.h"

namespace onedge::ops {
namespace {

// 1 at the first of the largest elements, 0 elsewhere.
template <typename T>
void Hardmax(const T* x, T* y, size_t count, size_t stride) {
  size_t best = 0;
  for (size_t i = 0; i < count; ++i) {
    if (x[i * stride] > x[best * stride]) best = i;
    y[i * stride] = 0;
  }
  if (count > 0) y[best * stride] = 1;
}

constexpr size_t kColumns = 16;  // columns of a task if the axis is not innermost

template <typename T>
void Columns(SoftmaxKind kind, const Tensor& x, Tensor& y, size_t at, size_t count, size_t stride, size_t width) {
  const T* from = x.data<T>() + at;
  T* to = y.mutable_data<T>() + at;
  if (kind == SoftmaxKind::kSoftmax) return SoftmaxAlong(from, to, count, stride, width);
  if (kind == SoftmaxKind::kLogSoftmax) return LogSoftmaxAlong(from, to, count, stride, width);
  for (size_t j = 0; j < width; ++j) Hardmax(from + j, to + j, count, stride);
}

struct Normalize final : SoftmaxAttributes {
  using SoftmaxAttributes::SoftmaxAttributes;

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
  // A scalar counts as a vector with one element.
  Result<size_t> Axis(size_t rank) const {
    if (flatten && axis == static_cast<int64_t>(rank)) return rank;  // the flattened dimension then has size 1
    if (rank == 0) return size_t{0};
    return NormalizeAxis(axis, rank, "attribute 'axis'");
  }

  void Compute(ThreadPool* pool, const Tensor& x, Tensor& y, size_t count, size_t inner) const {
    // Tasks: rows if the axis is innermost, otherwise blocks of kColumns columns.
    const size_t blocks = (inner + kColumns - 1) / kColumns;
    const size_t tasks = static_cast<size_t>(x.element_count()) / (count * inner) * blocks;
    const size_t grain = std::max<size_t>(1, static_cast<size_t>(kParallelChunk) / (count * std::min(inner, kColumns)));
    ThreadPool* const used = x.element_count() > kParallelThreshold ? pool : nullptr;
    ParallelFor(used, (tasks + grain - 1) / grain, [&](size_t chunk) {
      for (size_t task = chunk * grain; task < std::min(tasks, (chunk + 1) * grain); ++task) {
        const size_t column = task % blocks * kColumns;
        const size_t at = task / blocks * count * inner + column;
        const size_t width = std::min(kColumns, inner - column);
        const auto columns = x.dtype() == DType::kFloat64 ? Columns<double> : Columns<float>;
        columns(kind, x, y, at, count, inner, width);
      }
    });
  }
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
