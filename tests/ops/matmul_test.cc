// MatMul, Gemm, MatMulInteger, QLinearMatMul, FusedMatMul against sums in double and in int64.
#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

// a [m, k] * b [k, n] in double.
template <typename T>
std::vector<double> Product(const std::vector<T>& a, const std::vector<T>& b, size_t m, size_t k, size_t n) {
  std::vector<double> c(m * n);
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      for (size_t p = 0; p < k; ++p)
        c[i * n + j] += static_cast<double>(a[i * k + p]) * static_cast<double>(b[p * n + j]);
    }
  }
  return c;
}

TEST(MatMul, AgreesWithDoubleForEveryTileRemainder) {
  for (int64_t m : {1, 3, 4, 5, 9}) {
    for (int64_t n : {1, 7, 8, 9, 19}) {
      RandomTensors random(static_cast<uint64_t>(m * 100 + n));
      const int64_t k = 13;
      const auto a = random.Floats(m * k);
      const auto b = random.Floats(k * n);
      ExpectNear(OpTester("MatMul").In<float>({m, k}, a).In<float>({k, n}, b).RunOne(), {m, n}, Product(a, b, m, k, n),
                 1e-6);
    }
  }
}

TEST(MatMul, SumsInAscendingOrderOfK) {
  // In float: (1e8 + 1) - 1e8 = 0, any other order gives 1.
  ExpectTensor<float>(OpTester("MatMul").In<float>({1, 3}, {1e8f, 1, -1e8f}).In<float>({3, 1}, {1, 1, 1}).RunOne(),
                      {1, 1}, {0});
}

TEST(MatMul, GivesTheSameBitsInEveryColumn) {
  RandomTensors random(7);
  const auto a = random.Floats(64);
  const auto column = random.Floats(64);
  std::vector<float> b;
  for (float value : column) b.insert(b.end(), 11, value);
  const Value y = OpTester("MatMul").In<float>({1, 64}, a).In<float>({64, 11}, b).RunOne();
  for (size_t j = 1; j < 11; ++j) EXPECT_EQ(y.tensor().data<float>()[j], y.tensor().data<float>()[0]) << j;
}

TEST(MatMul, BroadcastsBatches) {
  const std::vector<float> a = {1, 2, 3, 4};        // [2, 1, 1, 2]
  const std::vector<float> b = {1, 10, 100, 1000};  // [1, 2, 2, 1]
  ExpectTensor<float>(OpTester("MatMul").In<float>({2, 1, 1, 2}, a).In<float>({1, 2, 2, 1}, b).RunOne(), {2, 2, 1, 1},
                      {21, 2100, 43, 4300});
}

TEST(MatMul, PromotesVectors) {
  ExpectTensor<float>(OpTester("MatMul").In<float>({2}, {1, 2}).In<float>({2}, {3, 4}).RunOne(), {}, {11});
  ExpectTensor<float>(OpTester("MatMul").In<float>({2, 2}, {1, 2, 3, 4}).In<float>({2}, {1, 1}).RunOne(), {2}, {3, 7});
  ExpectTensor<float>(OpTester("MatMul").In<float>({2}, {1, 1}).In<float>({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}).RunOne(),
                      {2, 2}, {4, 6, 12, 14});
}

