#include "base/thread_pool.h"

#include <pthreadpool.h>

namespace onedge {

std::unique_ptr<ThreadPool> ThreadPool::Create(size_t threads) {
  return std::unique_ptr<ThreadPool>(new ThreadPool(pthreadpool_create(threads)));
}

ThreadPool::~ThreadPool() { pthreadpool_destroy(handle_); }

size_t ThreadPool::threads() const { return pthreadpool_get_threads_count(handle_); }

void ParallelForErased(ThreadPool* pool, size_t count, void (*call)(void* body, size_t index), void* body) {
  pthreadpool_parallelize_1d(pool->handle(), call, body, count, /*flags=*/0);
}

}  // namespace onedge
