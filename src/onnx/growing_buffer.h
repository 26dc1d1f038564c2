// GrowingBuffer: collects bytes that arrive in pieces; each byte is written once, into the aligned Buffer that keeps
// it. An untrusted size claim does not allocate memory: memory follows the bytes that have arrived. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"

namespace onedge::onnx {

class GrowingBuffer {
 public:
  // Starts over with an empty buffer. If `expected_bytes` is `trusted` (checked against the true length of the source),
  // it is allocated at once. Otherwise at most kUntrustedStart is allocated, and doubled as bytes arrive.
  void Reset(MemoryBudget* budget, uint64_t expected_bytes, bool trusted);
  Status Append(std::span<const uint8_t> bytes);
  size_t size() const { return size_; }
  std::span<const uint8_t> bytes() const { return {buffer_.data(), size_}; }
  // A Buffer of exactly size() bytes. Leaves this one empty.
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
