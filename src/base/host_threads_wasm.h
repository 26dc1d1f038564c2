// HostThreads: a ThreadPool whose threads a JavaScript host starts (js/threads): workers that run the same module on
// the same memory. Those that have not joined, or are late, delay nobody: the others do their work. Only in builds with
// shared memory.
#pragma once

#ifdef __EMSCRIPTEN_SHARED_MEMORY__
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/thread_pool.h"

namespace onedge {

class HostThreads {
 public:
  // `threads`: at least 2, with the caller's own. `may_sleep`: whether the caller may wait without computing; false on
  // the main thread of a page. Null: no memory.
  static std::unique_ptr<HostThreads> Create(size_t threads, bool may_sleep);
  // Waits until all workers that have joined are gone, unless one has failed. REQUIRES: the others never join.
  ~HostThreads();

  ThreadPool* pool() const { return pool_.get(); }

  // For worker `index`, from 1 to threads - 1: the places in the table of the module of three functions, begin(stack,
  // stack size), join(thread) and work(thread), and then stack, stack size and thread. It calls the three in its own
  // instance, in this order. work() returns in the destructor.
  std::array<uintptr_t, 6> WordsOf(size_t index) const;
  // The address of a word that is set to 1 when a worker has failed, by itself or by the host. A region that waits for
  // it then traps, as after half a minute without an answer; later regions run on the caller's thread alone.
  size_t failed_word() const;
  size_t joined() const;

 private:
  HostThreads() = default;

  std::vector<uint8_t*> stacks_;
  std::unique_ptr<ThreadPool> pool_;
};

}  // namespace onedge
#endif
