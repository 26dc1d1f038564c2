// The f32 register tiles against a double-precision reference, and Linear, MatMul and Gemm through the backend.
#include "backends/cpu/gemm_f32.h"

#include <cmath>

#include "backends/cpu/packed_weights.h"
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

// a [m, k] * b [k, n] (+ bias [n])
std::vector<double> Reference(size_t m, size_t n, size_t k, const float* a, const float* b,
                              const float* bias = nullptr) {
  std::vector<double> c(m * n);
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (size_t p = 0; p < k; ++p) sum += static_cast<double>(a[i * k + p]) * b[p * n + j];
      c[i * n + j] = sum + (bias ? bias[j] : 0);
    }
  }
  return c;
}

using ops::Activation;

double ReferenceActivation(const Activation& activation, double x) {
  switch (activation.kind) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return x > 0 ? x : 0;
    case Activation::kGelu:
      return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::kGeluTanh:
      return x / 2 * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::kLeakyRelu:
      return x < 0 ? x * activation.alpha : x;
    case Activation::kClip:
      return std::fmin(std::fmax(x, activation.alpha), activation.beta);
    case Activation::kHardSigmoid:
      return std::fmin(std::fmax(x * activation.alpha + activation.beta, 0), 1);
    case Activation::kHardSwish:
      return x * std::fmin(std::fmax(x / 6 + 0.5, 0), 1);
    case Activation::kSwish:
      return x / (1 + std::exp(-x * activation.alpha));
  }
  return x;
}

const Activation kActivations[] = {Activation::kNone,
                                   Activation::kRelu,
                                   Activation::kGelu,
                                   Activation::kGeluTanh,
                                   Activation::kTanh,
                                   Activation::kSigmoid,
                                   {Activation::kLeakyRelu, 0.1f},
                                   {Activation::kClip, -0.5f, 0.75f},
                                   {Activation::kHardSigmoid, 0.3f, 0.4f},
                                   Activation::kHardSwish,
                                   {Activation::kSwish, 1.5f}};

// Every row count, column tail and depth around the sizes of tiles and depth blocks.
TEST(GemmF32, EveryTileAgreesWithADoubleReferenceForAnySize) {
  const uint32_t seed = 20250101;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (const GemmF32Kernels* kernels : AllGemmF32()) {
    SCOPED_TRACE(std::string(kernels->name));
    for (int round = 0; round < 60; ++round) {
      const size_t m = random.Size(1, 15), n = random.Size(1, 40);
      const size_t k = round % 8 == 0 ? random.Size(380, 800) : random.Size(0, 30);
      SCOPED_TRACE(StrCat(m, " x ", n, " x ", k));
      const Tensor a = random.Floats(Dimensions({m, k})), b = random.Floats(Dimensions({k, n}));
      const Tensor bias = random.Floats(Dimensions({n}));
      auto packed = PackedWeightsF32::Pack(*kernels, k, n, b.data<float>(), n, 1, bias.values<float>(), nullptr);
      ASSERT_TRUE(packed.ok());
      // Exactly the declared number of bytes, and an output that starts at an odd float.
      std::vector<uint8_t> workspace(packed->WorkspaceBytes(m, 1));
      Tensor c = Tensor::Allocate(DType::kFloat32, Dimensions({m, n})).value();
      std::vector<float> unaligned(m * n + 1);
      packed->Run(m, a.data<float>(), k, 1, unaligned.data() + 1, n, Activation::kNone, workspace.data(), nullptr);
      std::copy(unaligned.begin() + 1, unaligned.end(), c.mutable_data<float>());
      ExpectClose(c, Reference(m, n, k, a.data<float>(), b.data<float>(), bias.data<float>()), 2e-7 * (k + 4));
    }
  }
}

TEST(GemmF32, KernelsWithoutFusedOperationsGiveTheSameBitsAtAnyWidth) {
  const GemmF32Kernels& exact = SelectGemmF32(true);
  const GemmF32Kernels& narrowest = *AllGemmF32().back();
  Random random(7);
  const size_t m = 37, n = 45, k = 500;
  const Tensor a = random.Floats(Dimensions({m, k})), b = random.Floats(Dimensions({k, n}));
  Tensor results[2];
  const GemmF32Kernels* both[] = {&exact, &narrowest};
  for (int i = 0; i < 2; ++i) {
    auto packed = PackedWeightsF32::Pack(*both[i], k, n, b.data<float>(), n, 1, {}, nullptr);
    std::vector<uint8_t> workspace(packed->WorkspaceBytes(m, 1));
    results[i] = Tensor::Allocate(DType::kFloat32, Dimensions({m, n})).value();
    packed->Run(m, a.data<float>(), k, 1, results[i].mutable_data<float>(), n, Activation::kGelu, workspace.data(),
                nullptr);
  }
  ExpectSameBits(results[0], results[1]);
  // And those of the textbook loop in float.
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      float sum = 0;
      for (size_t p = 0; p < k; ++p) sum += a.data<float>()[i * k + p] * b.data<float>()[p * n + j];
      ASSERT_EQ(results[0].data<float>()[i * n + j], ops::lanes::Gelu(sum)) << i << " " << j;
    }
  }
}

