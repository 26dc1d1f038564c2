// AlignedText: a normalized text that keeps, for each character, the bytes of the original that it stands for. Every
// alignment has the meaning of Hugging Face's NormalizedString. Not thread-safe.
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
  // Becomes the original text: every character stands for itself. REQUIRES: well-formed UTF-8 of less than 4
  // GiB.
  void AssignOriginal(std::string_view original);
  void Clear();
  void Swap(AlignedText& other);

  std::string_view text() const { return text_; }
  uint32_t size() const { return static_cast<uint32_t>(text_.size()); }

  // The original bytes of the character that contains byte `i`.
  Span span(uint32_t i) const {
    if (!in_place_) return spans_[i];
    uint32_t begin = i, end = i + 1;
    while (begin > 0 && unicode::IsContinuation(text_[begin])) --begin;
    while (end < text_.size() && unicode::IsContinuation(text_[end])) ++end;
    return {begin, end};
  }
  // The original bytes of bytes [begin, end). REQUIRES: begin < end.
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
  // Like AppendRange for an ASCII range, but takes the bytes from `ascii`.
  void AppendAscii(const AlignedText& source, uint32_t begin, std::string_view ascii);

 private:
  void Materialize();
  void AppendSpans(const AlignedText& source, uint32_t begin, uint32_t end);

  std::string text_;
  // While true, every character stands for the original bytes at its own position; no alignment is stored and spans_ is
  // empty.
  bool in_place_ = true;
  std::vector<Span> spans_;  // otherwise one for each byte
};

// The position of a text in the whole text, which may have been cut into chunks (cuts.h).
struct Place {
  bool starts_text = true;     // the whole text begins here
  bool starts_section = true;  // at the start, or after an added token
  bool ends_section = true;    // at the end, or before an added token
};

// A part of an AlignedText: the input of one stage.
struct TextSlice {
  const AlignedText* source;
  uint32_t begin;
  uint32_t end;
  Place place = {};

  std::string_view text() const { return source->text().substr(begin, end - begin); }
};

// Appends a changed copy of a slice to an AlignedText; unicode::ChangedChar describes the changes.
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
  // Skips the next `count` code points of the source.
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
