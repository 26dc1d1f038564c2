#include "tasks/offsets.h"

namespace onedge::tasks {

// The units of the character that begins at `byte`; 0 inside a character.
int64_t OffsetCounter::Units(int64_t byte) const {
  const auto unit = static_cast<uint8_t>(text_[static_cast<size_t>(byte)]);
  if ((unit & 0xC0) == 0x80) return 0;
  return unit_ == tokenizer::OffsetUnit::kUtf16 && unit >= 0xF0 ? 2 : 1;
}

int64_t OffsetCounter::At(int64_t byte) {
  if (unit_ == tokenizer::OffsetUnit::kBytes) return byte;
  for (; at_ < byte; ++at_) count_ += Units(at_);
  for (; at_ > byte; --at_) count_ -= Units(at_ - 1);
  return count_;
}

}  // namespace onedge::tasks
