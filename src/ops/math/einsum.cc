// Einsum (ai.onnx 12): sums of products in Einstein's notation. Operands are contracted from left to right, two at a
// time. A label is summed as soon as no later operand has it and the output does not. Sums run in the order of the
// labels.
#include "ops/math/einsum.h"

#include <cstring>

#include "ops/math/convert.h"
#include "ops/math/elementwise.h"

namespace onedge::ops {
namespace {

bool Contains(const Labels& labels, uint8_t label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

// The elements of one operand under distinct labels; a label that occurs twice selects the diagonal.
struct Operand {
  Tensor tensor;
  Labels labels;
  std::vector<int64_t> strides;  // by label

  int64_t Stride(uint8_t label) const {
    for (size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == label) return strides[i];
    }
    return 0;
  }
};

// The dimensions to walk over, outermost first, with the stride of each operand.
struct Walk {
  struct Step {
    int64_t size;
    int64_t a;
    int64_t b;
  };
  std::vector<Step> steps;
  int64_t count = 1;
  bool overflows = false;

  void Add(int64_t size, int64_t a, int64_t b) {
    steps.push_back({size, a, b});
    overflows |= __builtin_mul_overflow(count, size, &count);
  }
  std::pair<int64_t, int64_t> Offsets(int64_t index) const {
    int64_t a = 0, b = 0;
    for (size_t i = steps.size(); i-- > 0;) {
      a += index % steps[i].size * steps[i].a;
      b += index % steps[i].size * steps[i].b;
      index /= steps[i].size;
    }
    return {a, b};
  }
};

// y[j] += a[j * a_step] * b[j * b_step], by element type.
using RowLoop = void (*)(const void* a, int64_t a_step, const void* b, int64_t b_step, void* y, int64_t count);

template <typename T>
void AddProducts(const void* a, int64_t a_step, const void* b, int64_t b_step, void* y, int64_t count) {
  const T* x = static_cast<const T*>(a);
  const T* z = static_cast<const T*>(b);
  T* out = static_cast<T*>(y);
  if constexpr (std::is_same_v<T, float>) {
    if (a_step == 0 && b_step == 1) {  // as in a matrix product: a number times a row
      for (int64_t j = 0; j < count; ++j) out[j] += *x * z[j];
      return;
    }
  }
#pragma clang loop vectorize(disable) unroll(disable)
  for (int64_t j = 0; j < count; ++j) out[j] += x[j * a_step] * z[j * b_step];
}

// y[outer, row] = sum over `summed` of a * b; the row is the innermost dimension of the output. `size`: bytes of an
// element.
void Contract(ThreadPool* pool, const uint8_t* a, const uint8_t* b, uint8_t* y, RowLoop loop, int64_t size,
              const Walk& outer, const Walk::Step& row, const Walk& summed) {
  const double work = static_cast<double>(row.size) * static_cast<double>(summed.count);  // for one outer index
  const int64_t grain =
      std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(kParallelChunk) / std::max(1.0, work)));
  const bool parallel = work * static_cast<double>(outer.count) > static_cast<double>(kParallelThreshold);
  ParallelFor(parallel ? pool : nullptr, static_cast<size_t>((outer.count + grain - 1) / grain), [&](size_t chunk) {
    const int64_t first = static_cast<int64_t>(chunk) * grain;
    for (int64_t o = first; o < std::min(outer.count, first + grain); ++o) {
      const auto [from_a, from_b] = outer.Offsets(o);
      uint8_t* out = y + o * row.size * size;
      std::memset(out, 0, static_cast<size_t>(row.size * size));
      for (int64_t s = 0; s < summed.count; ++s) {
        const auto [sum_a, sum_b] = summed.Offsets(s);
        loop(a + (from_a + sum_a) * size, row.a, b + (from_b + sum_b) * size, row.b, out, row.size);
      }
    }
  });
}

bool Supports(DType dtype) {
  return ComputeOf(dtype) != Compute::kNone && dtype != DType::kBool && (DTypeBits(dtype) > 8 || IsInteger(dtype));
}

Status CountError(const Equation& equation, size_t came) {
  return InvalidArgument("expected ", equation.inputs.size(), " inputs after the equation, got ", came);
}

