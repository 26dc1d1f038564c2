// Whitespace: the matches of \w+|[^\w\s]+.
#include "tokenizer/pre_tokenizers/pre_tokenizers.h"
#include "tokenizer/unicode/properties.h"

namespace onedge::tokenizer {
namespace {

enum class Kind : uint8_t { kSpace, kWord, kOther };

Kind KindOf(char32_t c) {
  if (unicode::IsWhitespace(c)) return Kind::kSpace;
  return unicode::Flags(c) & unicode::kWord ? Kind::kWord : Kind::kOther;
}

struct Whitespace final : PreTokenizer {
  void PreTokenize(PreTokenizedText& pre_tokenized) const override {
    pre_tokenized.Resplit([](std::string_view text, const auto& emit) {
      const char* const start = text.data();
      const char* run = start;
      Kind run_kind = Kind::kSpace;
      for (const char* p = start; p != start + text.size();) {
        const char* const begin = p;
        const Kind kind = KindOf(unicode::Next(p));
        if (kind == run_kind) continue;
        if (run_kind != Kind::kSpace) emit(run - start, begin - start);
        run = begin;
        run_kind = kind;
      }
      if (run_kind != Kind::kSpace) emit(run - start, text.size());
    });
  }
};

}  // namespace

PreTokenizerResult ParseWhitespace(const Json&) {
  return std::unique_ptr<const PreTokenizer>(std::make_unique<Whitespace>());
}

}  // namespace onedge::tokenizer
