// Conv, ConvInteger, QLinearConv against a direct sum in double, over random shapes and attributes.
#include <numeric>

#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

struct Case {
  std::vector<int64_t> size, kernel, stride, dilation, pads;  // of the spatial axes; pads: begins, then ends
  int64_t batch = 1, groups = 1, channels = 1, filters = 1;   // channels and filters of one group
};

std::vector<int64_t> OutputSizes(const Case& c) {
  std::vector<int64_t> out;
  for (size_t i = 0; i < c.size.size(); ++i) {
    out.push_back(
        (c.size[i] + c.pads[i] + c.pads[c.size.size() + i] - (c.kernel[i] - 1) * c.dilation[i] - 1) / c.stride[i] + 1);
  }
  return out;
}

int64_t Count(const std::vector<int64_t>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<int64_t>());
}

template <typename T>
std::vector<double> Reference(const Case& c, const std::vector<T>& x, const std::vector<T>& w) {
  const auto out = OutputSizes(c);
  const int64_t in_count = Count(c.size), out_count = Count(out), taps = Count(c.kernel);
  std::vector<double> y;
  for (int64_t n = 0; n < c.batch; ++n) {
    for (int64_t f = 0; f < c.groups * c.filters; ++f) {
      const int64_t group = f / c.filters;
      for (int64_t o = 0; o < out_count; ++o) {
        double sum = 0;
        for (int64_t ch = 0; ch < c.channels; ++ch) {
          for (int64_t t = 0; t < taps; ++t) {
            int64_t position = 0, o_rest = o, t_rest = t, scale = 1;
            bool inside = true;
            for (size_t i = c.size.size(); i-- > 0;) {
              const int64_t at = o_rest % out[i] * c.stride[i] - c.pads[i] + t_rest % c.kernel[i] * c.dilation[i];
              o_rest /= out[i];
              t_rest /= c.kernel[i];
              inside = inside && at >= 0 && at < c.size[i];
              position += at * scale;
              scale *= c.size[i];
            }
            if (inside) {
              sum += static_cast<double>(
                         x[static_cast<size_t>(((n * c.groups + group) * c.channels + ch) * in_count + position)]) *
                     static_cast<double>(w[static_cast<size_t>((f * c.channels + ch) * taps + t)]);
            }
          }
        }
        y.push_back(sum);
      }
    }
  }
  return y;
}

Shape With(std::initializer_list<int64_t> first, const std::vector<int64_t>& rest) {
  Shape shape(first);
  for (int64_t value : rest) shape.push_back(value);
  return shape;
}

Case RandomCase(RandomTensors& random, size_t rank) {
  Case c;
  for (size_t i = 0; i < rank; ++i) {
    c.kernel.push_back(random.Integer(1, 4));
    c.dilation.push_back(random.Integer(1, 3));
    c.stride.push_back(random.Integer(1, 3));
    c.size.push_back((c.kernel[i] - 1) * c.dilation[i] + random.Integer(1, 6));
  }
  for (size_t i = 0; i < 2 * rank; ++i) c.pads.push_back(random.Integer(0, 3));
  c.batch = random.Integer(1, 2);
  c.groups = random.Integer(1, 3);
  c.channels = random.Integer(1, 3);
  c.filters = random.Integer(1, 6);
  return c;
}

OpTester& Attributes(OpTester& tester, const Case& c) {
  return tester.Ints("kernel_shape", c.kernel)
      .Ints("strides", c.stride)
      .Ints("dilations", c.dilation)
      .Ints("pads", c.pads)
      .Attr("group", c.groups);
}

TEST(Conv, AgreesWithADirectSumInDouble) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    RandomTensors random(seed);
    const Case c = RandomCase(random, 1 + seed % 3);
    const Shape x_shape = With({c.batch, c.groups * c.channels}, c.size);
    const Shape w_shape = With({c.groups * c.filters, c.channels}, c.kernel);
    const auto x = random.Floats(x_shape.element_count());
    const auto w = random.Floats(w_shape.element_count());
    OpTester tester("Conv", 11);
    ExpectNear(Attributes(tester, c).In<float>(x_shape, x).In<float>(w_shape, w).RunOne(),
               With({c.batch, c.groups * c.filters}, OutputSizes(c)), Reference(c, x, w), 2e-6);
  }
}

TEST(Conv, AddsABiasToEveryFilter) {
  ExpectTensor<float>(OpTester("Conv", 11)
                          .In<float>({1, 1, 2, 2}, {1, 2, 3, 4})
                          .In<float>({2, 1, 1, 1}, {1, 10})
                          .In<float>({2}, {0.5, 100})
                          .RunOne(),
                      {1, 2, 2, 2}, {1.5, 2.5, 3.5, 4.5, 110, 120, 130, 140});
  ExpectTensor<float>(
      OpTester("Conv", 11).In<float>({1, 1, 3}, {1, 2, 3}).In<float>({1, 1, 2}, {1, 10}).In<float>({1}, {0.5}).RunOne(),
      {1, 1, 2}, {21.5, 32.5});
}

