// Conv, f32, one or two spatial axes, constant weights, in NCHW. The filters of a group are a matrix [filters, channels
// * kernel]. Its product with the image's windows, gathered panel by panel in the first-level cache, is the output.
// Depthwise convolutions go row by row over a padded copy of each channel.
#include "ops/nn/conv.h"

#include "backends/cpu/gemm_f32.h"
#include "backends/cpu/lowering.h"
#include "backends/cpu/padded_rows.h"
#include "backends/cpu/row_kernels.h"
#include "ops/nn/conv_kernel.h"

namespace onedge::backends::cpu {
namespace {

size_t Size(const graph::Dim& dim) { return static_cast<size_t>(dim.value); }

// The windows of one image's channels as a matrix b [channels * kernel, output pixels].
struct WindowPanels {
  const ops::WindowAxis& rows;
  const ops::WindowAxis& columns;
  const float* x;  // [channels, rows.in, columns.in]
  size_t panel;    // columns of a panel

  PanelView operator()(size_t k0, size_t k, size_t j, size_t count, float* scratch) const {
    const size_t taps = static_cast<size_t>(rows.kernel * columns.kernel);
    const int64_t width = columns.in.value;
    for (size_t p = 0; p < k; ++p) {
      const size_t channel = (k0 + p) / taps;
      const int64_t ky = static_cast<int64_t>((k0 + p) % taps) / columns.kernel;
      const int64_t kx = static_cast<int64_t>((k0 + p) % taps) % columns.kernel;
      const float* plane = x + channel * Size(rows.in) * Size(columns.in);
      float* to = scratch + p * panel;
      int64_t oy = static_cast<int64_t>(j / Size(columns.out));
      int64_t ox = static_cast<int64_t>(j % Size(columns.out));
      for (size_t done = 0; done < count;) {
        const int64_t length = std::min(static_cast<int64_t>(count - done), columns.out.value - ox);
        const int64_t iy = rows.InputOf(oy, ky);
        const int64_t ix = columns.InputOf(ox, kx);
        if (iy < 0 || iy >= rows.in.value) {
          std::fill_n(to + done, length, 0.0f);
        } else if (columns.stride == 1 && ix >= 0 && ix + length <= width) {
          std::copy_n(plane + iy * width + ix, length, to + done);
        } else {
          const float* row = plane + iy * width;
          for (int64_t i = 0, at = ix; i < length; ++i, at += columns.stride) {
            to[done + static_cast<size_t>(i)] = at >= 0 && at < width ? row[at] : 0.0f;
          }
        }
        done += static_cast<size_t>(length);
        ox = 0;
        ++oy;
      }
      std::fill(to + count, to + panel, 0.0f);
    }
    return {scratch, panel};
  }
};

// With one filter for each channel a register tile is too large. The packed row is the row itself.
bool IsDepthwise(size_t channels, size_t filters) { return channels == 1 && filters == 1; }

// f32 [filters, channels / groups, kernel...].
struct ConvWeights {
  Shape shape;
  Tensor raw;     // unchanged; undefined if `packed` is used
  Buffer packed;  // rows in the form that the kernels read, one group after another; empty if they read `raw`
  Tensor bias;    // f32 [filters], or undefined

  const float* Rows() const { return packed ? reinterpret_cast<const float*>(packed.data()) : raw.data<float>(); }
};

class ConvStep final : public Step {
 public:
  ConvStep(bool exact, const ConvWeights& weights, const ops::Activation& activation, ops::ConvPlan sizes,
           size_t threads)
      : gemm_(SelectGemmF32(exact)),
        rows_(SelectRowKernels(exact)),
        weights_(weights),
        activation_(activation),
        sizes_(std::move(sizes)),
        window_(sizes_.window),
        depthwise_(IsDepthwise(sizes_.channels, sizes_.filters)) {
    const ops::WindowAxis& rows = window_.axis[1];
    const ops::WindowAxis& columns = window_.axis[2];
    pointwise_ = rows.kernel * columns.kernel == 1 && rows.stride * columns.stride == 1 && rows.pad_begin == 0 &&
                 rows.pad_end == 0 && columns.pad_begin == 0 && columns.pad_end == 0;
    if (!depthwise_) return;
    layout_ = PaddedRows(rows, columns);
    depthwise_ = layout_.IsReasonable(window_.in_size(), window_.out_size());
    slots_ = std::min(sizes_.batch * sizes_.groups, threads);
  }
  size_t workspace_bytes() const override { return depthwise_ ? slots_ * layout_.floats() * sizeof(float) : 0; }

  // x: f32 [N, C, spatial...] -> y: f32 [N, filters, spatial...]
  Result<Progress> Run(ops::OpContext& ctx) override {
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kFloat32, sizes_.out));
    const float* x = ctx.Input(0).data<float>();
    if (depthwise_) {
      ONEDGE_RETURN_IF_ERROR(RunDepthwise(ctx, x, y->mutable_data<float>()));
    } else {
      RunProducts(ctx, x, y->mutable_data<float>());
    }
    return Progress::kDone;
  }

