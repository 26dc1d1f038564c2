// Softmax, LogSoftmax, Hardmax against a double-precision reference.
#include <random>

#include "tests/ops/op_tester.h"

namespace onedge::ops {
namespace {

// Along `axis` of x: [outer, count, inner].
std::vector<double> Reference(const std::vector<float>& x, size_t count, size_t inner, bool log) {
  std::vector<double> y(x.size());
  for (size_t line = 0; line < x.size() / count; ++line) {
    const size_t start = line / inner * count * inner + line % inner;
    double max = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; ++i) max = std::max(max, static_cast<double>(x[start + i * inner]));
    for (size_t i = 0; i < count; ++i) sum += std::exp(x[start + i * inner] - max);
    for (size_t i = 0; i < count; ++i) {
      const double shifted = x[start + i * inner] - max;
      y[start + i * inner] = log ? shifted - std::log(sum) : std::exp(shifted) / sum;
    }
  }
  return y;
}

std::vector<float> Noise(size_t count) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 5);
  std::vector<float> x(count);
  for (float& value : x) value = normal(random);
  return x;
}

TEST(Softmax, AgreesAlongEveryAxis) {
  const Shape shape = {3, 5, 19};
  const std::vector<float> x = Noise(285);
  const size_t counts[] = {3, 5, 19}, inners[] = {95, 19, 1};
  for (int64_t axis = 0; axis < 3; ++axis) {
    for (bool log : {false, true}) {
      SCOPED_TRACE(axis);
      const auto expected = Reference(x, counts[axis], inners[axis], log);
      const char* op = log ? "LogSoftmax" : "Softmax";
      ExpectNear(OpTester(op).Attr("axis", axis).In<float>(shape, x).RunOne(), shape, expected, 5e-7);
      ExpectNear(OpTester(op).Attr("axis", axis).In<double>(shape, std::vector<double>(x.begin(), x.end())).RunOne(),
                 shape, expected, 1e-12);
      ExpectNear(OpTester(op).Attr("axis", axis).In(MakeBfloat16(shape, x)).RunOne(), shape,
                 Reference(
                     [&] {
                       std::vector<float> rounded;
                       for (float value : x) rounded.push_back(ToFloat(ToBfloat16(value)));
                       return rounded;
                     }(),
                     counts[axis], inners[axis], log),
                 8e-3);
    }
  }
}

TEST(Softmax, NegativeAxisCountsFromTheEnd) {
  const std::vector<float> x = Noise(12);
  ExpectNear(OpTester("Softmax").Attr("axis", -2).In<float>({3, 4}, x).RunOne(), {3, 4}, Reference(x, 3, 4, false),
             5e-7);
  ExpectNear(OpTester("Softmax").In<float>({3, 4}, x).RunOne(), {3, 4}, Reference(x, 4, 1, false), 5e-7);
}

TEST(Softmax, FlattensBeforeOpset13) {
  const std::vector<float> x = Noise(24);
  ExpectNear(OpTester("Softmax", 11).In<float>({2, 3, 4}, x).RunOne(), {2, 3, 4}, Reference(x, 12, 1, false), 5e-7);
  ExpectNear(OpTester("Softmax", 11).Attr("axis", 0).In<float>({2, 3, 4}, x).RunOne(), {2, 3, 4},
             Reference(x, 24, 1, false), 5e-7);
}

TEST(Softmax, SurvivesLargeNumbersAndMasks) {
  // ONNX: test_softmax_large_number.
  ExpectNear(OpTester("Softmax").In<float>({2, 4}, {0, 1, 2, 3, 10000, 10001, 10002, 10003}).RunOne(), {2, 4},
             {0.032058604, 0.08714432, 0.23688284, 0.6439143, 0.032058604, 0.08714432, 0.23688284, 0.6439143}, 1e-7);
  ExpectTensor<float>(OpTester("Softmax").In<float>({3}, {0, -INFINITY, 0}).RunOne(), {3}, {0.5f, 0, 0.5f});
}

TEST(Softmax, SplitsRowsOverThreadsWithoutChangingThem) {
  // OpTester compares the bits with and without threads.
  const std::vector<float> x = Noise(300 * 257);
  ExpectNear(OpTester("Softmax").In<float>({300, 257}, x).RunOne(), {300, 257}, Reference(x, 257, 1, false), 5e-7);
  ExpectNear(OpTester("Softmax").Attr("axis", 0).In<float>({300, 257}, x).RunOne(), {300, 257},
             Reference(x, 300, 257, false), 5e-7);
}

