// Metaspace: replaces spaces by a visible character (U+2581), then cuts the text into pieces that begin with it.
#include "tokenizer/metaspace.h"

#include "tokenizer/pre_tokenizers/pre_tokenizers.h"

namespace onedge::tokenizer {
namespace {

class MetaspacePreTokenizer final : public PreTokenizer {
 public:
  explicit MetaspacePreTokenizer(Metaspace metaspace) : metaspace_(metaspace) {}

  Status PreTokenize(PreTokenizedText& pre_tokenized) const override {
    pre_tokenized.RewriteSplits([this](TextSlice in, AlignedText& out) { Rewrite(in, out); });
    const char32_t replacement = metaspace_.replacement;
    if (metaspace_.split) {
      pre_tokenized.SplitByCodePoint(SplitBehavior::kMergedWithNext,
                                     [replacement](char32_t c) { return c == replacement; });
    } else {
      pre_tokenized.Resplit([](std::string_view text, const auto& emit) { emit(0, text.size()); });
    }
    return OkStatus();
  }
  CutSet KeptCuts() const override { return CutSet::Between(kNotWhitespace, kSpaces); }
  bool CutsSpacesOneByOne() const override { return true; }
  CutSet MadeCuts() const override { return metaspace_.split ? KeptCuts() : CutSet(); }
  bool OnlyMarksSpaces() const override { return !metaspace_.split && metaspace_.replacement == U'\u2581'; }
  bool ReadsPlace() const override { return metaspace_.prepend_scheme == PrependScheme::kFirst; }

 private:
  void Rewrite(TextSlice in, AlignedText& out) const {
    const std::string_view all = in.source->text();
    if (in.begin < in.end) {
      const Span first = in.source->span(in.begin);
      const char32_t c = unicode::At(all, in.begin);
      const bool prepend =
          metaspace_.prepend_scheme == PrependScheme::kAlways ||
          (metaspace_.prepend_scheme == PrependScheme::kFirst && first.begin == 0 && in.place.starts_text);
      if (prepend && c != ' ' && c != metaspace_.replacement) out.Append(metaspace_.replacement, first);
    }
    uint32_t done = in.begin;
    for (uint32_t i = in.begin; i < in.end; ++i) {
      if (all[i] != ' ') continue;
      out.AppendRange(*in.source, done, i);
      out.Append(metaspace_.replacement, in.source->span(i));
      done = i + 1;
    }
    out.AppendRange(*in.source, done, in.end);
  }

  Metaspace metaspace_;
};

}  // namespace

PreTokenizerResult ParseMetaspacePreTokenizer(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Metaspace metaspace, ParseMetaspace(json));
  return std::unique_ptr<const PreTokenizer>(std::make_unique<MetaspacePreTokenizer>(metaspace));
}

}  // namespace onedge::tokenizer
