#include "backends/cpu/xnnpack.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/checked_math.h"

namespace onedge::backends::cpu {
namespace {

// XNNPACK has one allocator for the whole process, so the budget of the current call is here.
constinit thread_local XnnMemoryScope* current = nullptr;

// Lies before each block.
struct Header {
  void* allocation;
  MemoryBudget* budget;
  size_t reserved;
  size_t size;
};

Header& HeaderOf(void* pointer) { return static_cast<Header*>(pointer)[-1]; }

void* Allocate(void*, size_t alignment, size_t size) {
  const size_t aligned_to = std::max(alignment, Buffer::kAlignment);
  if (size > PTRDIFF_MAX - 2 * aligned_to - sizeof(Header)) return nullptr;
  const size_t reserved = size + aligned_to + sizeof(Header);
  if (current && !current->Reserve(reserved)) return nullptr;
  MemoryBudget* const budget = current ? current->budget() : nullptr;
  void* allocation = std::malloc(reserved);
  if (!allocation) {
    if (budget) budget->Release(reserved);
    return nullptr;
  }
  void* pointer =
      reinterpret_cast<void*>(AlignUp(reinterpret_cast<uintptr_t>(allocation) + sizeof(Header), aligned_to));
  HeaderOf(pointer) = {allocation, budget, reserved, size};
  return pointer;
}

void Deallocate(void*, void* pointer) {
  if (!pointer) return;
  const Header header = HeaderOf(pointer);
  std::free(header.allocation);
  if (header.budget) header.budget->Release(header.reserved);
}

void* Reallocate(void* context, void* pointer, size_t size) {
  void* moved = Allocate(context, Buffer::kAlignment, size);
  if (moved && pointer) {
    std::memcpy(moved, pointer, std::min(size, HeaderOf(pointer).size));
    Deallocate(context, pointer);
  }
  return moved;
}

}  // namespace

bool XnnIsAvailable() {
  static constexpr xnn_allocator kAllocator = {
      .context = nullptr,
      .allocate = [](void* context, size_t size) { return Allocate(context, Buffer::kAlignment, size); },
      .reallocate = Reallocate,
      .deallocate = Deallocate,
      .aligned_allocate = Allocate,
      .aligned_deallocate = Deallocate,
  };
  return xnn_initialize(&kAllocator) == xnn_status_success;
}

Status XnnError(xnn_status status, const char* what) {
  switch (status) {
    case xnn_status_success:
      return OkStatus();
    case xnn_status_out_of_memory:
      return ResourceExhausted("out of memory: ", what, " cannot allocate what it needs");
    default:
      return Internal(what, " has failed with status ", static_cast<int>(status));
  }
}

XnnMemoryScope::XnnMemoryScope(MemoryBudget* budget) : previous_(std::exchange(current, this)), budget_(budget) {}
XnnMemoryScope::~XnnMemoryScope() { current = previous_; }

bool XnnMemoryScope::Reserve(size_t bytes) {
  if (!budget_) return true;
  Status status = budget_->Reserve(bytes);
  if (status.ok()) return true;
  refused_ = std::move(status);
  return false;
}

Status XnnMemoryScope::Check(xnn_status status, const char* what) {
  if (status == xnn_status_out_of_memory && !refused_.ok()) return std::move(refused_);
  return XnnError(status, what);
}

XnnOperator::XnnOperator(Buffer packed, MemoryBudget* budget) : packed_(std::move(packed)), budget_(budget) {
  provider_ = {
      .context = this,
      .look_up = [](void* context, const xnn_weights_cache_look_up_key*) -> size_t {
        return static_cast<XnnOperator*>(context)->packed_ ? 0 : SIZE_MAX;
      },
      .reserve_space = [](void* context, size_t bytes) { return static_cast<XnnOperator*>(context)->Reserve(bytes); },
      .look_up_or_insert = [](void*, const xnn_weights_cache_look_up_key*, void*, size_t) -> size_t { return 0; },
      .is_finalized = [](void*) { return true; },
      .offset_to_addr = [](void* context, size_t offset) -> void* {
        return static_cast<XnnOperator*>(context)->packed_.data() + offset;
      },
      .delete_cache = [](void*) { return xnn_status_success; },
  };
}

XnnOperator::~XnnOperator() {
  if (op_) xnn_delete_operator(op_);
}

void* XnnOperator::Reserve(size_t bytes) {
  Result<Buffer> allocated = Buffer::Allocate(bytes, budget_);
  if (!allocated.ok()) {
    failure_ = std::move(allocated).status();
    return nullptr;
  }
  Buffer& buffer = packed_ ? scratch_ : packed_;
  buffer = std::move(*allocated);
  return buffer.data();
}

Status XnnOperator::CheckCreated(XnnMemoryScope& scope, xnn_status status) {
  scratch_ = Buffer();
  if (!failure_.ok()) return std::move(failure_);
  // A failed allocation of the zeros that stand for padding is returned as success, without an operator.
  if (status == xnn_status_success && !op_) status = xnn_status_out_of_memory;
  return scope.Check(status, "creating an operator of XNNPACK");
}

}  // namespace onedge::backends::cpu