 private:
  void RunProducts(ops::OpContext& ctx, const float* x, float* y) const {
    const size_t in = window_.in_size(), out = window_.out_size();
    const size_t k = sizes_.channels * window_.kernel_size();
    const float* weights = weights_.Rows();
    for (size_t i = 0; i < sizes_.batch * sizes_.groups; ++i) {
      const size_t group = i % sizes_.groups;
      const RowsView filters = {weights + group * sizes_.filters * k, k, k};
      GemmF32Epilogue epilogue;
      epilogue.activation = activation_;
      if (weights_.bias.defined()) epilogue.row_bias = weights_.bias.data<float>() + group * sizes_.filters;
      const float* image = x + i * sizes_.channels * in;
      float* to = y + i * sizes_.filters * out;
      if (pointwise_) {
        const StridedPanels panels = {&gemm_, image, in, 1, /*direct=*/sizes_.filters <= 4 * gemm_.rows};
        RunGemmF32Blocks(gemm_, sizes_.filters, out, k, filters, panels, to, out, epilogue, ctx.threads());
      } else {
        const WindowPanels panels = {window_.axis[1], window_.axis[2], image, gemm_.columns};
        RunGemmF32Blocks(gemm_, sizes_.filters, out, k, filters, panels, to, out, epilogue, ctx.threads());
      }
    }
  }

  Status RunDepthwise(ops::OpContext& ctx, const float* x, float* y) const {
    const ops::WindowAxis& rows = window_.axis[1];
    const ops::WindowAxis& columns = window_.axis[2];
    const size_t taps = window_.kernel_size();
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes()));
    ParallelFor(ctx.threads(), slots_, [&](size_t slot) {
      float* padded = reinterpret_cast<float*>(workspace) + slot * layout_.floats();
      for (size_t i = slot; i < sizes_.batch * sizes_.groups; i += slots_) {
        layout_.Copy(rows, columns, x + i * window_.in_size(), 0.0f, padded);
        const size_t filter = i % sizes_.groups;
        float* to = y + i * window_.out_size();
        for (size_t oy = 0; oy < Size(rows.out); ++oy) {
          rows_.depthwise(padded + oy * layout_.row_step, layout_.offsets.data(),
                          weights_.raw.data<float>() + filter * taps, taps,
                          weights_.bias.defined() ? weights_.bias.data<float>()[filter] : 0.0f,
                          to + oy * Size(columns.out), Size(columns.out));
        }
        if (activation_) rows_.activate(activation_, to, window_.out_size());
      }
    });
    return OkStatus();
  }

  const GemmF32Kernels& gemm_;
  const RowKernels& rows_;
  const ConvWeights& weights_;
  const ops::Activation activation_;
  const ops::ConvPlan sizes_;
  const ops::Window3 window_;
  bool depthwise_;
  bool pointwise_ = false;
  PaddedRows layout_;
  size_t slots_ = 0;  // channels at work at once, each with a padded copy
};

class ConvKernel final : public Kernel {
 public:
  // `op`: the node's operator, which must outlive its kernel.
  ConvKernel(bool exact, const ops::Conv& op, ConvWeights weights)
      : exact_(exact), op_(op), weights_(std::move(weights)) {}

  Planned Plan(const NodeShapes& shapes, BackendSession* session) const override {
    ONEDGE_ASSIGN_OR_RETURN(ops::ConvPlan sizes,
                            ops::PlanConv(op_.window, op_.groups, *shapes.inputs[0], weights_.shape));
    return std::unique_ptr<Step>(
        std::make_unique<ConvStep>(exact_, weights_, op_.activation, std::move(sizes), ThreadsOf(session)));
  }

  size_t resident_bytes() const override { return weights_.packed.size(); }

 private:
  const bool exact_;
  const ops::Conv& op_;
  const ConvWeights weights_;
};

}  // namespace

Lowered LowerConv(LowerContext& ctx) {
  const Tensor* weights = ctx.Constant(1);
  const Tensor* bias = ctx.Constant(2);
  if (!weights || weights->dtype() != DType::kFloat32 || (weights->rank() != 3 && weights->rank() != 4) ||
      !IsFloat32(ctx.InputType(0)) || weights->element_count() == 0) {
    return std::unique_ptr<const Kernel>();
  }
  if (ctx.InputType(2) && (!bias || bias->dtype() != DType::kFloat32 || bias->element_count() != weights->dim(0))) {
    return std::unique_ptr<const Kernel>();
  }
  const auto& op = *ops::As<ops::Conv>(ctx.node);
  const int64_t groups = op.groups;
  if (weights->dim(0) % groups != 0) return std::unique_ptr<const Kernel>();
  const GemmF32Kernels& kernels = SelectGemmF32(ctx.exact);
  const size_t filters = static_cast<size_t>(weights->dim(0) / groups);
  const size_t k = static_cast<size_t>(weights->element_count() / weights->dim(0));
  Buffer packed;
  if (!kernels.direct_rows && !IsDepthwise(static_cast<size_t>(weights->dim(1)), filters)) {
    ONEDGE_ASSIGN_OR_RETURN(packed, Buffer::Allocate(weights->byte_size(), ctx.budget));
    for (size_t group = 0; group < static_cast<size_t>(groups); ++group) {
      const size_t offset = group * filters * k;
      PackRows(kernels, 0, filters, k, weights->data<float>() + offset, k, 1,
               reinterpret_cast<float*>(packed.data()) + offset);
    }
    ctx.ClaimInput(1);
  }
  ConvWeights held = {weights->shape(), packed ? Tensor() : *weights, std::move(packed), bias ? *bias : Tensor()};
  return std::unique_ptr<const Kernel>(std::make_unique<ConvKernel>(ctx.exact, op, std::move(held)));
}

}  // namespace onedge::backends::cpu
