// ConvTranspose, f32, one or two spatial axes, constant weights, by XNNPACK, which has its channels last: the image is
// moved there and back.
#include "ops/nn/conv_transpose.h"

#include <limits>

#include "backends/cpu/lowering.h"
#include "backends/cpu/xnnpack.h"
#include "base/checked_math.h"
#include "ops/nn/parallel.h"

namespace onedge::backends::cpu {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// to[column][row] = from[row][column] for each image, in blocks that stay in the first-level cache.
void SwapAxes(size_t images, size_t rows, size_t columns, const float* from, float* to, ThreadPool* threads) {
  constexpr size_t kBlock = 16;
  const size_t blocks = (rows + kBlock - 1) / kBlock;
  ops::ParallelRanges(threads, images * blocks, kBlock * columns, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float* image = from + i / blocks * rows * columns;
      float* swapped = to + i / blocks * rows * columns;
      const size_t first_row = i % blocks * kBlock;
      const size_t last_row = std::min(rows, first_row + kBlock);
      for (size_t first = 0; first < columns; first += kBlock) {
        const size_t last = std::min(columns, first + kBlock);
        for (size_t column = first; column < last; ++column) {
          for (size_t row = first_row; row < last_row; ++row) {
            swapped[column * rows + row] = image[row * columns + column];
          }
        }
      }
    }
  });
}

struct TransposedForm {
  Shape shape;  // of the weights: [C, M / groups, kernel...]
  bool biased = false;

  using Plan = ops::ConvTranspose::Plan;

  xnn_status Create(const Plan& plan, const uint32_t (&pads_end)[2], const float* kernel, const float* bias,
                    xnn_weights_cache_t cache, xnn_operator_t* out) const {
    const auto narrow = [](int64_t size) { return static_cast<uint32_t>(size); };  // below 2^31: the plan checks
    const ops::ConvTranspose::Axis& rows = plan.axes[1];
    const ops::ConvTranspose::Axis& columns = plan.axes[2];
    return xnn_create_deconvolution2d_nhwc_f32(
        narrow(rows.pad_begin), pads_end[1], pads_end[0], narrow(columns.pad_begin), narrow(rows.kernel),
        narrow(columns.kernel), narrow(rows.stride), narrow(columns.stride), narrow(rows.dilation),
        narrow(columns.dilation), static_cast<uint32_t>(plan.groups), plan.channels, plan.filters,
        plan.groups * plan.channels, plan.groups * plan.filters, kernel, bias, -kInfinity, kInfinity, 0, nullptr, cache,
        out);
  }
};

class TransposedStep final : public Step {
 public:
  static Planned Create(const TransposedForm& form, const Buffer& packed, ops::ConvTranspose::Plan plan,
                        BackendSession* session) {
    std::unique_ptr<TransposedStep> step(new TransposedStep(std::move(plan)));
    ONEDGE_RETURN_IF_ERROR(step->Prepare(form, packed, session));
    return std::unique_ptr<Step>(std::move(step));
  }

  size_t workspace_bytes() const override { return XBytes() + YBytes(); }

  // x: f32 [N, C, spatial...] -> y: f32 [N, M, spatial...]
  Result<Progress> Run(ops::OpContext& ctx) override {
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kFloat32, plan_.out));
    if (!op_) return Progress::kDone;  // an empty batch
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes()));
    float* x_last = reinterpret_cast<float*>(workspace);
    float* y_last = reinterpret_cast<float*>(workspace + XBytes());
    SwapAxes(plan_.batch, plan_.groups * plan_.channels, plan_.in_size(), ctx.Input(0).data<float>(), x_last,
             ctx.threads());
    ONEDGE_RETURN_IF_ERROR(XnnError(xnn_setup_deconvolution2d_nhwc_f32(op_->get(), x_last, y_last),
                                    "setting up a transposed convolution"));
    ONEDGE_RETURN_IF_ERROR(
        XnnError(xnn_run_operator(op_->get(), PoolOf(ctx.threads())), "running a transposed convolution"));
    SwapAxes(plan_.batch, plan_.out_size(), plan_.groups * plan_.filters, y_last, y->mutable_data<float>(),
             ctx.threads());
    return Progress::kDone;
  }

 private:
  explicit TransposedStep(ops::ConvTranspose::Plan plan) : plan_(std::move(plan)) {}

  // With the bytes past the end that XNNPACK may read.
  size_t XBytes() const {
    const size_t floats = plan_.batch * plan_.groups * plan_.channels * plan_.in_size();
    return AlignUp(floats * sizeof(float) + XNN_EXTRA_BYTES, Buffer::kAlignment);
  }
  size_t YBytes() const { return plan_.batch * plan_.groups * plan_.filters * plan_.out_size() * sizeof(float); }

  Status Prepare(const TransposedForm& form, const Buffer& packed, BackendSession* session) {
    if (plan_.out.element_count() == 0) return OkStatus();
    double in = 1, out = 1, kernel = 1;  // their product may exceed a size_t of 32 bits
    for (const ops::ConvTranspose::Axis& axis : plan_.axes) {
      in *= static_cast<double>(axis.in);
      out *= static_cast<double>(axis.out);
      kernel *= static_cast<double>(axis.kernel);
    }
    if ((in + out + 1024) * kernel * sizeof(void*) > static_cast<double>(PTRDIFF_MAX) / 4) {
      return ResourceExhausted("a transposed convolution of ", plan_.axes[1].out, " x ", plan_.axes[2].out,
                               " pixels with a window of ", plan_.axes[1].kernel, " x ", plan_.axes[2].kernel,
                               " does not fit the address space");
    }
    // The output reaches past the full one by less than a stride: LowerConvTranspose checks it.
    uint32_t pads_end[2] = {}, adjustments[2] = {};
    for (size_t i = 0; i < 2; ++i) {
      const ops::ConvTranspose::Axis& axis = plan_.axes[1 + i];
      const int64_t full = axis.stride * (axis.in - 1) + (axis.kernel - 1) * axis.dilation + 1;
      const int64_t pad_end = full - axis.pad_begin - axis.out;
      (pad_end >= 0 ? pads_end : adjustments)[i] = static_cast<uint32_t>(pad_end >= 0 ? pad_end : -pad_end);
    }
    const float* readable = reinterpret_cast<const float*>(packed.data());
    ONEDGE_ASSIGN_OR_RETURN(
        op_, XnnOperator::Make(packed, session->budget(), [&](xnn_weights_cache_t cache, xnn_operator_t* out) {
          return form.Create(plan_, pads_end, readable, form.biased ? readable : nullptr, cache, out);
        }));
    XnnMemoryScope scope(session->budget());
    size_t out_rows = 0, out_columns = 0;
    ONEDGE_RETURN_IF_ERROR(scope.Check(
        xnn_reshape_deconvolution2d_nhwc_f32(op_->get(), plan_.batch, static_cast<size_t>(plan_.axes[1].in),
                                             static_cast<size_t>(plan_.axes[2].in), adjustments[0], adjustments[1],
                                             &out_rows, &out_columns, PoolOf(session->threads())),
        "planning a transposed convolution"));
    if (out_rows * out_columns != plan_.out_size()) {
      return Internal("XNNPACK plans another transposed convolution: ", out_rows, " x ", out_columns);
    }
    return OkStatus();
  }

  const ops::ConvTranspose::Plan plan_;
  std::unique_ptr<XnnOperator> op_;  // null: no output
};

