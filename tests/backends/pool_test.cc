// Pooling in both layouts, against the portable operators.
#include <limits>

#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

std::vector<double> AsDoubles(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.element_count()};
}

TEST(Pool, AgreesWithThePortableOperatorForAnyAttributes) {
  const uint32_t seed = 20250301;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(3);
  for (int round = 0; round < 200; ++round) {
    const bool maximum = round % 2 == 0, last = round % 4 < 2;
    const size_t axes = round % 5 == 0 ? 1 : 2;
    const int64_t channels = static_cast<int64_t>(random.Size(1, 20));
    Shape x = {static_cast<int64_t>(random.Size(0, 2))};
    if (!last) x.push_back(channels);
    std::vector<int64_t> kernel, strides, dilations, pads(2 * axes);
    for (size_t i = 0; i < axes; ++i) {
      kernel.push_back(static_cast<int64_t>(random.Size(1, 5)));
      strides.push_back(static_cast<int64_t>(random.Size(1, 3)));
      dilations.push_back(static_cast<int64_t>(random.Size(1, 2)));
      pads[i] = static_cast<int64_t>(random.Size(0, static_cast<size_t>(kernel[i]) - 1));
      pads[axes + i] = static_cast<int64_t>(random.Size(0, static_cast<size_t>(kernel[i]) - 1));
      x.push_back(static_cast<int64_t>(random.Size(1, 40)) + (kernel[i] - 1) * dilations[i]);
    }
    if (last) x.push_back(channels);
    SCOPED_TRACE(StrCat("round ", round, " x ", x, " kernel ", kernel[0], " ", kernel.back(), " strides ", strides[0],
                        " ", strides.back(), " pads ", pads[0], " ", pads.back()));
    KernelTester tester(last ? "onedge" : "", StrCat(last ? "Nhwc" : "", maximum ? "MaxPool" : "AveragePool"),
                        last ? 1 : 19);
    tester.Attribute("kernel_shape", kernel).Attribute("strides", strides).Attribute("pads", pads);
    tester.Attribute("dilations", dilations).Attribute("ceil_mode", static_cast<int64_t>(random.Size(0, 1)));
    if (!maximum) tester.Attribute("count_include_pad", static_cast<int64_t>(random.Size(0, 1)));
    Tensor values = random.Floats(x);
    for (int64_t i = 0; i < values.element_count(); i += 37) {
      values.mutable_data<float>()[i] = i % 2 ? std::numeric_limits<float>::quiet_NaN() : -INFINITY;
    }
    tester.Input(maximum ? values : random.Floats(x));
    const Tensor y = tester.RunOne(), portable = tester.RunOnePortable();
    ASSERT_EQ(y.ToString(), portable.ToString());
    if (maximum) {
      for (int64_t i = 0; i < y.element_count(); ++i) {
        const float got = y.data<float>()[i], expected = portable.data<float>()[i];
        ASSERT_TRUE(got == expected || (std::isnan(got) && std::isnan(expected))) << i << ": " << got << expected;
      }
    } else {
      ExpectClose(y, AsDoubles(portable), 1e-6);
    }
    ExpectSameBits(tester.Threads(pool.get()).RunOne(), y);
  }
}

TEST(Pool, GlobalAverageWithChannelsLast) {
  Random random(3);
  for (const Shape& x : {Shape{2, 7, 7, 37}, Shape{1, 5, 3}, Shape{0, 2, 2, 4}, Shape{1, 3, 2, 4, 9}}) {
    KernelTester tester("onedge", "NhwcGlobalAveragePool", 1);
    tester.Input(random.Floats(x));
    ExpectClose(tester.RunOne(), AsDoubles(tester.RunOnePortable()), 1e-6);
  }
}

TEST(Pool, LeavesPositionsAndThreeAxesToThePortableOperator) {
  Random random(4);
  const std::vector<int64_t> cube = {2, 2, 2};
  EXPECT_EQ(KernelTester("", "MaxPool", 12)
                .Attribute("kernel_shape", std::vector<int64_t>{2, 2})
                .Input(random.Floats(Shape{1, 1, 4, 4}))
                .Outputs(2)
                .Lower()
                .value(),
            nullptr);
  EXPECT_EQ(KernelTester("", "MaxPool", 12)
                .Attribute("kernel_shape", cube)
                .Input(random.Floats(Shape{1, 1, 4, 4, 4}))
                .Lower()
                .value(),
            nullptr);
}

}  // namespace
}  // namespace onedge::backends::cpu
