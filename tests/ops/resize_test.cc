// Resize, Upsample, GridSample, AffineGrid. Values are computed by hand or by the formulas in double.
#include <cmath>

#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

OpTester Scaled(std::vector<float> scales, int64_t opset = 19) {
  OpTester tester("Resize", opset);
  const auto n = static_cast<int64_t>(scales.size());
  tester.In<float>({1, static_cast<int64_t>(1), 1, 4}, {1, 2, 3, 4}).Omit().In<float>({n}, scales);
  return tester;
}

TEST(Resize, RepeatsTheNearest) {
  ExpectTensor<float>(Scaled({1, 1, 1, 2}).Attr("mode", "nearest").RunOne(), {1, 1, 1, 8}, {1, 1, 2, 2, 3, 3, 4, 4});
  ExpectTensor<float>(Scaled({1, 1, 1, 0.5}).Attr("nearest_mode", "ceil").RunOne(), {1, 1, 1, 2}, {2, 4});
  ExpectTensor<float>(Scaled({1, 1, 1, 0.5})
                          .Attr("coordinate_transformation_mode", "asymmetric")
                          .Attr("nearest_mode", "floor")
                          .RunOne(),
                      {1, 1, 1, 2}, {1, 3});
}

TEST(Resize, InterpolatesLinearlyBetweenPixelCentres) {
  ExpectNear(Scaled({1, 1, 1, 2}).Attr("mode", "linear").RunOne(), {1, 1, 1, 8},
             {1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4}, 1e-6);
  ExpectNear(Scaled({1, 1, 1, 2}).Attr("mode", "linear").Attr("coordinate_transformation_mode", "asymmetric").RunOne(),
             {1, 1, 1, 8}, {1, 1.5, 2, 2.5, 3, 3.5, 4, 4}, 1e-6);
  ExpectNear(OpTester("Resize", 13)
                 .Attr("mode", "linear")
                 .Attr("coordinate_transformation_mode", "align_corners")
                 .In<float>({1, 1, 1, 3}, {0, 3, 6})
                 .Omit()
                 .Omit()
                 .In<int64_t>({4}, {1, 1, 1, 4})
                 .RunOne(),
             {1, 1, 1, 4}, {0, 2, 4, 6}, 1e-6);
}

TEST(Resize, ReproducesACubicPolynomialsValuesInside) {
  // With a = -0.5 Keys' kernel is exact for quadratics; outputs whose four taps lie inside.
  std::vector<float> x;
  for (int i = 0; i < 8; ++i) x.push_back(static_cast<float>(i * i));
  const Value y = OpTester("Resize", 19)
                      .Attr("mode", "cubic")
                      .Attr("cubic_coeff_a", -0.5)
                      .Attr("coordinate_transformation_mode", "asymmetric")
                      .In<float>({8}, x)
                      .Omit()
                      .In<float>({1}, {2})
                      .RunOne();
  for (int o = 2; o <= 12; ++o) EXPECT_NEAR(y.tensor().data<float>()[o], o * o / 4.0, 1e-4) << o;
}

TEST(Resize, AveragesWhenAntialiasing) {
  // Scale 1/2, triangle of radius 2: weights 1 3 3 1 over 8, renormalised by edge repetition.
  ExpectNear(Scaled({1, 1, 1, 0.5}).Attr("mode", "linear").Attr("antialias", 1).RunOne(), {1, 1, 1, 2},
             {(1 * 1 + 3 * 1 + 3 * 2 + 1 * 3) / 8.0, (1 * 2 + 3 * 3 + 3 * 4 + 1 * 4) / 8.0}, 1e-6);
}

TEST(Resize, KeepsTheAspectOfChosenAxes) {
  const auto run = [](const char* policy) {
    return OpTester("Resize", 18)
        .Ints("axes", {2, 3})
        .Attr("keep_aspect_ratio_policy", policy)
        .In<float>({1, 1, 1, 2}, {1, 2})
        .Omit()
        .Omit()
        .In<int64_t>({2}, {3, 4})
        .RunOne();
  };
  ExpectTensor<float>(run("not_larger"), {1, 1, 2, 4}, {1, 1, 2, 2, 1, 1, 2, 2});
  EXPECT_EQ(run("not_smaller").tensor().shape().ToString(), "[1, 1, 3, 6]");
}

TEST(Resize, CropsAndExtrapolates) {
  // Region [0, 1.5] of 3 elements: positions 0, 1.5, 3 for the last index 2.
  ExpectNear(OpTester("Resize", 13)
                 .Attr("mode", "linear")
                 .Attr("coordinate_transformation_mode", "tf_crop_and_resize")
                 .Attr("extrapolation_value", 9.0)
                 .In<float>({3}, {10, 20, 30})
                 .In<float>({2}, {0, 1.5})
                 .Omit()
                 .In<int64_t>({1}, {3})
                 .RunOne(),
             {3}, {10, 25, 9}, 1e-6);
}

