// Products of two activations, and attention, against double references and the portable operators.
#include <cmath>

#include "backends/cpu/row_kernels.h"
#include "ops/math/transcendental.h"
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

TEST(BatchedMatMul, BroadcastsBatchesForAnySize) {
  const uint32_t seed = 20250104;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 40; ++round) {
    const int64_t m = static_cast<int64_t>(random.Size(1, 40)), n = static_cast<int64_t>(random.Size(1, 90));
    const int64_t k = static_cast<int64_t>(random.Size(0, 50));
    const std::pair<Shape, Shape> shapes[] = {{Shape{m, k}, Shape{k, n}},          {Shape{3, m, k}, Shape{k, n}},
                                              {Shape{2, 1, m, k}, Shape{3, k, n}}, {Shape{m, k}, Shape{2, k, n}},
                                              {Shape{k}, Shape{2, k, n}},          {Shape{2, m, k}, Shape{k}}};
    for (const auto& [a, b] : shapes) {
      SCOPED_TRACE(StrCat(a, " x ", b));
      for (bool exact : {false, true}) {
        KernelTester tester("", "MatMul", 13);
        tester.Input(random.Floats(a)).Input(random.Floats(b)).Exact(exact);
        const Tensor y = tester.RunOne(), portable = tester.RunOnePortable();
        if (exact) {
          ExpectSameBits(y, portable);
        } else {
          ExpectClose(y, std::vector<double>(portable.data<float>(), portable.data<float>() + portable.element_count()),
                      1e-5);
        }
      }
    }
  }
}

std::vector<double> AttentionReference(const Tensor& q, const Tensor& k, const Tensor& v, const float* mask,
                                       size_t mask_b, size_t mask_h, size_t mask_s, size_t mask_t, double scale) {
  const size_t heads = static_cast<size_t>(q.dim(1)), s = static_cast<size_t>(q.dim(2)),
               d = static_cast<size_t>(q.dim(3));
  const size_t t = static_cast<size_t>(k.dim(2)), d_v = static_cast<size_t>(v.dim(3));
  std::vector<double> y;
  for (size_t head = 0; head < static_cast<size_t>(q.dim(0)) * heads; ++head) {
    for (size_t i = 0; i < s; ++i) {
      std::vector<double> p(t);
      double highest = -HUGE_VAL, sum = 0;
      for (size_t j = 0; j < t; ++j) {
        for (size_t x = 0; x < d; ++x)
          p[j] += double{q.data<float>()[(head * s + i) * d + x]} * k.data<float>()[(head * t + j) * d + x];
        p[j] =
            p[j] * scale + (mask ? mask[head / heads * mask_b + head % heads * mask_h + i * mask_s + j * mask_t] : 0);
        highest = std::max(highest, p[j]);
      }
      for (double& x : p) sum += x = std::exp(x - highest);
      for (size_t x = 0; x < d_v; ++x) {
        double value = 0;
        for (size_t j = 0; j < t; ++j) value += p[j] / sum * v.data<float>()[(head * t + j) * d_v + x];
        y.push_back(value);
      }
    }
  }
  return y;
}

