// Offsets of answers: converts byte positions in a text to the caller's unit.
#pragma once

#include <cstdint>
#include <string_view>

#include "tokenizer/tokenizer.h"

namespace onedge::tasks {

// It walks along with the offsets, because they mostly ascend.
class OffsetCounter {
 public:
  OffsetCounter(std::string_view text, tokenizer::OffsetUnit unit) : text_(text), unit_(unit) {}
  // `byte`: from 0 to the size of the text.
  int64_t At(int64_t byte);

 private:
  int64_t Units(int64_t byte) const;

  std::string_view text_;
  tokenizer::OffsetUnit unit_;
  int64_t at_ = 0;     // bytes
  int64_t count_ = 0;  // units before `at_`
};

}  // namespace onedge::tasks
