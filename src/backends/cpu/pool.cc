// MaxPool, AveragePool and GlobalAveragePool, f32, one or two spatial axes, with channels first or last. Channels last:
// a row of the kernels is a pixel's channels. Channels first: it is a row of the output, over a padded copy of the
// plane.
#include <limits>

#include "backends/cpu/lowering.h"
#include "backends/cpu/padded_rows.h"
#include "backends/cpu/pool_rows.h"
#include "ops/nn/parallel.h"
#include "ops/nn/pools.h"

namespace onedge::backends::cpu {
namespace {

struct PoolForm {
  bool maximum = false;
  bool count_padding = false;

  // Over all taps of a window.
  void Join(const float* x, const size_t* offsets, size_t taps, float* y, size_t count) const {
    const PoolRows& rows = SelectPoolRows();
    (maximum ? rows.maximum : rows.sum)(x, offsets, taps, y, count);
  }
  float start() const { return maximum ? -std::numeric_limits<float>::infinity() : 0.0f; }
  // The divisors of sums, for each output of an axis.
  std::vector<float> Counts(const ops::WindowAxis& axis) const {
    std::vector<float> counts;
    for (int64_t o = 0; o < axis.out.value; ++o) {
      counts.push_back(static_cast<float>(ops::CountedPositions(axis, o, count_padding)));
    }
    return counts;
  }
};

void Divide(float* y, size_t count, float by) {
  for (size_t i = 0; i < count; ++i) y[i] = y[i] / by;
}

class PoolStep final : public Step {
 public:
  PoolStep(const PoolForm& form, ops::PoolPlan plan, size_t threads)
      : form_(form), plan_(std::move(plan)), rows_(plan_.window.axis[1]), columns_(plan_.window.axis[2]) {
    if (!form_.maximum) {
      row_counts_ = form_.Counts(rows_);
      column_counts_ = form_.Counts(columns_);
    }
    if (plan_.inner > 1) return;
    layout_ = PaddedRows(rows_, columns_);
    padded_ = layout_.IsReasonable(plan_.window.in_size(), plan_.window.out_size());
    slots_ = padded_ ? std::min(plan_.planes, threads) : 0;
  }
  size_t workspace_bytes() const override { return slots_ * layout_.floats() * sizeof(float); }

  // x: f32 [N, C, spatial...] or [N, spatial..., C] -> y: f32, as x
  Result<Progress> Run(ops::OpContext& ctx) override {
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kFloat32, plan_.out));
    if (y->element_count() == 0) return Progress::kDone;
    const float* x = ctx.Input(0).data<float>();
    if (slots_ > 0) {
      ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes()));
      RunPlanes(x, reinterpret_cast<float*>(workspace), y->mutable_data<float>(), ctx.threads());
    } else {
      RunPixels(x, y->mutable_data<float>(), ctx.threads());
    }
    return Progress::kDone;
  }

 private:
  void RunPlanes(const float* x, float* workspace, float* y, ThreadPool* threads) const {
    const size_t width = static_cast<size_t>(columns_.out.value);
    const size_t height = static_cast<size_t>(rows_.out.value);
    ParallelFor(threads, slots_, [&](size_t slot) {
      float* padded = workspace + slot * layout_.floats();
      for (size_t plane = slot; plane < plan_.planes; plane += slots_) {
        layout_.Copy(rows_, columns_, x + plane * plan_.window.in_size(), form_.start(), padded);
        for (size_t oy = 0; oy < height; ++oy) {
          float* to = y + (plane * height + oy) * width;
          form_.Join(padded + oy * layout_.row_step, layout_.offsets.data(), layout_.offsets.size(), to, width);
          for (size_t ox = 0; ox < width && !form_.maximum; ++ox) {
            const float count = row_counts_[oy] * column_counts_[ox];
            to[ox] = count > 0 ? to[ox] / count : to[ox];
          }
        }
      }
    });
  }

  // Channels last, or one channel with a window that no padded copy serves.
  void RunPixels(const float* x, float* y, ThreadPool* threads) const {
    const size_t inner = plan_.inner;
    const size_t width = static_cast<size_t>(columns_.out.value);
    const size_t height = static_cast<size_t>(rows_.out.value);
    const size_t out_rows = plan_.planes / inner * height;
    ops::ParallelRanges(threads, out_rows, width * inner * plan_.window.kernel_size(), [&](size_t begin, size_t end) {
      InlineVector<size_t, 64> offsets;  // a steady run allocates nothing for windows of usual size
      for (size_t row = begin; row < end; ++row) {
        const float* image = x + row / height * plan_.window.in_size() * inner;
        const int64_t oy = static_cast<int64_t>(row % height);
        const ops::KernelRange ys = ops::InsideInput(rows_, oy);
        for (size_t ox = 0; ox < width; ++ox) {
          const ops::KernelRange xs = ops::InsideInput(columns_, static_cast<int64_t>(ox));
          offsets.clear();
          for (int64_t ky = ys.first; ky < ys.last; ++ky) {
            const int64_t line = rows_.InputOf(oy, ky) * columns_.in.value;
            for (int64_t kx = xs.first; kx < xs.last; ++kx) {
              offsets.push_back(static_cast<size_t>(line + columns_.InputOf(static_cast<int64_t>(ox), kx)) * inner);
            }
          }
          float* to = y + (row * width + ox) * inner;
          form_.Join(image, offsets.data(), offsets.size(), to, inner);
          if (form_.maximum) continue;
          const float count = row_counts_[static_cast<size_t>(oy)] * column_counts_[ox];
          if (count > 0) Divide(to, inner, count);
        }
      }
    });
  }

  const PoolForm form_;
  const ops::PoolPlan plan_;
  const ops::WindowAxis& rows_;
  const ops::WindowAxis& columns_;
  std::vector<float> row_counts_, column_counts_;  // of averages
  PaddedRows layout_;
  bool padded_ = false;
  size_t slots_ = 0;  // planes at work at once, each with a padded copy; 0: none
};

