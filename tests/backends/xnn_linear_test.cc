// Products with constant weights by XNNPACK, which the backend prefers with AVX-512: tested on every processor.
#include "backends/cpu/xnn_linear.h"

#include "ops/math/activation.h"
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

std::vector<double> AsDoubles(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.element_count()};
}

TEST(XnnLinear, AgreesWithThePortableOperators) {
  const uint32_t seed = 20250401;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(3);
  for (int round = 0; round < 90; ++round) {
    const size_t m = random.Size(0, 40), k = random.Size(1, 130), n = random.Size(1, 70);
    SCOPED_TRACE(StrCat("round ", round, " m ", m, " k ", k, " n ", n));
    const bool linear = round % 3 == 0, gemm = round % 3 == 1, transposed = (linear || gemm) && round % 2;
    KernelTester tester(linear ? "onedge" : "", linear ? "Linear" : gemm ? "Gemm" : "MatMul", linear ? 1 : 13);
    tester.LoweredBy(LowerXnnLinear);
    if (linear || gemm) tester.Attribute(linear ? "trans_b" : "transB", int64_t{transposed});
    if (linear) {
      const ops::Activation activations[] = {ops::Activation::kNone,
                                             ops::Activation::kRelu,
                                             ops::Activation::kGelu,
                                             {ops::Activation::kClip, -0.5f, 0.5f}};
      for (const graph::Attribute& attribute : ops::AttributesOf(activations[round / 3 % 4])) {
        tester.Attribute(attribute.name, attribute.value);
      }
    }
    tester.Input(random.Floats(gemm ? Dimensions({m, k}) : Dimensions({2, m, k})));
    tester.Constant(random.Floats(transposed ? Dimensions({n, k}) : Dimensions({k, n})));
    if ((linear || gemm) && round % 4 < 3) tester.Constant(random.Floats(Dimensions({n})));
    const Tensor y = tester.RunOne();
    ExpectClose(y, AsDoubles(tester.RunOnePortable()), 1e-5);
    ExpectSameBits(tester.Threads(pool.get()).RunOne(), y);
  }
}

TEST(XnnLinear, DeclinesExactModels) {
  Random random(2);
  KernelTester tester("", "MatMul", 13);
  tester.LoweredBy(LowerXnnLinear).Input(random.Floats(Shape{2, 3})).Constant(random.Floats(Shape{3, 4})).Exact(true);
  EXPECT_EQ(tester.Lower().value(), nullptr);
}

}  // namespace
}  // namespace onedge::backends::cpu
