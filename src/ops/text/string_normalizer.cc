// StringNormalizer (ai.onnx 10): drops stop words and changes the case of what is left.
#include <algorithm>

#include "ops/op.h"
#include "ops/text/utf8.h"

namespace onedge::ops {
namespace {

std::string Mapped(std::string_view text, uint32_t (*map)(uint32_t)) {
  std::string out;
  for (size_t position = 0; position < text.size();) AppendCodePoint(out, map(NextCodePoint(text, position)));
  return out;
}

}  // namespace

struct StringNormalizer final : Op {
  uint32_t (*change_case)(uint32_t) = nullptr;  // null: no change
  bool case_sensitive = false;
  std::vector<std::string> stopwords;  // in lower case unless case_sensitive

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    std::optional<Dims> dims;
    if (const Dims* from = ctx.InputDims(0)) {
      if (from->empty() || from->size() > 2) return InvalidArgument("input 0: expected [words] or [1, words]");
      dims = *from;
      if (!stopwords.empty() || dims->back().is(0)) dims->back() = Dim::Unknown();
    }
    ctx.SetOutput(0, DType::kString, std::move(dims));
    return OkStatus();
  }

  // x: string [words] or [1, words] -> string [kept] or [1, kept]; one empty string where none is
  // kept
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.dtype() != DType::kString || x.rank() < 1 || x.rank() > 2 || (x.rank() == 2 && x.dim(0) != 1)) {
      return InvalidArgument("input 0: expected strings [words] or [1, words], got ", x);
    }
    std::vector<std::string> kept;
    for (const std::string& word : x.strings()) {
      const std::string compared = case_sensitive || stopwords.empty() ? word : Mapped(word, LowerCase);
      if (std::find(stopwords.begin(), stopwords.end(), compared) != stopwords.end()) continue;
      kept.push_back(change_case ? Mapped(word, change_case) : word);
    }
    if (kept.empty()) kept.emplace_back();
    Shape shape = x.shape();
    shape.back() = static_cast<int64_t>(kept.size());
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kString, shape));
    std::move(kept.begin(), kept.end(), y->mutable_strings().begin());
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<StringNormalizer>(AttributeReader& attrs) {
  auto op = std::make_unique<StringNormalizer>();
  const std::string action = attrs.String("case_change_action", "NONE");
  if (action == "LOWER") {
    op->change_case = LowerCase;
  } else if (action == "UPPER") {
    op->change_case = UpperCase;
  } else if (action != "NONE") {
    attrs.FailValue("case_change_action", "LOWER, UPPER or NONE", action);
  }
  op->case_sensitive = attrs.Int("is_case_sensitive", 0) != 0;
  attrs.Ignore("locale");  // the case of the letters that LowerCase knows is the same in all but
                           // Turkic locales
  op->stopwords = attrs.Strings("stopwords");
  if (!op->case_sensitive) {
    for (std::string& word : op->stopwords) word = Mapped(word, LowerCase);
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
