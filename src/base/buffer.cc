#include "base/buffer.h"

#include <cstdlib>
#include <cstring>

#include "base/checked_math.h"

namespace onedge {

Buffer::Block::~Block() {
  if (release) {
    release();
  } else {
    std::free(data);
  }
  if (budget) budget->Release(reserved);
}

Result<Buffer> Buffer::Allocate(size_t bytes, MemoryBudget* budget) {
  if (bytes > PTRDIFF_MAX - 2 * kAlignment - kReadablePadding) {
    return ResourceExhausted("cannot allocate ", bytes, " bytes: more than the address space");
  }
  const size_t reserved = AlignUp(bytes + kReadablePadding, kAlignment);
  if (budget) ONEDGE_RETURN_IF_ERROR(budget->Reserve(reserved));
  auto block = std::make_shared<Block>();
  block->budget = budget;
  block->reserved = reserved;
  block->data = static_cast<uint8_t*>(std::aligned_alloc(kAlignment, reserved));
  if (!block->data) return ResourceExhausted("out of memory: cannot allocate ", bytes, " bytes");
  std::memset(block->data + bytes, 0, reserved - bytes);
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
