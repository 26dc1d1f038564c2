// RandomNormal, RandomUniform and their Like versions (ai.onnx 1, 22), Bernoulli (15, 22), Multinomial (7, 22).
// The numbers for a seed are specific to this library; ONNX does not define them.
#include "ops/math/random.h"

#include <atomic>
#include <bit>

#include "ops/math/convert.h"

namespace onedge::ops {
namespace {

bool IsDrawable(DType dtype) { return IsFloatingPoint(dtype) && DTypeBits(dtype) >= 16; }

std::optional<Dims> CopyOf(const Dims* dims) { return dims ? std::optional<Dims>(*dims) : std::nullopt; }

// Calls draw(i) for each element, in float64, then converts.
template <typename Draw>
Status Fill(OpContext& ctx, Tensor& y, const Draw& draw) {
  ONEDGE_ASSIGN_OR_RETURN(Tensor wide, Tensor::Allocate(DType::kFloat64, y.shape(), ctx.budget()));
  for (int64_t i = 0; i < y.element_count(); ++i) wide.mutable_data<double>()[i] = draw(i);
  return ConvertElements(ctx.threads(), wide, y);
}

// RandomNormal: a is the mean, b the scale. RandomUniform: a is low, b is high.
struct RandomTensor final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    if (!like) {
      ctx.SetOutput(0, dtype, graph::DimsOf(shape));
      return OkStatus();
    }
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const DType chosen = dtype == DType::kUndefined ? ctx.InputDType(0) : dtype;
    if (chosen != DType::kUndefined && !IsDrawable(chosen)) {
      return Unsupported("expected a float dtype to draw, got ", DTypeName(chosen));
    }
    ctx.SetOutput(0, chosen, CopyOf(ctx.InputDims(0)));
    return OkStatus();
  }

  Status Run(OpContext& ctx) const override {
    if (like) ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const DType chosen = dtype == DType::kUndefined ? ctx.Input(0).dtype() : dtype;
    if (!IsDrawable(chosen)) return Unsupported("expected a float dtype to draw, got ", DTypeName(chosen));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, chosen, like ? ctx.Input(0).shape() : shape));
    Random random = seed.Start();
    return Fill(ctx, *y, [&](int64_t) {
      return normal ? a + b * random.Normal() : a + (static_cast<double>(b) - a) * random.Uniform();
    });
  }

  bool deterministic() const override { return false; }

  bool normal = false;
  bool like = false;
  float a = 0;
  float b = 1;
  DType dtype = DType::kUndefined;
  Shape shape;
  RandomSeed seed;
};

Result<OpPtr> MakeRandom(AttributeReader& attrs, bool normal, bool like) {
  auto op = std::make_unique<RandomTensor>();
  op->normal = normal;
  op->like = like;
  op->a = attrs.Float(normal ? "mean" : "low", 0.0f);
  op->b = attrs.Float(normal ? "scale" : "high", 1.0f);
  op->seed = RandomSeed::Read(attrs);
  op->dtype = attrs.Type("dtype", like ? DType::kUndefined : DType::kFloat32);
  if (!like) {
    for (int64_t dim : attrs.RequiredInts("shape")) op->shape.push_back(dim);
    ONEDGE_RETURN_IF_ERROR(op->shape.Check());
  }
  return OpPtr(std::move(op));
}

}  // namespace

RandomSeed RandomSeed::Read(AttributeReader& attrs) {
  RandomSeed result;
  const graph::Attribute* attribute = attrs.node().FindAttribute("seed");
  result.fixed = attribute != nullptr;
  if (attribute && std::holds_alternative<int64_t>(attribute->value)) {
    result.seed = static_cast<uint32_t>(attrs.Int("seed", 0));
  } else {
    result.seed = std::bit_cast<uint32_t>(attrs.Float("seed", 0.0f));
  }
  return result;
}

Random RandomSeed::Start() const {
  static std::atomic<uint32_t> runs{0};
  return Random(fixed ? seed : (uint64_t{runs.fetch_add(1)} << 32 | 0x5eedu));
}