TEST(GemmF32, ARowDependsNeitherOnItsBatchMatesNorOnThreads) {
  Random random(11);
  const size_t m = 300, n = 100, k = 400;
  const Tensor x = random.Floats(Dimensions({m, k})), w = random.Floats(Dimensions({k, n})),
               bias = random.Floats(Dimensions({n}));
  for (bool exact : {false, true}) {
    const auto run = [&](const Tensor& input, ThreadPool* threads) {
      return KernelTester("onedge", "Linear", 1)
          .Input(input)
          .Constant(w)
          .Constant(bias)
          .Exact(exact)
          .Threads(threads)
          .RunOne();
    };
    const Tensor all = run(x, nullptr);
    const auto pool = ThreadPool::Create(3);
    ExpectSameBits(run(x, pool.get()), all);
    // Every number of rows up to three tiles, and then some: each has tiles of its own.
    for (size_t rows = 1; rows <= 20; ++rows) {
      for (size_t first : {0, 5, 129, 280}) {
        const Tensor some =
            Tensor::FromValues<float>(Dimensions({rows, k}), x.values<float>().subspan(first * k, rows * k)).value();
        for (ThreadPool* threads : {static_cast<ThreadPool*>(nullptr), pool.get()}) {
          const Tensor y = run(some, threads);
          for (size_t i = 0; i < rows * n; ++i) {
            ASSERT_EQ(y.data<float>()[i], all.data<float>()[first * n + i])
                << rows << " rows from " << first << ", " << i;
          }
        }
      }
    }
  }
}

TEST(GemmF32, EveryKernelGivesARowTheSameBitsAmongAnyRows) {
  const uint32_t seed = 20261130;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (const GemmF32Kernels* kernels : AllGemmF32()) {
    SCOPED_TRACE(std::string(kernels->name));
    for (size_t n : {1, 8, 31, 32, 33, 64, 65, 150}) {
      const size_t m = 150, k = random.Size(1, 900);
      SCOPED_TRACE(StrCat(n, " columns, depth ", k));
      const Tensor a = random.Floats(Dimensions({m, k})), b = random.Floats(Dimensions({k, n}));
      auto packed = PackedWeightsF32::Pack(*kernels, k, n, b.data<float>(), n, 1, {}, nullptr);
      ASSERT_TRUE(packed.ok());
      const auto run = [&](size_t first, size_t rows, bool transposed) {
        std::vector<float> c(rows * n), columns(rows * k);
        for (size_t i = 0; transposed && i < rows * k; ++i) {
          columns[i] = a.data<float>()[(first + i % rows) * k + i / rows];
        }
        const size_t k_stride = transposed ? rows : 1;
        std::vector<uint8_t> workspace(packed->WorkspaceBytes(rows, k_stride) + 64);
        uint8_t* aligned = workspace.data() + (-reinterpret_cast<uintptr_t>(workspace.data()) & 63);
        packed->Run(rows, transposed ? columns.data() : a.data<float>() + first * k, transposed ? 1 : k, k_stride,
                    c.data(), n, Activation::kNone, aligned, nullptr);
        return c;
      };
      const std::vector<float> all = run(0, m, false);
      for (size_t rows = 1; rows <= 20; ++rows) {
        const size_t first = random.Size(0, m - rows);
        const std::vector<float> expected(all.begin() + static_cast<ptrdiff_t>(first * n),
                                          all.begin() + static_cast<ptrdiff_t>((first + rows) * n));
        ASSERT_EQ(run(first, rows, false), expected) << rows << " rows from " << first;
        ASSERT_EQ(run(first, rows, true), expected) << rows << " columns from " << first;
        // The weights as they are, unpacked.
        std::vector<float> direct(rows * n);
        std::vector<uint8_t> workspace(GemmF32WorkspaceBytes(*kernels, rows, k, 1) + 1);
        RunGemmF32(*kernels, rows, n, k, a.data<float>() + first * k, k, 1,
                   StridedPanels{kernels, b.data<float>(), n, 1, random.Size(0, 1) == 0}, direct.data(), n, {},
                   workspace.data(), nullptr);
        ASSERT_EQ(direct, expected) << rows << " rows from " << first << ", strided";
      }
    }
  }
}