TEST(Conv, PadsTheSameSizeAtTheUpperOrLowerEnd) {
  const std::vector<float> x = {1, 2, 3, 4};
  ExpectTensor<float>(
      OpTester("Conv", 11).Attr("auto_pad", "SAME_UPPER").In<float>({1, 1, 4}, x).In<float>({1, 1, 2}, {1, 1}).RunOne(),
      {1, 1, 4}, {3, 5, 7, 4});
  ExpectTensor<float>(
      OpTester("Conv", 11).Attr("auto_pad", "SAME_LOWER").In<float>({1, 1, 4}, x).In<float>({1, 1, 2}, {1, 1}).RunOne(),
      {1, 1, 4}, {1, 3, 5, 7});
  ExpectTensor<float>(OpTester("Conv", 11)
                          .Attr("auto_pad", "VALID")
                          .Ints("strides", {2})
                          .In<float>({1, 1, 4}, x)
                          .In<float>({1, 1, 2}, {1, 1})
                          .RunOne(),
                      {1, 1, 2}, {3, 7});
}

TEST(Conv, RefusesHostileAttributes) {
  const auto run = [](const char* name, std::vector<int64_t> values) {
    return OpTester("Conv", 11)
        .Ints(name, std::move(values))
        .In<float>({1, 1, 4}, {1, 2, 3, 4})
        .In<float>({1, 1, 2}, {1, 1})
        .Error();
  };
  EXPECT_EQ(run("strides", {0}), "node 'tested' (Conv): attribute 'strides': expected values in [1, 2^31), got 0");
  EXPECT_EQ(run("strides", {-1}), "node 'tested' (Conv): attribute 'strides': expected values in [1, 2^31), got -1");
  EXPECT_EQ(run("strides", {1, 1}), "attribute 'strides': expected 1 values, got 2");
  EXPECT_EQ(run("dilations", {int64_t{1} << 62}),
            "node 'tested' (Conv): attribute 'dilations': expected values in [1, 2^31), got 4611686018427387904");
  EXPECT_EQ(run("pads", {-1, 0}), "node 'tested' (Conv): attribute 'pads': expected values in [0, 2^31), got -1");
  EXPECT_EQ(run("pads", {int64_t{1} << 40, 0}),
            "node 'tested' (Conv): attribute 'pads': expected values in [0, 2^31), got 1099511627776");
  EXPECT_EQ(run("kernel_shape", {3}), "attribute 'kernel_shape' contradicts the shape of the weights");
  EXPECT_EQ(
      OpTester("Conv", 11).Attr("group", 0).In<float>({1, 1, 4}, {1, 2, 3, 4}).In<float>({1, 1, 2}, {1, 1}).Error(),
      "node 'tested' (Conv): attribute 'group': expected at least 1, got 0");
  EXPECT_EQ(OpTester("Conv", 11).In<float>({1, 1, 1}, {1}).In<float>({1, 1, 2}, {1, 1}).Error(),
            "spatial dimension 0: a window of extent 2 does not fit the padded input of 1");
  EXPECT_EQ(OpTester("Conv", 11).In<float>({1, 2, 2}, {1, 2, 3, 4}).In<float>({1, 1, 2}, {1, 1}).Error(),
            "input 0: expected 1 channels for each of 1 groups, got 2 channels");
}

TEST(ConvInteger, IsExactWithAZeroPointForEachFilter) {
  for (uint64_t seed = 100; seed < 120; ++seed) {
    SCOPED_TRACE(seed);
    RandomTensors random(seed);
    const Case c = RandomCase(random, 2);
    const Shape x_shape = With({c.batch, c.groups * c.channels}, c.size);
    const Shape w_shape = With({c.groups * c.filters, c.channels}, c.kernel);
    const auto x = random.Integers<uint8_t>(x_shape.element_count(), 0, 255);
    const auto w = random.Integers<int8_t>(w_shape.element_count(), -128, 127);
    const auto zeros = random.Integers<int8_t>(w_shape[0], -128, 127);
    std::vector<int> shifted_x, shifted_w;
    for (uint8_t value : x) shifted_x.push_back(value - 131);
    for (size_t i = 0; i < w.size(); ++i) shifted_w.push_back(w[i] - zeros[i / (w.size() / zeros.size())]);
    const auto expected = Reference(c, shifted_x, shifted_w);
    OpTester tester("ConvInteger", 10);
    ExpectTensor<int32_t>(Attributes(tester, c)
                              .In<uint8_t>(x_shape, x)
                              .In<int8_t>(w_shape, w)
                              .In(MakeScalar<uint8_t>(131))
                              .In<int8_t>({w_shape[0]}, zeros)
                              .RunOne(),
                          With({c.batch, c.groups * c.filters}, OutputSizes(c)),
                          std::vector<int32_t>(expected.begin(), expected.end()));
  }
}

TEST(QLinearConv, RequantisesWithAScaleForEachFilter) {
  // Sums 4 and 8; + bias 1 and -3; times 0.5 * {1, 2} / 0.25 = {2, 4}; + 3.
  ExpectTensor<uint8_t>(OpTester("QLinearConv", 10)
                            .In<uint8_t>({1, 1, 2, 1}, {3, 5})
                            .In(MakeScalar(0.5f))
                            .In(MakeScalar<uint8_t>(1))
                            .In<int8_t>({2, 1, 1, 1}, {2, 4})
                            .In<float>({2}, {1, 2})
                            .In<int8_t>({2}, {0, 0})
                            .In(MakeScalar(0.25f))
                            .In(MakeScalar<uint8_t>(3))
                            .In<int32_t>({2}, {1, -3})
                            .RunOne(),
                        {1, 2, 2, 1}, {13, 21, 23, 55});
}

}  // namespace
}  // namespace onedge::ops
