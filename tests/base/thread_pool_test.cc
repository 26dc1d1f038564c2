#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace onedge {
namespace {

TEST(ThreadPool, CallsEachIndexOnce) {
  const auto pool = ThreadPool::Create(3);
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
  const auto pool = ThreadPool::Create(3);
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
    while (there < 3) std::this_thread::yield();
  });
  EXPECT_EQ(there, 3u);
}

TEST(ThreadPool, HasAtLeastTheCallersThread) { EXPECT_GE(ThreadPool::Create(0)->threads(), 1u); }

}  // namespace
}  // namespace onedge
