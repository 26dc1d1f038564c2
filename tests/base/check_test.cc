#include "base/check.h"

#include <gtest/gtest.h>

#include "base/inline_vector.h"
#include "base/status.h"

namespace onedge {
namespace {

#if !defined(ONEDGE_CHECKED)
TEST(DCheck, IsNotEvaluatedInABuildWithoutChecks) {
  int calls = 0;
  [[maybe_unused]] const auto fails = [&calls] { return ++calls < 0; };
  ONEDGE_DCHECK(fails());
  EXPECT_EQ(calls, 0);
}
#elif GTEST_HAS_DEATH_TEST
TEST(DCheckDeathTest, NamesFileLineAndCondition) {
  const int one = 1, two = 2;
  ONEDGE_DCHECK(one < two);
  EXPECT_DEATH(ONEDGE_DCHECK(one == two), "check_test\\.cc:[0-9]+: ONEDGE_DCHECK\\(one == two\\) failed");
}

TEST(DCheckDeathTest, StandsBehindTheRequirementsOfTheCore) {
  const Result<int> failure = InvalidArgument("no number");
  EXPECT_DEATH(static_cast<void>(failure.value()), "status\\.h:[0-9]+: ONEDGE_DCHECK\\(ok_\\)");
  const InlineVector<int, 2> empty;
  EXPECT_DEATH(static_cast<void>(empty.back()), "inline_vector\\.h:[0-9]+: ONEDGE_DCHECK");
}
#endif

}  // namespace
}  // namespace onedge
