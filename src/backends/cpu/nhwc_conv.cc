// NhwcConv, f32, one or two spatial axes, constant weights, by XNNPACK: indirect matrix products, and depthwise
// kernels. Relu and Clip are part of its kernels; other activations follow. Weights of 16 bits are widened as they are
// packed.
#include "ops/fused/nhwc_conv.h"

#include <cmath>
#include <limits>

#include "backends/cpu/lowering.h"
#include "backends/cpu/row_kernels.h"
#include "backends/cpu/xnnpack.h"
#include "ops/nn/real_tensors.h"

namespace onedge::backends::cpu {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

uint32_t Narrow(int64_t size) { return static_cast<uint32_t>(size); }  // below 2^31: attributes and weights are checked

// The sizes that XNNPACK wants to know before it sees the input.
struct ConvForm {
  Shape shape;  // of the weights in Conv's order: [M, C / groups, kernel...]
  size_t groups = 1;
  bool biased = false;
  float low = -kInfinity, high = kInfinity;
  ops::Activation after;  // what the bounds do not express

  size_t group_inputs() const { return static_cast<size_t>(shape[1]); }
  size_t group_outputs() const { return static_cast<size_t>(shape[0]) / groups; }

  xnn_status Create(const ops::WindowAxis& rows, const ops::WindowAxis& columns, uint32_t flags, const float* kernel,
                    const float* bias, xnn_weights_cache_t cache, xnn_operator_t* out) const {
    return xnn_create_convolution2d_nhwc_f32(
        Narrow(rows.pad_begin), Narrow(columns.pad_end), Narrow(rows.pad_end), Narrow(columns.pad_begin),
        Narrow(rows.kernel), Narrow(columns.kernel), Narrow(rows.stride), Narrow(columns.stride), Narrow(rows.dilation),
        Narrow(columns.dilation), static_cast<uint32_t>(groups), group_inputs(), group_outputs(),
        groups * group_inputs(), groups * group_outputs(), kernel, bias, low, high, flags, nullptr, cache, out);
  }
};

// The bytes of pointers to input pixels that XNNPACK needs, at most.
double IndirectionBytes(const ops::Window3& window) {
  constexpr double kLargestTile = 32;
  double pixels = 1, kernel = 1;  // their product may exceed a size_t of 32 bits
  for (const ops::WindowAxis& axis : window.axis) {
    pixels *= static_cast<double>(axis.out.value);
    kernel *= static_cast<double>(axis.kernel);
  }
  return (pixels + kLargestTile) * kernel * sizeof(void*) + 1024;
}

// Pointers are made once and kept if making them in each run would take long compared with their use, and if they are
// few; otherwise they are scratch of the run. Each pointer of a matrix product serves in*out multiplications.
uint32_t IndirectionFlag(const ConvForm& form, const ops::Window3& window) {
  const bool depthwise = form.group_inputs() == 1 && form.group_outputs() == 1;
  const bool worth = depthwise || form.group_inputs() * form.group_outputs() < 1024;
  return worth && IndirectionBytes(window) < 4e6 ? 0 : XNN_FLAG_TRANSIENT_INDIRECTION_BUFFER;
}

class NhwcConvStep final : public Step {
 public:
  static Planned Create(const ConvForm& form, const Buffer& packed, const Tensor& bias, ops::ConvPlan plan,
                        BackendSession* session) {
    std::unique_ptr<NhwcConvStep> step(new NhwcConvStep(form, bias, std::move(plan)));
    ONEDGE_RETURN_IF_ERROR(step->Prepare(packed, session));
    return std::unique_ptr<Step>(std::move(step));
  }

  size_t workspace_bytes() const override { return workspace_bytes_; }

