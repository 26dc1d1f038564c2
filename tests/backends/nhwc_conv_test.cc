// Convolutions with channels last, by XNNPACK, against the portable operator.
#include "ops/math/activation.h"
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

std::vector<double> AsDoubles(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.element_count()};
}

TEST(NhwcConv, AgreesWithThePortableOperatorForAnyAttributes) {
  const uint32_t seed = 20250201;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(3);
  for (int round = 0; round < 150; ++round) {
    const bool depthwise = round % 3 == 0;
    const int64_t axes = round % 5 == 0 ? 1 : 2;
    const int64_t groups = static_cast<int64_t>(depthwise ? random.Size(1, 40) : random.Size(1, 3));
    const bool pointwise = round % 7 == 1;
    const int64_t channels = depthwise ? 1 : static_cast<int64_t>(random.Size(1, pointwise ? 120 : 20));
    const int64_t filters =
        depthwise ? static_cast<int64_t>(random.Size(1, 2)) : static_cast<int64_t>(random.Size(1, 40));
    Shape x = {static_cast<int64_t>(random.Size(1, 3))}, w = {groups * filters, channels};
    std::vector<int64_t> strides, dilations, pads(static_cast<size_t>(2 * axes));
    for (int64_t i = 0; i < axes; ++i) {
      const int64_t kernel = pointwise ? 1 : static_cast<int64_t>(random.Size(1, 5));
      w.push_back(kernel);
      strides.push_back(pointwise ? 1 : static_cast<int64_t>(random.Size(1, 3)));
      dilations.push_back(static_cast<int64_t>(random.Size(1, 3)));
      x.push_back(static_cast<int64_t>(random.Size(1, 20)) + (kernel - 1) * dilations.back());
      if (!pointwise) {
        pads[static_cast<size_t>(i)] = static_cast<int64_t>(random.Size(0, 4));
        pads[static_cast<size_t>(axes + i)] = static_cast<int64_t>(random.Size(0, 4));
      }
    }
    x.push_back(groups * channels);
    SCOPED_TRACE(StrCat("round ", round, " x ", x, " w ", w, " groups ", groups, " strides ", strides[0], " ",
                        strides.back(), " dilations ", dilations[0], " ", dilations.back(), " pads ", pads[0], " ",
                        pads.back()));
    KernelTester tester("onedge", "NhwcConv", 1);
    tester.Attribute("group", groups)
        .Attribute("strides", strides)
        .Attribute("dilations", dilations)
        .Attribute("pads", pads);
    tester.Input(random.Floats(x)).Constant(random.Floats(w));
    if (round % 2) tester.Constant(random.Floats(Shape{groups * filters}));
    const Tensor y = tester.RunOne();
    ExpectClose(y, AsDoubles(tester.RunOnePortable()), 3e-5);
    ExpectSameBits(tester.Threads(pool.get()).RunOne(), y);
  }
}

TEST(NhwcConv, ResolvesAutomaticPads) {
  Random random(5);
  for (const char* mode : {"SAME_UPPER", "SAME_LOWER", "VALID"}) {
    for (int64_t groups : {1, 4}) {
      for (int64_t kernel : {1, 3}) {
        KernelTester tester("onedge", "NhwcConv", 1);
        tester.Attribute("auto_pad", std::string(mode))
            .Attribute("group", groups)
            .Attribute("strides", std::vector<int64_t>{2, 2});
        tester.Input(random.Floats(Shape{1, 12, 15, 4})).Constant(random.Floats(Shape{4, 4 / groups, kernel, kernel}));
        ExpectClose(tester.RunOne(), AsDoubles(tester.RunOnePortable()), 1e-5);
      }
    }
  }
}

TEST(NhwcConv, AppliesEveryActivation) {
  const ops::Activation activations[] = {ops::Activation::kRelu,
                                         ops::Activation::kGelu,
                                         ops::Activation::kTanh,
                                         ops::Activation::kSigmoid,
                                         {ops::Activation::kLeakyRelu, 0.1f},
                                         {ops::Activation::kClip, -0.5f, 0.75f},
                                         {ops::Activation::kClip, 0.75f, -0.5f},
                                         {ops::Activation::kHardSigmoid, 0.3f, 0.4f},
                                         ops::Activation::kHardSwish,
                                         {ops::Activation::kSwish, 1.5f}};
  Random random(20250107);
  for (const ops::Activation& activation : activations) {
    SCOPED_TRACE(std::string(ops::ActivationName(activation.kind)));
    {
      KernelTester tester("onedge", "NhwcConv", 1);  // one pixel and many channels
      for (const graph::Attribute& attribute : ops::AttributesOf(activation)) {
        tester.Attribute(attribute.name, attribute.value);
      }
      tester.Input(random.Floats(Shape{2, 9, 11, 64})).Constant(random.Floats(Shape{18, 64, 1, 1}));
      ExpectClose(tester.Constant(random.Floats(Shape{18})).RunOne(), AsDoubles(tester.RunOnePortable()), 1e-5);
    }
    for (const int64_t groups : {1, 6}) {  // as a matrix product, and depthwise
      KernelTester tester("onedge", "NhwcConv", 1);
      for (const graph::Attribute& attribute : ops::AttributesOf(activation)) {
        tester.Attribute(attribute.name, attribute.value);
      }
      tester.Attribute("group", groups).Input(random.Floats(Shape{2, 9, 11, 6}));
      tester.Constant(random.Floats(Shape{6, 6 / groups, 3, 3})).Constant(random.Floats(Shape{6}));
      ExpectClose(tester.RunOne(), AsDoubles(tester.RunOnePortable()), 1e-5);
    }
  }
}