template <>
Result<OpPtr> Parse<struct RandomNormal>(AttributeReader& attrs) {
  return MakeRandom(attrs, true, false);
}
template <>
Result<OpPtr> Parse<struct RandomNormalLike>(AttributeReader& attrs) {
  return MakeRandom(attrs, true, true);
}
template <>
Result<OpPtr> Parse<struct RandomUniform>(AttributeReader& attrs) {
  return MakeRandom(attrs, false, false);
}
template <>
Result<OpPtr> Parse<struct RandomUniformLike>(AttributeReader& attrs) {
  return MakeRandom(attrs, false, true);
}

struct Bernoulli final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    ctx.SetOutput(0, dtype == DType::kUndefined ? ctx.InputDType(0) : dtype, CopyOf(ctx.InputDims(0)));
    return OkStatus();
  }

  // probabilities: floats in [0, 1] -> y: as the input; 1 with that probability, otherwise 0
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& probabilities = ctx.Input(0);
    const DType chosen = dtype == DType::kUndefined ? probabilities.dtype() : dtype;
    if (!IsDrawable(probabilities.dtype()) || !CanConvert(DType::kFloat64, chosen) || chosen == DType::kString) {
      return Unsupported("expected float probabilities and a number to draw, got ", probabilities.ToString(), " and ",
                         DTypeName(chosen));
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, chosen, probabilities.shape()));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor p, ConvertedTo(DType::kFloat64, probabilities, ctx.threads(), ctx.budget()));
    Random random = seed.Start();
    return Fill(ctx, *y, [&](int64_t i) { return random.Uniform() < p.data<double>()[i] ? 1.0 : 0.0; });
  }

  bool deterministic() const override { return false; }

  DType dtype = DType::kUndefined;
  RandomSeed seed;
};

template <>
Result<OpPtr> Parse<Bernoulli>(AttributeReader& attrs) {
  auto op = std::make_unique<Bernoulli>();
  op->dtype = attrs.Type("dtype");
  op->seed = RandomSeed::Read(attrs);
  return OpPtr(std::move(op));
}

struct Multinomial final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* dims = ctx.InputDims(0);
    if (dims && dims->size() != 2)
      return InvalidArgument("input 0: expected [batch, classes], got rank ", dims->size());
    ctx.SetOutput(0, dtype, Dims{dims ? (*dims)[0] : Dim::Unknown(), Dim::Known(samples)});
    return OkStatus();
  }

  // log_probabilities: floats [batch, classes], not normalized -> y: int32 or int64 [batch, samples]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& input = ctx.Input(0);
    if (input.rank() != 2 || !IsDrawable(input.dtype()) || input.dim(1) == 0) {
      return InvalidArgument("input 0: expected floats [batch, classes], got ", input.ToString());
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, dtype, Shape{input.dim(0), samples}));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor logs, ConvertedTo(DType::kFloat64, input, ctx.threads(), ctx.budget()));
    const int64_t classes = input.dim(1);
    Random random = seed.Start();
    for (int64_t row = 0; row < input.dim(0); ++row) {
      const double* log = logs.data<double>() + row * classes;
      const double max = *std::max_element(log, log + classes);
      double total = 0;
      for (int64_t i = 0; i < classes; ++i) total += std::exp(log[i] - max);
      for (int64_t sample = 0; sample < samples; ++sample) {
        double left = random.Uniform() * total;
        int64_t chosen = 0;
        for (; chosen + 1 < classes; ++chosen) {
          left -= std::exp(log[chosen] - max);
          if (left < 0) break;
        }
        const int64_t at = row * samples + sample;
        if (dtype == DType::kInt64) {
          y->mutable_data<int64_t>()[at] = chosen;
        } else {
          y->mutable_data<int32_t>()[at] = static_cast<int32_t>(chosen);
        }
      }
    }
    return OkStatus();
  }

  bool deterministic() const override { return false; }

  DType dtype = DType::kInt32;
  int64_t samples = 1;
  RandomSeed seed;
};

template <>
Result<OpPtr> Parse<Multinomial>(AttributeReader& attrs) {
  auto op = std::make_unique<Multinomial>();
  op->dtype = attrs.Type("dtype", DType::kInt32);
  op->samples = attrs.Int("sample_size", 1);
  op->seed = RandomSeed::Read(attrs);
  if (op->dtype != DType::kInt32 && op->dtype != DType::kInt64) {
    attrs.FailValue("dtype", "int32 or int64", DTypeName(op->dtype));
  }
  if (op->samples < 1) attrs.FailValue("sample_size", "a positive number", StrCat(op->samples));
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
