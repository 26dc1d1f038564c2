// pthreadpool's port to workers that the host starts: it stands in for pthreads.c where WebAssembly has shared memory.
// Each worker calls onedge_pool_work() on its own instance of the module (src/base/host_threads_wasm.h, js/threads). Only the
// thread that made a pool may use it, so that no lock is necessary.
//
// The caller never sleeps unless the host allows it (`may_sleep`), because the main thread of a page must not. It takes
// the tasks of workers that are slow, and then waits in a loop for the tasks that they have begun.
#include <stdlib.h>
#include <string.h>

#include <pthreadpool.h>

#include "threadpool-atomics.h"
#include "threadpool-object.h"

// Reads of the command before a worker or the caller sleeps: about 100 microseconds. To wake a sleeping worker takes
// 20 to 60 (measured), and the serial parts of a model between two regions are mostly shorter than this.
enum { kSpins = 60000 };

// After the thread_info array of a pool.
struct extra {
  pthreadpool_atomic_uint32_t joined;  // workers
  pthreadpool_atomic_uint32_t failed;  // a worker has trapped: its tasks will never end
  uint32_t may_sleep;
};

static struct extra* extra_of(struct pthreadpool* pool) {
  return (struct extra*)&pool->threads[pool->threads_count.value];
}

static void sleep_while(pthreadpool_atomic_uint32_t* address, uint32_t value) {
  __builtin_wasm_memory_atomic_wait32((int*)address, (int)value, -1);
}
static void wake_all(pthreadpool_atomic_uint32_t* address) { __builtin_wasm_memory_atomic_notify((int*)address, -1u); }

static void check_in(struct pthreadpool* pool) {
  const uint32_t may_sleep = extra_of(pool)->may_sleep;
  if (pthreadpool_decrement_fetch_acquire_release_size_t(&pool->active_threads) != 0) return;
  pthreadpool_store_release_uint32_t(&pool->has_active_threads, 0);
  // The caller may already have freed the pool. Waking nobody is harmless.
  if (may_sleep) wake_all(&pool->has_active_threads);
}

static void wait_for_workers(struct pthreadpool* pool) {
  struct extra* extra = extra_of(pool);
  for (uint32_t spins = 0; pthreadpool_load_acquire_uint32_t(&pool->has_active_threads) != 0; ++spins) {
    if (pthreadpool_load_relaxed_uint32_t(&extra->failed)) __builtin_trap();
    if (spins >= kSpins && extra->may_sleep) {
      // Wakes up now and then for a worker that has failed.
      __builtin_wasm_memory_atomic_wait32((int*)&pool->has_active_threads, 1, 100000000);
    }
  }
}

static uint32_t wait_for_command(struct pthreadpool* pool, uint32_t last) {
  uint32_t command;
  for (uint32_t spins = 0; (command = pthreadpool_load_acquire_uint32_t(&pool->command)) == last; ++spins) {
    if (spins >= kSpins) sleep_while(&pool->command, last);
  }
  return command;
}

static void send(struct pthreadpool* pool, uint32_t command, uint32_t workers) {
  pthreadpool_store_relaxed_size_t(&pool->active_threads, workers);
  pthreadpool_store_relaxed_uint32_t(&pool->has_active_threads, 1);
  pthreadpool_store_release_uint32_t(&pool->command, command);
  wake_all(&pool->command);
}

// From now on the pool waits for this worker, which must call onedge_pool_work next.
void onedge_pool_join(struct thread_info* thread) {
  __atomic_fetch_add((uint32_t*)&extra_of(thread->threadpool)->joined, 1, __ATOMIC_ACQ_REL);
}

// The body of a worker; returns when the pool is destroyed.
void onedge_pool_work(struct thread_info* thread) {
  struct pthreadpool* pool = thread->threadpool;
  uint32_t command = threadpool_command_init;
  for (;;) {
    command = wait_for_command(pool, command);
    pthreadpool_fence_acquire();
    const int parallelize = (command & THREADPOOL_COMMAND_MASK) == threadpool_command_parallelize;
    if (parallelize) ((thread_function_t)pthreadpool_load_relaxed_void_p(&pool->thread_function))(pool, thread);
    check_in(pool);
    if (!parallelize) return;
  }
}

