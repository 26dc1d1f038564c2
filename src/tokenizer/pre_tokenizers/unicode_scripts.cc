// UnicodeScripts: cuts where the script changes. Spaces and unassigned characters belong to the piece before them.
// Those before the first script are dropped, as in Hugging Face.
#include <algorithm>

#include "text/unicode/tables.h"
#include "tokenizer/pre_tokenizers/pre_tokenizers.h"

namespace onedge::tokenizer {
namespace {

class UnicodeScripts final : public PreTokenizer {
 public:
  UnicodeScripts() {
    char32_t first = 0;
    for (const uint8_t* p = unicode::kJoinedScriptRuns; first < 0x110000;) {
      stretches_.push_back({first, *p++});
      for (int shift = 0, more = 1; more; shift += 7) {
        more = *p & 0x80;
        first += static_cast<char32_t>(*p++ & 0x7F) << shift;
      }
    }
  }

  Status PreTokenize(PreTokenizedText& pre_tokenized) const override {
    pre_tokenized.Resplit([this](std::string_view text, const auto& emit) {
      uint8_t script = 0;
      const char* const start = text.data();
      const char* piece = nullptr;
      for (const char* p = start; p != start + text.size();) {
        const char* const begin = p;
        const uint8_t here = ScriptOf(unicode::Next(p));
        if (here == 0 || here == script) continue;
        if (piece) emit(piece - start, begin - start);
        piece = begin;
        script = here;
      }
      if (piece) emit(piece - start, text.size());
    });
    return OkStatus();
  }
  CutSet KeptCuts() const override { return {}; }

 private:
  struct Stretch {
    char32_t first;
    uint8_t script;
  };

  uint8_t ScriptOf(char32_t c) const {
    const auto after = std::upper_bound(stretches_.begin(), stretches_.end(), c,
                                        [](char32_t x, const Stretch& stretch) { return x < stretch.first; });
    return std::prev(after)->script;
  }

  std::vector<Stretch> stretches_;
};

}  // namespace

PreTokenizerResult ParseUnicodeScripts(const Json&) {
  return std::unique_ptr<const PreTokenizer>(std::make_unique<UnicodeScripts>());
}

}  // namespace onedge::tokenizer
