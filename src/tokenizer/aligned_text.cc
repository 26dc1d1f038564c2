#include "tokenizer/aligned_text.h"

#include <utility>

namespace onedge::tokenizer {

void AlignedText::AssignOriginal(std::string_view original) {
  ONEDGE_DCHECK(original.size() <= UINT32_MAX && unicode::IsWellFormed(original));
  text_.assign(original);
  spans_.clear();
  in_place_ = true;
}

void AlignedText::Clear() {
  text_.clear();
  spans_.clear();
  in_place_ = true;
}

void AlignedText::Swap(AlignedText& other) {
  text_.swap(other.text_);
  spans_.swap(other.spans_);
  std::swap(in_place_, other.in_place_);
}

void AlignedText::Materialize() {
  in_place_ = false;
  spans_.reserve(text_.capacity());
  spans_.resize(text_.size());
  for (uint32_t i = 0; i < text_.size();) {
    const uint32_t length = unicode::SequenceLength(text_[i]);
    for (uint32_t k = 0; k < length; ++k) spans_[i + k] = {i, i + length};
    i += length;
  }
}

void AlignedText::AppendSpans(const AlignedText& source, uint32_t begin, uint32_t end) {
  if (in_place_) {
    if (source.in_place_ && begin == text_.size()) return;
    Materialize();
  }
  if (!source.in_place_) {
    spans_.insert(spans_.end(), source.spans_.begin() + begin, source.spans_.begin() + end);
    return;
  }
  const size_t first = spans_.size();
  spans_.resize(first + (end - begin));
  Span* span = spans_.data() + first;
  for (uint32_t i = begin; i < end;) {
    const uint32_t length = unicode::SequenceLength(source.text_[i]);
    for (uint32_t k = 0; k < length; ++k) *span++ = {i, i + length};
    i += length;
  }
}

void AlignedText::AppendRange(const AlignedText& source, uint32_t begin, uint32_t end) {
  AppendSpans(source, begin, end);
  text_.append(source.text_, begin, end - begin);
}

void AlignedText::AppendAscii(const AlignedText& source, uint32_t begin, std::string_view ascii) {
  AppendSpans(source, begin, begin + static_cast<uint32_t>(ascii.size()));
  text_.append(ascii);
}

}  // namespace onedge::tokenizer
