// Transposed convolutions by XNNPACK, against the portable operator.
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

std::vector<double> AsDoubles(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.element_count()};
}

TEST(ConvTranspose, AgreesWithThePortableOperatorForAnyAttributes) {
  const uint32_t seed = 20250302;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(3);
  for (int round = 0; round < 150; ++round) {
    const size_t axes = round % 5 == 0 ? 1 : 2;
    const int64_t groups = static_cast<int64_t>(random.Size(1, 3));
    Shape x = {static_cast<int64_t>(random.Size(1, 2)), groups * static_cast<int64_t>(random.Size(1, 20))};
    Shape w = {x[1], static_cast<int64_t>(random.Size(1, 20))};
    std::vector<int64_t> strides, dilations, pads(2 * axes), output_padding;
    for (size_t i = 0; i < axes; ++i) {
      w.push_back(static_cast<int64_t>(random.Size(1, 5)));
      x.push_back(static_cast<int64_t>(random.Size(3, 15)));
      strides.push_back(static_cast<int64_t>(random.Size(1, 3)));
      dilations.push_back(static_cast<int64_t>(round % 3 ? 1 : random.Size(1, 2)));
      pads[i] = static_cast<int64_t>(random.Size(0, 2));
      pads[axes + i] = static_cast<int64_t>(random.Size(0, 1));
      output_padding.push_back(static_cast<int64_t>(random.Size(0, static_cast<size_t>(strides[i]) - 1)));
      x[2 + i] += pads[i] + pads[axes + i];
    }
    SCOPED_TRACE(StrCat("round ", round, " x ", x, " w ", w, " groups ", groups, " strides ", strides[0], " ",
                        strides.back(), " dilations ", dilations[0], " pads ", pads[0], " ", pads.back()));
    KernelTester tester("", "ConvTranspose", 11);
    tester.Attribute("group", groups).Attribute("strides", strides).Attribute("dilations", dilations);
    if (round % 4 == 3) {
      tester.Attribute("auto_pad", std::string("SAME_UPPER"));
    } else {
      tester.Attribute("pads", pads).Attribute("output_padding", output_padding);
    }
    tester.Input(random.Floats(x)).Constant(random.Floats(w));
    if (round % 2) tester.Constant(random.Floats(Shape{groups * w[1]}));
    const Tensor y = tester.RunOne();
    ExpectClose(y, AsDoubles(tester.RunOnePortable()), 3e-5);
    if (round % 4 == 0) ExpectSameBits(tester.Threads(pool.get()).RunOne(), y);
  }
}

}  // namespace
}  // namespace onedge::backends::cpu
