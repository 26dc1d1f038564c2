// The 8-bit products: exact against 64-bit sums, extremes included, and bit for bit the portable operators.
#include "backends/cpu/gemm_s8.h"

#include "tests/backends/gemm_s8_kernels.h"
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

template <typename A, typename W>
std::vector<int32_t> Reference(const Tensor& a, int a_zero, const Tensor& w, const std::vector<int>& w_zero) {
  const size_t k = static_cast<size_t>(w.dim(0)), n = static_cast<size_t>(w.dim(1));
  const size_t m = static_cast<size_t>(a.element_count()) / k;
  std::vector<int32_t> y(m * n);
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      int64_t sum = 0;
      for (size_t p = 0; p < k; ++p) {
        sum += int64_t{a.data<A>()[i * k + p] - a_zero} * (w.data<W>()[p * n + j] - w_zero[w_zero.size() == 1 ? 0 : j]);
      }
      y[i * n + j] = static_cast<int32_t>(sum);
    }
  }
  return y;
}

TEST(GemmS8, EveryTileIsExactForAnySize) {
  const uint32_t seed = 20250102;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (const GemmS8Kernels* kernels : KernelsForTests()) {
    SCOPED_TRACE(std::string(kernels->name));
    for (int round = 0; round < 60; ++round) {
      const size_t m = random.Size(1, 15), n = random.Size(1, 40);
      const size_t k = round % 8 == 0 ? random.Size(1000, 2100) : random.Size(1, 40);
      SCOPED_TRACE(StrCat(m, " x ", n, " x ", k));
      const int a_zero = static_cast<int>(random.Size(0, 255));
      const Tensor a = random.Integers<uint8_t>(Dimensions({m, k}), 0, 255);
      const Tensor w = random.Integers<int8_t>(Dimensions({k, n}), -128, 127);
      auto packed = PackedWeightsS8::Pack(*kernels, w, nullptr, nullptr);
      ASSERT_TRUE(packed.ok());
      std::vector<uint8_t> workspace(packed->WorkspaceBytes(m));
      std::vector<int32_t> y(m * n);
      packed->RunInteger(m, a.data<uint8_t>(), a_zero, y.data(), workspace.data(), nullptr);
      ASSERT_EQ(y, (Reference<uint8_t, int8_t>(a, a_zero, w, {0})));
    }
  }
}

// Saturating instructions would show here: 255 * -128 summed in pairs exceeds 16 bits.
TEST(GemmS8, ExtremesDoNotSaturate) {
  const size_t m = 7, n = 19, k = 300;
  for (int a_value : {0, 255}) {
    for (int w_value : {-128, -127, 127}) {
      for (int a_zero : {0, 255}) {
        Random random(1);
        const Tensor a = random.Integers<uint8_t>(Dimensions({m, k}), a_value, a_value);
        const Tensor w = random.Integers<int8_t>(Dimensions({k, n}), w_value, w_value);
        for (const GemmS8Kernels* kernels : KernelsForTests()) {
          auto packed = PackedWeightsS8::Pack(*kernels, w, nullptr, nullptr);
          std::vector<uint8_t> workspace(packed->WorkspaceBytes(m));
          std::vector<int32_t> y(m * n);
          packed->RunInteger(m, a.data<uint8_t>(), a_zero, y.data(), workspace.data(), nullptr);
          ASSERT_EQ(y, std::vector<int32_t>(m * n, static_cast<int32_t>(k) * (a_value - a_zero) * w_value))
              << kernels->name;
        }
      }
    }
  }
}

TEST(MatMulInteger, TakesEitherSignWithZeroPointsOfColumns) {
  Random random(2);
  const Shape a_shape{2, 5, 37}, w_shape{37, 21};
  const Tensor w_zeros = random.Integers<uint8_t>(Shape{21}, 0, 255);
  std::vector<int> zeros(w_zeros.data<uint8_t>(), w_zeros.data<uint8_t>() + 21);
  const Tensor w = random.Integers<uint8_t>(w_shape, 0, 255);
  const Tensor a = random.Integers<int8_t>(a_shape, -128, 127);
  const Tensor a_zero = random.Integers<int8_t>(Shape{}, -128, -128);
  const Tensor y = KernelTester("", "MatMulInteger", 10).Input(a).Constant(w).Input(a_zero).Constant(w_zeros).RunOne();
  ASSERT_EQ(y.shape().ToString(), "[2, 5, 21]");
  const auto expected = Reference<int8_t, uint8_t>(a, -128, w, zeros);
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(y.data<int32_t>()[i], expected[i]) << i;

  const Tensor u = random.Integers<uint8_t>(a_shape, 0, 255);
  const Tensor plain = KernelTester("", "MatMulInteger", 10).Input(u).Constant(w).RunOne();
  const auto without = Reference<uint8_t, uint8_t>(u, 0, w, {0});
  for (size_t i = 0; i < without.size(); ++i) ASSERT_EQ(plain.data<int32_t>()[i], without[i]) << i;
}

