// GrowingBuffer: bytes that arrive in pieces, written once, straight into the aligned Buffer that keeps them.
// A claimed size is believed only up to a point: memory follows the bytes that have really come. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"

namespace onedge::onnx {

class GrowingBuffer {
 public:
  // Starts over with an empty buffer. `expected_bytes` is what will probably come; where it is `trusted` (checked
  // against the true length of the source) it is allocated at once, else at most kUntrustedStart, doubling as bytes
  // arrive.
  void Reset(MemoryBudget* budget, uint64_t expected_bytes, bool trusted);
  Status Append(std::span<const uint8_t> bytes);
  size_t size() const { return size_; }
  std::span<const uint8_t> bytes() const { return {buffer_.data(), size_}; }
  // A Buffer of exactly size() bytes; this one is empty afterwards.
  Result<Buffer> Take();

 private:
  static constexpr uint64_t kUntrustedStart = 1 << 20;

  Status Resize(uint64_t capacity);

  MemoryBudget* budget_ = nullptr;
  uint64_t expected_ = 0;
  bool trusted_ = false;
  Buffer buffer_;
  size_t size_ = 0;
};

}  // namespace onedge::onnx
