#include "base/host_threads_wasm.h"

#ifdef __EMSCRIPTEN_SHARED_MEMORY__
#include <algorithm>
#include <cstdlib>

extern "C" {
// cmake/third_party/shims/pthreadpool_workers.c
void onedge_pool_join(struct thread_info* thread);
void onedge_pool_work(struct thread_info* thread);
int onedge_pool_end(pthreadpool* pool);
struct thread_info* onedge_pool_thread(pthreadpool* pool, size_t index);
uint32_t* onedge_pool_failed(pthreadpool* pool);
uint32_t onedge_pool_joined(pthreadpool* pool);
void onedge_pool_may_sleep(pthreadpool* pool);
// Emscripten's: sets the stack of an instance and its thread-local storage, which lies at the lower end.
void _emscripten_wasm_worker_initialize(void* stack, int32_t size);
}

namespace onedge {
namespace {

constexpr size_t kStackBytes = 256 << 10;  // nothing guards its end

}  // namespace

std::unique_ptr<HostThreads> HostThreads::Create(size_t threads, bool may_sleep) {
  std::unique_ptr<HostThreads> made(new HostThreads);
  made->pool_ = ThreadPool::Create(threads);
  if (!PoolOf(made->pool_.get())) return nullptr;
  for (size_t i = 1; i < threads; ++i) {
    made->stacks_.push_back(static_cast<uint8_t*>(std::aligned_alloc(64, kStackBytes)));
    if (!made->stacks_.back()) return nullptr;
  }
  if (may_sleep) onedge_pool_may_sleep(PoolOf(made->pool_.get()));
  return made;
}

HostThreads::~HostThreads() {
  pthreadpool* const pool = PoolOf(pool_.get());
  if (!pool || onedge_pool_end(pool)) {
    for (uint8_t* stack : stacks_) std::free(stack);
  } else {
    static_cast<void>(pool_.release());  // a worker that has failed may be anywhere: its memory is given up
  }
}

std::array<uintptr_t, 6> HostThreads::WordsOf(size_t index) const {
  return {reinterpret_cast<uintptr_t>(&_emscripten_wasm_worker_initialize),
          reinterpret_cast<uintptr_t>(&onedge_pool_join),
          reinterpret_cast<uintptr_t>(&onedge_pool_work),
          reinterpret_cast<uintptr_t>(stacks_[index - 1]),
          kStackBytes,
          reinterpret_cast<uintptr_t>(onedge_pool_thread(PoolOf(pool_.get()), index))};
}

size_t HostThreads::failed_word() const { return reinterpret_cast<size_t>(onedge_pool_failed(PoolOf(pool_.get()))); }
size_t HostThreads::joined() const { return onedge_pool_joined(PoolOf(pool_.get())); }

}  // namespace onedge

// Emscripten's own functions are in JavaScript, or call it, which only the first thread has.

// The lock of malloc calls it while it waits.
extern "C" int sched_yield() { return 0; }

extern "C" bool emscripten_resize_heap(size_t requested) {
  constexpr size_t kPage = 64 << 10;
  constexpr size_t kStep = 1 << 20;  // as -sMEMORY_GROWTH_LINEAR_STEP in the other modules
  const size_t pages = __builtin_wasm_memory_size(0);
  if (requested <= pages * kPage) return true;
  const size_t needed = (requested - pages * kPage + kPage - 1) / kPage;
  for (const size_t grown : {std::max(needed, kStep / kPage), needed}) {
    if (__builtin_wasm_memory_grow(0, grown) != static_cast<size_t>(-1)) return true;
  }
  return false;
}
#endif
