// Convolutions against the portable operator: groups, depthwise, strides, dilations, pads, one and two axes.
#include "ops/math/activation.h"
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

std::vector<double> AsDoubles(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.element_count()};
}

// Compares as numbers: a sum that skips padding may turn -0 into 0.
void ExpectEqualNumbers(const Tensor& got, const Tensor& expected) {
  ASSERT_EQ(got.ToString(), expected.ToString());
  for (int64_t i = 0; i < got.element_count(); ++i)
    ASSERT_EQ(got.data<float>()[i], expected.data<float>()[i]) << "element " << i;
}

TEST(Conv, AgreesWithThePortableOperatorForAnyAttributes) {
  const uint32_t seed = 20250106;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(3);
  for (int round = 0; round < 150; ++round) {
    const bool depthwise = round % 3 == 0;
    const int64_t axes = round % 5 == 0 ? 1 : 2;
    const int64_t groups = static_cast<int64_t>(depthwise ? random.Size(1, 6) : random.Size(1, 3));
    const int64_t channels = depthwise ? 1 : static_cast<int64_t>(random.Size(1, 6));
    const int64_t filters =
        depthwise ? static_cast<int64_t>(random.Size(1, 2)) : static_cast<int64_t>(random.Size(1, 20));
    Shape x = {static_cast<int64_t>(random.Size(1, 2)), groups * channels}, w = {groups * filters, channels};
    std::vector<int64_t> strides, dilations, pads(static_cast<size_t>(2 * axes));
    const bool pointwise = round % 7 == 1;
    for (int64_t i = 0; i < axes; ++i) {
      const int64_t kernel = pointwise ? 1 : static_cast<int64_t>(random.Size(1, 5));
      w.push_back(kernel);
      strides.push_back(pointwise ? 1 : static_cast<int64_t>(random.Size(1, 3)));
      dilations.push_back(static_cast<int64_t>(random.Size(1, 3)));
      x.push_back(static_cast<int64_t>(random.Size(1, 40)) + (kernel - 1) * dilations.back());
      if (!pointwise) {
        pads[static_cast<size_t>(i)] = static_cast<int64_t>(random.Size(0, 4));
        pads[static_cast<size_t>(axes + i)] = static_cast<int64_t>(random.Size(0, 4));
      }
    }
    SCOPED_TRACE(StrCat("x ", x, " w ", w, " groups ", groups, " strides ", strides[0], " ", strides.back(),
                        " dilations ", dilations[0], " ", dilations.back(), " pads ", pads[0], " ", pads.back()));
    KernelTester tester("", "Conv", 11);
    tester.Attribute("group", groups)
        .Attribute("strides", strides)
        .Attribute("dilations", dilations)
        .Attribute("pads", pads);
    tester.Input(random.Floats(x)).Constant(random.Floats(w));
    if (round % 2) tester.Constant(random.Floats(Shape{groups * filters}));
    const Tensor portable = tester.RunOnePortable();
    const Tensor y = tester.RunOne();
    ExpectClose(y, AsDoubles(portable), 1e-5);
    if (round % 10 == 0) ExpectSameBits(tester.Threads(pool.get()).RunOne(), y);
    ExpectEqualNumbers(tester.Exact(true).RunOne(), portable);
  }
}

TEST(Conv, ReachesEveryDepthBlockAndRowBlock) {
  Random random(4);
  KernelTester tester("", "Conv", 11);
  tester.Attribute("pads", std::vector<int64_t>{1, 1, 1, 1});
  tester.Input(random.Floats(Shape{1, 100, 7, 9}))
      .Constant(random.Floats(Shape{150, 100, 3, 3}))
      .Constant(random.Floats(Shape{150}));
  ExpectClose(tester.RunOne(), AsDoubles(tester.RunOnePortable()), 2e-5);
}

TEST(Conv, ResolvesAutomaticPads) {
  Random random(5);
  for (const char* mode : {"SAME_UPPER", "SAME_LOWER", "VALID"}) {
    for (int64_t groups : {1, 4}) {
      KernelTester tester("", "Conv", 11);
      tester.Attribute("auto_pad", std::string(mode))
          .Attribute("group", groups)
          .Attribute("strides", std::vector<int64_t>{2, 2});
      tester.Input(random.Floats(Shape{1, 4, 12, 15})).Constant(random.Floats(Shape{4, 4 / groups, 3, 3}));
      ExpectClose(tester.RunOne(), AsDoubles(tester.RunOnePortable()), 1e-5);
    }
  }
}

// A padded copy of this would take 2^60 bytes.
TEST(Conv, SurvivesPadsAndStridesOfAnySize) {
  Random random(6);
  KernelTester tester("", "Conv", 11);
  const int64_t huge = int64_t{1} << 30;
  tester.Attribute("group", int64_t{2}).Attribute("strides", std::vector<int64_t>{huge, huge});
  tester.Attribute("pads", std::vector<int64_t>{huge, huge, huge, huge});
  tester.Input(random.Floats(Shape{1, 2, 5, 5})).Constant(random.Floats(Shape{2, 1, 3, 3}));
  ExpectClose(tester.RunOne(), AsDoubles(tester.RunOnePortable()), 1e-5);
}

TEST(Conv, AppliesEveryActivation) {
  const ops::Activation activations[] = {ops::Activation::kRelu,
                                         ops::Activation::kGelu,
                                         ops::Activation::kGeluTanh,
                                         ops::Activation::kTanh,
                                         ops::Activation::kSigmoid,
                                         {ops::Activation::kLeakyRelu, 0.1f},
                                         {ops::Activation::kClip, -0.5f, 0.75f},
                                         {ops::Activation::kHardSigmoid, 0.3f, 0.4f},
                                         ops::Activation::kHardSwish,
                                         {ops::Activation::kSwish, 1.5f}};
  Random random(20250107);
  for (const ops::Activation& activation : activations) {
    SCOPED_TRACE(std::string(ops::ActivationName(activation.kind)));
    for (const int64_t groups : {1, 6}) {  // as a matrix product, and depthwise
      KernelTester tester("onedge", "Conv", 1);
      for (const graph::Attribute& attribute : ops::AttributesOf(activation)) {
        tester.Attribute(attribute.name, attribute.value);
      }
      tester.Attribute("group", groups).Input(random.Floats(Shape{2, 6, 9, 11}));
      tester.Constant(random.Floats(Shape{6, 6 / groups, 3, 3})).Constant(random.Floats(Shape{6}));
      const Tensor portable = tester.RunOnePortable();
      ExpectClose(tester.RunOne(), AsDoubles(portable), 1e-5);
      ExpectEqualNumbers(tester.Exact(true).RunOne(), portable);
    }
  }
}

TEST(Conv, LeavesThreeAxesAndChangingWeightsToThePortableOperator) {
  Random random(7);
  const Tensor x = random.Floats(Shape{1, 2, 5, 5}), w = random.Floats(Shape{2, 2, 3, 3});
  EXPECT_EQ(KernelTester("", "Conv", 11).Input(x).Input(w).Lower().value(), nullptr);
  EXPECT_EQ(KernelTester("", "Conv", 11)
                .Input(random.Floats(Shape{1, 2, 5, 5, 5}))
                .Constant(random.Floats(Shape{2, 2, 3, 3, 3}))
                .Lower()
                .value(),
            nullptr);
}

}  // namespace
}  // namespace onedge::backends::cpu
