// pthreadpool's port to workers that the host starts: it stands in for pthreads.c where WebAssembly has shared memory.
// Each worker calls onedge_pool_work() on its own instance of the module (src/base/host_threads_wasm.h, js/threads). Only the
// thread that made a pool may use it, so that no lock is necessary.
//
// A region is open while the caller works on it. A worker enters an open region, and the caller waits only for those that
// have entered: a worker that has not started, is slow to wake, or has been ended, delays nobody, because the others take
// its tasks. The caller sleeps only if the host allows it (`may_sleep`): the main thread of a page must wait in a loop.
#include <emscripten/emscripten.h>
#include <stdlib.h>
#include <string.h>

#include <pthreadpool.h>

#include "threadpool-atomics.h"
#include "threadpool-object.h"

// Reads of a word before a worker or the caller sleeps.
enum { kSpins = 60000 };

// The caller gives up a worker that has entered a region, or must end, after so many milliseconds. Only those count in
// which the caller itself could run: a suspended machine wakes both.
static const double kLongestTask = 30000;
static const double kLongestEnd = 1000;

// Of extra.region; the other bits count the workers in it.
static const uint32_t kOpen = 1u << 31;
// Of extra.command; the other bits count the regions.
static const uint32_t kEnd = 1;

// After the thread_info array of a pool. All but `may_sleep` are atomic.
struct extra {
  uint32_t command;
  uint32_t region;
  uint32_t joined;  // workers
  uint32_t failed;  // a worker has trapped or was ended: the pool has no workers any more
  uint32_t may_sleep;
};

static struct extra* extra_of(struct pthreadpool* pool) {
  return (struct extra*)&pool->threads[pool->threads_count.value];
}

static void wake_all(void* address) { __builtin_wasm_memory_atomic_notify((int*)address, -1u); }

// Whether `word` of `extra` has become 0; 0: a worker has failed, or the time is over.
static int wait_for_zero(struct extra* extra, uint32_t* word, double milliseconds) {
  const double longest = 200;  // between two looks at the clock
  double last = 0;
  uint32_t value;
  for (uint32_t spins = 1; (value = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != 0; ++spins) {
    if (__atomic_load_n(&extra->failed, __ATOMIC_RELAXED)) return 0;
    if (spins < kSpins) continue;
    if (extra->may_sleep) {
      __builtin_wasm_memory_atomic_wait32((int*)word, (int)value, (int64_t)(longest / 2 * 1e6));
    } else if (spins % kSpins != 0) {
      continue;
    }
    const double now = emscripten_get_now();
    const double waited = now - last;
    if (last != 0) milliseconds -= waited < longest ? waited : longest;
    if (milliseconds < 0) return 0;
    last = now;
  }
  return 1;
}

static uint32_t wait_for_command(struct extra* extra, uint32_t last) {
  uint32_t command;
  for (uint32_t spins = 0; (command = __atomic_load_n(&extra->command, __ATOMIC_ACQUIRE)) == last; ++spins) {
    if (spins >= kSpins) __builtin_wasm_memory_atomic_wait32((int*)&extra->command, (int)last, -1);
  }
  return command;
}

static void send(struct extra* extra, uint32_t step) {
  __atomic_fetch_add(&extra->command, step, __ATOMIC_RELEASE);
  wake_all(&extra->command);
}

static int enter(struct extra* extra) {
  uint32_t region = __atomic_load_n(&extra->region, __ATOMIC_RELAXED);
  while (region & kOpen) {
    if (__atomic_compare_exchange_n(&extra->region, &region, region + 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return 1;
  }
  return 0;
}

static void leave(struct extra* extra) {
  if (__atomic_fetch_sub(&extra->region, 1, __ATOMIC_RELEASE) == 1) wake_all(&extra->region);
}

// From now on the pool counts this worker, which must call onedge_pool_work next.
void onedge_pool_join(struct thread_info* thread) {
  __atomic_fetch_add(&extra_of(thread->threadpool)->joined, 1, __ATOMIC_ACQ_REL);
}

// The body of a worker; returns when the pool ends.
void onedge_pool_work(struct thread_info* thread) {
  struct pthreadpool* pool = thread->threadpool;
  struct extra* extra = extra_of(pool);
  uint32_t command = 0;
  do {
    command = wait_for_command(extra, command);
    // The region may be a later one than that of the command. A second entry finds no tasks.
    if (enter(extra)) {
      ((thread_function_t)pthreadpool_load_relaxed_void_p(&pool->thread_function))(pool, thread);
      leave(extra);
    }
  } while (!(command & kEnd));
  __atomic_fetch_sub(&extra->joined, 1, __ATOMIC_RELEASE);
  wake_all(&extra->joined);  // the caller may already have freed it: waking nobody is harmless
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

  struct extra* extra = extra_of(pool);
  const int help = __atomic_load_n(&extra->joined, __ATOMIC_RELAXED) > 0 && !__atomic_load_n(&extra->failed, __ATOMIC_RELAXED);
  if (help) {
    __atomic_store_n(&extra->region, kOpen, __ATOMIC_RELEASE);
    send(extra, 2);
  }
  thread_function(pool, &pool->threads[0]);
  if (help) {
    __atomic_fetch_and(&extra->region, ~kOpen, __ATOMIC_ACQ_REL);
    if (!wait_for_zero(extra, &extra->region, kLongestTask)) __builtin_trap();  // js/module.js makes an error of it
  }
}

void pthreadpool_destroy(struct pthreadpool* pool) { free(pool); }

// REQUIRES: no worker joins from now on. Whether all workers have left the module's memory; if not, it must not be freed.
int onedge_pool_end(struct pthreadpool* pool) {
  struct extra* extra = extra_of(pool);
  if (__atomic_load_n(&extra->joined, __ATOMIC_ACQUIRE) == 0) return 1;
  send(extra, kEnd);
  return wait_for_zero(extra, &extra->joined, kLongestEnd);
}

struct thread_info* onedge_pool_thread(struct pthreadpool* pool, size_t index) { return &pool->threads[index]; }
uint32_t* onedge_pool_failed(struct pthreadpool* pool) { return &extra_of(pool)->failed; }
uint32_t onedge_pool_joined(struct pthreadpool* pool) { return __atomic_load_n(&extra_of(pool)->joined, __ATOMIC_ACQUIRE); }
void onedge_pool_may_sleep(struct pthreadpool* pool) { extra_of(pool)->may_sleep = 1; }
