// BertNormalizer: in one pass, removes control characters, unifies spaces, puts spaces around CJK ideographs, strips
// accents and lowercases.
#include <vector>

#include "text/unicode/normalization.h"
#include "text/unicode/properties.h"
#include "tokenizer/normalizers/normalizers.h"

namespace onedge::tokenizer {
namespace {

using unicode::ChangedChar;

class BertNormalizer final : public Normalizer {
 public:
  BertNormalizer(bool clean_text, bool handle_chinese_chars, bool strip_accents, bool lowercase)
      : clean_text_(clean_text),
        handle_chinese_chars_(handle_chinese_chars),
        strip_accents_(strip_accents),
        lowercase_(lowercase) {
    for (int c = 0; c < 128; ++c) {
      const bool control = unicode::Flags(c) & unicode::kControl;
      ascii_[c] = clean_text && control                    ? kDropped
                  : clean_text && unicode::IsWhitespace(c) ? ' '
                  : lowercase                              ? static_cast<uint8_t>(unicode::Lowercase(c))
                                                           : static_cast<uint8_t>(c);
    }
  }

  Status Normalize(TextSlice in, AlignedText& out) const override {
    const AlignedText& source = *in.source;
    const char* const text = source.text().data();
    std::string run;
    std::vector<Item> island;
    std::vector<ChangedChar> changed;
    for (uint32_t i = in.begin; i < in.end;) {
      // A run of ASCII without dropped characters.
      const uint32_t begin = i;
      run.resize(in.end - begin);
      char* mapped = run.data();
      while (i < in.end && static_cast<uint8_t>(text[i]) < 0x80 && ascii_[static_cast<uint8_t>(text[i])] != kDropped) {
        *mapped++ = static_cast<char>(ascii_[static_cast<uint8_t>(text[i++])]);
      }
      if (i > begin) out.AppendAscii(source, begin, std::string_view(run.data(), i - begin));
      // An island of other characters and dropped ASCII. Its combining marks may meet and be reordered.
      island.clear();
      bool simple = true;
      while (i < in.end &&
             (static_cast<uint8_t>(text[i]) >= 0x80 || ascii_[static_cast<uint8_t>(text[i])] == kDropped)) {
        const char* p = text + i;
        const char32_t c = unicode::Next(p);
        const Span span = source.span(i);
        i = static_cast<uint32_t>(p - text);
        AddCleaned(c, span, island, simple);
      }
      if (simple) {
        for (const Item& item : island) Finish(item.c, item.span, out);
      } else {
        Decompose(island, changed, out);
      }
    }
    return OkStatus();
  }
  // Marks meet and are reordered only within a stretch that is not ASCII.
  CutSet KeptCuts() const override { return CutSet::All().Without(CutSet::Between(kOthers, kOthers)); }
  bool MayDrop() const override { return true; }
  bool SetsIdeographsApart() const override { return handle_chinese_chars_; }

 private:
  static constexpr uint8_t kDropped = 0x80;
  struct Item {
    char32_t c;
    Span span;
  };

  // `simple` becomes false if NFD changes something.
  void AddCleaned(char32_t c, Span span, std::vector<Item>& island, bool& simple) const {
    if (clean_text_) {
      if (unicode::Flags(c) & unicode::kControl) return;
      if (unicode::IsWhitespace(c)) c = ' ';
    }
    if (strip_accents_ && (unicode::HasDecomposition(c) || unicode::CombiningClass(c) != 0)) simple = false;
    if (handle_chinese_chars_ && unicode::IsChineseCharacter(c)) {
      island.push_back({' ', span});
      island.push_back({c, span});
      island.push_back({' ', span});
    } else {
      island.push_back({c, span});
    }
  }

  void Decompose(const std::vector<Item>& island, std::vector<ChangedChar>& changed, AlignedText& out) const {
    changed.clear();
    for (const Item& item : island) unicode::Decompose(item.c, changed);
    unicode::Reorder(changed);
    size_t next = 0;  // alignments follow the position, also where marks were reordered
    for (const ChangedChar& changed_char : changed) {
      const Span span = changed_char.change == 0 ? island[next++].span : island[next - 1].span;
      Finish(changed_char.c, span, out);
    }
  }

  void Finish(char32_t c, Span span, AlignedText& out) const {
    if (strip_accents_ && (unicode::Flags(c) & unicode::kNonspacingMark)) return;
    out.Append(lowercase_ ? unicode::Lowercase(c) : c, span);
    if (lowercase_ && c == unicode::kDottedCapitalI) out.Append(unicode::kCombiningDotAbove, span);
  }

  bool clean_text_, handle_chinese_chars_, strip_accents_, lowercase_;
  uint8_t ascii_[128];
};

}  // namespace

Result<std::unique_ptr<const Normalizer>> ParseBertNormalizer(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const bool clean_text, json.BoolMember("clean_text"));
  ONEDGE_ASSIGN_OR_RETURN(const bool handle_chinese_chars, json.BoolMember("handle_chinese_chars"));
  ONEDGE_ASSIGN_OR_RETURN(const bool lowercase, json.BoolMember("lowercase"));
  ONEDGE_ASSIGN_OR_RETURN(const bool strip_accents, json.BoolMember("strip_accents", lowercase));
  return std::unique_ptr<const Normalizer>(
      std::make_unique<BertNormalizer>(clean_text, handle_chinese_chars, strip_accents, lowercase));
}

}  // namespace onedge::tokenizer
