// NegativeLogLikelihoodLoss (ai.onnx 12, 13, 22) and SoftmaxCrossEntropyLoss (12, 13).
#include "ops/math/softmax_row.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

enum class Reduction { kNone, kSum, kMean };

struct Loss {
  Reduction reduction = Reduction::kMean;
  std::optional<int64_t> ignore_index;

  static Loss Parse(AttributeReader& attrs) {
    Loss loss;
    const std::string reduction = attrs.String("reduction", "mean");
    if (reduction == "none") {
      loss.reduction = Reduction::kNone;
    } else if (reduction == "sum") {
      loss.reduction = Reduction::kSum;
    } else if (reduction != "mean") {
      attrs.FailValue("reduction", "one of none, sum, mean", reduction);
    }
    if (attrs.Has("ignore_index")) loss.ignore_index = attrs.Int("ignore_index", 0);
    return loss;
  }

  Status Infer(ShapeContext& ctx, bool with_log_prob) const {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    const Dims* x = ctx.InputDims(0);
    const Dims* target = ctx.InputDims(1);
    if (x && x->size() < 2) return InvalidArgument("input 0: expected [N, C, ...], got ", x->size(), " dimensions");
    if (x && target && target->size() + 1 != x->size()) {
      return InvalidArgument("input 1: expected ", x->size() - 1, " dimensions, got ", target->size());
    }
    std::optional<Dims> out = Dims();
    if (reduction == Reduction::kNone) out = target ? std::optional(*target) : std::nullopt;
    ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
    if (with_log_prob) ctx.SetOutput(1, ctx.InputDType(0), x ? std::optional(*x) : std::nullopt);
    return OkStatus();
  }

  // For log probabilities [N, C, inner]; targets and weights as in the inputs.
  template <typename T>
  Status Compute(OpContext& ctx, const Shape& shape, const T* log_prob) const {
    const Tensor& target = ctx.Input(1);
    const DType dtype = ctx.Input(0).dtype();
    Shape expected = shape;
    expected.erase(1);
    if (!(target.shape() == expected))
      return InvalidArgument("input 1: expected shape ", expected, ", got ", target.shape());
    if (target.dtype() != DType::kInt32 && target.dtype() != DType::kInt64) {
      return InvalidArgument("input 1: expected int32 or int64, got ", DTypeName(target.dtype()));
    }
    ONEDGE_ASSIGN_OR_RETURN(const Tensor weights, OptionalRealInput<T>(ctx, 2, dtype));
    if (weights.defined() && weights.element_count() != shape[1]) {
      return InvalidArgument("input 2: expected ", shape[1], " weights, got shape ", weights.shape());
    }
    const size_t inner = static_cast<size_t>(shape.element_count(2, shape.rank()));
    const size_t classes = static_cast<size_t>(shape[1]);
    const size_t count = static_cast<size_t>(target.element_count());
    ONEDGE_ASSIGN_OR_RETURN(auto out,
                            RealOutput<T>::Create(ctx, 0, dtype, reduction == Reduction::kNone ? expected : Shape()));
    T sum = 0;
    T weight_sum = 0;
    for (size_t i = 0; i < count; ++i) {
      const int64_t label = target.dtype() == DType::kInt64 ? target.data<int64_t>()[i] : target.data<int32_t>()[i];
      T loss = 0;
      if (!ignore_index || label != *ignore_index) {
        if (label < 0 || label >= shape[1]) {
          return InvalidArgument("input 1: expected classes in [0, ", shape[1], "), got ", label);
        }
        const T weight = weights.defined() ? weights.template data<T>()[label] : T{1};
        loss = -log_prob[(i / inner * classes + static_cast<size_t>(label)) * inner + i % inner] * weight;
        weight_sum = weight_sum + weight;
      }
      if (reduction == Reduction::kNone) {
        out.data()[i] = loss;
      } else {
        sum = sum + loss;
      }
    }
    if (reduction != Reduction::kNone) *out.data() = reduction == Reduction::kMean ? sum / weight_sum : sum;
    return out.Store();
  }
};

}  // namespace

struct NegativeLogLikelihoodLoss final : Op {
  Loss loss;

  Status InferShapes(ShapeContext& ctx) const override { return loss.Infer(ctx, false); }
  // log_prob: [N, C, ...], target: int32 or int64 [N, ...], weight: [C] (optional) -> loss: [] or [N, ...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Shape& shape = ctx.Input(0).shape();
    if (shape.rank() < 2) return InvalidArgument("input 0: expected [N, C, ...], got shape ", shape);
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      return loss.Compute<T>(ctx, shape, x.template data<T>());
    });
  }
};

struct SoftmaxCrossEntropyLoss final : Op {
  Loss loss;

  Status InferShapes(ShapeContext& ctx) const override { return loss.Infer(ctx, true); }
  // scores: [N, C, ...], labels: int32 or int64 [N, ...], weights: [C] (optional) -> loss: [] or [N, ...], log_prob: as
  // scores
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Shape& shape = ctx.Input(0).shape();
    if (shape.rank() < 2) return InvalidArgument("input 0: expected [N, C, ...], got shape ", shape);
    const size_t inner = static_cast<size_t>(shape.element_count(2, shape.rank()));
    const size_t classes = static_cast<size_t>(shape[1]);
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(Tensor log_prob, Tensor::Allocate(kDTypeOf<T>, shape, ctx.budget()));
      for (size_t i = 0; i < static_cast<size_t>(shape[0]); ++i) {
        const size_t at = i * classes * inner;
        LogSoftmaxAlong(x.template data<T>() + at, log_prob.mutable_data<T>() + at, classes, inner, inner);
      }
      if (ctx.WantsOutput(1)) {
        ONEDGE_ASSIGN_OR_RETURN(auto out, RealOutput<T>::Create(ctx, 1, dtype, shape));
        std::copy_n(log_prob.data<T>(), static_cast<size_t>(shape.element_count()), out.data());
        ONEDGE_RETURN_IF_ERROR(out.Store());
      }
      return loss.Compute<T>(ctx, shape, log_prob.data<T>());
    });
  }
};

template <>
Result<OpPtr> Parse<NegativeLogLikelihoodLoss>(AttributeReader& attrs) {
  auto op = std::make_unique<NegativeLogLikelihoodLoss>();
  op->loss = Loss::Parse(attrs);
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<SoftmaxCrossEntropyLoss>(AttributeReader& attrs) {
  auto op = std::make_unique<SoftmaxCrossEntropyLoss>();
  op->loss = Loss::Parse(attrs);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
