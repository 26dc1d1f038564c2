// AlignedText: a normalized text that knows, for each of its characters, which bytes of the original it stands for.
// The meaning of every alignment is that of Hugging Face's NormalizedString. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/unicode/normalization.h"
#include "text/unicode/utf8.h"

namespace onedge::tokenizer {

// Half-open byte range of the original text.
struct Span {
  uint32_t begin;
  uint32_t end;
  friend bool operator==(const Span&, const Span&) = default;
};

class AlignedText {
 public:
  // Becomes the original text itself: every character stands for itself. REQUIRES: well-formed UTF-8 of less than 4
  // GiB.
  void AssignOriginal(std::string_view original);
  void Clear();
  void Swap(AlignedText& other);

  std::string_view text() const { return text_; }
  uint32_t size() const { return static_cast<uint32_t>(text_.size()); }

  // What the character that byte `i` belongs to stands for.
  Span span(uint32_t i) const {
    if (!in_place_) return spans_[i];
    uint32_t begin = i, end = i + 1;
    while (begin > 0 && unicode::IsContinuation(text_[begin])) --begin;
    while (end < text_.size() && unicode::IsContinuation(text_[end])) ++end;
    return {begin, end};
  }
  // What bytes [begin, end) stand for. REQUIRES: begin < end.
  Span span(uint32_t begin, uint32_t end) const {
    ONEDGE_DCHECK(begin < end && end <= text_.size());
    return {span(begin).begin, span(end - 1).end};
  }

  void Append(char32_t c, Span span) {
    char bytes[4];
    const uint32_t length = unicode::Encode(c, bytes);
    if (in_place_ && (span.begin != text_.size() || span.end != text_.size() + length)) Materialize();
    if (!in_place_) spans_.insert(spans_.end(), length, span);
    text_.append(bytes, length);
  }
  // Appends bytes [begin, end) of `source` with their alignments.
  void AppendRange(const AlignedText& source, uint32_t begin, uint32_t end);
  // As AppendRange of an ASCII range, but with the bytes of `ascii` in place of the source's.
  void AppendAscii(const AlignedText& source, uint32_t begin, std::string_view ascii);

 private:
  void Materialize();
  void AppendSpans(const AlignedText& source, uint32_t begin, uint32_t end);

  std::string text_;
  // While true, every character stands for the original bytes at its own position, and spans_ is empty: no alignment to
  // store.
  bool in_place_ = true;
  std::vector<Span> spans_;  // one for each byte otherwise
};

// Where a text lies in the whole that it may be a chunk of (cuts.h).
struct Place {
  bool starts_text = true;     // the whole begins here
  bool starts_section = true;  // nothing, or an added token, is before it
  bool ends_section = true;    // nothing, or an added token, is behind it
};

// A part of an AlignedText: what one stage gets to work on.
struct TextSlice {
  const AlignedText* source;
  uint32_t begin;
  uint32_t end;
  Place place = {};

  std::string_view text() const { return source->text().substr(begin, end - begin); }
};

// Writes a changed copy of a slice to the end of an AlignedText, in the terms of unicode::ChangedChar.
class Rewriter {
 public:
  Rewriter(TextSlice slice, AlignedText& out) : slice_(slice), out_(out), cursor_(slice.begin) {}

  void Emit(char32_t c, int32_t change) {
    Span span{0, 0};
    if (change > 0) {
      if (slice_.end > slice_.begin) {
        span = slice_.source->span(cursor_ > slice_.begin ? cursor_ - 1 : cursor_);
        if (cursor_ == slice_.begin) span.end = span.begin;
      }
    } else {
      if (cursor_ >= slice_.end) return;
      span = slice_.source->span(cursor_);
      Skip(1 + static_cast<uint32_t>(-change));
    }
    out_.Append(c, span);
  }
  // Passes over the next `count` code points of the source.
  void Skip(uint32_t count) {
    for (; count > 0 && cursor_ < slice_.end; --count)
      cursor_ += unicode::SequenceLength(slice_.source->text()[cursor_]);
  }

 private:
  TextSlice slice_;
  AlignedText& out_;
  uint32_t cursor_;
};

}  // namespace onedge::tokenizer
