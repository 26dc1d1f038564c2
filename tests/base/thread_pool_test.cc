#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "base/host_threads_wasm.h"

#ifdef __EMSCRIPTEN_SHARED_MEMORY__
#include <emscripten/em_js.h>

EM_JS(void, StartThread, (const uintptr_t* words, size_t failed_word), {
  const worker = new (require('node:worker_threads').Worker)('./js/threads/node_main.js');
  worker.unref();
  worker.postMessage({
    module : wasmModule,
    memory : wasmMemory,
    words : Array.from(HEAPU32.slice(words / 4, words / 4 + 6)),
    failedWord : failed_word
  });
});
#endif

namespace onedge {
namespace {

// A pool whose threads have started.
std::shared_ptr<ThreadPool> StartedPool(size_t threads) {
#ifdef __EMSCRIPTEN_SHARED_MEMORY__
  const std::shared_ptr<HostThreads> made = HostThreads::Create(threads, /*may_sleep=*/true);
  for (size_t i = 1; i < threads; ++i) StartThread(made->WordsOf(i).data(), made->failed_word());
  while (made->joined() < threads - 1) {
  }
  return {made, made->pool()};
#else
  return ThreadPool::Create(threads);
#endif
}

TEST(ThreadPool, CallsEachIndexOnce) {
  const auto pool = StartedPool(3);
  for (ThreadPool* threads : {static_cast<ThreadPool*>(nullptr), pool.get()}) {
    for (size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{1000}}) {
      std::vector<std::atomic<int>> calls(count);
      ParallelFor(threads, count, [&](size_t i) { ++calls[i]; });
      for (size_t i = 0; i < count; ++i) ASSERT_EQ(calls[i], 1) << i;
    }
  }
}

// A parallel region within another, on the same pool, on each of its threads.
TEST(ThreadPool, RunsARegionWithinARegion) {
  const auto pool = StartedPool(3);
  std::vector<std::atomic<int>> calls(7 * 11 * 5);
  ParallelFor(pool.get(), 7, [&](size_t i) {
    ParallelFor(pool.get(), 11,
                [&](size_t j) { ParallelFor(pool.get(), 5, [&](size_t k) { ++calls[(i * 11 + j) * 5 + k]; }); });
  });
  for (size_t i = 0; i < calls.size(); ++i) ASSERT_EQ(calls[i], 1) << i;
  // The pool still splits later regions: a task may wait for another, which is impossible on one thread.
  std::atomic<size_t> there = 0;
  if (pool->threads() < 3) return;  // a build without threads
  ParallelFor(pool.get(), 3, [&](size_t) {
    ++there;
    while (there < 3) {
#ifndef __EMSCRIPTEN__  // there a thread of a pool must not call the system
      std::this_thread::yield();
#endif
    }
  });
  EXPECT_EQ(there, 3u);
}

// Thousands of regions of few tasks, with pauses after which the threads sleep: none is lost, and none runs twice.
TEST(ThreadPool, RunsRegionAfterRegion) {
  const auto pool = StartedPool(3);
  std::atomic<size_t> sum = 0;
  size_t expected = 0;
  for (size_t region = 0; region < 3000; ++region) {
    const size_t count = region % 7;
    ParallelFor(pool.get(), count, [&](size_t i) { sum += i + 1; });
    expected += count * (count + 1) / 2;
    ASSERT_EQ(sum, expected) << region;
    if (region % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

#ifdef __EMSCRIPTEN_SHARED_MEMORY__
TEST(ThreadPool, TheCallerDoesTheWorkOfThreadsThatHaveNotStarted) {
  const std::unique_ptr<HostThreads> threads = HostThreads::Create(4, /*may_sleep=*/false);
  std::vector<int> calls(100);
  ParallelFor(threads->pool(), calls.size(), [&](size_t i) { ++calls[i]; });
  EXPECT_EQ(calls, std::vector<int>(100, 1));
}

// Each thread has its own stack and thread-local storage, and allocates.
TEST(ThreadPool, ThreadsAllocateAndGrowTheMemory) {
  const auto pool = StartedPool(3);
  std::vector<size_t> sums(300);
  ParallelFor(pool.get(), sums.size(), [&](size_t i) {
    std::vector<std::unique_ptr<std::vector<size_t>>> held;
    for (size_t n = 0; n < 20; ++n) held.push_back(std::make_unique<std::vector<size_t>>(1000 + n * 100 + i, i));
    for (const auto& one : held) sums[i] += one->size() * one->front();
  });
  for (size_t i = 0; i < sums.size(); ++i) ASSERT_EQ(sums[i], (20 * (1000 + i) + 19000) * i) << i;
}
#endif

TEST(ThreadPool, HasAtLeastTheCallersThread) { EXPECT_GE(ThreadPool::Create(0)->threads(), 1u); }

}  // namespace
}  // namespace onedge