  // x: f32 [N, spatial..., C] -> y: f32 [N, spatial..., M]
  Result<Progress> Run(ops::OpContext& ctx) override {
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kFloat32, ops::ChannelsLast(plan_.out)));
    Tensor x = ctx.Input(0);
    if (x.buffer() && !x.buffer().padded()) {  // XNNPACK reads up to XNN_EXTRA_BYTES past the end
      ONEDGE_ASSIGN_OR_RETURN(x, x.Clone(ctx.budget()));
    }
    float* const to = y->mutable_data<float>();
    if (op_) {
      uint8_t* workspace = nullptr;
      if (workspace_bytes_ > 0) {
        ONEDGE_ASSIGN_OR_RETURN(workspace, ctx.Workspace(workspace_bytes_));
      }
      ONEDGE_RETURN_IF_ERROR(XnnError(xnn_setup_convolution2d_nhwc_f32(op_->get(), workspace, x.data<float>(), to),
                                      "setting up a convolution"));
      ONEDGE_RETURN_IF_ERROR(XnnError(xnn_run_operator(op_->get(), PoolOf(ctx.threads())), "running a convolution"));
    } else {
      FillWithoutInput(to, static_cast<size_t>(y->element_count()));
    }
    if (form_.after) Activate(to, static_cast<size_t>(y->element_count()), ctx.threads());
    return Progress::kDone;
  }

 private:
  NhwcConvStep(const ConvForm& form, const Tensor& bias, ops::ConvPlan plan)
      : form_(form), bias_(bias), plan_(std::move(plan)), window_(plan_.window) {}

  Status Prepare(const Buffer& packed, BackendSession* session) {
    const ops::WindowAxis& rows = window_.axis[1];
    const ops::WindowAxis& columns = window_.axis[2];
    if (IndirectionBytes(window_) > static_cast<double>(PTRDIFF_MAX) / 4) {
      return ResourceExhausted("a convolution of ", rows.out.value, " x ", columns.out.value,
                               " pixels with a window of ", rows.kernel, " x ", columns.kernel,
                               " does not fit the address space");
    }
    if (plan_.batch * window_.in_size() == 0 || window_.out_size() == 0) return OkStatus();  // only padding, or nothing
    const float* readable = reinterpret_cast<const float*>(packed.data());
    ONEDGE_ASSIGN_OR_RETURN(
        op_, XnnOperator::Make(packed, session->budget(), [&](xnn_weights_cache_t cache, xnn_operator_t* out) {
          return form_.Create(rows, columns, IndirectionFlag(form_, window_), readable,
                              form_.biased ? readable : nullptr, cache, out);
        }));
    XnnMemoryScope scope(session->budget());
    size_t alignment = 1, out_rows = 0, out_columns = 0;
    ONEDGE_RETURN_IF_ERROR(
        scope.Check(xnn_reshape_convolution2d_nhwc_f32(op_->get(), plan_.batch, static_cast<size_t>(rows.in.value),
                                                       static_cast<size_t>(columns.in.value), &workspace_bytes_,
                                                       &alignment, &out_rows, &out_columns, PoolOf(session->threads())),
                    "planning a convolution"));
    if (out_rows * out_columns != window_.out_size() || alignment > Buffer::kAlignment) {
      return Internal("XNNPACK plans another convolution: ", out_rows, " x ", out_columns);
    }
    return OkStatus();
  }

  // No input pixel, but padding: every output is the bias.
  void FillWithoutInput(float* y, size_t count) const {
    const size_t filters = form_.groups * form_.group_outputs();
    for (size_t i = 0; i < count; ++i) {
      const float sum = bias_.defined() ? bias_.data<float>()[i % filters] : 0.0f;
      y[i] = std::min(std::max(sum, form_.low), form_.high);
    }
  }

  void Activate(float* y, size_t count, ThreadPool* threads) const {
    constexpr size_t kChunk = size_t{1} << 14;
    const RowKernels& rows = SelectRowKernels(/*exact=*/false);
    ParallelFor(threads, (count + kChunk - 1) / kChunk, [&](size_t chunk) {
      rows.activate(form_.after, y + chunk * kChunk, std::min(kChunk, count - chunk * kChunk));
    });
  }

  const ConvForm& form_;
  const Tensor& bias_;
  const ops::ConvPlan plan_;
  const ops::Window3 window_;
  std::unique_ptr<XnnOperator> op_;  // null if the input is empty
  size_t workspace_bytes_ = 0;
};

class NhwcConvKernel final : public Kernel {
 public:
  // `op`: the node's operator, which must outlive its kernel.
  NhwcConvKernel(const ops::NhwcConv& op, ConvForm form, Buffer packed, Tensor bias)
      : op_(op), form_(std::move(form)), packed_(std::move(packed)), bias_(std::move(bias)) {}

