// ConvInteger and QLinearConv. Integers are exact, and requantization has the portable operators' order, so the bits
// are theirs. Constant filters are packed once, others in each run.
#include "ops/quant/conv_integer.h"

#include "backends/cpu/conv_s8.h"
#include "backends/cpu/lowering.h"
#include "base/checked_math.h"

namespace onedge::backends::cpu {
namespace {

// Of one operator: its input positions, attributes and filters.
struct Node {
  const ops::IntegerConv& conv;
  size_t w;             // input position of the filters; x is input 0, and its zero point input 2
  size_t w_zero_point;  // input position
  bool requantizes;     // QLinearConv
  DType x_dtype;
  DType w_dtype;
  Shape w_shape;
  PackedFilters packed;  // empty: the filters are not constant
};

class ConvIntegerStep final : public Step {
 public:
  ConvIntegerStep(const Node& node, ops::ConvPlan sizes, size_t threads)
      : node_(node),
        conv_(KernelsOf(node, sizes), std::move(sizes), threads),
        filters_(conv_.sizes().groups * conv_.sizes().filters),
        multipliers_offset_(AlignUp(conv_.workspace_bytes(), size_t{64})),
        packed_offset_(multipliers_offset_ + (node.requantizes ? AlignUp(filters_ * sizeof(float), size_t{64}) : 0)),
        bytes_(packed_offset_ + (node.packed ? 0 : FilterPairBytes(conv_.filter_sizes()))) {}
  size_t workspace_bytes() const override { return bytes_; }

  Result<Progress> Run(ops::OpContext& ctx) override {
    const Tensor& x = ctx.Input(0);
    const Tensor* x_zero_point = ctx.HasInput(2) ? &ctx.Input(2) : nullptr;
    ONEDGE_RETURN_IF_ERROR(ops::CheckConvOperand(x.dtype(), x_zero_point, 0, 2, 1));
    const int64_t all = static_cast<int64_t>(filters_);
    ops::ConvRequantization parameters;
    if (node_.requantizes) {
      ONEDGE_ASSIGN_OR_RETURN(parameters, ops::ReadConvRequantization(ctx, filters_));
    }
    const DType dtype = node_.requantizes ? parameters.output.dtype : DType::kInt32;
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, dtype, conv_.sizes().out));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(bytes_));
    ConvFilters filters;
    if (node_.packed) {
      filters = node_.packed.view();
    } else {
      const Tensor* w_zero_point = ctx.HasInput(node_.w_zero_point) ? &ctx.Input(node_.w_zero_point) : nullptr;
      const Tensor& w = ctx.Input(node_.w);
      ONEDGE_RETURN_IF_ERROR(ops::CheckConvOperand(w.dtype(), w_zero_point, node_.w, node_.w_zero_point, all));
      filters = PackFilterPairs(SelectGemmS8Pairs(), w.dtype(), w.bytes(), conv_.filter_sizes(), w_zero_point,
                                workspace + packed_offset_, ctx.threads());
    }
    const bool is_unsigned = x.dtype() == DType::kUint8;
    int32_t zero_point = 0;
    if (x_zero_point) {
      zero_point = is_unsigned ? x_zero_point->data<uint8_t>()[0] : x_zero_point->data<int8_t>()[0];
    }
    ConvS8::Output output;
    if (node_.requantizes) {
      auto* multipliers = reinterpret_cast<float*>(workspace + multipliers_offset_);
      for (size_t filter = 0; filter < filters_; ++filter) multipliers[filter] = parameters.Multiplier(filter);
      output.bytes = y->mutable_bytes();
      output.bias = parameters.bias;
      output.multipliers = multipliers;
      output.quantization = parameters.output;
    } else {
      output.sums = y->mutable_data<int32_t>();
    }
    conv_.Run({x.bytes(), is_unsigned, zero_point}, filters, output, workspace, ctx.threads());
    return Progress::kDone;
  }

 private:
  static const GemmS8Kernels& KernelsOf(const Node& node, const ops::ConvPlan& sizes) {
    return SelectConvS8(static_cast<bool>(node.packed), sizes.channels == 1 && sizes.filters == 1);
  }

  const Node& node_;
  const ConvS8 conv_;
  const size_t filters_;
  const size_t multipliers_offset_, packed_offset_, bytes_;
};

class ConvIntegerKernel final : public Kernel {
 public:
  explicit ConvIntegerKernel(Node node) : node_(std::move(node)) {}

  Planned Plan(const NodeShapes& shapes, BackendSession* session) const override {
    const Shape& w = node_.packed ? node_.w_shape : *shapes.inputs[node_.w];
    ONEDGE_ASSIGN_OR_RETURN(ops::ConvPlan sizes,
                            ops::PlanConv(node_.conv.window, node_.conv.groups, *shapes.inputs[0], w));
    return std::unique_ptr<Step>(std::make_unique<ConvIntegerStep>(node_, std::move(sizes), ThreadsOf(session)));
  }
  size_t resident_bytes() const override { return node_.packed.byte_size(); }

 private:
  const Node node_;
};

bool IsByte(const graph::TypeInfo* type) {
  return type && type->is_tensor() && (type->dtype == DType::kInt8 || type->dtype == DType::kUint8);
}

Lowered LowerIntegerConv(LowerContext& ctx, const ops::IntegerConv& conv, size_t w, size_t w_zero_point,
                         bool requantizes) {
  const graph::TypeInfo* x_type = ctx.InputType(0);
  const graph::TypeInfo* w_type = ctx.InputType(w);
  if (!IsByte(x_type) || !IsByte(w_type)) return std::unique_ptr<const Kernel>();
  Node node = {conv, w, w_zero_point, requantizes, x_type->dtype, w_type->dtype, Shape(), PackedFilters()};
  const Tensor* weights = ctx.Constant(w);
  const Tensor* zero_points = ctx.Constant(w_zero_point);
  if (weights && weights->rank() >= 3 && weights->dim(0) % conv.groups == 0 && weights->element_count() > 0 &&
      (zero_points || !ctx.InputType(w_zero_point)) &&
      ops::CheckConvOperand(weights->dtype(), zero_points, w, w_zero_point, weights->dim(0)).ok()) {
    const size_t all = static_cast<size_t>(weights->dim(0)), groups = static_cast<size_t>(conv.groups);
    const size_t k = static_cast<size_t>(weights->element_count()) / all;
    const FilterSizes sizes = {groups, all / groups, k, weights->dim(1) == 1 && all == groups};
    ONEDGE_ASSIGN_OR_RETURN(node.packed, PackedFilters::Pack(SelectConvS8(true, sizes.depthwise), weights->dtype(),
                                                             weights->bytes(), sizes, zero_points, ctx.budget));
    node.w_shape = weights->shape();
    ctx.ClaimInput(w);  // not the zero points: x may share the constant
  }
  return std::unique_ptr<const Kernel>(std::make_unique<ConvIntegerKernel>(std::move(node)));
}

}  // namespace

Lowered LowerConvInteger(LowerContext& ctx) {
  return LowerIntegerConv(ctx, ops::As<ops::ConvInteger>(ctx.node)->conv, 1, 3, false);
}

Lowered LowerQLinearConv(LowerContext& ctx) {
  return LowerIntegerConv(ctx, ops::As<ops::QLinearConv>(ctx.node)->conv, 3, 5, true);
}

}  // namespace onedge::backends::cpu
