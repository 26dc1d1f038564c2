// Buffer: a shared, aligned block of bytes under a MemoryBudget. Copies share the block; the last copy frees it. Not
// synchronised: many threads may read at once, one may write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/memory_budget.h"
#include "base/status.h"

namespace onedge {

class Buffer {
 public:
  // Every block starts at a multiple of this: a cache line, and the width of the widest vector.
  static constexpr size_t kAlignment = 64;
  // Bytes past the end of an owned block that may be read (not written): kernels load whole vectors.
  static constexpr size_t kReadablePadding = 64;

  Buffer() = default;

  // Uninitialised bytes. `budget` may be null (then nothing is counted); otherwise it must outlive every copy.
  static Result<Buffer> Allocate(size_t bytes, MemoryBudget* budget);
  // Bytes with another owner, such as a file map. `release` runs when the last copy is destroyed. They have no readable
  // padding.
  static Buffer Wrap(void* data, size_t bytes, std::function<void()> release);

  uint8_t* data() const { return block_ ? block_->data : nullptr; }
  size_t size() const { return block_ ? block_->size : 0; }
  explicit operator bool() const { return block_ != nullptr; }
  // True if kReadablePadding bytes past the end may be read: true for owned blocks, false for wrapped ones.
  bool padded() const { return block_ && !block_->release; }
  // True if this is the only copy, so that a write affects no other holder.
  bool unique() const { return block_.use_count() == 1; }

 private:
  struct Block {
    ~Block();
    void* allocation = nullptr;  // the address from malloc; `data` lies inside
    uint8_t* data = nullptr;
    size_t size = 0;
    MemoryBudget* budget = nullptr;
    size_t reserved = 0;
    std::function<void()> release;  // set for wrapped bytes only
  };
  std::shared_ptr<Block> block_;
};

}  // namespace onedge
