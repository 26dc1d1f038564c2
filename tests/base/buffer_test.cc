#include "base/buffer.h"

#include <gtest/gtest.h>

#include <cstring>

namespace onedge {
namespace {

TEST(Buffer, IsAlignedAndReadableBehindItsEnd) {
  for (size_t bytes : {size_t{0}, size_t{1}, size_t{63}, size_t{64}, size_t{1000}}) {
    const Result<Buffer> buffer = Buffer::Allocate(bytes, nullptr);
    ASSERT_TRUE(buffer.ok());
    EXPECT_EQ(buffer->size(), bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % Buffer::kAlignment, 0u);
    uint8_t sum = 0;
    for (size_t i = 0; i < Buffer::kReadablePadding; ++i) sum |= buffer->data()[bytes + i];
    EXPECT_EQ(sum, 0);
  }
}

TEST(Buffer, LastCopyReleasesTheBudget) {
  MemoryBudget budget(1 << 20);
  {
    Buffer first = std::move(Buffer::Allocate(1000, &budget)).value();
    EXPECT_GE(budget.used_bytes(), 1000u);
    EXPECT_TRUE(first.unique());
    Buffer second = first;
    EXPECT_FALSE(first.unique());
    first = Buffer();
    EXPECT_GE(budget.used_bytes(), 1000u);
    std::memset(second.data(), 7, second.size());
  }
  EXPECT_EQ(budget.used_bytes(), 0u);
  EXPECT_GE(budget.peak_bytes(), 1000u);
}

TEST(Buffer, OverTheBudgetFailsAndTakesNothing) {
  MemoryBudget budget(1000);
  const Result<Buffer> buffer = Buffer::Allocate(2000, &budget);
  EXPECT_EQ(buffer.status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(Buffer, ImpossibleSizesFail) {
  EXPECT_EQ(Buffer::Allocate(SIZE_MAX, nullptr).status().message(),
            StrCat("cannot allocate ", SIZE_MAX, " bytes: more than the address space"));
  EXPECT_EQ(Buffer::Allocate(SIZE_MAX - 64, nullptr).status().message(),
            StrCat("cannot allocate ", SIZE_MAX - 64, " bytes: more than the address space"));
}

TEST(Buffer, WrappedBytesAreReleasedOnce) {
  int released = 0;
  uint8_t bytes[4] = {1, 2, 3, 4};
  {
    const Buffer wrapped = Buffer::Wrap(bytes, sizeof bytes, [&] { ++released; });
    const Buffer copy = wrapped;
    EXPECT_EQ(copy.data(), bytes);
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(MemoryBudget, CountsPeakAndNamesWhatIsFree) {
  MemoryBudget budget(100'000'000);
  ASSERT_TRUE(budget.Reserve(60'000'000).ok());
  const Status refused = budget.Reserve(61'000'000);
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_NE(refused.message().find("needs 61 MB, but only 40 MB of 100 MB"), std::string_view::npos)
      << refused.message();
  budget.Release(60'000'000);
  EXPECT_EQ(budget.used_bytes(), 0u);
  EXPECT_EQ(budget.peak_bytes(), 60'000'000u);
}

TEST(MemoryBudget, UnlimitedStillRefusesOverflow) {
  MemoryBudget budget;
  ASSERT_TRUE(budget.Reserve(100).ok());
  EXPECT_EQ(budget.Reserve(SIZE_MAX).message().substr(0, 20), "memory limit: needs ");
}

}  // namespace
}  // namespace onedge
