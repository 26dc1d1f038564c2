// NhwcConv with a window of one pixel: a product of the pixels with the filters, in our tiles where they are ahead of
// XNNPACK's (nhwc_conv.cc): on processors with AVX2 and without AVX-512, for enough channels.
#include "backends/cpu/lowering.h"
#include "backends/cpu/packed_weights.h"
#include "backends/cpu/processor.h"
#include "backends/cpu/xnn_linear.h"
#include "ops/fused/nhwc_conv.h"
#include "ops/nn/real_tensors.h"

namespace onedge::backends::cpu {
namespace {

// With fewer, the time to apply bias and activation to a tile that XNNPACK has in registers is longer than the gain.
constexpr int64_t kFewestChannels = 48;

class PointwiseConvKernel final : public Kernel {
 public:
  // `op`: the node's operator, which must outlive its kernel; `shape`: of its weights.
  PointwiseConvKernel(const ops::NhwcConv& op, Shape shape, PackedWeightsF32 weights)
      : op_(op), shape_(std::move(shape)), weights_(std::move(weights)) {}

  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    ONEDGE_RETURN_IF_ERROR(op_.Plan(*shapes.inputs[0], shape_).status());
    const size_t pixels = RowsOf(*shapes.inputs[0]);
    return std::unique_ptr<Step>(
        std::make_unique<ScratchStep<PointwiseConvKernel>>(*this, weights_.WorkspaceBytes(pixels, 1)));
  }

  // x: f32 [N, spatial..., C] -> y: f32 [N, spatial..., M]
  Status Run(ops::OpContext& ctx, size_t workspace_bytes) const {
    const Tensor& x = ctx.Input(0);
    Shape shape = x.shape();
    shape.back() = static_cast<int64_t>(weights_.n());
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kFloat32, shape));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* const workspace, ctx.Workspace(workspace_bytes));
    weights_.Run(RowsOf(x.shape()), x.data<float>(), weights_.k(), 1, y->mutable_data<float>(), weights_.n(),
                 op_.activation, workspace, ctx.threads());
    return OkStatus();
  }

  size_t resident_bytes() const override { return weights_.byte_size(); }

 private:
  const ops::NhwcConv& op_;
  const Shape shape_;
  const PackedWeightsF32 weights_;
};

// True if each output pixel is made from the input pixel at the same place alone.
bool IsPointwise(const ops::NhwcConv& op, const Tensor& weights) {
  if (op.groups != 1 || weights.element_count() != weights.dim(0) * weights.dim(1)) return false;
  ops::Dims any = {ops::Dim::Unknown(), ops::Dim::Known(weights.dim(1))};
  any.resize(weights.rank(), ops::Dim::Unknown());
  const auto window = op.window.Resolve(any, std::span<const int64_t>(weights.shape()).subspan(2));
  if (!window.ok()) return false;
  for (const ops::WindowAxis& axis : *window) {
    if (axis.stride != 1 || axis.pad_begin != 0 || axis.pad_end != 0) return false;
  }
  return true;
}

}  // namespace

Lowered LowerPointwiseConv(LowerContext& ctx) {
  const Tensor* weights = ctx.Constant(1);
  const Tensor* bias = ctx.Constant(2);
  const auto& op = *ops::As<ops::NhwcConv>(ctx.node);
  if (ctx.exact || !HasAvx2() || PrefersXnnProducts() || !IsFloat32(ctx.InputType(0)) || !weights ||
      !ops::IsReal(weights->dtype()) || weights->rank() < 3 || weights->dim(0) == 0 ||
      weights->dim(1) < kFewestChannels || !IsPointwise(op, *weights)) {
    return std::unique_ptr<const Kernel>();
  }
  if (ctx.InputType(2) && (!bias || !ops::IsReal(bias->dtype()) || bias->element_count() != weights->dim(0))) {
    return std::unique_ptr<const Kernel>();
  }
  ONEDGE_ASSIGN_OR_RETURN(const Tensor wide, ops::ConvertReal(*weights, DType::kFloat32, ctx.budget));
  Tensor biases;
  if (bias) {
    ONEDGE_ASSIGN_OR_RETURN(biases, ops::ConvertReal(*bias, DType::kFloat32, ctx.budget));
  }
  const size_t k = static_cast<size_t>(weights->dim(1));
  ONEDGE_ASSIGN_OR_RETURN(
      PackedWeightsF32 packed,
      PackedWeightsF32::Pack(SelectGemmF32(/*exact=*/false), k, static_cast<size_t>(weights->dim(0)),
                             wide.data<float>(), 1, k,
                             biases.defined() ? biases.values<float>() : std::span<const float>(), ctx.budget));
  ctx.ClaimInput(1);
  if (bias) ctx.ClaimInput(2);
  return std::unique_ptr<const Kernel>(std::make_unique<PointwiseConvKernel>(op, weights->shape(), std::move(packed)));
}

}  // namespace onedge::backends::cpu