TEST(NhwcConv, EmptyDimensions) {
  Random random(8);
  for (const Shape& x : {Shape{0, 5, 5, 3}, Shape{2, 0, 5, 3}, Shape{2, 5, 0, 3}}) {
    SCOPED_TRACE(StrCat(x));
    KernelTester tester("onedge", "NhwcConv", 1);
    tester.Attribute("pads", std::vector<int64_t>{2, 2, 2, 2}).Attribute("activation", std::string("Relu"));
    tester.Input(Tensor::Allocate(DType::kFloat32, x).value());
    tester.Constant(random.Floats(Shape{4, 3, 3, 3})).Constant(random.Floats(Shape{4}));
    const Tensor y = tester.RunOne();
    EXPECT_EQ(y.element_count() > 0, x[0] > 0);
    ExpectSameBits(y, tester.RunOnePortable());
  }
}

// A pixel has the bits that it has in an image of its own, so batch mates do not matter.
TEST(NhwcConv, AnImageHasTheSameBitsInABatch) {
  Random random(9);
  const Tensor w = random.Floats(Shape{24, 20, 3, 3}), batch = random.Floats(Shape{3, 7, 5, 20});
  const auto run = [&](const Tensor& x) {
    KernelTester tester("onedge", "NhwcConv", 1);
    return tester.Input(x).Constant(w).RunOne();
  };
  const Tensor all = run(batch);
  for (int64_t i = 0; i < 3; ++i) {
    const size_t image = 7 * 5 * 20 * sizeof(float);
    const Tensor x =
        Tensor::FromBytes(DType::kFloat32, Shape{1, 7, 5, 20}, {batch.bytes() + static_cast<size_t>(i) * image, image})
            .value();
    const Tensor y = run(x);
    EXPECT_EQ(std::memcmp(y.bytes(), all.bytes() + static_cast<size_t>(i) * y.byte_size(), y.byte_size()), 0);
  }
}

TEST(NhwcConv, DeclinesExactModelsAndChangingWeights) {
  Random random(7);
  const Tensor x = random.Floats(Shape{1, 5, 5, 2}), w = random.Floats(Shape{2, 2, 3, 3});
  EXPECT_EQ(KernelTester("onedge", "NhwcConv", 1).Input(x).Input(w).Lower().value(), nullptr);
  EXPECT_EQ(KernelTester("onedge", "NhwcConv", 1).Input(x).Constant(w).Exact(true).Lower().value(), nullptr);
}

TEST(NhwcConv, AWindowTooLargeForTheAddressSpaceIsAnError) {
  KernelTester tester("onedge", "NhwcConv", 1);
  const int64_t huge = int64_t{1} << 30;
  tester.Attribute("pads", std::vector<int64_t>{huge, huge, huge, huge});
  tester.Input(Tensor::Allocate(DType::kFloat32, Shape{1, 5, 5, 1}).value());
  tester.Constant(Random(1).Floats(Shape{1, 1, 3, 3}));
  EXPECT_EQ(tester.Run().status().code(), StatusCode::kResourceExhausted);
}

// Each allocation fails once: packing, the operator, its pointers to pixels.
TEST(NhwcConv, AFailedAllocationIsAnError) {
  Random random(11);
  const Tensor x = random.Floats(Shape{1, 9, 9, 4}), w = random.Floats(Shape{4, 4, 3, 3});
  size_t failures = 0;
  for (size_t countdown = 1;; ++countdown) {
    KernelTester tester("onedge", "NhwcConv", 1);
    tester.Attribute("pads", std::vector<int64_t>{1, 1, 1, 1}).Input(x).Constant(w);
    tester.budget().FailOnce(countdown);
    const auto outputs = tester.Run();
    if (tester.budget().failure_pending()) {
      EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
      break;
    }
    EXPECT_EQ(outputs.status().code(), StatusCode::kResourceExhausted) << "allocation " << countdown;
    EXPECT_EQ(tester.budget().used_bytes(), 0u) << "allocation " << countdown;
    ++failures;
  }
  EXPECT_GE(failures, 5u);
}

}  // namespace
}  // namespace onedge::backends::cpu
