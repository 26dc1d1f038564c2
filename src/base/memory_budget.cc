#include "base/memory_budget.h"

namespace onedge {
namespace {

std::string Bytes(size_t bytes) {
  if (bytes < 10'000) return StrCat(bytes, " bytes");
  if (bytes < 10'000'000) return StrCat(bytes / 1000, " kB");
  return StrCat(bytes / 1'000'000, " MB");
}

}  // namespace

Status MemoryBudget::Reserve(size_t bytes) {
  if (failure_pending() && until_failure_.fetch_sub(1, std::memory_order_relaxed) == 1) {
    return ResourceExhausted("memory limit: needs ", Bytes(bytes), ", which a test refuses");
  }
  size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_ - used) {
      return ResourceExhausted("memory limit: needs ", Bytes(bytes), ", but only ", Bytes(limit_ - used), " of ",
                               Bytes(limit_), " are free; raise the memory limit or use a smaller model or input");
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  size_t peak = peak_.load(std::memory_order_relaxed);
  while (used + bytes > peak && !peak_.compare_exchange_weak(peak, used + bytes, std::memory_order_relaxed)) {
  }
  return OkStatus();
}

void MemoryBudget::Release(size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

Status MemoryReservation::Grow(size_t bytes) {
  if (!budget_) return OkStatus();
  ONEDGE_RETURN_IF_ERROR(budget_->Reserve(bytes));
  bytes_ += bytes;
  return OkStatus();
}

void MemoryReservation::Shrink(size_t bytes) {
  if (!budget_) return;
  ONEDGE_DCHECK(bytes <= bytes_);
  budget_->Release(bytes);
  bytes_ -= bytes;
}

}  // namespace onedge
