// ThreadPool: threads that a host makes and lends to the core. The core takes a ThreadPool* and never makes one; null
// means only the caller's thread. Sessions may share a pool: it runs one parallel region at a time, and calls from
// other threads wait. A region inside a region runs serially, on the thread that starts it.
#pragma once

#include <cstddef>
#include <memory>

struct pthreadpool;

namespace onedge {

class ThreadPool {
 public:
  // `threads` includes the caller's own; 0 means one for each core. A build without threads always has 1.
  static std::unique_ptr<ThreadPool> Create(size_t threads);
  ~ThreadPool();

  size_t threads() const;

 private:
  friend void ParallelForErased(ThreadPool*, size_t, void (*)(void*, size_t), void*);
  friend pthreadpool* PoolOf(ThreadPool*);
  explicit ThreadPool(pthreadpool* handle) : handle_(handle) {}
  pthreadpool* handle_;
};

// Calls body(index) for each index in [0, count), on the pool's threads unless it is null. Results do not depend on the
// number of threads. A call from inside `body` runs serially.
template <typename Body>
void ParallelFor(ThreadPool* pool, size_t count, const Body& body);

void ParallelForErased(ThreadPool* pool, size_t count, void (*call)(void* body, size_t index), void* body);

// For a library with loops of its own. Null, which means only the caller's thread, if `pool` is null or the caller runs
// in a region: its loop would wait for the region, and the region for it.
pthreadpool* PoolOf(ThreadPool* pool);

template <typename Body>
void ParallelFor(ThreadPool* pool, size_t count, const Body& body) {
  if (!pool || count <= 1) {
    for (size_t i = 0; i < count; ++i) body(i);
    return;
  }
  ParallelForErased(
      pool, count, [](void* erased, size_t index) { (*static_cast<const Body*>(erased))(index); },
      const_cast<Body*>(&body));
}

}  // namespace onedge
