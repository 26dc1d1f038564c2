// MatMulNBits with constant weights of f32 or f16 activations. The codes stay packed in memory, and are widened panel
// by panel: for few rows in registers, for more in the first-level cache. Everything is computed in f32.
#include "backends/cpu/gemm_f32.h"
#include "backends/cpu/half_rows.h"
#include "backends/cpu/lowering.h"
#include "backends/cpu/nbits_rows.h"
#include "base/checked_math.h"
#include "ops/quant/matmul_nbits.h"

namespace onedge::backends::cpu {
namespace {

struct WidenedPanels {
  const NBitsRows* rows;
  const NBitsPanels* panels;
  PanelView operator()(size_t k0, size_t depth, size_t j, size_t, float* scratch) const {
    rows->dequantize(*panels, j / panels->columns, k0, depth, scratch);
    return {scratch, panels->columns};
  }
};

size_t FloatBytes(size_t rows, size_t columns) { return AlignUp(rows * columns * sizeof(float), size_t{64}); }

class NBitsLinearKernel final : public Kernel {
 public:
  // `packed`: what `panels` points to; `bias`: f32, whole panels, or empty.
  NBitsLinearKernel(const GemmF32Kernels& gemm, const NBitsRows& rows, const NBitsPanels& panels, size_t n, bool half,
                    Buffer packed, Buffer bias)
      : gemm_(gemm),
        rows_(rows),
        panels_(panels),
        n_(n),
        half_(half),
        packed_(std::move(packed)),
        bias_(std::move(bias)) {}

  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(*shapes.inputs[0]));
    return std::unique_ptr<Step>(std::make_unique<ScratchStep<NBitsLinearKernel>>(*this, RestOffset(m) + RestBytes(m)));
  }

  // x: f32 or f16 [.., k] -> y: as x [.., n]
  Status Run(ops::OpContext& ctx, size_t workspace_bytes) const {
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const size_t m, CheckRows(x.shape()));
    Shape shape = x.shape();
    shape.back() = static_cast<int64_t>(n_);
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, x.dtype(), shape));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes));
    if (!half_) {
      Multiply(m, x.data<float>(), y->mutable_data<float>(), workspace, ctx.threads());
      return OkStatus();
    }
    const HalfRows& halves = SelectHalfRows();
    const size_t at_a_time = RowsAtATime(m);
    float* const wide_x = reinterpret_cast<float*>(workspace);
    float* const wide_y = reinterpret_cast<float*>(workspace + FloatBytes(at_a_time, panels_.k));
    for (size_t first = 0; first < m; first += at_a_time) {
      ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
      const size_t count = std::min(at_a_time, m - first);
      halves.widen(x.data<Float16>() + first * panels_.k, wide_x, count * panels_.k);
      Multiply(count, wide_x, wide_y, workspace + RestOffset(m), ctx.threads());
      halves.narrow(wide_y, y->mutable_data<Float16>() + first * n_, count * n_);
    }
    return OkStatus();
  }

  size_t resident_bytes() const override { return packed_.size() + bias_.size(); }

 private:
  // The f32 forms of f16 rows are scratch, before the rest.
  size_t RowsAtATime(size_t m) const { return half_ ? std::min(m, 2 * gemm_.RowBlock()) : m; }
  size_t RestOffset(size_t m) const {
    return half_ ? FloatBytes(RowsAtATime(m), panels_.k) + FloatBytes(RowsAtATime(m), n_) : 0;
  }
  size_t RestBytes(size_t m) const { return GemmF32WorkspaceBytes(gemm_, RowsAtATime(m), panels_.k, 1); }

  void Multiply(size_t m, const float* x, float* y, uint8_t* workspace, ThreadPool* threads) const {
    const GemmF32Epilogue epilogue{reinterpret_cast<const float*>(bias_.data()), nullptr, {}};
    if (m == 0 || m > kNBitsRows || !rows_.multiply) {
      return RunGemmF32(gemm_, m, n_, panels_.k, x, panels_.k, 1, WidenedPanels{&rows_, &panels_}, y, n_, epilogue,
                        workspace, threads);
    }
    const size_t at_once = rows_.panels_at_once[m - 1];
    const size_t width = at_once * panels_.columns;
    ParallelFor(threads, (panels_.panels + at_once - 1) / at_once, [&](size_t task) {
      alignas(64) float tile[kNBitsRows * 2 * kMaxTileColumns];
      rows_.multiply(panels_, m, task * at_once, x, tile);
      const size_t j = task * width, count = std::min(width, n_ - j);
      for (size_t done = 0; epilogue.Finishes() && done < count; done += panels_.columns) {
        gemm_.finish(m, tile + done, width, epilogue.column_bias + j + done, nullptr, {});
      }
      for (size_t r = 0; r < m; ++r) std::copy_n(tile + r * width, count, y + r * n_ + j);
    });
  }

  Result<size_t> CheckRows(const Shape& x) const {
    if (x.rank() == 0 || x.back() != static_cast<int64_t>(panels_.k)) {
      return InvalidArgument("input 0: expected K = ", panels_.k, " columns, got shape ", x);
    }
    return RowsOf(x);
  }

  const GemmF32Kernels& gemm_;
  const NBitsRows& rows_;
  const NBitsPanels panels_;
  const size_t n_;
  const bool half_;
  const Buffer packed_;
  const Buffer bias_;
};

}  // namespace