TEST(ScaledDotProductAttention, AgreesWithADoubleReferenceUnderEveryBroadcastMask) {
  const uint32_t seed = 20250105;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(3);
  for (int round = 0; round < 24; ++round) {
    const size_t b = random.Size(1, 3), h = random.Size(1, 4), s = random.Size(1, 120), t = random.Size(1, 70);
    const size_t d = random.Size(1, 40), d_v = random.Size(1, 40);
    SCOPED_TRACE(StrCat("batch ", b, " heads ", h, " s ", s, " t ", t, " d ", d, " d_v ", d_v));
    const Tensor q = random.Floats(Dimensions({b, h, s, d}), -2, 2), k = random.Floats(Dimensions({b, h, t, d}), -2, 2);
    const Tensor v = random.Floats(Dimensions({b, h, t, d_v}));
    const float scale = 1 / std::sqrt(static_cast<float>(d));
    for (int which = 0; which < 5; ++which) {
      Tensor mask;
      size_t strides[4] = {};
      if (which == 1) mask = random.Floats(Dimensions({b, 1, 1, t})), strides[0] = t, strides[3] = 1;
      if (which == 2) mask = random.Floats(Dimensions({s, t})), strides[2] = t, strides[3] = 1;
      if (which == 3) mask = random.Floats(Dimensions({h, s, 1})), strides[1] = s, strides[2] = 1;
      if (which == 4) {
        mask = random.Floats(Dimensions({b, h, s, t}));
        strides[0] = h * s * t, strides[1] = s * t, strides[2] = t, strides[3] = 1;
      }
      // Like real masks: some keys are masked, but never all.
      for (int64_t i = 1; mask.defined() && i < mask.element_count(); i += 3) {
        if (which != 3 && i % static_cast<int64_t>(t) != 0)
          mask.mutable_data<float>()[i] = i % 2 ? -__builtin_inff() : -3e38f;
      }
      for (size_t i = 0; i < 4; ++i) {
        if (strides[i] && Dimensions({b, h, s, t})[i] == 1) strides[i] = 0;
      }
      KernelTester tester("onedge", "ScaledDotProductAttention", 1);
      tester.Attribute("scale", scale).Input(q).Input(k).Input(v).Exact(round % 2 == 1);
      if (mask.defined()) tester.Input(mask);
      const Tensor y = tester.RunOne();
      ExpectClose(y,
                  AttentionReference(q, k, v, mask.defined() ? mask.data<float>() : nullptr, strides[0], strides[1],
                                     strides[2], strides[3], scale),
                  1e-5);
      if (round % 8 == 0) ExpectSameBits(tester.Threads(pool.get()).RunOne(), y);
      if (round % 2 == 1) ExpectSameBits(y, tester.RunOnePortable());
    }
  }
}

TEST(ScaledDotProductAttention, RefusesShapesThatDoNotFit) {
  Random random(1);
  const Tensor q = random.Floats(Shape{1, 2, 3, 4});
  const auto run = [&](const Shape& k, const Shape& v, const Shape& mask) {
    return KernelTester("onedge", "ScaledDotProductAttention", 1)
        .Input(q)
        .Input(random.Floats(k))
        .Input(random.Floats(v))
        .Input(random.Floats(mask))
        .Run()
        .status();
  };
  EXPECT_TRUE(run({1, 2, 5, 4}, {1, 2, 5, 6}, {3, 5}).ok());
  EXPECT_FALSE(run({1, 2, 5, 3}, {1, 2, 5, 6}, {3, 5}).ok());
  EXPECT_FALSE(run({1, 1, 5, 4}, {1, 1, 5, 6}, {3, 5}).ok());
  EXPECT_FALSE(run({1, 2, 5, 4}, {1, 2, 4, 6}, {3, 5}).ok());
  EXPECT_EQ(run({1, 2, 5, 4}, {1, 2, 5, 6}, {3, 4}).message(),
            "input 3: expected a mask that broadcasts to [1, 2, 3, 5], got [3, 4]");
}

TEST(ScaledMaskedSoftmax, GivesTheSameBitsAtAnyWidth) {
  Random random(3);
  for (size_t count : {1, 3, 8, 15, 16, 17, 128, 131}) {
    const Tensor x = random.Floats(Dimensions({count}), -20, 20), mask = random.Floats(Dimensions({count}), -5, 5);
    std::vector<float> narrow(count + kRowPadding), wide(count + kRowPadding);
    std::copy_n(x.data<float>(), count, narrow.data());
    std::copy_n(x.data<float>(), count, wide.data());
    Simd128RowKernels().scaled_masked_softmax(narrow.data(), count, 0.3f, mask.data<float>(), 1);
    SelectRowKernels(true).scaled_masked_softmax(wide.data(), count, 0.3f, mask.data<float>(), 1);
    double sum = 0;
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ(narrow[i], wide[i]) << i << " of " << count;
      sum += narrow[i];
    }
    EXPECT_NEAR(sum, 1, 1e-6);
  }
}

}  // namespace
}  // namespace onedge::backends::cpu
