// MemoryBudget: how many bytes a model and its sessions may hold. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <limits>

#include "base/status.h"

namespace onedge {

class MemoryBudget {
 public:
  static constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();

  explicit MemoryBudget(size_t limit_bytes = kUnlimited) : limit_(limit_bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Takes `bytes`, or fails with "needs 61 MB, 12 MB of 64 MB are free" and takes nothing.
  Status Reserve(size_t bytes);
  void Release(size_t bytes);

  size_t limit_bytes() const { return limit_; }
  size_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  size_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }

 private:
  const size_t limit_;
  std::atomic<size_t> used_{0};
  std::atomic<size_t> peak_{0};
};

}  // namespace onedge
