// SessionPool: a caller gets a session, waits or is refused; several threads get the same answers.
#include "api/session_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "api/model.h"

namespace onedge::api {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

std::shared_ptr<const Model> Digits() {
  std::ifstream file("models/digits/digits.onedge", std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto loader = ModelLoader::Create();
  EXPECT_TRUE(loader->Feed({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}).ok());
  return loader->Finish().value();
}

// The logits of an image of random pixels.
std::vector<float> Logits(Session& session, uint32_t seed) {
  std::vector<float> pixels(64);
  for (float& pixel : pixels) {
    seed = seed * 1664525 + 1013904223;
    pixel = static_cast<float>(seed >> 8) / (1 << 24);
  }
  const NamedValue inputs[] = {{"image", Tensor::FromValues<float>({1, 1, 8, 8}, pixels).value()}};
  const auto outputs = session.Run(inputs);
  EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
  const auto values = (*outputs)[0].tensor().values<float>();
  return {values.begin(), values.end()};
}

std::unique_ptr<SessionPool> Pool(size_t sessions) {
  return SessionPool::Create(Digits(), {.sessions = sessions}).value();
}

TEST(SessionPool, RefusesAtOnceWhenAllSessionsAreBusy) {
  const auto pool = Pool(2);
  auto first = pool->Acquire(SessionPool::kNoWait);
  auto second = pool->Acquire(SessionPool::kNoWait);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(&**first, &**second);
  EXPECT_EQ(pool->busy(), 2u);
  const auto third = pool->Acquire(SessionPool::kNoWait);
  EXPECT_EQ(third.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(third.status().ToString(), HasSubstr("all 2 sessions are busy; try again later"));
}

TEST(SessionPool, ALeaseThatEndsFreesItsSession) {
  const auto pool = Pool(1);
  {
    const auto lease = pool->Acquire(SessionPool::kNoWait);
    ASSERT_TRUE(lease.ok());
    EXPECT_EQ(Logits(**lease, 1).size(), 10u);
  }
  EXPECT_EQ(pool->busy(), 0u);
  auto lease = pool->Acquire(SessionPool::kNoWait);
  ASSERT_TRUE(lease.ok());
  auto moved = std::move(*lease);
  EXPECT_EQ(pool->busy(), 1u);
}

TEST(SessionPool, TakesTheSessionWithTheFewestLeases) {
  const auto pool = Pool(3);
  std::vector<Session*> taken;
  for (int i = 0; i < 6; ++i) taken.push_back(&**pool->Acquire(SessionPool::kNoWait));
  EXPECT_NE(taken[0], taken[1]);
  EXPECT_NE(taken[1], taken[2]);
  EXPECT_NE(taken[0], taken[2]);
  EXPECT_EQ(std::vector<Session*>(taken.begin(), taken.begin() + 3),
            std::vector<Session*>(taken.begin() + 3, taken.end()));
}

TEST(SessionPool, NeedsASessionAndTheModelsMemory) {
  const auto none = SessionPool::Create(Digits(), {.sessions = 0});
  EXPECT_EQ(none.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(none.status().ToString(), HasSubstr("expected at least 1 session, got 0"));
}

TEST(SessionPool, AWaitThatIsTooShortIsRefused) {
  const auto pool = Pool(1);
  const auto lease = pool->Acquire();
  const auto refused = pool->Acquire(milliseconds(5));
  EXPECT_EQ(refused.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.status().ToString(), HasSubstr("after 5 ms"));
  EXPECT_EQ(pool->waiting(), 0u);
}

#ifndef __EMSCRIPTEN__  // these builds have only one thread

TEST(SessionPool, WhoWaitsGetsTheSessionThatBecomesFree) {
  const auto pool = Pool(1);
  std::vector<int> order;
  std::vector<std::thread> threads;
  {
    const auto lease = pool->Acquire();
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&, i] {
        const auto mine = pool->Acquire();
        ASSERT_TRUE(mine.ok());
        order.push_back(i);  // one at a time: the pool has one session
      });
      while (pool->waiting() != static_cast<size_t>(i + 1)) std::this_thread::yield();
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(pool->busy(), 0u);
}

TEST(SessionPool, ManyThreadsGetTheAnswersOfOne) {
  constexpr uint32_t kImages = 64;
  std::vector<std::vector<float>> expected;
  {
    const auto pool = Pool(1);
    for (uint32_t i = 0; i < kImages; ++i) expected.push_back(Logits(**pool->Acquire(), i));
  }
  const auto pool = SessionPool::Create(Digits(), {.sessions = 3, .threads_per_session = 2}).value();
  std::vector<std::vector<float>> got(kImages);
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t i = t; i < kImages; i += 8) got[i] = Logits(**pool->Acquire(), i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(got, expected);
}

#endif

}  // namespace
}  // namespace onedge::api
