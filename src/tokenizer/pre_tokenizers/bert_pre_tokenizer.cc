// BertPreTokenizer: cuts at whitespace and removes it; cuts around each punctuation character and keeps it.
#include "text/unicode/properties.h"
#include "tokenizer/pre_tokenizers/pre_tokenizers.h"

namespace onedge::tokenizer {
namespace {

enum Kind : uint8_t { kWord, kSpace, kPunctuation };

struct AsciiKinds {
  Kind of[128];
};

constexpr AsciiKinds MakeAsciiKinds() {
  AsciiKinds kinds{};
  for (int c = 0; c < 128; ++c) {
    const bool space = c == ' ' || (c >= 9 && c <= 13);
    const bool punctuation =
        (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    kinds.of[c] = space ? kSpace : punctuation ? kPunctuation : kWord;
  }
  return kinds;
}

constexpr AsciiKinds kAsciiKinds = MakeAsciiKinds();

struct BertPreTokenizer final : PreTokenizer {
  Status PreTokenize(PreTokenizedText& pre_tokenized) const override {
    pre_tokenized.Resplit([](std::string_view text, const auto& emit) {
      const char* const start = text.data();
      const char* const end = start + text.size();
      const char* word = start;
      for (const char* p = start; p != end;) {
        const char* const begin = p;
        Kind kind;
        if (static_cast<uint8_t>(*p) < 0x80) {
          kind = kAsciiKinds.of[static_cast<uint8_t>(*p++)];
        } else {
          const char32_t c = unicode::Next(p);
          kind = unicode::IsWhitespace(c) ? kSpace : unicode::IsPunctuation(c) ? kPunctuation : kWord;
        }
        if (kind == kWord) continue;
        emit(word - start, begin - start);
        if (kind == kPunctuation) emit(begin - start, p - start);
        word = p;
      }
      emit(word - start, end - start);
    });
    return OkStatus();
  }
  CutSet KeptCuts() const override { return MadeCuts(); }
  bool DropsWhitespace() const override { return true; }
  bool CutsSpacesOneByOne() const override { return true; }
  CutSet MadeCuts() const override {
    constexpr CharClasses kDelimiters = kWhitespace | kPunctuations | kApostrophes;
    return CutSet::Between(kDelimiters, kAnyClass) | CutSet::Between(kAnyClass, kDelimiters);
  }
};

}  // namespace

PreTokenizerResult ParseBertPreTokenizer(const Json&) {
  return std::unique_ptr<const PreTokenizer>(std::make_unique<BertPreTokenizer>());
}

}  // namespace onedge::tokenizer
