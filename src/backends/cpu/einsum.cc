// Einsum of two f32 operands, as batched matrix products. Operands are read in place if their dimensions form a matrix
// with any strides ("bhqk,bkhd->bqhd" needs no transposes); otherwise they are copied once.
#include "ops/math/einsum.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "backends/cpu/gemm_f32.h"
#include "backends/cpu/lowering.h"
#include "base/checked_math.h"
#include "ops/movement/strided_copy.h"

namespace onedge::backends::cpu {
namespace {

using ops::Labels;

// A label: its size, and its strides in both operands and in the output (0 where it is absent or broadcast).
struct Axis {
  uint8_t label;
  int64_t size;
  int64_t stride[3];
};
using Axes = std::vector<Axis>;
enum Side : size_t { kA, kB, kY };

// Several axes as one.
struct Merged {
  int64_t size = 1;
  int64_t stride = 1;
};

// The axes as one on this side; nullopt if their elements have no common distance.
std::optional<Merged> Merge(const Axes& axes, Side side) {
  Merged run;
  for (size_t i = axes.size(); i-- > 0;) {
    if (axes[i].size == 1) continue;
    if (run.size > 1 && axes[i].stride[side] != run.stride * run.size) return std::nullopt;
    if (run.size == 1) run.stride = axes[i].stride[side];
    run.size *= axes[i].size;
  }
  return run;
}

int64_t SizeOf(const Axes& axes) {
  int64_t size = 1;
  for (const Axis& axis : axes) size *= axis.size;
  return size;
}

// y[batch, m, n] = sum over k of a[batch, m, k] * b[batch, k, n], with the strides of each. The sides may have changed
// places, so that n is innermost in y.
struct Products {
  Shape out;
  Axes batch, m, n, k;
  bool swapped = false;  // `a` is the node's input 1
  bool copies[3] = {};   // this side is not a matrix: it is copied, as [batch, m, k], [batch, k, n] or [batch, m, n]
  int64_t elements[3] = {};  // of the copies

