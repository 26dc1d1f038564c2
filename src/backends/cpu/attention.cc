// onedge.ScaledDotProductAttention: softmax(q k^T * scale + mask) v. Each thread works on whole heads. It packs the
// keys once; then, for a few query rows at a time, it computes scores, softmax and the product with the values, all in
// the second-level cache.
#include "backends/cpu/gemm_f32.h"
#include "backends/cpu/lowering.h"
#include "backends/cpu/row_kernels.h"
#include "base/checked_math.h"
#include "ops/fused/scaled_dot_product_attention.h"
#include "ops/shape_context.h"

namespace onedge::backends::cpu {
namespace {

constexpr size_t kQueryRows = 48;  // a whole number of tiles of 4 and of 6

struct Sizes {
  size_t batch, heads, s, t, d, d_v;
  size_t mask_strides[4] = {};  // of the mask over [B, H, S, T]; 0 in broadcast dimensions
};

Result<Sizes> SizesOf(const Shape& q, const Shape& k, const Shape& v, const Shape* mask) {
  if (q.rank() != 4 || k.rank() != 4 || v.rank() != 4) {
    return InvalidArgument("expected [batch, heads, sequence, dim], got ", q, ", ", k, " and ", v);
  }
  if (k[0] != q[0] || v[0] != q[0] || k[1] != q[1] || v[1] != q[1] || k[3] != q[3] || v[2] != k[2]) {
    return InvalidArgument("q, k and v do not match: ", q, ", ", k, " and ", v);
  }
  const auto size = [](int64_t dim) { return static_cast<size_t>(dim); };
  Sizes sizes{size(q[0]), size(q[1]), size(q[2]), size(k[2]), size(q[3]), size(v[3])};
  if (!mask) return sizes;
  const Shape scores = {q[0], q[1], q[2], k[2]};
  size_t stride = 1;
  for (size_t i = 0; i < mask->rank(); ++i) {
    const int64_t dim = (*mask)[mask->rank() - 1 - i];
    if (i >= 4 ? dim != 1 : dim != 1 && dim != scores[3 - i]) {
      return InvalidArgument("input 3: expected a mask that broadcasts to ", scores, ", got ", *mask);
    }
    if (i < 4 && dim != 1) sizes.mask_strides[3 - i] = stride;
    stride *= size(dim);
  }
  return sizes;
}

// The offsets of the parts of each slot of the workspace.
struct Layout {
  Layout(const GemmF32Kernels& kernels, const Sizes& sizes, size_t threads)
      : slots(std::min(sizes.batch * sizes.heads, threads)),
        rows(std::min(sizes.s, kQueryRows)),
        score_stride(AlignUp(sizes.t, kRowPadding)) {
    const auto place = [this](size_t floats) {
      const size_t offset = slot_floats;
      slot_floats += AlignUp(floats, size_t{16});
      return offset;
    };
    keys = place(PackedColumnsSize(kernels, sizes.d, sizes.t));
    scores = place(rows * score_stride);
    if (kernels.direct_rows) return;
    queries = place(rows * sizes.d);
    probabilities = place(rows * sizes.t);
  }
  size_t bytes() const { return slots * slot_floats * sizeof(float); }

  size_t slots;  // heads computed at once, each with its own scratch
  size_t rows;
  size_t score_stride;
  size_t slot_floats = 0;
  size_t keys = 0, scores = 0;            // offsets in a slot
  size_t queries = 0, probabilities = 0;  // packed rows, for kernels without direct rows
};

class AttentionStep final : public Step {
 public:
  AttentionStep(bool exact, float scale, const Sizes& sizes, size_t threads)
      : kernels_(SelectGemmF32(exact)),
        row_kernels_(SelectRowKernels(exact)),
        scale_(scale),
        sizes_(sizes),
        layout_(kernels_, sizes, threads) {}
  size_t workspace_bytes() const override { return layout_.bytes(); }

