#include "base/thread_pool.h"

#include <pthreadpool.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define ONEDGE_TSAN 1
#endif
#endif

namespace onedge {
namespace {

// True while the thread works on a region's task: another region must not wait for the pool, which waits for this task.
constinit thread_local bool in_region = false;

struct Region {
  void (*call)(void* body, size_t index);
  void* body;
};

// pthreadpool is not compiled for the thread sanitizer, so the sanitizer is told the order: the call comes before its
// tasks, and all tasks before the return.
void Acquire([[maybe_unused]] void* what) {
#if defined(ONEDGE_TSAN)
  __tsan_acquire(what);
#endif
}
void Release([[maybe_unused]] void* what) {
#if defined(ONEDGE_TSAN)
  __tsan_release(what);
#endif
}

void RunTask(void* erased, size_t index) {
  Region& region = *static_cast<Region*>(erased);
  Acquire(&region);
  in_region = true;
  region.call(region.body, index);
  in_region = false;
  Release(&region);
}

}  // namespace

std::unique_ptr<ThreadPool> ThreadPool::Create(size_t threads) {
  return std::unique_ptr<ThreadPool>(new ThreadPool(pthreadpool_create(threads)));
}

ThreadPool::~ThreadPool() { pthreadpool_destroy(handle_); }

size_t ThreadPool::threads() const { return pthreadpool_get_threads_count(handle_); }

pthreadpool* PoolOf(ThreadPool* pool) { return pool && !in_region ? pool->handle_ : nullptr; }

void ParallelForErased(ThreadPool* pool, size_t count, void (*call)(void* body, size_t index), void* body) {
  if (in_region) {
    for (size_t i = 0; i < count; ++i) call(body, i);
    return;
  }
  Region region{call, body};
  Release(&region);
  pthreadpool_parallelize_1d(pool->handle_, RunTask, &region, count, /*flags=*/0);
  Acquire(&region);
}

}  // namespace onedge