Result<Operand> MakeOperand(OpContext& ctx, DType wide, const Tensor& input, const Labels& labels,
                            std::vector<int64_t>& sizes) {
  Operand operand;
  ONEDGE_ASSIGN_OR_RETURN(operand.tensor, ConvertedTo(wide, input, ctx.threads(), ctx.budget()));
  const auto strides = input.shape().Strides();
  for (size_t axis = 0; axis < labels.size(); ++axis) {
    const uint8_t label = labels[axis];
    const int64_t size = input.dim(axis);
    if (sizes[label] == 1) sizes[label] = size;
    if (size != sizes[label] && size != 1) {
      return InvalidArgument("dimension ", axis, " of an operand is ", size, ", but the same label is ", sizes[label],
                             " elsewhere");
    }
    const int64_t stride = size == 1 ? 0 : strides[axis];
    const auto found = std::find(operand.labels.begin(), operand.labels.end(), label);
    if (found == operand.labels.end()) {
      operand.labels.push_back(label);
      operand.strides.push_back(stride);
    } else {
      operand.strides[static_cast<size_t>(found - operand.labels.begin())] += stride;
    }
  }
  return operand;
}

bool IsNeeded(uint8_t label, const std::vector<Operand>& operands, size_t from, const Labels& output) {
  for (size_t i = from; i < operands.size(); ++i) {
    if (Contains(operands[i].labels, label)) return true;
  }
  return Contains(output, label);
}

// a * b with the labels `kept`; all other labels are summed. An operand without a tensor counts as the number 1.
Result<Operand> Multiply(OpContext& ctx, DType wide, const Operand& a, const Operand& b, const Labels& kept,
                         const std::vector<int64_t>& sizes) {
  Walk outer, summed;
  Walk::Step row{1, 0, 0};
  Shape shape;
  for (size_t i = 0; i < kept.size(); ++i) {
    const uint8_t label = kept[i];
    shape.push_back(sizes[label]);
    if (i + 1 == kept.size()) {
      row = {sizes[label], a.Stride(label), b.Stride(label)};
    } else {
      outer.Add(sizes[label], a.Stride(label), b.Stride(label));
    }
  }
  for (const Operand* operand : {&a, &b}) {
    for (uint8_t label : operand->labels) {
      if (Contains(kept, label) || (operand == &b && Contains(a.labels, label))) continue;
      summed.Add(sizes[label], a.Stride(label), b.Stride(label));
    }
  }
  ONEDGE_RETURN_IF_ERROR(shape.Check());
  if (summed.overflows || outer.overflows) return ResourceExhausted("the sums have more terms than 63 bits can count");
  Operand result;
  ONEDGE_ASSIGN_OR_RETURN(result.tensor, Tensor::Allocate(wide, shape, ctx.budget()));
  result.labels = kept;
  for (int64_t stride : shape.Strides()) result.strides.push_back(stride);
  for (size_t i = 0; i < kept.size(); ++i) {
    if (shape[i] == 1) result.strides[i] = 0;
  }
  if (result.tensor.element_count() == 0) return result;
  static constexpr uint64_t kInteger = 1;
  static constexpr double kDouble = 1;
  static constexpr float kFloat = 1;
  const void* one = &kInteger;
  RowLoop loop = AddProducts<uint64_t>;  // integers wrap
  if (wide == DType::kFloat32) {
    one = &kFloat;
    loop = AddProducts<float>;
  } else if (wide == DType::kFloat64) {
    one = &kDouble;
    loop = AddProducts<double>;
  }
  const uint8_t* right = b.tensor.defined() ? b.tensor.bytes() : static_cast<const uint8_t*>(one);
  Contract(ctx.threads(), a.tensor.bytes(), right, result.tensor.mutable_bytes(), loop,
           static_cast<int64_t>(DTypeBits(wide) / 8), outer, row, summed);
  return result;
}

}  // namespace

