// DeviceMemory: memory that the host cannot read, of a device that exists only in tests. Natively its pages are closed
// (PROT_NONE) outside the device's own calls; in WebAssembly, whose pages have no protection, its bytes are scrambled.
#pragma once

#include <cstdlib>
#include <memory>
#include <mutex>

#include "base/buffer.h"

#ifndef __EMSCRIPTEN__
#include <sys/mman.h>
#endif

namespace onedge::testing {

class DeviceMemory {
 public:
  static Result<std::unique_ptr<DeviceMemory>> Allocate(size_t bytes, MemoryBudget* budget) {
    constexpr size_t kPage = 4096;
    const size_t size = (bytes + Buffer::kReadablePadding + kPage - 1) / kPage * kPage;
    if (budget) {
      if (Status status = budget->Reserve(size); !status.ok()) return std::move(status).WithContext("device memory");
    }
    return std::unique_ptr<DeviceMemory>(new DeviceMemory(size, budget));
  }
  ~DeviceMemory() {
#ifdef __EMSCRIPTEN__
    std::free(data_);
#else
    munmap(data_, size_);
#endif
    if (budget_) budget_->Release(size_);
  }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  // The bytes, for tensors of the device's kernels.
  const Buffer& buffer() const { return buffer_; }
  size_t size() const { return size_; }

  // The memory is readable while an Access exists; accesses of several sessions may overlap.
  class Access {
   public:
    explicit Access(DeviceMemory* memory) : memory_(memory) {
      if (memory_) memory_->Open();
    }
    ~Access() {
      if (memory_) memory_->Close();
    }
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;

   private:
    DeviceMemory* memory_;
  };

 private:
  DeviceMemory(size_t size, MemoryBudget* budget) : size_(size), budget_(budget) {
#ifdef __EMSCRIPTEN__
    data_ = static_cast<uint8_t*>(std::aligned_alloc(Buffer::kAlignment, size));
#else
    data_ = static_cast<uint8_t*>(mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
#endif
    buffer_ = Buffer::Wrap(data_, size, [] {});
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    if (open_++ == 0) Toggle(true);
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    if (--open_ == 0) Toggle(false);
  }
  void Toggle([[maybe_unused]] bool readable) {
#ifdef __EMSCRIPTEN__
    for (size_t i = 0; i < size_; ++i) data_[i] ^= 0x5a;
#else
    mprotect(data_, size_, readable ? PROT_READ | PROT_WRITE : PROT_NONE);
#endif
  }

  const size_t size_;
  MemoryBudget* const budget_;
  uint8_t* data_;
  Buffer buffer_;
  std::mutex mutex_;
  int open_ = 0;
};

}  // namespace onedge::testing