TEST(Resize, TakesBytesAndHalves) {
  ExpectTensor<uint8_t>(OpTester("Resize", 13)
                            .Attr("mode", "linear")
                            .Attr("coordinate_transformation_mode", "asymmetric")
                            .In<uint8_t>({2}, {0, 255})
                            .Omit()
                            .In<float>({1}, {2})
                            .RunOne(),
                        {4}, {0, 127, 255, 255});
  ExpectNear(OpTester("Resize", 13)
                 .Attr("mode", "linear")
                 .Attr("coordinate_transformation_mode", "asymmetric")
                 .In(MakeFloat16({2}, {0, 3}))
                 .Omit()
                 .In<float>({1}, {2})
                 .RunOne(),
             {4}, {0, 1.5, 3, 3}, 1e-3);
  ExpectTensor<int64_t>(OpTester("Resize", 13).In<int64_t>({2}, {5, 6}).Omit().In<float>({1}, {2}).RunOne(), {4},
                        {5, 5, 6, 6});
}

TEST(Resize, RefusesHostileSizes) {
  const auto sized = [](std::vector<int64_t> sizes) {
    const auto n = static_cast<int64_t>(sizes.size());
    return OpTester("Resize", 13).In<float>({2}, {1, 2}).Omit().Omit().In<int64_t>({n}, std::move(sizes)).Error();
  };
  EXPECT_EQ(sized({-1}), "sizes: expected no negative size, got -1");
  EXPECT_EQ(sized({1, 1}), "sizes: expected 1 values, got 2");
  EXPECT_EQ(sized({int64_t{1} << 62}), "a float32 tensor of shape [4611686018427387904] exceeds the address space");
  EXPECT_EQ(OpTester("Resize", 13).In<float>({2}, {1, 2}).Omit().In<float>({1}, {0}).Error(),
            "scales: expected positive numbers, got 0");
  EXPECT_EQ(OpTester("Resize", 13).In<float>({2}, {1, 2}).Omit().In<float>({1}, {NAN}).Error(),
            "scales: expected positive numbers, got nan");
  EXPECT_EQ(OpTester("Resize", 13).In<float>({2}, {1, 2}).Error(),
            "expected either scales or sizes, got both or neither");
}

TEST(Upsample, FloorsItsPlaces) {
  ExpectTensor<float>(OpTester("Upsample", 9).In<float>({1, 1, 1, 2}, {1, 2}).In<float>({4}, {1, 1, 1, 2.5}).RunOne(),
                      {1, 1, 1, 5}, {1, 1, 1, 2, 2});
  ExpectTensor<float>(OpTester("Upsample", 7).Floats("scales", {1, 1, 2, 1}).In<float>({1, 1, 2, 1}, {1, 2}).RunOne(),
                      {1, 1, 4, 1}, {1, 1, 2, 2});
}

TEST(GridSample, ReadsBetweenPixelsAndPadsOutside) {
  const std::vector<float> x = {1, 2, 3, 4};  // [2, 2]
  const auto run = [&](const char* padding, std::vector<float> grid, const char* mode = "linear") {
    const auto n = static_cast<int64_t>(grid.size() / 2);
    return OpTester("GridSample", 20)
        .Attr("mode", mode)
        .Attr("padding_mode", padding)
        .Attr("align_corners", 1)
        .In<float>({1, 1, 2, 2}, x)
        .In<float>({1, 1, n, 2}, std::move(grid))
        .RunOne();
  };
  ExpectNear(run("zeros", {-1, -1, 1, -1, 0, 0, 2, 0}), {1, 1, 1, 4}, {1, 2, 2.5, 1.5}, 1e-6);
  ExpectNear(run("border", {5, -1, -5, 5}), {1, 1, 1, 2}, {2, 3}, 1e-6);
  ExpectNear(run("reflection", {3, -1, 2, -1}), {1, 1, 1, 2}, {1, 1.5}, 1e-6);
  ExpectNear(run("zeros", {NAN, 0, 0, INFINITY}, "nearest"), {1, 1, 1, 2}, {0, 0}, 1e-6);
}

TEST(AffineGrid, MapsPixelCentres) {
  ExpectNear(
      OpTester("AffineGrid", 20).In<float>({1, 2, 3}, {1, 0, 0, 0, 2, 0.5}).In<int64_t>({4}, {1, 1, 2, 2}).RunOne(),
      {1, 2, 2, 2}, {-0.5, -0.5, 0.5, -0.5, -0.5, 1.5, 0.5, 1.5}, 1e-6);
}

}  // namespace
}  // namespace onedge::ops