  const Axes& Rows(Side side) const { return side == kB ? k : m; }
  const Axes& Columns(Side side) const { return side == kA ? k : n; }
};

// The copy of a side: the axes, and the strides of the dense copy.
ops::CopyAxes CopyAxesOf(const Products& p, Side side) {
  ops::CopyAxes axes;
  int64_t dense = SizeOf(p.Rows(side)) * SizeOf(p.Columns(side));
  // A batch axis that the side lacks has no copies of its own.
  for (size_t i = p.batch.size(); i-- > 0;) {
    const Axis& axis = p.batch[i];
    if (axis.stride[side] == 0) continue;
    axes.insert(0, ops::CopyAxis{axis.size, axis.stride[side], dense});
    dense *= axis.size;
  }
  dense = SizeOf(p.Rows(side)) * SizeOf(p.Columns(side));
  for (const Axes* group : {&p.Rows(side), &p.Columns(side)}) {
    for (const Axis& axis : *group) {
      dense = axis.size == 0 ? 0 : dense / axis.size;
      axes.push_back({axis.size, axis.stride[side], dense});
    }
  }
  return axes;
}

// The offset of a batch on a side, in elements.
int64_t BatchOffset(const Products& p, Side side, int64_t index) {
  int64_t offset = 0;
  int64_t dense = SizeOf(p.Rows(side)) * SizeOf(p.Columns(side));
  for (size_t i = p.batch.size(); i-- > 0;) {
    const Axis& axis = p.batch[i];
    const int64_t position = index % axis.size;
    index /= axis.size;
    if (axis.stride[side] == 0) continue;
    offset += position * (p.copies[side] ? dense : axis.stride[side]);
    dense *= axis.size;
  }
  return offset;
}

// nullopt: not of this form, because a label occurs in one operand only and is summed, or because y is empty.
// REQUIRES: the elements of y can be counted.
Result<std::optional<Products>> PlanProducts(const ops::Einsum& op, const Shape& a, const Shape& b) {
  Axes axes;
  const auto axis_of = [&axes](uint8_t label) -> Axis& {
    for (Axis& axis : axes) {
      if (axis.label == label) return axis;
    }
    return axes.emplace_back(Axis{label, 1, {}});
  };
  size_t widest = 0;
  Labels labels[2];
  for (size_t i = 0; i < 2; ++i) {
    const Shape& shape = i == 0 ? a : b;
    ONEDGE_ASSIGN_OR_RETURN(labels[i], op.LabelsOf(i, shape.rank()));
    widest = std::max(widest, op.EllipsisOf(i, shape.rank()));
    const auto strides = shape.Strides();
    for (size_t d = 0; d < shape.rank(); ++d) {
      Axis& axis = axis_of(labels[i][d]);
      if (axis.size == 1) axis.size = shape[d];
      if (shape[d] != axis.size && shape[d] != 1) {
        return InvalidArgument("input ", i, ": dimension ", d, " is ", shape[d], ", but the same label is ", axis.size,
                               " elsewhere");
      }
      if (shape[d] != 1) axis.stride[i] += strides[d];  // += selects the diagonal of a label that occurs twice
    }
  }
  const Labels output = ops::Expand(op.equation.output, widest);
  int64_t stride = 1;
  for (size_t i = output.size(); i-- > 0;) {
    Axis& axis = axis_of(output[i]);
    if (axis.size == 0) return std::optional<Products>();  // no elements
    axis.stride[kY] = stride;
    stride *= axis.size;
  }
  const auto has = [](const Labels& list, uint8_t label) {
    return std::find(list.begin(), list.end(), label) != list.end();
  };
  Products p;
  for (uint8_t label : output) p.out.push_back(axis_of(label).size);
  // In the order of the output, then of the operands.
  Axes ordered;
  for (uint8_t label : output) ordered.push_back(axis_of(label));
  for (const Axis& axis : axes) {
    if (!has(output, axis.label)) ordered.push_back(axis);
  }
  for (const Axis& axis : ordered) {
    const bool in_a = has(labels[0], axis.label), in_b = has(labels[1], axis.label), kept = has(output, axis.label);
    if (!kept && !(in_a && in_b)) return std::optional<Products>();
    (!kept ? p.k : in_a && in_b ? p.batch : in_a ? p.m : p.n).push_back(axis);
  }
  // The last dimension of y that is not 1 must be of n: swap the operands if it is of m.
  for (size_t i = output.size(); i-- > 0;) {
    if (axis_of(output[i]).size == 1) continue;
    p.swapped = has(labels[0], output[i]) && !has(labels[1], output[i]);
    break;
  }
  if (p.swapped) {
    std::swap(p.m, p.n);
    for (Axes* group : {&p.batch, &p.m, &p.n, &p.k}) {
      for (Axis& axis : *group) std::swap(axis.stride[kA], axis.stride[kB]);
    }
  }
  for (const Side side : {kA, kB, kY}) {
    const auto columns = Merge(p.Columns(side), side);
    p.copies[side] = !Merge(p.Rows(side), side) || !columns;
    if (side == kY) p.copies[side] = p.copies[side] || (columns->size > 1 && columns->stride != 1);
    if (!p.copies[side]) continue;
    std::optional<int64_t> elements = 1;
    const auto times = [&](int64_t size) { elements = elements ? CheckedMultiply(*elements, size) : std::nullopt; };
    for (const Axes* group : {&p.Rows(side), &p.Columns(side)}) {
      for (const Axis& axis : *group) times(axis.size);
    }
    for (const Axis& axis : p.batch) times(axis.stride[side] == 0 ? 1 : axis.size);
    if (!elements || *elements >= int64_t{1} << 48) return ResourceExhausted("the sums have too many terms");
    p.elements[side] = *elements;
  }
  return std::optional<Products>(std::move(p));
}

class EinsumStep final : public Step {
 public:
  EinsumStep(const GemmF32Kernels& kernels, Products products) : kernels_(kernels), p_(std::move(products)) {
    for (const Side side : {kA, kB, kY}) {
      const auto rows = Merge(p_.Rows(side), side), columns = Merge(p_.Columns(side), side);
      rows_[side] = p_.copies[side] ? Merged{SizeOf(p_.Rows(side)), SizeOf(p_.Columns(side))} : *rows;
      columns_[side] = p_.copies[side] ? Merged{SizeOf(p_.Columns(side)), 1} : *columns;
    }
    size_t bytes = 0;
    for (const Side side : {kA, kB, kY}) {
      offset_[side] = bytes;
      if (p_.copies[side])
        bytes += AlignUp(static_cast<size_t>(p_.elements[side]) * sizeof(float) + kPadding, size_t{64});
    }
    gemm_offset_ = bytes;
    bytes_ = bytes +
             GemmF32WorkspaceBytes(kernels_, Size(rows_[kA].size), Size(columns_[kA].size), Size(columns_[kA].stride));
  }
  size_t workspace_bytes() const override { return bytes_; }