class PoolKernel final : public Kernel {
 public:
  // `window`: of the node's operator, which must outlive its kernel.
  PoolKernel(const PoolForm& form, const ops::WindowAttributes& window, bool channels_last)
      : form_(form), window_(window), channels_last_(channels_last) {}

  Planned Plan(const NodeShapes& shapes, BackendSession* session) const override {
    ONEDGE_ASSIGN_OR_RETURN(ops::PoolPlan plan, ops::PlanPool(window_, channels_last_, *shapes.inputs[0]));
    return std::unique_ptr<Step>(std::make_unique<PoolStep>(form_, std::move(plan), ThreadsOf(session)));
  }

 private:
  const PoolForm form_;
  const ops::WindowAttributes& window_;
  const bool channels_last_;
};

// The mean of each channel; channels last.
class GlobalAverageKernel final : public Kernel {
 public:
  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    const Shape& x = *shapes.inputs[0];
    if (x.rank() < 3) return InvalidArgument("input 0: expected [N, spatial dimensions..., C], got shape ", x);
    return std::unique_ptr<Step>(std::make_unique<ScratchStep<GlobalAverageKernel>>(
        *this, static_cast<size_t>(x.element_count(1, x.rank() - 1)) * sizeof(size_t)));
  }

  // x: f32 [N, spatial..., C] -> y: f32 [N, 1..., C]
  Status Run(ops::OpContext& ctx, size_t workspace_bytes) const {
    const Shape& in = ctx.Input(0).shape();
    Shape out = in;
    for (size_t i = 1; i + 1 < in.rank(); ++i) out[i] = 1;
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kFloat32, out));
    const size_t channels = static_cast<size_t>(in[in.rank() - 1]);
    const size_t pixels = static_cast<size_t>(in.element_count(1, in.rank() - 1));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes));
    auto* const offsets = reinterpret_cast<size_t*>(workspace);
    for (size_t i = 0; i < pixels; ++i) offsets[i] = i * channels;
    for (size_t image = 0; image < static_cast<size_t>(in[0]); ++image) {
      float* to = y->mutable_data<float>() + image * channels;
      SelectPoolRows().sum(ctx.Input(0).data<float>() + image * pixels * channels, offsets, pixels, to, channels);
      Divide(to, channels, static_cast<float>(pixels));
    }
    return OkStatus();
  }
};

Lowered LowerPool(LowerContext& ctx, const PoolForm& form, const ops::WindowAttributes& window, bool channels_last) {
  const graph::TypeInfo* x = ctx.InputType(0);
  if (!IsFloat32(x) || window.kernel.size() > 2) return std::unique_ptr<const Kernel>();
  return std::unique_ptr<const Kernel>(std::make_unique<PoolKernel>(form, window, channels_last));
}

}  // namespace

Lowered LowerMaxPool(LowerContext& ctx) {
  const auto& op = *ops::As<ops::MaxPool>(ctx.node);
  if (ctx.node.outputs.size() > 1 && ctx.node.outputs[1] != graph::kNoValue) return std::unique_ptr<const Kernel>();
  return LowerPool(ctx, {.maximum = true}, op.window, op.channels_last);
}

Lowered LowerAveragePool(LowerContext& ctx) {
  const auto& op = *ops::As<ops::AveragePool>(ctx.node);
  return LowerPool(ctx, {.count_padding = op.count_include_pad}, op.window, op.channels_last);
}

Lowered LowerNhwcGlobalAveragePool(LowerContext& ctx) {
  if (!IsFloat32(ctx.InputType(0))) return std::unique_ptr<const Kernel>();
  return std::unique_ptr<const Kernel>(std::make_unique<GlobalAverageKernel>());
}

}  // namespace onedge::backends::cpu