Lowered LowerMatMulNBits(LowerContext& ctx) {
  const auto& op = *ops::As<ops::MatMulNBits>(ctx.node);
  const graph::TypeInfo* x = ctx.InputType(0);
  const Tensor* const b = ctx.Constant(1);
  const Tensor* const scales = ctx.Constant(2);
  const Tensor* const zero_points = ctx.Constant(3);
  const Tensor* const bias = ctx.Constant(5);
  const auto declined = [] { return std::unique_ptr<const Kernel>(); };
  if (!x || !x->is_tensor() || (x->dtype != DType::kFloat32 && x->dtype != DType::kFloat16) || !b || !scales ||
      scales->dtype() != x->dtype || (ctx.InputType(3) && !zero_points) || ctx.InputType(4) ||
      (ctx.InputType(5) && (!bias || bias->dtype() != x->dtype || bias->element_count() != op.n))) {
    return declined();
  }
  const auto read = op.Read(*b, *scales, zero_points, nullptr);
  if (!read.ok()) return declined();  // the portable operator says why
  const ops::NBitsWeights& w = *read;
  const GemmF32Kernels& gemm = SelectGemmF32(ctx.exact);
  NBitsPanels panels = {};
  panels.k = w.k;
  panels.bits = w.bits;
  panels.block_size = w.block_size;
  panels.columns = gemm.columns;
  panels.panels = (w.n + gemm.columns - 1) / gemm.columns;
  const bool zero_floats = zero_points && zero_points->dtype() != DType::kUint8;
  const uint64_t padded = panels.panels * gemm.columns, numbers = padded * w.blocks;
  const uint64_t code_bytes = AlignUp(padded * panels.byte_rows(), uint64_t{64});
  const auto bytes = CheckedCast<size_t>(code_bytes + numbers * (!zero_points ? 4 : zero_floats ? 8 : 5));
  if (!bytes) return ResourceExhausted("packed weights of [", w.k, ", ", w.n, "] exceed the address space");
  ONEDGE_ASSIGN_OR_RETURN(Buffer packed, Buffer::Allocate(*bytes, ctx.budget));
  uint8_t* codes = packed.data();
  auto* scale = reinterpret_cast<float*>(codes + code_bytes);
  auto* zero_float = scale + numbers;
  auto* zero_byte = reinterpret_cast<uint8_t*>(zero_float);
  panels.codes = codes;
  panels.scales = scale;
  if (zero_floats) panels.zero_floats = zero_float;
  if (zero_points && !zero_floats) panels.zero_bytes = zero_byte;
  for (size_t j = 0; j < padded; j += gemm.columns) {
    for (size_t i = 0; i < panels.byte_rows(); ++i) {
      for (size_t c = j; c < j + gemm.columns; ++c) *codes++ = c < w.n ? w.codes[c * w.column_bytes() + i] : 0;
    }
    for (size_t i = 0; i < w.blocks; ++i) {
      for (size_t c = j; c < j + gemm.columns; ++c) {
        *scale++ = c < w.n ? w.Scale(c, i) : 0.0f;
        const float zero = c < w.n ? w.ZeroPoint(c, i) : 0.0f;
        if (zero_floats) *zero_float++ = zero;
        if (zero_points && !zero_floats) *zero_byte++ = static_cast<uint8_t>(zero);
      }
    }
  }
  Buffer wide_bias;
  if (bias) {
    ONEDGE_ASSIGN_OR_RETURN(wide_bias, Buffer::Allocate(padded * sizeof(float), ctx.budget));
    float* const to = reinterpret_cast<float*>(wide_bias.data());
    std::fill(to, to + padded, 0.0f);
    if (x->dtype == DType::kFloat16) {
      SelectHalfRows().widen(bias->data<Float16>(), to, w.n);
    } else {
      std::copy_n(bias->data<float>(), w.n, to);
    }
  }
  for (const size_t i : {1, 2, 3, 5}) {
    if (ctx.Constant(i)) ctx.ClaimInput(i);
  }
  return std::unique_ptr<const Kernel>(std::make_unique<NBitsLinearKernel>(gemm, SelectNBitsRows(ctx.exact), panels,
                                                                           w.n, x->dtype == DType::kFloat16,
                                                                           std::move(packed), std::move(wide_bias)));
}

}  // namespace onedge::backends::cpu
