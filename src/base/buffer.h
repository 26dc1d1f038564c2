// Buffer: a shared, aligned block of bytes under a MemoryBudget. Copying a Buffer shares the block; the last copy frees
// it. Not synchronised: many may read at once, one may write.
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
  // Blocks start at a multiple of this, which is a cache line and the widest vector.
  static constexpr size_t kAlignment = 64;
  // Bytes past the end of an owned block that may be read (not written): kernels load whole vectors.
  static constexpr size_t kReadablePadding = 64;

  Buffer() = default;

  // Uninitialised bytes. `budget` may be null (not counted); otherwise it must outlive every copy of the Buffer.
  static Result<Buffer> Allocate(size_t bytes, MemoryBudget* budget);
  // Bytes owned by somebody else, such as a file map; `release` runs when the last copy goes. No readable padding is
  // promised.
  static Buffer Wrap(void* data, size_t bytes, std::function<void()> release);

  uint8_t* data() const { return block_ ? block_->data : nullptr; }
  size_t size() const { return block_ ? block_->size : 0; }
  explicit operator bool() const { return block_ != nullptr; }
  // True when kReadablePadding bytes past the end may be read: for owned blocks, not for wrapped ones.
  bool padded() const { return block_ && !block_->release; }
  // True when this is the only copy, so that writing disturbs nobody.
  bool unique() const { return block_.use_count() == 1; }

 private:
  struct Block {
    ~Block();
    void* allocation = nullptr;  // what malloc returned; data lies inside
    uint8_t* data = nullptr;
    size_t size = 0;
    MemoryBudget* budget = nullptr;
    size_t reserved = 0;
    std::function<void()> release;  // set for wrapped bytes only
  };
  std::shared_ptr<Block> block_;
};

}  // namespace onedge
