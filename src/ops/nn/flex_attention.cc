// FlexAttention (ai.onnx.preview 1): scaled dot product attention with grouped heads, and subgraphs that change the
// scores and the probabilities. It holds all scores at once, because the subgraphs take them whole.
#include <cmath>
#include <optional>

#include "ops/math/softmax_row.h"
#include "ops/nn/matmul_kernel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

bool Agree(const Dim& a, const Dim& b) { return !a.known() || !b.known() || a.value == b.value; }

}  // namespace

struct FlexAttention final : Op {
  std::optional<float> scale;
  std::shared_ptr<const graph::Graph> score_mod;
  std::shared_ptr<const graph::Graph> prob_mod;
  DType precision = DType::kUndefined;

  static Result<Dims> OutputDims(const Dims& q, const Dims& k, const Dims& v) {
    if (q.size() != 4 || k.size() != 4 || v.size() != 4) return InvalidArgument("expected q, k and v of 4 dimensions");
    if (!Agree(q[0], k[0]) || !Agree(q[0], v[0]) || !Agree(k[1], v[1]) || !Agree(k[2], v[2]) || !Agree(q[3], k[3]) ||
        (q[1].known() && k[1].known() && (k[1].value == 0 || q[1].value % k[1].value != 0))) {
      return InvalidArgument("q, k and v contradict each other in batch, heads, sequence or head size");
    }
    return Dims{q[0], q[1], q[2], v[3]};
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    for (size_t i = 1; i < 3; ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
      ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, i));
    }
    std::optional<Dims> out;
    if (ctx.InputDims(0) && ctx.InputDims(1) && ctx.InputDims(2)) {
      ONEDGE_ASSIGN_OR_RETURN(out, OutputDims(*ctx.InputDims(0), *ctx.InputDims(1), *ctx.InputDims(2)));
    }
    for (const auto& subgraph : {score_mod, prob_mod}) {
      if (!subgraph) continue;
      ONEDGE_RETURN_IF_ERROR(
          ctx.InferSubgraph(*subgraph, std::vector{TypeInfo::Tensor(Precision(ctx.InputDType(0)))}).status());
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
    return OkStatus();
  }

  // q: [B, Hq, S, D], k, v: [B, Hkv, T, D]; score_mod and prob_mod: [B, Hq, S, T] -> the same -> y: [B, Hq, S, Dv]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Shape &q_shape = ctx.Input(0).shape(), &k_shape = ctx.Input(1).shape(), &v_shape = ctx.Input(2).shape();
    ONEDGE_ASSIGN_OR_RETURN(const Dims out,
                            OutputDims(graph::DimsOf(q_shape), graph::DimsOf(k_shape), graph::DimsOf(v_shape)));
    const DType dtype = ctx.Input(0).dtype();
    const size_t heads = static_cast<size_t>(q_shape[0] * q_shape[1]);
    const size_t group = static_cast<size_t>(q_shape[1] / k_shape[1]);
    const size_t s = static_cast<size_t>(q_shape[2]), t = static_cast<size_t>(k_shape[2]);
    const size_t d = static_cast<size_t>(q_shape[3]), d_v = static_cast<size_t>(v_shape[3]);
    const Shape score_shape = {q_shape[0], q_shape[1], q_shape[2], k_shape[2]};
    if (heads == 0) return ctx.Output(0, dtype, *graph::ShapeOf(out)).status();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor q, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor k, RealInput<T>(ctx, 1, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor v, RealInput<T>(ctx, 2, dtype));
      ONEDGE_ASSIGN_OR_RETURN(Tensor scores, Tensor::Allocate(kDTypeOf<T>, score_shape, ctx.budget()));
      ONEDGE_ASSIGN_OR_RETURN(Tensor keys, Tensor::Allocate(kDTypeOf<T>, k_shape, ctx.budget()));
      const T factor = scale ? static_cast<T>(*scale) : T{1} / std::sqrt(static_cast<T>(d));
      for (size_t i = 0; i < heads / group; ++i) {
        TransposeMatrix(k.template data<T>() + i * t * d, t, d, keys.mutable_data<T>() + i * t * d);
      }
      T* lines = scores.mutable_data<T>();
      ParallelFor(ctx.threads(), heads, [&](size_t i) {
        RunMatMul(MatMulBlock<T>{q.template data<T>() + i * s * d, d, 1, keys.data<T>() + i / group * t * d, t,
                                 lines + i * s * t, t, s, d, t});
        for (size_t j = i * s * t; j < (i + 1) * s * t; ++j) lines[j] = lines[j] * factor;
      });
      ONEDGE_RETURN_IF_ERROR(Modify<T>(ctx, score_mod.get(), dtype, scores));
      for (size_t row = 0; row < heads * s; ++row) {
        T* const line = scores.mutable_data<T>() + row * t;
        SoftmaxRow(line, line, t);
      }
      ONEDGE_RETURN_IF_ERROR(Modify<T>(ctx, prob_mod.get(), dtype, scores));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, *graph::ShapeOf(out)));
      T* const outputs = y.data();
      ParallelFor(ctx.threads(), heads, [&](size_t i) {
        RunMatMul(MatMulBlock<T>{scores.data<T>() + i * s * t, t, 1, v.template data<T>() + i / group * t * d_v, d_v,
                                 outputs + i * s * d_v, d_v, s, t, d_v});
      });
      return y.Store();
    });
  }

 private:
  // The dtype that the subgraphs compute in: softmax_precision, or float32 (float64 for float64 inputs).
  DType Precision(DType dtype) const {
    if (precision != DType::kUndefined) return precision;
    return dtype == DType::kFloat64 ? dtype : DType::kFloat32;
  }

  template <typename T>
  Status Modify(OpContext& ctx, const graph::Graph* subgraph, DType dtype, Tensor& scores) const {
    if (!subgraph) return OkStatus();
    Tensor seen = scores;
    const DType wanted = Precision(dtype);
    if (wanted != kDTypeOf<T>) {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor single, ConvertReal(scores, DType::kFloat32, ctx.budget()));
      seen = single;
      if (wanted == DType::kFloat64) {
        ONEDGE_ASSIGN_OR_RETURN(seen, ConvertReal(single, wanted, ctx.budget()));
      } else if (wanted != DType::kFloat32) {
        ONEDGE_ASSIGN_OR_RETURN(seen, Tensor::Allocate(wanted, scores.shape(), ctx.budget()));
        RoundTo(single, seen);
      }
    }
    const std::vector<Value> inputs = {Value(seen)};
    ONEDGE_ASSIGN_OR_RETURN(const std::vector<Value> outputs, ctx.RunSubgraph(*subgraph, inputs));
    if (outputs.size() != 1 || !outputs[0].is_tensor() || !(outputs[0].tensor().shape() == scores.shape())) {
      return InvalidArgument("a score or probability subgraph must give one tensor of shape ", scores.shape());
    }
    ONEDGE_ASSIGN_OR_RETURN(const Tensor converted, ConvertReal(outputs[0].tensor(), kDTypeOf<T>, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(scores, converted.Clone(ctx.budget()));
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<FlexAttention>(AttributeReader& attrs) {
  auto op = std::make_unique<FlexAttention>();
  if (attrs.Has("scale")) op->scale = attrs.Float("scale", 0.0f);
  op->score_mod = attrs.Subgraph("score_mod");
  op->prob_mod = attrs.Subgraph("prob_mod");
  op->precision = attrs.Type("softmax_precision");
  if (op->precision != DType::kUndefined && !IsReal(op->precision)) {
    attrs.FailValue("softmax_precision", "a float type", DTypeName(op->precision));
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