TEST(MatMul, TakesEveryTypeOfTheSpecification) {
  ExpectTensor<int64_t>(OpTester("MatMul").In<int64_t>({1, 2}, {1ll << 40, -3}).In<int64_t>({2, 1}, {2, 5}).RunOne(),
                        {1, 1}, {(1ll << 41) - 15});
  ExpectTensor<int32_t>(OpTester("MatMul").In<int32_t>({1, 2}, {-7, 3}).In<int32_t>({2, 1}, {2, 5}).RunOne(), {1, 1},
                        {1});
  ExpectTensor<uint32_t>(OpTester("MatMul").In<uint32_t>({1, 1}, {7}).In<uint32_t>({1, 1}, {6}).RunOne(), {1, 1}, {42});
  ExpectTensor<double>(OpTester("MatMul").In<double>({1, 2}, {0.1, 0.2}).In<double>({2, 1}, {3, 4}).RunOne(), {1, 1},
                       {0.1 * 3 + 0.2 * 4});
  ExpectNear(OpTester("MatMul").In(MakeFloat16({1, 2}, {1.5, 2})).In(MakeFloat16({2, 1}, {4, 0.25})).RunOne(), {1, 1},
             {6.5}, 0);
  ExpectNear(OpTester("MatMul").In(MakeBfloat16({1, 2}, {1.5, 2})).In(MakeBfloat16({2, 1}, {4, 0.25})).RunOne(), {1, 1},
             {6.5}, 0);
}

TEST(MatMul, GivesZerosWhereKIsEmpty) {
  ExpectTensor<float>(OpTester("MatMul").In<float>({2, 0}, {}).In<float>({0, 2}, {}).RunOne(), {2, 2}, {0, 0, 0, 0});
}

TEST(MatMul, NamesAContradictionOfK) {
  EXPECT_EQ(OpTester("MatMul").In<float>({1, 2}, {1, 2}).In<float>({3, 1}, {1, 2, 3}).Error(),
            "input 1: expected K = 2 rows to match the columns of input 0, got 3");
  EXPECT_EQ(OpTester("MatMul").In<float>({1, 2}, {1, 2}).In<double>({2, 1}, {1, 2}).Error(),
            "input 1: expected float32 like input 0, got float64");
}

TEST(FusedMatMul, TransposesAndScales) {
  RandomTensors random(3);
  const auto a = random.Floats(2 * 5 * 3);
  const auto b = random.Floats(2 * 4 * 5);
  std::vector<double> expected;
  for (size_t batch = 0; batch < 2; ++batch) {
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 4; ++j) {
        double sum = 0;
        for (size_t k = 0; k < 5; ++k) sum += double{a[batch * 15 + k * 3 + i]} * double{b[batch * 20 + j * 5 + k]};
        expected.push_back(sum * 0.5);
      }
    }
  }
  ExpectNear(OpTester("FusedMatMul", 1, "com.microsoft")
                 .Attr("transA", 1)
                 .Attr("transB", 1)
                 .Attr("alpha", 0.5)
                 .In<float>({2, 5, 3}, a)
                 .In<float>({2, 4, 5}, b)
                 .RunOne(),
             {2, 3, 4}, expected, 1e-6);
}

TEST(Gemm, ScalesTransposesAndBroadcastsItsBias) {
  RandomTensors random(5);
  const size_t m = 3, k = 4, n = 9;
  const auto a = random.Floats(m * k);
  const auto b = random.Floats(k * n);
  std::vector<float> a_transposed(a.size()), b_transposed(b.size());
  for (size_t i = 0; i < m; ++i)
    for (size_t p = 0; p < k; ++p) a_transposed[p * m + i] = a[i * k + p];
  for (size_t p = 0; p < k; ++p)
    for (size_t j = 0; j < n; ++j) b_transposed[j * k + p] = b[p * n + j];
  struct Bias {
    Shape shape;
    size_t row, column;
  };
  for (const Bias& bias :
       {Bias{{}, 0, 0}, Bias{{1}, 0, 0}, Bias{{9}, 0, 1}, Bias{{1, 9}, 0, 1}, Bias{{3, 1}, 1, 0}, Bias{{3, 9}, 9, 1}}) {
    const auto c = random.Floats(bias.shape.element_count());
    auto expected = Product(a, b, m, k, n);
    for (size_t i = 0; i < m; ++i) {
      for (size_t j = 0; j < n; ++j) {
        expected[i * n + j] = 0.5 * expected[i * n + j] + 2.0 * double{c[i * bias.row + j * bias.column]};
      }
    }
    ExpectNear(OpTester("Gemm", 13)
                   .Attr("alpha", 0.5)
                   .Attr("beta", 2.0)
                   .Attr("transA", 1)
                   .Attr("transB", 1)
                   .In<float>({4, 3}, a_transposed)
                   .In<float>({9, 4}, b_transposed)
                   .In<float>(bias.shape, c)
                   .RunOne(),
               {3, 9}, expected, 1e-6);
  }
}

