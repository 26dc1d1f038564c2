// MemoryBudget: how many bytes a model and its sessions may hold. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/status.h"

namespace onedge {

class MemoryBudget {
 public:
  static constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();

  explicit MemoryBudget(size_t limit_bytes = kUnlimited) : limit_(limit_bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Takes `bytes`. On failure takes nothing and returns "needs 61 MB, 12 MB of 64 MB are free".
  Status Reserve(size_t bytes);
  void Release(size_t bytes);
  // Makes the `countdown`-th Reserve from now fail, and only that one, even if memory is free; 0: none. For tests of
  // the state after a failure.
  void FailOnce(size_t countdown) { until_failure_.store(countdown, std::memory_order_relaxed); }
  bool failure_pending() const { return until_failure_.load(std::memory_order_relaxed) != 0; }

  size_t limit_bytes() const { return limit_; }
  size_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  size_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }

 private:
  const size_t limit_;
  std::atomic<size_t> used_{0};
  std::atomic<size_t> peak_{0};
  std::atomic<size_t> until_failure_{0};
};

// Bytes of a budget that are returned when this is destroyed: for memory that is not a Buffer. Not thread-safe.
class MemoryReservation {
 public:
  explicit MemoryReservation(MemoryBudget* budget = nullptr) : budget_(budget) {}  // null: nothing is counted
  MemoryReservation(MemoryReservation&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryReservation& operator=(MemoryReservation&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MemoryReservation() { Shrink(bytes_); }

  // Takes `bytes` more. Fails like MemoryBudget::Reserve and then takes nothing.
  Status Grow(size_t bytes);
  // REQUIRES: bytes <= bytes().
  void Shrink(size_t bytes);
  size_t bytes() const { return bytes_; }
  MemoryBudget* budget() const { return budget_; }

 private:
  MemoryBudget* budget_;
  size_t bytes_ = 0;
};

}  // namespace onedge