  Planned Plan(const NodeShapes& shapes, BackendSession* session) const override {
    ONEDGE_ASSIGN_OR_RETURN(ops::ConvPlan plan, op_.Plan(*shapes.inputs[0], form_.shape));
    return NhwcConvStep::Create(form_, packed_, bias_, std::move(plan), session);
  }
  size_t resident_bytes() const override { return packed_.size(); }

 private:
  const ops::NhwcConv& op_;
  const ConvForm form_;
  const Buffer packed_;
  const Tensor bias_;  // f32 [M], or undefined
};

// [M, kernel..., C / groups] from [M, C / groups, kernel...].
Result<Tensor> ChannelsLastWeights(const Tensor& weights, MemoryBudget* budget) {
  const size_t channels = static_cast<size_t>(weights.dim(1));
  const size_t taps = static_cast<size_t>(weights.element_count() / weights.dim(0)) / channels;
  if (channels == 1 || taps == 1) return weights;
  ONEDGE_ASSIGN_OR_RETURN(Tensor moved, Tensor::Allocate(DType::kFloat32, weights.shape(), budget));
  const float* from = weights.data<float>();
  float* to = moved.mutable_data<float>();
  for (size_t filter = 0; filter < static_cast<size_t>(weights.dim(0)); ++filter, to += channels * taps) {
    for (size_t channel = 0; channel < channels; ++channel) {
      for (size_t tap = 0; tap < taps; ++tap) to[tap * channels + channel] = *from++;
    }
  }
  return moved;
}

}  // namespace

Lowered LowerNhwcConv(LowerContext& ctx) {
  const Tensor* weights = ctx.Constant(1);
  const Tensor* bias = ctx.Constant(2);
  const auto& op = *ops::As<ops::NhwcConv>(ctx.node);
  if (ctx.exact || !weights || !ops::IsReal(weights->dtype()) || (weights->rank() != 3 && weights->rank() != 4) ||
      !IsFloat32(ctx.InputType(0)) || weights->element_count() == 0 || weights->dim(0) % op.groups != 0) {
    return std::unique_ptr<const Kernel>();
  }
  if (ctx.InputType(2) && (!bias || !ops::IsReal(bias->dtype()) || bias->element_count() != weights->dim(0))) {
    return std::unique_ptr<const Kernel>();
  }
  if (!XnnIsAvailable()) return std::unique_ptr<const Kernel>();
  ConvForm form;
  form.shape = weights->shape();
  form.groups = static_cast<size_t>(op.groups);
  form.biased = bias != nullptr;
  SetActivation(op.activation, form);
  // The layout depends on whether there is padding, but not on how much: an automatic pad of a window of one pixel is
  // 0.
  ops::Dims any = {ops::Dim::Unknown(), ops::Dim::Known(weights->dim(1) * op.groups)};
  any.resize(weights->rank(), ops::Dim::Unknown());
  auto window = op.window.Resolve(any, std::span<const int64_t>(weights->shape()).subspan(2));
  if (!window.ok()) return std::unique_ptr<const Kernel>();  // every run gives this error
  ops::Window3 axes(*window);
  Tensor biases;
  if (bias) {
    ONEDGE_ASSIGN_OR_RETURN(biases, ops::ConvertReal(*bias, DType::kFloat32, ctx.budget));
  }
  ONEDGE_ASSIGN_OR_RETURN(const Tensor wide, ops::ConvertReal(*weights, DType::kFloat32, ctx.budget));
  ONEDGE_ASSIGN_OR_RETURN(const Tensor kernel, ChannelsLastWeights(wide, ctx.budget));
  ONEDGE_ASSIGN_OR_RETURN(Buffer packed,
                          XnnOperator::Pack(ctx.budget, [&](xnn_weights_cache_t cache, xnn_operator_t* out) {
                            return form.Create(axes.axis[1], axes.axis[2], 0, kernel.data<float>(),
                                               biases.defined() ? biases.data<float>() : nullptr, cache, out);
                          }));
  ctx.ClaimInput(1);
  return std::unique_ptr<const Kernel>(
      std::make_unique<NhwcConvKernel>(op, std::move(form), std::move(packed), std::move(biases)));
}

}  // namespace onedge::backends::cpu
