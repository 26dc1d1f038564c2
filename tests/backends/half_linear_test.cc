// f16: conversion of rows, and products with f16 weights, against tensor/half.h and the portable operators.
#include <bit>
#include <limits>

#include "backends/cpu/half_rows.h"
#include "ops/math/activation.h"
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

Tensor Half(const Tensor& from) {
  Tensor half = Tensor::Allocate(DType::kFloat16, from.shape()).value();
  for (int64_t i = 0; i < from.element_count(); ++i) half.mutable_data<Float16>()[i] = ToFloat16(from.data<float>()[i]);
  return half;
}

// |got - expected| in units of the last place of an f16.
void ExpectNear(const Tensor& got, const Tensor& expected) {
  ASSERT_EQ(got.ToString(), expected.ToString());
  for (int64_t i = 0; i < got.element_count(); ++i) {
    const float a = ToFloat(got.data<Float16>()[i]), b = ToFloat(expected.data<Float16>()[i]);
    ASSERT_NEAR(a, b, 2e-3f * (1 + std::abs(b))) << "element " << i;
  }
}

TEST(HalfRows, WidenEveryHalf) {
  std::vector<Float16> all(1 << 16);
  for (size_t i = 0; i < all.size(); ++i) all[i].bits = static_cast<uint16_t>(i);
  for (const HalfRows* rows : {&SelectHalfRows(), &Simd128HalfRows()}) {
    for (const size_t count : {all.size(), all.size() - 1, size_t{5}}) {
      std::vector<float> wide(count);
      rows->widen(all.data(), wide.data(), count);
      for (size_t i = 0; i < count; ++i) {
        const float expected = ToFloat(all[i]);
        if (expected != expected) {
          ASSERT_NE(wide[i], wide[i]) << i;
        } else {
          ASSERT_EQ(std::bit_cast<uint32_t>(wide[i]), std::bit_cast<uint32_t>(expected)) << i;
        }
      }
    }
  }
}

TEST(HalfRows, NarrowRoundsToNearestEven) {
  Random random(1);
  std::vector<float> values = {0.0f,
                               -0.0f,
                               65504.0f,
                               65519.9f,
                               65520.0f,
                               -1e9f,
                               0x1p-24f,
                               0x1p-25f,
                               0x1.8p-25f,
                               0x1p-14f,
                               std::numeric_limits<float>::infinity(),
                               std::numeric_limits<float>::quiet_NaN()};
  for (uint32_t half = 0; half < 0x7c00; ++half) {  // each half, the midpoint after it, and both neighbours of that
    const float low = ToFloat(Float16{static_cast<uint16_t>(half)});
    const float high = ToFloat(Float16{static_cast<uint16_t>(half + 1)});
    const float middle = half + 1 < 0x7c00 ? low + (high - low) / 2 : 65520.0f;
    for (const float value : {low, middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1e9f)}) {
      values.push_back(random.Size(0, 1) ? value : -value);
    }
  }
  for (const HalfRows* rows : {&SelectHalfRows(), &Simd128HalfRows()}) {
    std::vector<Float16> narrow(values.size());
    rows->narrow(values.data(), narrow.data(), values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      const float expected = ToFloat(ToFloat16(values[i]));
      if (expected != expected) {
        ASSERT_GT(narrow[i].bits & 0x7fff, 0x7c00) << i;
      } else {
        ASSERT_EQ(narrow[i].bits, ToFloat16(values[i]).bits) << values[i];
      }
    }
  }
}

TEST(HalfLinear, AgreesWithThePortableOperators) {
  const uint32_t seed = 20261202;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(3);
  for (int round = 0; round < 90; ++round) {
    const size_t m = round % 15 == 0 ? random.Size(260, 600) : random.Size(0, 20);
    const size_t k = random.Size(1, 70), n = random.Size(1, 70);
    const int kind = round % 3;
    const bool transposed = kind > 0 && random.Size(0, 1);
    SCOPED_TRACE(StrCat("round ", round, " m ", m, " k ", k, " n ", n));
    const char* const names[] = {"MatMul", "Gemm", "Linear"};
    KernelTester tester(kind == 2 ? "onedge" : "", names[kind], kind == 2 ? 1 : 13);
    if (kind > 0) tester.Attribute(kind == 1 ? "transB" : "trans_b", int64_t{transposed});
    if (kind == 2) {
      for (const graph::Attribute& attribute : ops::AttributesOf(ops::Activation::kRelu)) {
        tester.Attribute(attribute.name, attribute.value);
      }
    }
    tester.Input(Half(random.Floats(Dimensions({m, k}))));
    tester.Constant(Half(random.Floats(transposed ? Dimensions({n, k}) : Dimensions({k, n}))));
    if (kind > 0 && random.Size(0, 1)) tester.Constant(Half(random.Floats(Dimensions({n}))));
    const Tensor portable = tester.RunOnePortable();
    const Tensor y = tester.RunOne();
    ExpectNear(y, portable);
    ExpectNear(tester.Exact(true).RunOne(), portable);
    const Tensor threaded = tester.Exact(false).Threads(pool.get()).RunOne();
    ASSERT_EQ(std::memcmp(threaded.bytes(), y.bytes(), y.byte_size()), 0);
  }
}

TEST(HalfLinear, KeepsItsWeightsInHalfTheBytes) {
  Random random(2);
  KernelTester tester("", "MatMul", 13);
  tester.Input(Half(random.Floats(Shape{4, 64}))).Constant(Half(random.Floats(Shape{64, 64})));
  const auto kernel = tester.Lower();
  ASSERT_TRUE(kernel.ok() && *kernel);
  EXPECT_EQ((*kernel)->resident_bytes(), 64u * 64 * 2);
}

TEST(GeneralGemm, AgreesWithThePortableOperator) {
  const uint32_t seed = 20261203;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(3);
  for (int round = 0; round < 80; ++round) {
    const size_t m = round % 10 == 0 ? random.Size(130, 300) : random.Size(0, 20);
    const size_t k = random.Size(0, 70), n = random.Size(1, 70);
    SCOPED_TRACE(StrCat("round ", round, " m ", m, " k ", k, " n ", n));
    KernelTester tester("", "Gemm", 13);
    const bool trans_a = random.Size(0, 1), trans_b = random.Size(0, 1);
    tester.Attribute("transA", int64_t{trans_a}).Attribute("transB", int64_t{trans_b});
    if (random.Size(0, 1)) tester.Attribute("alpha", 0.5f);
    if (random.Size(0, 1)) tester.Attribute("beta", random.Size(0, 3) ? -2.0f : 0.0f);
    tester.Input(random.Floats(trans_a ? Dimensions({k, m}) : Dimensions({m, k})));
    tester.Input(random.Floats(trans_b ? Dimensions({n, k}) : Dimensions({k, n})));
    const Shape biases[] = {Shape{},           Shape{1}, Dimensions({n}), Dimensions({m, 1}), Dimensions({1, n}),
                            Dimensions({m, n})};
    if (const size_t bias = random.Size(0, 6); bias < 6) tester.Input(random.Floats(biases[bias]));
    const Tensor portable = tester.RunOnePortable();
    const Tensor y = tester.RunOne();
    const std::vector<double> expected(portable.data<float>(), portable.data<float>() + portable.element_count());
    ExpectClose(y, expected, 1e-5);
    ExpectClose(tester.Exact(true).RunOne(), expected, 1e-5);
    ExpectSameBits(tester.Exact(false).Threads(pool.get()).RunOne(), y);
  }
}

}  // namespace
}  // namespace onedge::backends::cpu