  // q: f32 [B, H, S, D], k: f32 [B, H, T, D], v: f32 [B, H, T, Dv], mask: f32, broadcasts to [B, H, S, T] -> y: [B, H,
  // S, Dv]
  Result<Progress> Run(ops::OpContext& ctx) override {
    Shape shape = ctx.Input(0).shape();
    shape.back() = static_cast<int64_t>(sizes_.d_v);
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kFloat32, shape));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(layout_.bytes()));
    ParallelFor(ctx.threads(), layout_.slots, [&](size_t slot) {
      float* scratch = reinterpret_cast<float*>(workspace) + slot * layout_.slot_floats;
      for (size_t head = slot; head < sizes_.batch * sizes_.heads; head += layout_.slots) {
        RunHead(head, ctx.Input(0).data<float>(), ctx.Input(1).data<float>(), ctx.Input(2).data<float>(),
                ctx.HasInput(3) ? ctx.Input(3).data<float>() : nullptr, y->mutable_data<float>(), scratch);
      }
    });
    return Progress::kDone;
  }

 private:
  void RunHead(size_t head, const float* q, const float* k, const float* v, const float* mask, float* y,
               float* scratch) const {
    const auto& [batch, heads, s, t, d, d_v, mask_strides] = sizes_;
    q += head * s * d;
    k += head * t * d;
    v += head * t * d_v;
    y += head * s * d_v;
    if (mask) mask += head / heads * mask_strides[0] + head % heads * mask_strides[1];
    PackColumns(kernels_, d, t, k, 1, d, scratch + layout_.keys);
    const PackedPanels keys{scratch + layout_.keys, d, kernels_.columns};
    const StridedPanels values{&kernels_, v, d_v, 1, /*direct=*/true};
    for (size_t row = 0; row < s; row += kQueryRows) {
      const size_t rows = std::min(kQueryRows, s - row);
      float* scores = scratch + layout_.scores;
      const RowsView queries = Rows(q + row * d, rows, d, d, scratch + layout_.queries);
      GemmF32Block(kernels_, rows, 0, t, d, queries, keys, scores, layout_.score_stride, {});
      for (size_t r = 0; r < rows; ++r) {
        row_kernels_.scaled_masked_softmax(scores + r * layout_.score_stride, t, scale_,
                                           mask ? mask + (row + r) * mask_strides[2] : nullptr, mask_strides[3]);
      }
      const RowsView probabilities = Rows(scores, rows, t, layout_.score_stride, scratch + layout_.probabilities);
      GemmF32Block(kernels_, rows, 0, d_v, t, probabilities, values, y + row * d_v, d_v, {});
    }
  }

  // `rows` rows of k values, `stride` apart, in the form that the kernels read; packed to `out` if necessary.
  RowsView Rows(const float* from, size_t rows, size_t k, size_t stride, float* out) const {
    if (kernels_.direct_rows) return {from, stride, k};
    PackRows(kernels_, 0, rows, k, from, stride, 1, out);
    return {out, k, k};
  }

  const GemmF32Kernels& kernels_;
  const RowKernels& row_kernels_;
  const float scale_;
  const Sizes sizes_;
  const Layout layout_;
};

class AttentionKernel final : public Kernel {
 public:
  AttentionKernel(bool exact, float scale) : exact_(exact), scale_(scale) {}

  Planned Plan(const NodeShapes& shapes, BackendSession* session) const override {
    const Shape* mask = shapes.inputs.size() > 3 ? shapes.inputs[3] : nullptr;
    ONEDGE_ASSIGN_OR_RETURN(const Sizes sizes, SizesOf(*shapes.inputs[0], *shapes.inputs[1], *shapes.inputs[2], mask));
    return std::unique_ptr<Step>(std::make_unique<AttentionStep>(exact_, scale_, sizes, ThreadsOf(session)));
  }

 private:
  const bool exact_;
  const float scale_;
};

}  // namespace

Lowered LowerScaledDotProductAttention(LowerContext& ctx) {
  for (size_t i = 0; i < ctx.node.inputs.size(); ++i) {
    if (ctx.node.inputs[i] != graph::kNoValue && !IsFloat32(ctx.InputType(i))) return std::unique_ptr<const Kernel>();
  }
  return std::unique_ptr<const Kernel>(
      std::make_unique<AttentionKernel>(ctx.exact, ops::As<ops::ScaledDotProductAttention>(ctx.node)->scale));
}

}  // namespace onedge::backends::cpu
