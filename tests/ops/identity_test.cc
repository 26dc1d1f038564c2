#include "tests/ops/op_tester.h"

namespace onedge::ops {
namespace {

TEST(Identity, PassesAnyTensorOn) {
  ExpectTensor<int64_t>(OpTester("Identity").In<int64_t>({2, 2}, {1, 2, 3, 4}).RunOne(), {2, 2}, {1, 2, 3, 4});
  ExpectStrings(OpTester("Identity").In(MakeStrings({2}, {"a", "b"})).RunOne(), {2}, {"a", "b"});
}

TEST(Registry, NamesAnUnreadAttribute) {
  EXPECT_EQ(OpTester("Identity").Attr("axis", 1).In<float>({1}, {1}).Error(),
            "node 'tested' (Identity): attribute 'axis' is not known to this operator in opset 22");
}

TEST(Registry, NamesAnUnknownOperator) {
  EXPECT_NE(OpTester("Identidad").In<float>({1}, {1}).Error().find("ai.onnx.Identidad"), std::string::npos);
}

}  // namespace
}  // namespace onedge::ops