TEST(QLinearMatMul, GivesTheBytesOfThePortableOperator) {
  const uint32_t seed = 20261130;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(2);
  const auto bytes = [&](const Shape& shape, bool is_unsigned) {
    return is_unsigned ? random.Integers<uint8_t>(shape, 0, 255) : random.Integers<int8_t>(shape, -128, 127);
  };
  for (int round = 0; round < 60; ++round) {
    const size_t m = random.Size(1, 150), n = random.Size(1, 70), k = random.Size(1, 300);
    SCOPED_TRACE(StrCat("round ", round, ": ", m, " x ", n, " x ", k));
    const bool a_unsigned = round % 2, b_unsigned = round % 3 == 0, by_column = round % 5 < 2;
    const Shape columns = by_column ? Dimensions({n}) : Shape{};
    const Shape a_shape = round % 7 == 0   ? Dimensions({k})
                          : round % 7 == 1 ? Dimensions({2, m, k})
                                           : Dimensions({m, k});
    KernelTester tester("", "QLinearMatMul", 10);
    tester.Input(bytes(a_shape, a_unsigned)).Input(random.Floats(Shape{}, 0.01f, 0.1f));
    tester.Input(bytes(round % 4 ? Shape{} : Shape{1}, a_unsigned));
    tester.Constant(bytes(Dimensions({k, n}), b_unsigned)).Constant(random.Floats(columns, 0.001f, 0.02f));
    tester.Constant(bytes(columns, b_unsigned));
    tester.Input(random.Floats(Shape{}, 0.1f, 2.0f)).Input(bytes(Shape{}, round % 11 < 5));
    tester.Threads(round % 4 < 2 ? pool.get() : nullptr);
    ExpectEqualIntegers(tester.RunOne(), tester.RunOnePortable());
    if (HasFailure()) return;
  }
}

TEST(MatMulInteger, BothOperandsMayShareAZeroPoint) {
  Random random(6);
  const Tensor a = random.Integers<uint8_t>(Shape{3, 8}, 0, 255), w = random.Integers<uint8_t>(Shape{8, 4}, 0, 255);
  const Tensor zero = random.Integers<uint8_t>(Shape{}, 128, 128);
  const Tensor y = KernelTester("", "MatMulInteger", 10).Input(a).Constant(w).Constant(zero).SameAs(2).RunOne();
  const auto expected = Reference<uint8_t, uint8_t>(a, 128, w, {128});
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(y.data<int32_t>()[i], expected[i]) << i;
}

// Every kernel, with both signs of both operands and zero points of columns.
TEST(GemmS8, EveryKernelTakesZeroPointsAndSigns) {
  const uint32_t seed = 20250104;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (const GemmS8Kernels* kernels : KernelsForTests()) {
    SCOPED_TRACE(std::string(kernels->name));
    for (int round = 0; round < 40; ++round) {
      const size_t m = random.Size(1, 15), n = random.Size(1, 70), k = random.Size(1, 40);
      SCOPED_TRACE(StrCat(m, " x ", n, " x ", k));
      const Tensor w_zero = random.Integers<uint8_t>(Dimensions({n}), 0, 255);
      const std::vector<int> zeros(w_zero.data<uint8_t>(), w_zero.data<uint8_t>() + n);
      const Tensor w = random.Integers<uint8_t>(Dimensions({k, n}), 0, 255);
      auto packed = PackedWeightsS8::Pack(*kernels, w, &w_zero, nullptr);
      ASSERT_TRUE(packed.ok());
      std::vector<uint8_t> workspace(packed->WorkspaceBytes(m));
      std::vector<int32_t> y(m * n);
      const int a_zero = static_cast<int>(random.Size(0, 255)) - 128;
      const Tensor a = random.Integers<int8_t>(Dimensions({m, k}), -128, 127);
      packed->RunInteger(m, a.data<int8_t>(), a_zero, y.data(), workspace.data(), nullptr);
      ASSERT_EQ(y, (Reference<int8_t, uint8_t>(a, a_zero, w, zeros)));
    }
  }
}

