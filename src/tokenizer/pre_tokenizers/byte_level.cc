// ByteLevel: cuts as GPT-2 does, then writes each byte as one character of the byte alphabet.
#include "tokenizer/byte_level.h"

#include "tokenizer/pre_tokenizers/pre_tokenizers.h"
#include "tokenizer/unicode/properties.h"

namespace onedge::tokenizer {
namespace {

enum class Kind : uint8_t { kSpace, kLetter, kNumber, kOther };

Kind KindOf(char32_t c) {
  if (c < 0x80) {
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return Kind::kLetter;
    if (c >= '0' && c <= '9') return Kind::kNumber;
    return unicode::IsWhitespace(c) ? Kind::kSpace : Kind::kOther;
  }
  const uint8_t flags = unicode::Flags(c);
  if (flags & unicode::kLetter) return Kind::kLetter;
  if (flags & unicode::kNumber) return Kind::kNumber;
  return unicode::IsWhitespace(c) ? Kind::kSpace : Kind::kOther;
}

// Length of 's, 't, 're, 've, 'm, 'll or 'd at the start of `text`, or 0.
size_t ContractionLength(std::string_view text) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  const char c = text[1];
  if (c == 's' || c == 't' || c == 'm' || c == 'd') return 2;
  const std::string_view two = text.substr(1, 2);
  return two == "re" || two == "ve" || two == "ll" ? 3 : 0;
}

// The end of the match that begins at `begin` of
// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// which matches at every position.
size_t MatchEnd(std::string_view text, size_t begin) {
  if (const size_t length = ContractionLength(text.substr(begin))) return begin + length;
  const char* const end = text.data() + text.size();
  const char* p = text.data() + begin;
  if (*p == ' ' && p + 1 != end) {
    const char* peek = p + 1;
    if (KindOf(unicode::Next(peek)) != Kind::kSpace) ++p;
  }
  const char* last = p;
  const Kind kind = KindOf(unicode::Next(p));
  while (p != end) {
    const char* next = p;
    if (KindOf(unicode::Next(next)) != kind) break;
    last = p;
    p = next;
  }
  // Whitespace before something else leaves its last character to what follows, unless it is the only one.
  if (kind == Kind::kSpace && p != end && last != text.data() + begin) p = last;
  return static_cast<size_t>(p - text.data());
}

class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(bool add_prefix_space, bool use_regex) : add_prefix_space_(add_prefix_space), use_regex_(use_regex) {}

  void PreTokenize(PreTokenizedText& pre_tokenized) const override {
    if (add_prefix_space_) {
      pre_tokenized.RewriteSplits([](TextSlice in, AlignedText& out) {
        if (in.begin < in.end && in.text()[0] != ' ') out.Append(' ', in.source->span(in.begin));
        out.AppendRange(*in.source, in.begin, in.end);
      });
    }
    pre_tokenized.Resplit([this](std::string_view text, const auto& emit) {
      if (!use_regex_) return emit(0, text.size());
      for (size_t begin = 0; begin < text.size();) {
        const size_t end = MatchEnd(text, begin);
        emit(begin, end);
        begin = end;
      }
    });
    pre_tokenized.RewriteSplits(AppendByteLevel);
  }

 private:
  bool add_prefix_space_, use_regex_;
};

}  // namespace

PreTokenizerResult ParseByteLevel(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const bool add_prefix_space, json.BoolMember("add_prefix_space"));
  ONEDGE_ASSIGN_OR_RETURN(const bool use_regex, json.BoolMember("use_regex", true));
  return std::unique_ptr<const PreTokenizer>(std::make_unique<ByteLevel>(add_prefix_space, use_regex));
}

}  // namespace onedge::tokenizer