struct pthreadpool* pthreadpool_create(size_t threads_count) {
  if (threads_count == 0) threads_count = 1;
  size_t size = sizeof(struct pthreadpool) + threads_count * sizeof(struct thread_info) + sizeof(struct extra);
  size = (size + PTHREADPOOL_CACHELINE_SIZE - 1) & -(size_t)PTHREADPOOL_CACHELINE_SIZE;
  struct pthreadpool* pool = aligned_alloc(PTHREADPOOL_CACHELINE_SIZE, size);
  if (pool == NULL) return NULL;
  memset(pool, 0, size);
  pool->threads_count = fxdiv_init_size_t(threads_count);
  for (size_t i = 0; i < threads_count; ++i) {
    pool->threads[i].thread_number = i;
    pool->threads[i].threadpool = pool;
  }
  return pool;
}

PTHREADPOOL_INTERNAL void pthreadpool_parallelize(struct pthreadpool* pool, thread_function_t thread_function,
                                                  const void* params, size_t params_size, void* task, void* context,
                                                  size_t linear_range, uint32_t flags) {
  pthreadpool_store_relaxed_void_p(&pool->thread_function, (void*)thread_function);
  pthreadpool_store_relaxed_void_p(&pool->task, task);
  pthreadpool_store_relaxed_void_p(&pool->argument, context);
  pthreadpool_store_relaxed_uint32_t(&pool->flags, flags);
  if (params_size != 0) memcpy(&pool->params, params, params_size);

  const struct fxdiv_result_size_t share = fxdiv_divide_size_t(linear_range, pool->threads_count);
  size_t start = 0;
  for (size_t i = 0; i < pool->threads_count.value; ++i) {
    struct thread_info* thread = &pool->threads[i];
    const size_t length = share.quotient + (i < share.remainder ? 1 : 0);
    pthreadpool_store_relaxed_size_t(&thread->range_start, start);
    pthreadpool_store_relaxed_size_t(&thread->range_end, start + length);
    pthreadpool_store_relaxed_size_t(&thread->range_length, length);
    start += length;
  }

  // Until every worker has joined, the caller takes all tasks.
  const uint32_t workers = pthreadpool_load_acquire_uint32_t(&extra_of(pool)->joined);
  const int help = workers == pool->threads_count.value - 1;
  // The other bits differ from those of the last command, because a worker waits for a change.
  const uint32_t last = pthreadpool_load_relaxed_uint32_t(&pool->command);
  if (help) send(pool, ~(last | THREADPOOL_COMMAND_MASK) | threadpool_command_parallelize, workers);
  thread_function(pool, &pool->threads[0]);
  if (help) wait_for_workers(pool);
  pthreadpool_fence_acquire();
}

// REQUIRES: no worker joins from now on. The workers have left the module's memory when this returns.
void pthreadpool_destroy(struct pthreadpool* pool) {
  if (pool == NULL || pthreadpool_load_acquire_uint32_t(&extra_of(pool)->failed)) return;
  const uint32_t workers = pthreadpool_load_acquire_uint32_t(&extra_of(pool)->joined);
  if (workers > 0) {
    send(pool, threadpool_command_shutdown, workers);
    wait_for_workers(pool);
  }
  free(pool);
}

struct thread_info* onedge_pool_thread(struct pthreadpool* pool, size_t index) { return &pool->threads[index]; }
uint32_t* onedge_pool_failed(struct pthreadpool* pool) { return (uint32_t*)&extra_of(pool)->failed; }
uint32_t onedge_pool_joined(struct pthreadpool* pool) { return pthreadpool_load_acquire_uint32_t(&extra_of(pool)->joined); }
void onedge_pool_may_sleep(struct pthreadpool* pool) { extra_of(pool)->may_sleep = 1; }