  Result<Progress> Run(ops::OpContext& ctx) override {
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kFloat32, p_.out));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(bytes_));
    const float* from[2];
    for (const Side side : {kA, kB}) {
      const Tensor& x = ctx.Input((side == kB) != p_.swapped ? 1 : 0);
      from[side] = x.data<float>();
      if (!p_.copies[side]) continue;
      ops::CopyStrided(ops::CellType::k4, x.bytes(), workspace + offset_[side], CopyAxesOf(p_, side), ctx.threads());
      from[side] = reinterpret_cast<const float*>(workspace + offset_[side]);
    }
    float* to = p_.copies[kY] ? reinterpret_cast<float*>(workspace + offset_[kY]) : y->mutable_data<float>();
    const size_t m = Size(rows_[kA].size), n = Size(columns_[kB].size), k = Size(columns_[kA].size);
    const bool direct = m < 2 * kernels_.rows || n <= 64;
    const int64_t batches = SizeOf(p_.batch);
    for (int64_t batch = 0; batch < batches; ++batch) {
      ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
      const StridedPanels panels = {&kernels_, from[kB] + BatchOffset(p_, kB, batch), Size(rows_[kB].stride),
                                    Size(columns_[kB].stride), direct};
      RunGemmF32(kernels_, m, n, k, from[kA] + BatchOffset(p_, kA, batch), Size(rows_[kA].stride),
                 Size(columns_[kA].stride), panels, to + BatchOffset(p_, kY, batch), Size(rows_[kY].stride), {},
                 workspace + gemm_offset_, ctx.threads());
    }
    if (p_.copies[kY]) {
      ops::CopyAxes axes = CopyAxesOf(p_, kY);
      for (ops::CopyAxis& axis : axes) std::swap(axis.from, axis.to);
      ops::CopyStrided(ops::CellType::k4, workspace + offset_[kY], y->mutable_bytes(), axes, ctx.threads());
    }
    return Progress::kDone;
  }

 private:
  static size_t Size(int64_t size) { return static_cast<size_t>(size); }
  static constexpr size_t kPadding = 64;  // kernels load whole vectors

  const GemmF32Kernels& kernels_;
  const Products p_;
  Merged rows_[3], columns_[3];
  size_t offset_[3] = {};
  size_t gemm_offset_ = 0;
  size_t bytes_ = 0;
};

// For the equations that are not products.
class PortableStep final : public Step {
 public:
  explicit PortableStep(const ops::Einsum& op) : op_(op) {}
  Result<Progress> Run(ops::OpContext& ctx) override {
    ONEDGE_RETURN_IF_ERROR(op_.Run(ctx));
    return Progress::kDone;
  }

 private:
  const ops::Einsum& op_;
};

// Smaller products take less time in the portable loop.
constexpr int64_t kFewestTerms = 64;

class EinsumKernel final : public Kernel {
 public:
  // `op`: the node's operator, which must outlive its kernel.
  EinsumKernel(const ops::Einsum& op, const GemmF32Kernels& kernels) : op_(op), kernels_(kernels) {}

  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    ONEDGE_ASSIGN_OR_RETURN(auto products, PlanProducts(op_, *shapes.inputs[0], *shapes.inputs[1]));
    if (!products || SizeOf(products->m) * SizeOf(products->n) * SizeOf(products->k) < kFewestTerms) {
      return std::unique_ptr<Step>(std::make_unique<PortableStep>(op_));
    }
    return std::unique_ptr<Step>(std::make_unique<EinsumStep>(kernels_, *std::move(products)));
  }

 private:
  const ops::Einsum& op_;
  const GemmF32Kernels& kernels_;
};

}  // namespace

Lowered LowerEinsum(LowerContext& ctx) {
  const auto& op = *ops::As<ops::Einsum>(ctx.node);
  if (ctx.node.inputs.size() != 2 || op.equation.inputs.size() != 2 || !IsFloat32(ctx.InputType(0)) ||
      !IsFloat32(ctx.InputType(1))) {
    return std::unique_ptr<const Kernel>();
  }
  if (ctx.used) *ctx.used += "run Einsum;";  // PortableStep
  return std::unique_ptr<const Kernel>(std::make_unique<EinsumKernel>(op, SelectGemmF32(ctx.exact)));
}

}  // namespace onedge::backends::cpu