Status Einsum::InferShapes(ShapeContext& ctx) const {
  if (ctx.input_count() != equation.inputs.size()) return CountError(equation, ctx.input_count());
  DType dtype = DType::kUndefined;
  bool ranks_known = true;
  for (size_t i = 0; i < ctx.input_count(); ++i) {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    if (ctx.InputDType(i) != DType::kUndefined) dtype = ctx.InputDType(i);
    ranks_known = ranks_known && ctx.InputDims(i);
  }
  if (dtype != DType::kUndefined && !Supports(dtype)) return UnsupportedDType(0, dtype);
  if (!ranks_known) {
    ctx.SetOutput(0, dtype, std::nullopt);
    return OkStatus();
  }
  std::vector<Dim> sizes(256, Dim::Known(1));
  size_t widest = 0;
  for (size_t i = 0; i < ctx.input_count(); ++i) {
    const Dims& dims = *ctx.InputDims(i);
    ONEDGE_ASSIGN_OR_RETURN(const Labels labels, LabelsOf(i, dims.size()));
    widest = std::max(widest, EllipsisOf(i, dims.size()));
    for (size_t axis = 0; axis < labels.size(); ++axis) {
      ONEDGE_ASSIGN_OR_RETURN(const Dims joined, BroadcastDims(Dims{sizes[labels[axis]]}, Dims{dims[axis]}));
      sizes[labels[axis]] = joined[0];
    }
  }
  Dims out;
  for (uint8_t label : Expand(equation.output, widest)) out.push_back(sizes[label]);
  ctx.SetOutput(0, dtype, std::move(out));
  return OkStatus();
}

Status Einsum::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(equation.inputs.size()));
  if (ctx.input_count() != equation.inputs.size()) return CountError(equation, ctx.input_count());
  const DType dtype = ctx.Input(0).dtype();
  if (!Supports(dtype)) return UnsupportedDType(0, dtype);
  const DType wide = dtype == DType::kFloat64 ? dtype : IsFloatingPoint(dtype) ? DType::kFloat32 : DType::kInt64;

  std::vector<int64_t> sizes(256, 1);
  std::vector<Operand> operands;
  size_t widest = 0;
  for (size_t i = 0; i < ctx.input_count(); ++i) {
    const Tensor& input = ctx.Input(i);
    if (input.dtype() != dtype) return UnsupportedDType(i, input.dtype());
    ONEDGE_ASSIGN_OR_RETURN(const Labels labels, LabelsOf(i, input.rank()));
    widest = std::max(widest, EllipsisOf(i, input.rank()));
    ONEDGE_ASSIGN_OR_RETURN(Operand operand, MakeOperand(ctx, wide, input, labels, sizes));
    operands.push_back(std::move(operand));
  }
  const Labels output = Expand(equation.output, widest);
  Shape shape;
  for (uint8_t label : output) shape.push_back(sizes[label]);

  // Starts with the first operand; each further step multiplies the result by the next one.
  Operand result = operands[0];
  for (size_t i = 1; i < operands.size() || i == 1; ++i) {
    const bool last = i + 1 >= operands.size();
    Labels kept = last ? output : Labels();
    for (size_t from = 0; !last && from < 2; ++from) {
      for (uint8_t label : from == 0 ? result.labels : operands[i].labels) {
        if (!Contains(kept, label) && IsNeeded(label, operands, i + 1, output)) kept.push_back(label);
      }
    }
    const Operand one{.tensor = {}, .labels = {}, .strides = {}};
    ONEDGE_ASSIGN_OR_RETURN(result, Multiply(ctx, wide, result, i < operands.size() ? operands[i] : one, kept, sizes));
  }
  ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, dtype, shape));
  return ConvertElements(ctx.threads(), result.tensor, *y);
}

size_t Einsum::EllipsisOf(size_t i, size_t rank) const {
  ONEDGE_DCHECK(LabelsOf(i, rank).ok());
  return equation.inputs[i].find('.') == std::string::npos ? 0 : rank + 1 - equation.inputs[i].size();
}

Result<Labels> Einsum::LabelsOf(size_t i, size_t rank) const {
  const std::string& term = equation.inputs[i];
  const bool ellipsis = term.find('.') != std::string::npos;
  if (ellipsis ? rank + 1 < term.size() || rank + 1 - term.size() > kMostLabels : rank != term.size()) {
    return InvalidArgument("input ", i, ": the equation gives it ", term.size() - ellipsis, ellipsis ? " or more" : "",
                           " dimensions, got rank ", rank);
  }
  return Expand(term, ellipsis ? rank + 1 - term.size() : 0);
}

template <>
Result<OpPtr> Parse<Einsum>(AttributeReader& attrs) {
  auto op = std::make_unique<Einsum>();
  ONEDGE_ASSIGN_OR_RETURN(op->equation, ParseEquation(attrs.RequiredString("equation")));
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
