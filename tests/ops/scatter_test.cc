// ScatterElements, ScatterND and TensorScatter.
#include "op_tester.h"

namespace onedge::ops {
namespace {

OpTester Row(const char* reduction, int64_t opset = 18) {
  OpTester tester("ScatterElements", opset);
  tester.Attr("axis", 1).Attr("reduction", reduction).In<float>({1, 5}, {1, 2, 3, 4, 5});
  tester.In<int64_t>({1, 2}, {1, 1}).In<float>({1, 2}, {1.1f, 2.1f});
  return tester;
}

TEST(ScatterElements, ReplacesElements) {
  const Tensor zeros = MakeTensor<float>({3, 3}, std::vector<float>(9));
  const Tensor indices = MakeTensor<int64_t>({2, 3}, {1, 0, 2, 0, 2, 1});
  const Tensor updates = MakeTensor<float>({2, 3}, {1.0f, 1.1f, 1.2f, 2.0f, 2.1f, 2.2f});
  const std::vector<float> expected = {2.0f, 1.1f, 0.0f, 1.0f, 0.0f, 2.2f, 0.0f, 2.1f, 1.2f};
  ExpectTensor<float>(OpTester("ScatterElements").In(zeros).In(indices).In(updates).RunOne(), {3, 3}, expected);
  ExpectTensor<float>(OpTester("Scatter", 9).In(zeros).In(indices).In(updates).RunOne(), {3, 3}, expected);
}

TEST(ScatterElements, ReducesRepeatedIndices) {
  ExpectNear(Row("add").RunOne(), {1, 5}, {1, 5.2, 3, 4, 5}, 1e-6);
  ExpectNear(Row("mul").RunOne(), {1, 5}, {1, 4.62, 3, 4, 5}, 1e-6);
  ExpectTensor<float>(Row("max").RunOne(), {1, 5}, {1, 2.1f, 3, 4, 5});
  ExpectTensor<float>(Row("min").RunOne(), {1, 5}, {1, 1.1f, 3, 4, 5});
}

TEST(ScatterElements, ReducesIntegersWithWrapAround) {
  OpTester tester("ScatterElements", 18);
  tester.Attr("reduction", "add").In<int8_t>({1}, {127}).In<int64_t>({1}, {-1}).In<int8_t>({1}, {1});
  ExpectTensor<int8_t>(tester.RunOne(), {1}, {-128});
}

TEST(ScatterElements, KnowsReductionsByOpset) {
  EXPECT_NE(Row("max", 16).Error().find("reduction"), std::string::npos);
  EXPECT_NE(Row("add", 13).Error().find("reduction"), std::string::npos);
}

TEST(ScatterElements, RefusesWhatPointsOutside) {
  const Tensor x = MakeTensor<float>({2}, {1, 2});
  EXPECT_NE(OpTester("ScatterElements").In(x).In<int64_t>({1}, {2}).In<float>({1}, {0}).Error().find("index 2"),
            std::string::npos);
  EXPECT_EQ(OpTester("ScatterElements").In(x).In<int64_t>({1}, {0}).In<float>({2}, {0, 0}).Error(),
            "input 2: expected float32 [1], got float32 [2]");
}

TEST(ScatterND, ReplacesAndReducesSlices) {
  const Tensor x = MakeTensor<float>({4}, {1, 2, 3, 4});
  const Tensor twice = MakeTensor<int64_t>({2, 1}, {1, 1});
  ExpectTensor<float>(OpTester("ScatterND").In(x).In<int64_t>({2, 1}, {3, -4}).In<float>({2}, {9, 8}).RunOne(), {4},
                      {8, 2, 3, 9});
  ExpectTensor<float>(
      OpTester("ScatterND", 16).Attr("reduction", "add").In(x).In(twice).In<float>({2}, {10, 20}).RunOne(), {4},
      {1, 32, 3, 4});
  const Tensor grid = MakeTensor<float>({2, 2}, {1, 2, 3, 4});
  ExpectTensor<float>(OpTester("ScatterND").In(grid).In<int64_t>({1, 1}, {1}).In<float>({1, 2}, {7, 8}).RunOne(),
                      {2, 2}, {1, 2, 7, 8});
  ExpectTensor<float>(OpTester("ScatterND", 18)
                          .Attr("reduction", "max")
                          .In(grid)
                          .In<int64_t>({1, 1}, {0})
                          .In<float>({1, 2}, {0, 9})
                          .RunOne(),
                      {2, 2}, {1, 9, 3, 4});
}

TEST(ScatterND, RefusesUpdatesOfAnotherShape) {
  const Tensor x = MakeTensor<float>({2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(OpTester("ScatterND").In(x).In<int64_t>({1, 1}, {0}).In<float>({1}, {7}).Error(),
            "input 2: expected float32 [1, 2], got float32 [1]");
  EXPECT_NE(OpTester("ScatterND").In(x).In<int64_t>({1, 1}, {5}).In<float>({1, 2}, {7, 8}).Error().find("index 5"),
            std::string::npos);
}

TEST(TensorScatter, WritesLinearlyOrAroundTheEnd) {
  const Tensor past = MakeTensor<float>({2, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 8});
  const Tensor update = MakeTensor<float>({2, 2, 1}, {10, 20, 30, 40});
  ExpectTensor<float>(OpTester("TensorScatter", 24).In(past).In(update).In<int64_t>({2}, {1, 2}).RunOne(), {2, 4, 1},
                      {1, 10, 20, 4, 5, 6, 30, 40});
  ExpectTensor<float>(
      OpTester("TensorScatter", 24).Attr("mode", "circular").In(past).In(update).In<int64_t>({2}, {3, 0}).RunOne(),
      {2, 4, 1}, {20, 2, 3, 10, 30, 40, 7, 8});
  EXPECT_EQ(OpTester("TensorScatter", 24).In(past).In(update).In<int64_t>({2}, {3, 0}).Error(),
            "input 2: 2 entries at index 3 do not fit a cache of 4");
}

}  // namespace
}  // namespace onedge::ops