class TransposedKernel final : public Kernel {
 public:
  // `op`: the node's operator, which must outlive its kernel.
  TransposedKernel(const ops::ConvTranspose& op, TransposedForm form, Buffer packed)
      : op_(op), form_(std::move(form)), packed_(std::move(packed)) {}

  Planned Plan(const NodeShapes& shapes, BackendSession* session) const override {
    ONEDGE_ASSIGN_OR_RETURN(ops::ConvTranspose::Plan plan, op_.PlanFor(*shapes.inputs[0], form_.shape));
    return TransposedStep::Create(form_, packed_, std::move(plan), session);
  }
  size_t resident_bytes() const override { return packed_.size(); }

 private:
  const ops::ConvTranspose& op_;
  const TransposedForm form_;
  const Buffer packed_;
};

// [groups, filters, kernel..., channels] from [groups * channels, filters, kernel...].
Result<Tensor> ChannelsLastWeights(const Tensor& weights, size_t groups, MemoryBudget* budget) {
  ONEDGE_ASSIGN_OR_RETURN(Tensor moved, Tensor::Allocate(DType::kFloat32, weights.shape(), budget));
  const size_t channels = static_cast<size_t>(weights.dim(0)) / groups;
  const size_t others = static_cast<size_t>(weights.element_count() / weights.dim(0));
  SwapAxes(groups, channels, others, weights.data<float>(), moved.mutable_data<float>(), nullptr);
  return moved;
}

// True if an output can reach past the full output by a stride or more, which XNNPACK refuses.
bool ReachesFar(const ops::ConvTranspose& op) {
  if (!op.output_shape.empty()) return true;
  for (size_t i = 0; i < op.output_padding.size(); ++i) {
    if (op.output_padding[i] >= (op.window.strides.empty() ? 1 : op.window.strides[i])) {
      if (op.output_padding[i] > 0) return true;
    }
  }
  return false;
}

}  // namespace

Lowered LowerConvTranspose(LowerContext& ctx) {
  const Tensor* weights = ctx.Constant(1);
  const Tensor* bias = ctx.Constant(2);
  const auto& op = *ops::As<ops::ConvTranspose>(ctx.node);
  if (ctx.exact || !weights || weights->dtype() != DType::kFloat32 || (weights->rank() != 3 && weights->rank() != 4) ||
      !IsFloat32(ctx.InputType(0)) || weights->element_count() == 0 || weights->dim(0) % op.groups != 0 ||
      ReachesFar(op)) {
    return std::unique_ptr<const Kernel>();
  }
  if (ctx.InputType(2) &&
      (!bias || bias->dtype() != DType::kFloat32 || bias->element_count() != weights->dim(1) * op.groups)) {
    return std::unique_ptr<const Kernel>();
  }
  // Sizes of an image do not change the layout of the weights.
  Shape image = {1, weights->dim(0)};
  for (size_t i = 2; i < weights->rank(); ++i) image.push_back(64 + weights->dim(i) * 4);
  auto plan = op.PlanFor(image, weights->shape());
  if (!plan.ok() || !XnnIsAvailable()) return std::unique_ptr<const Kernel>();
  TransposedForm form;
  form.shape = weights->shape();
  form.biased = bias != nullptr;
  ONEDGE_ASSIGN_OR_RETURN(const Tensor kernel,
                          ChannelsLastWeights(*weights, static_cast<size_t>(op.groups), ctx.budget));
  ONEDGE_ASSIGN_OR_RETURN(
      Buffer packed, XnnOperator::Pack(ctx.budget, [&](xnn_weights_cache_t cache, xnn_operator_t* out) {
        return form.Create(*plan, {0, 0}, kernel.data<float>(), bias ? bias->data<float>() : nullptr, cache, out);
      }));
  ctx.ClaimInput(1);
  if (bias) ctx.ClaimInput(2);
  return std::unique_ptr<const Kernel>(std::make_unique<TransposedKernel>(op, std::move(form), std::move(packed)));
}

}  // namespace onedge::backends::cpu
