// Whitespace: the matches of \w+|[^\w\s]+.
#include "text/unicode/properties.h"
#include "tokenizer/pre_tokenizers/pre_tokenizers.h"

namespace onedge::tokenizer {
namespace {

enum class WhitespaceKind : uint8_t { kSpace, kWord, kOther };

WhitespaceKind WhitespaceKindOf(char32_t c) {
  if (unicode::IsWhitespace(c)) return WhitespaceKind::kSpace;
  return unicode::Flags(c) & unicode::kWord ? WhitespaceKind::kWord : WhitespaceKind::kOther;
}

struct Whitespace final : PreTokenizer {
  Status PreTokenize(PreTokenizedText& pre_tokenized) const override {
    pre_tokenized.Resplit([](std::string_view text, const auto& emit) {
      const char* const start = text.data();
      const char* run = start;
      WhitespaceKind run_kind = WhitespaceKind::kSpace;
      for (const char* p = start; p != start + text.size();) {
        const char* const begin = p;
        const WhitespaceKind kind = WhitespaceKindOf(unicode::Next(p));
        if (kind == run_kind) continue;
        if (run_kind != WhitespaceKind::kSpace) emit(run - start, begin - start);
        run = begin;
        run_kind = kind;
      }
      if (run_kind != WhitespaceKind::kSpace) emit(run - start, text.size());
    });
    return OkStatus();
  }
  CutSet KeptCuts() const override { return CutSet::BeforeWhitespace(); }
  bool CutsSpacesOneByOne() const override { return true; }
  CutSet MadeCuts() const override { return CutSet::BeforeWhitespace(); }
};

}  // namespace

PreTokenizerResult ParseWhitespace(const Json&) {
  return std::unique_ptr<const PreTokenizer>(std::make_unique<Whitespace>());
}

}  // namespace onedge::tokenizer
