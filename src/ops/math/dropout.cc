// Dropout (ai.onnx 1, 6, 7, 10, 12, 13, 22): returns its input unless the input 'training_mode' (opset 12) is true.
// Then it zeroes each element with probability `ratio` and multiplies the others by 1 / (1 - ratio). The mask marks the
// kept elements.
#include <cstring>

#include "ops/math/convert.h"
#include "ops/math/random.h"

namespace onedge::ops {

struct Dropout final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(InferSameAsInput(ctx));
    const Dims* dims = ctx.InputDims(0);
    ctx.SetOutput(1, bool_mask ? DType::kBool : ctx.InputDType(0), dims ? std::optional<Dims>(*dims) : std::nullopt);
    return OkStatus();
  }

  // data: floats; ratio: one float (optional); training_mode: one bool (optional) -> output: as data, mask: as data
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& data = ctx.Input(0);
    double ratio = 0;
    if (ctx.HasInput(2)) {
      const Tensor& mode = ctx.Input(2);
      if (mode.dtype() != DType::kBool || mode.element_count() != 1) {
        return InvalidArgument("input 2 (training_mode): expected one bool, got ", mode.ToString());
      }
      if (*mode.bytes() != 0) {
        ONEDGE_ASSIGN_OR_RETURN(ratio, TrainingRatio(ctx));
      }
    }
    if (ratio > 0) return Drop(ctx, data, ratio);
    if (ctx.WantsOutput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(Tensor* const mask, ctx.Output(1, bool_mask ? DType::kBool : data.dtype(), data.shape()));
      ONEDGE_ASSIGN_OR_RETURN(Tensor ones, Tensor::Allocate(DType::kBool, data.shape(), ctx.budget()));
      std::memset(ones.mutable_bytes(), 1, ones.byte_size());
      ONEDGE_RETURN_IF_ERROR(ConvertElements(ctx.threads(), ones, *mask));
    }
    return ctx.SetOutput(0, ctx.InputValue(0));
  }

  static Result<double> TrainingRatio(OpContext& ctx) {
    if (!ctx.HasInput(1)) return 0.5;
    if (ctx.Input(1).element_count() != 1) {
      return InvalidArgument("input 1 (ratio): expected one number, got ", ctx.Input(1).ToString());
    }
    ONEDGE_ASSIGN_OR_RETURN(const Tensor ratio, ConvertedTo(DType::kFloat64, ctx.Input(1), nullptr, ctx.budget()));
    const double value = *ratio.data<double>();
    if (!(value >= 0 && value < 1)) return InvalidArgument("input 1 (ratio): expected a number in [0, 1), got ", value);
    return value;
  }

  Status Drop(OpContext& ctx, const Tensor& data, double ratio) const {
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, data.dtype(), data.shape()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const mask, ctx.Output(1, DType::kBool, data.shape()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor wide, Tensor::Allocate(DType::kFloat64, data.shape(), ctx.budget()));
    ONEDGE_RETURN_IF_ERROR(ConvertElements(ctx.threads(), data, wide));
    Random random = seed.Start();
    for (int64_t i = 0; i < data.element_count(); ++i) {
      const bool kept = random.Uniform() >= ratio;
      mask->mutable_bytes()[i] = kept;
      wide.mutable_data<double>()[i] *= kept ? 1 / (1 - ratio) : 0;
    }
    return ConvertElements(ctx.threads(), wide, *y);
  }

  std::optional<size_t> AliasedInput() const override { return passes_on ? std::optional<size_t>(0) : std::nullopt; }
  bool deterministic() const override { return passes_on || !may_train; }

  bool bool_mask = true;
  bool may_train = false;
  bool passes_on = false;
  RandomSeed seed;
};

template <>
Result<OpPtr> Parse<Dropout>(AttributeReader& attrs) {
  auto op = std::make_unique<Dropout>();
  op->bool_mask = attrs.opset() >= 10;
  op->may_train = attrs.opset() >= 12 && attrs.input_count() > 2;
  op->passes_on = !op->may_train && attrs.output_count() < 2;
  op->seed = RandomSeed::Read(attrs);
  if (attrs.opset() < 12) attrs.Ignore("ratio");  // used only in training
  if (attrs.opset() < 7) {
    attrs.Ignore("is_test");
    attrs.Ignore("consumed_inputs");
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