TEST(Gemm, NeedsNoBias) {
  ExpectTensor<double>(OpTester("Gemm", 11).In<double>({1, 2}, {1, 2}).In<double>({2, 2}, {1, 2, 3, 4}).RunOne(),
                       {1, 2}, {7, 10});
  ExpectTensor<int32_t>(OpTester("Gemm", 11)
                            .In<int32_t>({1, 2}, {1, -2})
                            .In<int32_t>({2, 2}, {1, 2, 3, 4})
                            .In<int32_t>({2}, {10, 20})
                            .RunOne(),
                        {1, 2}, {5, 14});
}

TEST(Gemm, RefusesWhatDoesNotFit) {
  EXPECT_EQ(
      OpTester("Gemm", 13).In<float>({1, 2}, {1, 2}).In<float>({2, 2}, {1, 2, 3, 4}).In<float>({3}, {1, 2, 3}).Error(),
      "shapes do not broadcast: 2 against 3 in dimension 1");
  EXPECT_EQ(OpTester("Gemm", 13).In<float>({2}, {1, 2}).In<float>({2, 2}, {1, 2, 3, 4}).Error(),
            "input 0: expected 2 dimensions, got 1");
}

TEST(MatMulInteger, IsExactWithZeroPoints) {
  RandomTensors random(11);
  const size_t m = 5, k = 300, n = 9;
  const auto a = random.Integers<uint8_t>(m * k, 0, 255);
  const auto b = random.Integers<int8_t>(k * n, -128, 127);
  const auto b_zero = random.Integers<int8_t>(n, -128, 127);
  std::vector<int32_t> expected;
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      int64_t sum = 0;
      for (size_t p = 0; p < k; ++p) sum += (int64_t{a[i * k + p]} - 37) * (int64_t{b[p * n + j]} - b_zero[j]);
      expected.push_back(static_cast<int32_t>(sum));
    }
  }
  ExpectTensor<int32_t>(OpTester("MatMulInteger", 10)
                            .In<uint8_t>({5, 300}, a)
                            .In<int8_t>({300, 9}, b)
                            .In(MakeScalar<uint8_t>(37))
                            .In<int8_t>({9}, b_zero)
                            .RunOne(),
                        {5, 9}, expected);
}

TEST(MatMulInteger, TakesAZeroPointForEachRow) {
  ExpectTensor<int32_t>(OpTester("MatMulInteger", 10)
                            .In<uint8_t>({2, 2}, {1, 2, 3, 4})
                            .In<uint8_t>({2, 1}, {1, 10})
                            .In<uint8_t>({2}, {1, 3})
                            .RunOne(),
                        {2, 1}, {10, 10});
}

TEST(QLinearMatMul, RequantisesTiesToEven) {
  // sums 1, 2, 3, 500 times 0.5: 0.5 -> 0, 1, 1.5 -> 2, 250 -> saturated by the zero point of 10.
  ExpectTensor<uint8_t>(OpTester("QLinearMatMul", 10)
                            .In<uint8_t>({4, 1}, {1, 2, 3, 250})
                            .In(MakeScalar(0.5f))
                            .In(MakeScalar<uint8_t>(0))
                            .In<uint8_t>({1, 2}, {1, 2})
                            .In(MakeScalar(1.0f))
                            .In(MakeScalar<uint8_t>(0))
                            .In(MakeScalar(1.0f))
                            .In(MakeScalar<uint8_t>(10))
                            .RunOne(),
                        {4, 2}, {10, 11, 11, 12, 12, 13, 135, 255});
}

}  // namespace
}  // namespace onedge::ops
