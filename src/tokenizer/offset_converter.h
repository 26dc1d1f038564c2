// OffsetConverter: converts byte positions of a text to the caller's unit. It walks along: positions mostly ascend.
#pragma once

#include <cstdint>
#include <string_view>

#include "text/unicode/utf8.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tokenizer {

class OffsetConverter {
 public:
  OffsetConverter(std::string_view text, OffsetUnit unit)
      : text_(text), unit_(unit), identical_(unit == OffsetUnit::kBytes || unicode::IsAscii(text)) {}

  // `position`: at a character boundary of the text, or its end.
  uint32_t Convert(uint32_t position) {
    if (identical_) return position;
    for (; at_ < position; ++at_) units_ += UnitsOf(text_[at_]);
    for (; at_ > position; --at_) units_ -= UnitsOf(text_[at_ - 1]);
    return units_;
  }

 private:
  // The units that a byte adds: for a lead byte those of its character, for a continuation byte 0.
  uint32_t UnitsOf(char byte) const {
    if (unicode::IsContinuation(byte)) return 0;
    return unit_ == OffsetUnit::kUtf16 && static_cast<uint8_t>(byte) >= 0xF0 ? 2 : 1;
  }

  std::string_view text_;
  OffsetUnit unit_;
  bool identical_;
  uint32_t at_ = 0;
  uint32_t units_ = 0;
};

}  // namespace onedge::tokenizer
