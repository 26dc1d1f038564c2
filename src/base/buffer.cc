#include "base/buffer.h"

#include <cstdlib>
#include <cstring>

#include "base/checked_math.h"

namespace onedge {

Buffer::Block::~Block() {
  if (release) {
    release();
  } else {
    std::free(allocation);
  }
  if (budget) budget->Release(reserved);
}

Result<Buffer> Buffer::Allocate(size_t bytes, MemoryBudget* budget) {
  if (bytes > PTRDIFF_MAX - 2 * kAlignment - kReadablePadding) {
    return ResourceExhausted("cannot allocate ", bytes, " bytes: more than the address space");
  }
  // Aligned by hand: aligned_alloc over-allocates, so a freed slot is too small for a buffer of the same size, and
  // packing weights one by one fragments the heap (26 of 118 MB of wasm memory, measured).
  const size_t size = AlignUp(bytes + kReadablePadding, kAlignment);
  const size_t reserved = size + kAlignment;
  if (budget) ONEDGE_RETURN_IF_ERROR(budget->Reserve(reserved));
  auto block = std::make_shared<Block>();
  block->budget = budget;
  block->reserved = reserved;
  block->allocation = std::malloc(reserved);
  if (!block->allocation) return ResourceExhausted("out of memory: cannot allocate ", bytes, " bytes");
  block->data = reinterpret_cast<uint8_t*>(AlignUp(reinterpret_cast<uintptr_t>(block->allocation), kAlignment));
  std::memset(block->data + bytes, 0, size - bytes);
  block->size = bytes;
  Buffer buffer;
  buffer.block_ = std::move(block);
  return buffer;
}

Buffer Buffer::Wrap(void* data, size_t bytes, std::function<void()> release) {
  Buffer buffer;
  buffer.block_ = std::make_shared<Block>();
  buffer.block_->data = static_cast<uint8_t*>(data);
  buffer.block_->size = bytes;
  buffer.block_->release = release ? std::move(release) : [] {};
  return buffer;
}

}  // namespace onedge