TEST(Linear, AppliesBiasAndEveryActivation) {
  Random random(3);
  const Tensor x = random.Floats(Shape{2, 9, 70}), w = random.Floats(Shape{70, 19}), bias = random.Floats(Shape{19});
  for (const Activation& activation : kActivations) {
    SCOPED_TRACE(std::string(ops::ActivationName(activation.kind)));
    KernelTester tester("onedge", "Linear", 1);
    for (const graph::Attribute& attribute : ops::AttributesOf(activation)) {
      tester.Attribute(attribute.name, attribute.value);
    }
    const Tensor y = tester.Input(x).Constant(w).Constant(bias).RunOne();
    EXPECT_EQ(y.shape().ToString(), "[2, 9, 19]");
    std::vector<double> expected = Reference(18, 19, 70, x.data<float>(), w.data<float>(), bias.data<float>());
    for (double& value : expected) value = ReferenceActivation(activation, value);
    ExpectClose(y, expected, 1e-5);
  }
}

TEST(Linear, ReadsTransposedWeights) {
  Random random(4);
  const Tensor x = random.Floats(Shape{5, 33}), w = random.Floats(Shape{33, 12});
  Tensor transposed = Tensor::Allocate(DType::kFloat32, Shape{12, 33}).value();
  for (size_t i = 0; i < 33; ++i) {
    for (size_t j = 0; j < 12; ++j) transposed.mutable_data<float>()[j * 33 + i] = w.data<float>()[i * 12 + j];
  }
  const Tensor y =
      KernelTester("onedge", "Linear", 1).Attribute("trans_b", int64_t{1}).Input(x).Constant(transposed).RunOne();
  ExpectClose(y, Reference(5, 12, 33, x.data<float>(), w.data<float>()), 1e-5);
}

TEST(MatMul, TakesVectorsAndHigherRanksTimesAConstantMatrix) {
  Random random(5);
  const Tensor w = random.Floats(Shape{7, 20});
  for (const Shape& shape : {Shape{7}, Shape{3, 7}, Shape{2, 3, 4, 7}, Shape{0, 7}}) {
    const Tensor x = random.Floats(shape);
    const Tensor y = KernelTester("", "MatMul", 13).Input(x).Constant(w).RunOne();
    const size_t m = static_cast<size_t>(x.element_count()) / 7;
    ExpectClose(y, Reference(m, 20, 7, x.data<float>(), w.data<float>()), 1e-5);
    EXPECT_EQ(y.rank(), shape.rank());
  }
}

TEST(MatMul, RefusesAWrongNumberOfColumns) {
  Random random(6);
  auto result =
      KernelTester("", "MatMul", 13).Input(random.Floats(Shape{2, 8})).Constant(random.Floats(Shape{7, 20})).Run();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().message(), "input 0: expected 7 columns for weights of [7, 20], got shape [2, 8]");
}

TEST(Gemm, TransposesEitherSideAndBroadcastsItsBias) {
  Random random(8);
  const Tensor x = random.Floats(Shape{6, 10}), w = random.Floats(Shape{10, 4});
  Tensor xt = Tensor::Allocate(DType::kFloat32, Shape{10, 6}).value(),
         wt = Tensor::Allocate(DType::kFloat32, Shape{4, 10}).value();
  for (size_t p = 0; p < 10; ++p) {
    for (size_t i = 0; i < 6; ++i) xt.mutable_data<float>()[p * 6 + i] = x.data<float>()[i * 10 + p];
    for (size_t j = 0; j < 4; ++j) wt.mutable_data<float>()[j * 10 + p] = w.data<float>()[p * 4 + j];
  }
  for (int64_t a = 0; a < 2; ++a) {
    for (int64_t b = 0; b < 2; ++b) {
      for (const Shape& bias_shape : {Shape{4}, Shape{1, 4}, Shape{1}, Shape{}}) {
        const Tensor bias = random.Floats(bias_shape);
        const Tensor y = KernelTester("", "Gemm", 13)
                             .Attribute("transA", a)
                             .Attribute("transB", b)
                             .Input(a ? xt : x)
                             .Constant(b ? wt : w)
                             .Constant(bias)
                             .RunOne();
        std::vector<float> row(4, bias.data<float>()[0]);
        if (bias.element_count() == 4) row.assign(bias.data<float>(), bias.data<float>() + 4);
        ExpectClose(y, Reference(6, 4, 10, x.data<float>(), w.data<float>(), row.data()), 1e-5);
      }
    }
  }
}

TEST(Linear, FailsOverTheBudget) {
  Random random(10);
  const Tensor w = random.Floats(Shape{100, 100});
  MemoryBudget budget(1000);
  const auto packed = PackedWeightsF32::Pack(SelectGemmF32(false), 100, 100, w.data<float>(), 100, 1, {}, &budget);
  ASSERT_FALSE(packed.ok());
  EXPECT_EQ(packed.status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(budget.used_bytes(), 0u);
}

}  // namespace
}  // namespace onedge::backends::cpu
