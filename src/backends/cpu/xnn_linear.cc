#include "backends/cpu/xnn_linear.h"

#include <limits>
#include <vector>

#include "backends/cpu/row_kernels.h"
#include "backends/cpu/xnnpack.h"
#include "ops/fused/linear.h"
#include "ops/nn/gemm.h"

namespace onedge::backends::cpu {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct ProductForm {
  size_t k = 0, n = 0;
  bool transposed_weight = false;  // [n, k]
  bool biased = false;
  float low = -kInfinity, high = kInfinity;
  ops::Activation after;  // what the bounds do not express

  xnn_status Create(const float* weights, const float* bias, xnn_weights_cache_t cache, xnn_operator_t* out) const {
    return xnn_create_fully_connected_nc_f32(k, n, k, n, weights, bias, low, high,
                                             transposed_weight ? 0 : XNN_FLAG_TRANSPOSE_WEIGHTS, nullptr, cache, out);
  }
};

class ProductStep final : public Step {
 public:
  static Planned Create(const ProductForm& form, const Buffer& packed, size_t m, BackendSession* session) {
    std::unique_ptr<ProductStep> step(new ProductStep(form));
    if (m == 0) return std::unique_ptr<Step>(std::move(step));
    const float* readable = reinterpret_cast<const float*>(packed.data());
    ONEDGE_ASSIGN_OR_RETURN(
        step->op_, XnnOperator::Make(packed, session->budget(), [&](xnn_weights_cache_t cache, xnn_operator_t* out) {
          return form.Create(readable, form.biased ? readable : nullptr, cache, out);
        }));
    XnnMemoryScope scope(session->budget());
    ONEDGE_RETURN_IF_ERROR(scope.Check(
        xnn_reshape_fully_connected_nc_f32(step->op_->get(), m, PoolOf(session->threads())), "planning a product"));
    return std::unique_ptr<Step>(std::move(step));
  }

  // x: f32 [..., k] -> y: f32 [..., n]
  Result<Progress> Run(ops::OpContext& ctx) override {
    Tensor x = ctx.Input(0);
    Shape shape = x.shape();
    shape.back() = static_cast<int64_t>(form_.n);
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kFloat32, shape));
    if (!op_) return Progress::kDone;
    if (x.buffer() && !x.buffer().padded()) {  // XNNPACK reads up to XNN_EXTRA_BYTES past the end
      ONEDGE_ASSIGN_OR_RETURN(x, x.Clone(ctx.budget()));
    }
    float* const to = y->mutable_data<float>();
    ONEDGE_RETURN_IF_ERROR(
        XnnError(xnn_setup_fully_connected_nc_f32(op_->get(), x.data<float>(), to), "setting up a product"));
    ONEDGE_RETURN_IF_ERROR(XnnError(xnn_run_operator(op_->get(), PoolOf(ctx.threads())), "running a product"));
    if (!form_.after) return Progress::kDone;
    const size_t count = static_cast<size_t>(y->element_count());
    constexpr size_t kChunk = size_t{1} << 14;
    const RowKernels& rows = SelectRowKernels(/*exact=*/false);
    ParallelFor(ctx.threads(), (count + kChunk - 1) / kChunk, [&](size_t chunk) {
      rows.activate(form_.after, to + chunk * kChunk, std::min(kChunk, count - chunk * kChunk));
    });
    return Progress::kDone;
  }

 private:
  explicit ProductStep(const ProductForm& form) : form_(form) {}

  const ProductForm& form_;
  std::unique_ptr<XnnOperator> op_;  // null: no rows
};

class ProductKernel final : public Kernel {
 public:
  ProductKernel(ProductForm form, Buffer packed) : form_(std::move(form)), packed_(std::move(packed)) {}

  Planned Plan(const NodeShapes& shapes, BackendSession* session) const override {
    const Shape& x = *shapes.inputs[0];
    if (x.rank() == 0 || x.back() != static_cast<int64_t>(form_.k)) {
      return InvalidArgument("input 0: expected ", form_.k, " columns for weights of [", form_.k, ", ", form_.n,
                             "], got shape ", x);
    }
    return ProductStep::Create(form_, packed_, RowsOf(x), session);
  }
  size_t resident_bytes() const override { return packed_.size(); }

 private:
  const ProductForm form_;
  const Buffer packed_;
};

}  // namespace

Lowered LowerXnnLinear(LowerContext& ctx) {
  ProductForm form;
  if (const auto* linear = ops::As<ops::Linear>(ctx.node)) {
    form.transposed_weight = linear->trans_b;
    SetActivation(linear->activation, form);
  } else if (const auto* gemm = ops::As<ops::Gemm>(ctx.node)) {
    if (gemm->trans_a || gemm->alpha != 1.0f || gemm->beta != 1.0f) return std::unique_ptr<const Kernel>();
    form.transposed_weight = gemm->trans_b;
  } else if (ctx.node.op_type != "MatMul" || !ctx.node.domain.empty()) {
    return std::unique_ptr<const Kernel>();
  }
  const Tensor* weight = ctx.Constant(1);
  if (ctx.exact || !weight || weight->dtype() != DType::kFloat32 || weight->rank() != 2 ||
      weight->element_count() == 0 || !XnnIsAvailable()) {
    return std::unique_ptr<const Kernel>();
  }
  form.k = static_cast<size_t>(weight->dim(form.transposed_weight ? 1 : 0));
  form.n = static_cast<size_t>(weight->dim(form.transposed_weight ? 0 : 1));
  std::vector<float> bias;
  if (ctx.InputType(2)) {
    const Tensor* constant = ctx.Constant(2);
    const int64_t n = static_cast<int64_t>(form.n);
    if (!constant || constant->dtype() != DType::kFloat32 || constant->rank() > 2)
      return std::unique_ptr<const Kernel>();
    const bool one = constant->element_count() == 1;
    if (!one && (constant->element_count() != n || constant->shape().back() != n))
      return std::unique_ptr<const Kernel>();
    bias.assign(form.n, constant->data<float>()[0]);
    if (!one) std::copy_n(constant->data<float>(), form.n, bias.begin());
    form.biased = true;
  }
  ONEDGE_ASSIGN_OR_RETURN(Buffer packed,
                          XnnOperator::Pack(ctx.budget, [&](xnn_weights_cache_t cache, xnn_operator_t* out) {
                            return form.Create(weight->data<float>(), form.biased ? bias.data() : nullptr, cache, out);
                          }));
  ctx.ClaimInput(1);
  if (form.biased) ctx.ClaimInput(2);
  return std::unique_ptr<const Kernel>(std::make_unique<ProductKernel>(std::move(form), std::move(packed)));
}

}  // namespace onedge::backends::cpu