// Every kernel quantizes, multiplies and dequantizes with the same bits.
TEST(GemmS8, EveryKernelGivesTheBitsOfDynamicQuantization) {
  const uint32_t seed = 20250105;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 30; ++round) {
    const size_t m = random.Size(1, 20), n = random.Size(1, 70), k = random.Size(1, 300);
    SCOPED_TRACE(StrCat(m, " x ", n, " x ", k));
    const Tensor x = random.Floats(Dimensions({m, k}), -3, 5),
                 w = random.Integers<int8_t>(Dimensions({k, n}), -128, 127);
    const Tensor scales = random.Floats(Shape{128}, 0.001f, 0.02f), bias = random.Floats(Shape{128}, -1, 1);
    const auto quantization = ops::ChooseQuantization(x.data<float>(), m * k, nullptr);
    const Dequantization d = {quantization.scale, scales.data<float>(), bias.data<float>(),
                              ops::Activation(round % 2 ? ops::Activation::kGelu : ops::Activation::kNone)};
    std::vector<float> expected;
    for (const GemmS8Kernels* kernels : KernelsForTests()) {
      SCOPED_TRACE(std::string(kernels->name));
      auto packed = PackedWeightsS8::Pack(*kernels, w, nullptr, nullptr);
      ASSERT_TRUE(packed.ok());
      std::vector<uint8_t> workspace(packed->WorkspaceBytes(m));
      std::vector<float> y(m * n);
      packed->RunDynamic(m, x.data<float>(), quantization, d, y.data(), workspace.data(), nullptr);
      if (expected.empty()) expected = y;
      ASSERT_EQ(std::memcmp(y.data(), expected.data(), y.size() * sizeof(float)), 0);
    }
  }
}

// The instruction sets that were not tested here.
TEST(GemmS8, EveryInstructionSetOfTheProcessorIsTested) {
  const auto has = [](std::string_view name) {
    const auto all = AllGemmS8();
    return std::any_of(all.begin(), all.end(), [&](const auto* kernels) { return kernels->name.starts_with(name); });
  };
  EXPECT_TRUE(has("simd128") || has("neon 4x16"));
#if defined(__aarch64__)
  std::string missing;
  if (!has("neon dot")) missing += " dot product";
  if (!has("neon i8mm")) missing += " I8MM";
  if (!missing.empty()) GTEST_SKIP() << "this processor has no" << missing;
#elif defined(__x86_64__)
  std::string missing;
  if (!has("avx2")) missing += " AVX2";
  if (!has("avx-vnni")) missing += " AVX-VNNI";
  if (!has("avx512-vnni")) missing += " AVX-512 VNNI";
  if (!missing.empty()) GTEST_SKIP() << "this processor has no" << missing;
#elif defined(ONEDGE_RELAXED_SIMD)
  if (!has("relaxed")) GTEST_SKIP() << "no kernel for the relaxed dot product of this host is exact";
#endif
}

TEST(DynamicQuantizedLinear, GivesTheBitsOfThePortableOperator) {
  const uint32_t seed = 20250103;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (std::string_view activation : {"", "Relu", "Gelu", "GeluTanh", "Tanh", "Sigmoid"}) {
    for (int round = 0; round < 6; ++round) {
      const size_t m = random.Size(1, 150), n = random.Size(1, 70), k = random.Size(1, 300);
      SCOPED_TRACE(StrCat(activation, " ", m, " x ", n, " x ", k));
      KernelTester tester("onedge", "DynamicQuantizedLinear", 1);
      tester.Attribute("activation", std::string(activation))
          .Input(random.Floats(Dimensions({m, k}), -3, 5))
          .Constant(random.Integers<int8_t>(Dimensions({k, n}), -128, 127))
          .Constant(random.Floats(round % 2 ? Dimensions({n}) : Shape{}, 0.001f, 0.02f));
      if (round % 3) tester.Constant(random.Floats(Dimensions({n})));
      const auto pool = ThreadPool::Create(2);
      tester.Threads(round % 2 ? pool.get() : nullptr);
      const Tensor y = tester.RunOne();
      ExpectSameBits(y, tester.RunOnePortable());
    }
  }
}

TEST(DynamicQuantizedLinear, CarriesZerosInfinitiesAndNaNsLikeThePortableOperator) {
  Random random(5);
  const Tensor w = random.Integers<int8_t>(Shape{40, 9}, -128, 127), scale = random.Floats(Shape{}, 0.01f, 0.02f);
  for (float special : {0.0f, __builtin_inff(), __builtin_nanf("")}) {
    Tensor x = random.Floats(Shape{3, 40}, 0, special == 0 ? 0 : 1);
    x.mutable_data<float>()[41] = special;
    KernelTester tester("onedge", "DynamicQuantizedLinear", 1);
    tester.Input(x).Constant(w).Constant(scale);
    const Tensor y = tester.RunOne();
    const Tensor portable = tester.RunOnePortable();
    for (int64_t i = 0; i < y.element_count(); ++i) {
      const float got = y.data<float>()[i], want = portable.data<float>()[i];
      EXPECT_TRUE(got == want || (got != got && want != want)) << special << ": " << got << " and " << want;
    }
  }
}

}  // namespace
}  // namespace onedge::backends::cpu
