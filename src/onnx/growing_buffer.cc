#include "onnx/growing_buffer.h"

#include <algorithm>
#include <cstring>

#include "base/checked_math.h"

namespace onedge::onnx {

void GrowingBuffer::Reset(MemoryBudget* budget, uint64_t expected_bytes, bool trusted) {
  budget_ = budget;
  expected_ = expected_bytes;
  trusted_ = trusted;
  buffer_ = Buffer();
  size_ = 0;
}

Status GrowingBuffer::Resize(uint64_t capacity) {
  const auto bytes = CheckedCast<size_t>(capacity);
  if (!bytes) return ResourceExhausted("cannot hold ", capacity, " bytes: more than the address space");
  ONEDGE_ASSIGN_OR_RETURN(Buffer grown, Buffer::Allocate(*bytes, budget_));
  if (size_ > 0) std::memcpy(grown.data(), buffer_.data(), std::min(size_, *bytes));
  buffer_ = std::move(grown);
  return OkStatus();
}

Status GrowingBuffer::Append(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return OkStatus();
  const uint64_t needed = uint64_t{size_} + bytes.size();
  if (needed > buffer_.size()) {
    uint64_t capacity = buffer_.size() == 0 ? (trusted_ ? expected_ : std::min(expected_, kUntrustedStart))
                                            : std::min<uint64_t>(uint64_t{buffer_.size()} * 2, expected_);
    if (capacity < needed) capacity = needed <= expected_ ? needed : std::max(needed, uint64_t{buffer_.size()} * 2);
    ONEDGE_RETURN_IF_ERROR(Resize(capacity));
  }
  std::memcpy(buffer_.data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return OkStatus();
}

Result<Buffer> GrowingBuffer::Take() {
  if (!buffer_ || buffer_.size() != size_) ONEDGE_RETURN_IF_ERROR(Resize(size_));
  size_ = 0;
  Buffer taken = std::move(buffer_);
  buffer_ = Buffer();
  return taken;
}

}  // namespace onedge::onnx
