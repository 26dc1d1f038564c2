// ConvTranspose is the adjoint of Conv, so <conv(u, w), v> = <u, conv_transpose(v, w)>; sizes and pads by hand.
#include <numeric>

#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

TEST(ConvTranspose, IsTheAdjointOfConv) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    RandomTensors random(seed);
    const int64_t groups = random.Integer(1, 2), channels = random.Integer(1, 3), filters = random.Integer(1, 3);
    std::vector<int64_t> kernel, stride, dilation, pads;
    for (int i = 0; i < 2; ++i) {
      kernel.push_back(random.Integer(1, 3));
      stride.push_back(random.Integer(1, 3));
      dilation.push_back(random.Integer(1, 2));
    }
    for (int i = 0; i < 4; ++i) pads.push_back(random.Integer(0, 1));
    // v: [1, groups * filters, 3, 4] is an output of Conv; u has the size of ConvTranspose's output.
    const Shape v_shape = {1, groups * filters, 3, 4};
    const Shape w_shape = {groups * filters, channels, kernel[0], kernel[1]};
    const auto v = random.Floats(v_shape.element_count());
    const auto w = random.Floats(w_shape.element_count());
    const auto common = [&](OpTester& tester) -> OpTester& {
      return tester.Ints("strides", stride).Ints("dilations", dilation).Ints("pads", pads).Attr("group", groups);
    };
    OpTester transposed("ConvTranspose", 11);
    const Value back = common(transposed).In<float>(v_shape, v).In<float>(w_shape, w).RunOne();
    const Shape u_shape = back.tensor().shape();
    const auto u = random.Floats(u_shape.element_count());
    OpTester conv("Conv", 11);
    const Value forth = common(conv).In<float>(u_shape, u).In<float>(w_shape, w).RunOne();
    ASSERT_EQ(forth.tensor().shape().ToString(), v_shape.ToString());
    double left = 0, right = 0;
    for (size_t i = 0; i < v.size(); ++i) left += double{forth.tensor().data<float>()[i]} * v[i];
    for (size_t i = 0; i < u.size(); ++i) right += double{back.tensor().data<float>()[i]} * u[i];
    EXPECT_NEAR(left, right, 1e-4);
  }
}

TEST(ConvTranspose, PadsItsOutput) {
  const std::vector<float> x = {1, 2}, w = {1, 10, 100};
  ExpectTensor<float>(OpTester("ConvTranspose", 11)
                          .Ints("strides", {2})
                          .In<float>({1, 1, 2}, x)
                          .In<float>({1, 1, 3}, w)
                          .In<float>({1}, {0.5})
                          .RunOne(),
                      {1, 1, 5}, {1.5, 10.5, 102.5, 20.5, 200.5});
  ExpectTensor<float>(OpTester("ConvTranspose", 11)
                          .Ints("strides", {2})
                          .Ints("output_padding", {1})
                          .In<float>({1, 1, 2}, x)
                          .In<float>({1, 1, 3}, w)
                          .RunOne(),
                      {1, 1, 6}, {1, 10, 102, 20, 200, 0});
  ExpectTensor<float>(OpTester("ConvTranspose", 11)
                          .Ints("strides", {2})
                          .Attr("auto_pad", "SAME_UPPER")
                          .In<float>({1, 1, 2}, x)
                          .In<float>({1, 1, 3}, w)
                          .RunOne(),
                      {1, 1, 4}, {1, 10, 102, 20});
  ExpectTensor<float>(OpTester("ConvTranspose", 11)
                          .Ints("strides", {2})
                          .Attr("auto_pad", "SAME_LOWER")
                          .In<float>({1, 1, 2}, x)
                          .In<float>({1, 1, 3}, w)
                          .RunOne(),
                      {1, 1, 4}, {10, 102, 20, 200});
}

TEST(ConvTranspose, RefusesHostileAttributes) {
  const auto run = [](const char* name, std::vector<int64_t> values) {
    return OpTester("ConvTranspose", 11)
        .Ints(name, std::move(values))
        .In<float>({1, 1, 2}, {1, 2})
        .In<float>({1, 1, 1}, {1})
        .Error();
  };
  EXPECT_EQ(run("strides", {0}),
            "node 'tested' (ConvTranspose): attribute 'strides': expected values in [1, 2^31), got 0");
  EXPECT_EQ(run("pads", {5, 5}), "spatial dimension 0: pads of 5 and 5 leave no output of 2");
  EXPECT_EQ(run("pads", {-1, 0}),
            "node 'tested' (ConvTranspose): attribute 'pads': expected values in [0, 2^31), got -1");
  EXPECT_EQ(run("output_padding", {-1}),
            "node 'tested' (ConvTranspose): attribute 'output_padding': expected values in [0, 2^31), got -1");
  EXPECT_EQ(run("dilations", {int64_t{1} << 40}),
            "node 'tested' (ConvTranspose): attribute 'dilations': expected values in [1, 2^31), got 1099511627776");
  EXPECT_EQ(run("output_shape", {0}),
            "node 'tested' (ConvTranspose): attribute 'output_shape': expected values in [1, 2^31), got 0");
}

}  // namespace
}  // namespace onedge::ops
