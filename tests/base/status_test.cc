#include "base/status.h"

#include <gtest/gtest.h>

namespace onedge {
namespace {

TEST(Status, OkCarriesNothing) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kOk);
  EXPECT_EQ(status.message(), "");
  EXPECT_EQ(status.ToString(), "OK");
}

TEST(Status, MessageIsJoinedFromItsParts) {
  const Status status = InvalidArgument("input '", "x", "': expected ", 3, ", got ", 2.5);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "input 'x': expected 3, got 2.5");
}

TEST(Status, InnermostNodeIsKept) {
  const Status status = Internal("broken").WithNode("inner", "Add").WithNode("outer", "If");
  EXPECT_EQ(status.node(), "inner");
  EXPECT_EQ(status.op(), "Add");
  EXPECT_EQ(status.ToString(), "node 'inner' (Add): broken");
}

TEST(Status, ContextGoesInFrontAndLeavesOkAlone) {
  EXPECT_EQ(NotFound("no file").WithContext("part 'a'").message(), "part 'a': no file");
  EXPECT_TRUE(OkStatus().WithContext("part 'a'").ok());
  EXPECT_TRUE(OkStatus().WithNode("n", "Op").ok());
}

TEST(Status, CopiesAreIndependentAndMovesLeaveOk) {
  Status first = Cancelled("stop");
  const Status copy = first;
  first = OkStatus();
  EXPECT_EQ(copy.message(), "stop");
  Status source = copy;
  const Status moved = std::move(source);
  EXPECT_EQ(moved.code(), StatusCode::kCancelled);
}

TEST(Status, EveryCodeHasItsOwnName) {
  std::vector<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(StatusCode::kInternal); ++code) {
    names.push_back(StatusCodeName(static_cast<StatusCode>(code)));
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(Result, HoldsAValueOrAFailure) {
  const Result<int> value = 3;
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value, 3);
  EXPECT_TRUE(value.status().ok());
  const Result<int> failure = Unsupported("no");
  EXPECT_EQ(failure.status().message(), "no");
  EXPECT_EQ(failure.status().code(), StatusCode::kUnsupported);
}

TEST(Result, AnOkStatusIsNoValue) {
  const Result<int> result = OkStatus();
  EXPECT_EQ(result.status().message(), "a Result was made from an OK Status");
  EXPECT_EQ(result.status().code(), StatusCode::kInternal);
}

Status FailWith(const Status& status_) {
  ONEDGE_RETURN_IF_ERROR(status_);
  return Internal("went on");
}

Result<int> Doubled(Result<int> input) {
  ONEDGE_ASSIGN_OR_RETURN(const int value, std::move(input));
  return 2 * value;
}

TEST(Macros, PassFailuresOn) {
  EXPECT_EQ(FailWith(NotFound("x")).code(), StatusCode::kNotFound);
  EXPECT_EQ(FailWith(OkStatus()).message(), "went on");
  EXPECT_EQ(Doubled(21).value(), 42);
  EXPECT_EQ(Doubled(NotFound("y")).status().message(), "y");
}

}  // namespace
}  // namespace onedge
