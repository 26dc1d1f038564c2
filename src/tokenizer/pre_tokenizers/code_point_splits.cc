// CharDelimiterSplit, Digits, Punctuation, WhitespaceSplit: pre-tokenizers that cut at certain code points.
#include "text/unicode/properties.h"
#include "tokenizer/pre_tokenizers/pre_tokenizers.h"

namespace onedge::tokenizer {
namespace {

template <typename Predicate>
class CodePointSplit final : public PreTokenizer {
 public:
  CodePointSplit(SplitBehavior behavior, Predicate is_delimiter) : behavior_(behavior), is_delimiter_(is_delimiter) {}
  Status PreTokenize(PreTokenizedText& text) const override {
    return text.SplitByCodePoint(behavior_, is_delimiter_), OkStatus();
  }
  CutSet KeptCuts() const override {
    // A run of delimiters begins where whitespace begins, or whitespace is not a delimiter; merging spans both sides.
    return behavior_ == SplitBehavior::kMergedWithPrevious || behavior_ == SplitBehavior::kMergedWithNext
               ? CutSet()
               : CutSet::BeforeWhitespace();
  }
  bool CutsSpacesOneByOne() const override { return behavior_ == SplitBehavior::kRemoved; }
  CutSet MadeCuts() const override {
    if (!is_delimiter_(' ')) return {};
    return is_delimiter_('\n') ? CutSet::BeforeWhitespace() : CutSet::Between(kNotWhitespace, kSpaces);
  }

 private:
  SplitBehavior behavior_;
  Predicate is_delimiter_;
};

template <typename Predicate>
PreTokenizerResult MakeSplit(SplitBehavior behavior, Predicate is_delimiter) {
  return std::unique_ptr<const PreTokenizer>(std::make_unique<CodePointSplit<Predicate>>(behavior, is_delimiter));
}

}  // namespace

PreTokenizerResult ParseCharDelimiterSplit(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json member, json.Member("delimiter"));
  ONEDGE_ASSIGN_OR_RETURN(const std::string_view text, member.AsString());
  if (unicode::CountCodePoints(text) != 1) return member.Expected("one character");
  return MakeSplit(SplitBehavior::kRemoved, [delimiter = unicode::At(text, 0)](char32_t c) { return c == delimiter; });
}

PreTokenizerResult ParseDigits(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const bool individual, json.BoolMember("individual_digits"));
  return MakeSplit(individual ? SplitBehavior::kIsolated : SplitBehavior::kContiguous,
                   [](char32_t c) { return (unicode::Flags(c) & unicode::kNumeric) != 0; });
}

PreTokenizerResult ParsePunctuation(const Json& json) {
  SplitBehavior behavior = SplitBehavior::kIsolated;
  if (const auto member = json.Find("behavior")) {
    ONEDGE_ASSIGN_OR_RETURN(behavior, ParseSplitBehavior(*member));
  }
  return MakeSplit(behavior, unicode::IsPunctuation);
}

PreTokenizerResult ParseWhitespaceSplit(const Json&) {
  return MakeSplit(SplitBehavior::kRemoved, unicode::IsWhitespace);
}

Result<SplitBehavior> ParseSplitBehavior(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const std::string_view name, json.AsString());
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  return json.Expected("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

}  // namespace onedge::tokenizer
