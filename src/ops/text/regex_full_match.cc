// RegexFullMatch (ai.onnx 20): whether a regular expression (RE2's syntax) matches a whole string.
#include "ops/op.h"
#include "text/regex/linear_regex.h"

namespace onedge::ops {

struct RegexFullMatch final : Op {
  explicit RegexFullMatch(regex::LinearRegex compiled) : pattern(std::move(compiled)) {}
  regex::LinearRegex pattern;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* dims = ctx.InputDims(0);
    ctx.SetOutput(0, DType::kBool, dims ? std::optional(*dims) : std::nullopt);
    return OkStatus();
  }

  // x: string [...] -> bool [...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.dtype() != DType::kString) return InvalidArgument("input 0: expected strings, got ", x);
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kBool, x.shape()));
    bool* to = y->mutable_data<bool>();
    for (const std::string& text : x.strings()) *to++ = pattern.FullMatch(text);
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<RegexFullMatch>(AttributeReader& attrs) {
  ONEDGE_ASSIGN_OR_RETURN(regex::LinearRegex pattern, regex::LinearRegex::Compile(attrs.String("pattern", "")));
  return OpPtr(std::make_unique<RegexFullMatch>(std::move(pattern)));
}

}  // namespace onedge::ops