// One row along the innermost axis and the same row along a column, for every length near a vector width.
TEST(Softmax, HasTheSameBitsAlongAnyAxis) {
  for (const int64_t count : {1, 3, 4, 7, 8, 9, 16, 17, 100, 257}) {
    const int64_t rows = 19;
    const Tensor across = MakeTensor<float>({rows, count}, Noise(static_cast<size_t>(rows * count)));
    Tensor down = Tensor::Allocate(DType::kFloat32, {count, rows}).value();
    const auto transpose = [&](const Tensor& from, Tensor& to) {
      for (int64_t i = 0; i < count * rows; ++i) {
        to.mutable_data<float>()[i % count * rows + i / count] = from.data<float>()[i];
      }
    };
    transpose(across, down);
    for (const char* op : {"Softmax", "LogSoftmax"}) {
      for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
        SCOPED_TRACE(StrCat(op, " of ", count, " ", DTypeName(dtype)));
        const auto run = [&](const Tensor& x, int axis) {
          const Value typed = OpTester("Cast").Attr("to", dtype).In(x).RunOne();
          const Value y = OpTester(op).Attr("axis", axis).In(typed).RunOne();
          return y.tensor().Clone().value();
        };
        const Tensor a = run(across, 1), b = run(down, 0);
        for (int64_t i = 0; i < count * rows; ++i) {
          const int64_t j = i % count * rows + i / count;
          if (dtype == DType::kFloat32) {
            ASSERT_EQ(a.data<float>()[i], b.data<float>()[j]) << i;
          } else {
            ASSERT_EQ(a.data<double>()[i], b.data<double>()[j]) << i;
          }
        }
      }
    }
  }
}

// Keys and values that are the identity: the scores are the queries, and the outputs are the probabilities.
TEST(Softmax, HasTheBitsOfEveryAttention) {
  for (const int64_t count : {1, 3, 8, 13, 16, 31, 64, 131}) {
    SCOPED_TRACE(count);
    const int64_t rows = 37;
    const size_t width = static_cast<size_t>(count);
    const Tensor x = MakeTensor<float>({1, 1, rows, count}, Noise(static_cast<size_t>(rows) * width));
    std::vector<float> diagonal(width * width);
    for (size_t i = 0; i < width; ++i) diagonal[i * width + i] = 1;
    const Tensor identity = MakeTensor<float>({1, 1, count, count}, diagonal);
    const Value expected = OpTester("Softmax").In(x).RunOne();
    const Tensor& p = expected.tensor();
    const std::vector<float> wanted(p.data<float>(), p.data<float>() + p.element_count());
    const auto attention = [&](OpTester op) { return op.Attr("scale", 1.0).In(x).In(identity).In(identity).RunOne(); };
    ExpectTensor<float>(attention(OpTester("ScaledDotProductAttention", 1, "onedge")), p.shape(), wanted);
    ExpectTensor<float>(attention(OpTester("Attention", 23)), p.shape(), wanted);
    ExpectTensor<float>(attention(OpTester("FlexAttention", 1, "ai.onnx.preview")), p.shape(), wanted);
  }
}

TEST(Softmax, RefusesIntegersAndAxesOutOfRange) {
  EXPECT_NE(OpTester("Softmax").In<int64_t>({1}, {1}).Error().find("not defined for int64"), std::string::npos);
  EXPECT_NE(OpTester("Softmax").Attr("axis", 2).In<float>({1, 1}, {1}).Error().find("axis"), std::string::npos);
}

TEST(Softmax, TakesEmptyTensorsAndScalars) {
  ExpectTensor<float>(OpTester("Softmax").In<float>({0, 3}, {}).RunOne(), {0, 3}, {});
  ExpectTensor<float>(OpTester("Softmax").In<float>({}, {5}).RunOne(), {}, {1});
}

TEST(Hardmax, MarksTheFirstLargest) {
  // ONNX: test_hardmax_example, test_hardmax_one_hot.
  ExpectTensor<float>(OpTester("Hardmax").In<float>({4, 4}, {3, 0, 1, 2, 2, 5, 1, 0, 0, 1, 3, 2, 0, 1, 2, 3}).RunOne(),
                      {4, 4}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  ExpectTensor<float>(OpTester("Hardmax").In<float>({1, 4}, {3, 3, 3, 1}).RunOne(), {1, 4}, {1, 0, 0, 0});
  ExpectTensor<float>(OpTester("Hardmax").Attr("axis", 0).In<float>({2, 2}, {1, 4, 2, 3}).RunOne(), {2, 2},
                      {0, 1, 1, 0});
}

}  // namespace
}  // namespace onedge::ops
