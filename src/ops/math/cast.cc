// Cast (ai.onnx 1 to 25) and CastLike (15 to 25): from every dtype to every other, except complex; convert.h has the
// rules.
#include "ops/math/cast.h"

#include "ops/math/convert.h"
#include "ops/op.h"

namespace onedge::ops {
Status Cast::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  DType target = to;
  if (like) {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    target = ctx.InputDType(1);
  }
  const DType from = ctx.InputDType(0);
  if (from != DType::kUndefined && target != DType::kUndefined && !CanConvert(from, target)) {
    return Unsupported("no conversion from ", DTypeName(from), " to ", DTypeName(target));
  }
  const Dims* dims = ctx.InputDims(0);
  ctx.SetOutput(0, target, dims ? std::optional<Dims>(*dims) : std::nullopt);
  // Exporters often cast shapes to int32 and back.
  if ((from == DType::kInt64 || from == DType::kInt32) && (target == DType::kInt64 || target == DType::kInt32) &&
      dims && dims->size() <= 1) {
    if (auto elements = ctx.InputShapeValue(0)) ctx.SetOutputShapeValue(0, std::move(*elements));
  }
  return OkStatus();
}

Status Cast::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(like ? 2 : 1));
  const Tensor& x = ctx.Input(0);
  const DType target = like ? ctx.Input(1).dtype() : to;
  if (!CanConvert(x.dtype(), target)) {
    return Unsupported("no conversion from ", DTypeName(x.dtype()), " to ", DTypeName(target));
  }
  if (x.dtype() == target) return ctx.SetOutput(0, ctx.InputValue(0));
  ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, target, x.shape()));
  return ConvertElements(ctx.threads(), x, *y, options);
}

namespace {

void ReadOptions(AttributeReader& attrs, Cast& op) {
  op.options.saturate = attrs.Int("saturate", 1) != 0;
  const std::string mode = attrs.String("round_mode", "up");
  if (mode == "down") {
    op.options.rounding = ScaleRounding::kDown;
  } else if (mode == "nearest") {
    op.options.rounding = ScaleRounding::kNearest;
  } else if (mode != "up") {
    attrs.FailValue("round_mode", "up, down or nearest", mode);
  }
}

// Before opset 6, Cast named its type in a string: "FLOAT", "INT64".
DType TypeByOldName(std::string_view name) {
  constexpr std::string_view kNames[] = {"UNDEFINED", "FLOAT",  "UINT8", "INT8",    "UINT16", "INT16",  "INT32",
                                         "INT64",     "STRING", "BOOL",  "FLOAT16", "DOUBLE", "UINT32", "UINT64"};
  for (int32_t i = 1; i < static_cast<int32_t>(std::size(kNames)); ++i) {
    if (kNames[i] == name) return static_cast<DType>(i);
  }
  return DType::kUndefined;
}

}  // namespace

template <>
Result<OpPtr> Parse<Cast>(AttributeReader& attrs) {
  auto op = std::make_unique<Cast>();
  const auto* attribute = attrs.node().FindAttribute("to");
  if (attribute && std::holds_alternative<std::string>(attribute->value)) {
    const std::string name = attrs.String("to", "");
    op->to = TypeByOldName(name);
    if (op->to == DType::kUndefined) attrs.FailValue("to", "the name of a data type", name);
  } else {
    attrs.RequiredInt("to");
    op->to = attrs.Type("to");
  }
  ReadOptions(attrs, *op);
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<struct CastLike>(AttributeReader& attrs) {
  auto op = std::make_unique<Cast>();
  op->like = true;
  ReadOptions(attrs, *op);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
