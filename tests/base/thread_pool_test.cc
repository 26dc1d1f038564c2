#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
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

TEST(ThreadPool, HasAtLeastTheCallersThread) { EXPECT_GE(ThreadPool::Create(0)->threads(), 1u); }

}  // namespace
}  // namespace onedge
