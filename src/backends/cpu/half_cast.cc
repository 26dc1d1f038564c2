// Cast between f16 and f32, with the conversions of the processor. WebAssembly has none: the portable operator serves
// it.
#if !defined(__wasm__)
#include "backends/cpu/half_rows.h"
#include "backends/cpu/lowering.h"
#include "ops/math/cast.h"
#include "ops/nn/parallel.h"

namespace onedge::backends::cpu {
namespace {

class HalfCastKernel final : public Kernel {
 public:
  explicit HalfCastKernel(DType to) : to_(to) {}

  Planned Plan(const NodeShapes&, BackendSession*) const override {
    return std::unique_ptr<Step>(std::make_unique<ScratchStep<HalfCastKernel>>(*this, 0));
  }

  Status Run(ops::OpContext& ctx, size_t) const {
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, to_, x.shape()));
    const HalfRows& rows = SelectHalfRows();
    ops::ParallelRanges(ctx.threads(), static_cast<size_t>(x.element_count()), 1, [&](size_t begin, size_t end) {
      if (to_ == DType::kFloat32) {
        rows.widen(x.data<Float16>() + begin, y->mutable_data<float>() + begin, end - begin);
      } else {
        rows.narrow(x.data<float>() + begin, y->mutable_data<Float16>() + begin, end - begin);
      }
    });
    return OkStatus();
  }

 private:
  const DType to_;
};

}  // namespace

Lowered LowerHalfCast(LowerContext& ctx) {
  const graph::TypeInfo* x = ctx.InputType(0);
  const auto& op = *ops::As<ops::Cast>(ctx.node);
  const bool widens = x && x->is_tensor() && x->dtype == DType::kFloat16 && op.to == DType::kFloat32;
  if (op.like || (!widens && !(IsFloat32(x) && op.to == DType::kFloat16))) return std::unique_ptr<const Kernel>();
  return std::unique_ptr<const Kernel>(std::make_unique<HalfCastKernel>(op.to));
}

}  // namespace onedge::backends::cpu
#endif
