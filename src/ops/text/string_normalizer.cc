// StringNormalizer (ai.onnx 10): drops stop words and changes the case of the other words.
#include <algorithm>

#include "ops/op.h"
#include "text/unicode/properties.h"
#include "text/unicode/utf8.h"

namespace onedge::ops {
namespace {

std::string Mapped(std::string_view text, char32_t (*map)(char32_t)) {
  std::string out;
  for (size_t i = 0; i < text.size();) unicode::Append(out, map(unicode::NextOrReplacement(text, i)));
  return out;
}

// One code point to one code point: ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic; others stay as they are.
char32_t Uppercase(char32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7)) return c - 32;
  if (c == 0xff) return 0x178;
  if (c < 0x100) return c;
  // Latin Extended-A has pairs of upper and lower case: the upper case is even in the first ranges and odd in the
  // others.
  if ((c < 0x138 && c != 0x130 && c != 0x131) || (c >= 0x14a && c < 0x178)) return c & ~char32_t{1};
  if ((c >= 0x139 && c < 0x149) || (c >= 0x179 && c < 0x17f)) return c % 2 == 0 ? c - 1 : c;
  if (c == 0x3c2) return 0x3a3;
  if ((c >= 0x3b1 && c <= 0x3cb) || (c >= 0x430 && c <= 0x44f)) return c - 32;
  if (c >= 0x450 && c <= 0x45f) return c - 80;
  return c;
}

}  // namespace

struct StringNormalizer final : Op {
  char32_t (*change_case)(char32_t) = nullptr;  // null: no change
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

  // x: string [words] or [1, words] -> string [kept] or [1, kept]; one empty string if no word is kept
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.dtype() != DType::kString || x.rank() < 1 || x.rank() > 2 || (x.rank() == 2 && x.dim(0) != 1)) {
      return InvalidArgument("input 0: expected strings [words] or [1, words], got ", x);
    }
    std::vector<std::string> kept;
    for (const std::string& word : x.strings()) {
      const std::string compared = case_sensitive || stopwords.empty() ? word : Mapped(word, unicode::Lowercase);
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
    op->change_case = unicode::Lowercase;
  } else if (action == "UPPER") {
    op->change_case = Uppercase;
  } else if (action != "NONE") {
    attrs.FailValue("case_change_action", "LOWER, UPPER or NONE", action);
  }
  op->case_sensitive = attrs.Int("is_case_sensitive", 0) != 0;
  attrs.Ignore("locale");  // case is the same in all locales except the Turkic ones
  op->stopwords = attrs.Strings("stopwords");
  if (!op->case_sensitive) {
    for (std::string& word : op->stopwords) word = Mapped(word, unicode::Lowercase);
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
