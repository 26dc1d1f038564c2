#include "tokenizer/byte_level.h"

#include <algorithm>

#include "text/unicode/properties.h"

namespace onedge::tokenizer {

static_assert(kByteAlphabet[0x20] == 0x120 && kByteAlphabet[0x7F] == 0x121 && kByteAlphabet[0xA0] == 0x142 &&
              kByteAlphabet[0xAD] == 0x143);

void AppendByteLevel(TextSlice in, AlignedText& out) {
  const std::string_view all = in.source->text();
  for (uint32_t i = in.begin; i < in.end;) {
    const Span span = in.source->span(i);
    for (uint32_t length = unicode::SequenceLength(all[i]); length > 0; --length) {
      out.Append(kByteAlphabet[static_cast<uint8_t>(all[i++])], span);
    }
  }
}

void TrimByteLevelOffsets(Encoding& encoding, bool add_prefix_space) {
  ONEDGE_DCHECK(encoding.token_texts.size() == encoding.size());
  for (Encoding& window : encoding.overflowing) TrimByteLevelOffsets(window, add_prefix_space);
  const auto is_space = [](char32_t c) { return c == kByteLevelSpace || unicode::IsWhitespace(c); };
  for (size_t i = 0; i < encoding.size(); ++i) {
    const std::string_view text = encoding.token_texts[i];
    uint32_t leading = 0, trailing = 0;
    for (const char* p = text.data(); p != text.data() + text.size() && is_space(unicode::Next(p));) ++leading;
    for (size_t end = text.size(); end > 0; ++trailing) {
      const char32_t c = unicode::Before(text, end);
      if (!is_space(c)) break;
      end -= unicode::EncodedLength(c);
    }
    Offset& offset = encoding.tokens[i].offset;
    // One leading space at the beginning was added; others belong to the text.
    const bool first =
        i == 0 || (encoding.tokens[i - 1].special_tokens_mask && !encoding.tokens[i].special_tokens_mask);
    const bool added = add_prefix_space && leading == 1 && (first || offset.begin == 0);
    if (leading > 0 && !added) offset.begin = std::min(offset.begin + leading, offset.end);
    if (trailing > 0 && offset.end >= trailing) offset.end = std::max(offset.end - trailing, offset.begin);
  }
}

}  // namespace onedge::tokenizer
