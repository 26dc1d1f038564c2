// The optimizer's own operators: the same values as the chains that they replace.
#include <cmath>

#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

TEST(Linear, MultipliesAddsAndActivates) {
  RandomTensors random(2);
  const auto x = random.Floats(3 * 5, -2, 2);
  const auto w = random.Floats(5 * 9);
  const auto bias = random.Floats(9);
  std::vector<float> transposed(w.size());
  for (size_t k = 0; k < 5; ++k)
    for (size_t j = 0; j < 9; ++j) transposed[j * 5 + k] = w[k * 9 + j];
  struct Named {
    const char* name;
    double (*function)(double);
  };
  for (const Named& activation :
       {Named{"", [](double v) { return v; }}, Named{"Relu", [](double v) { return v > 0 ? v : 0; }},
        Named{"Gelu", [](double v) { return 0.5 * v * (1 + std::erf(v / std::sqrt(2.0))); }},
        Named{"GeluTanh",
              [](double v) { return 0.5 * v * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v))); }},
        Named{"Tanh", [](double v) { return std::tanh(v); }},
        Named{"Sigmoid", [](double v) { return 1 / (1 + std::exp(-v)); }}}) {
    SCOPED_TRACE(activation.name);
    std::vector<double> expected;
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 9; ++j) {
        double sum = bias[j];
        for (size_t k = 0; k < 5; ++k) sum += double{x[i * 5 + k]} * w[k * 9 + j];
        expected.push_back(activation.function(sum));
      }
    }
    ExpectNear(OpTester("Linear", 1, "onedge")
                   .Attr("activation", activation.name)
                   .In<float>({3, 1, 5}, x)
                   .In<float>({5, 9}, w)
                   .In<float>({9}, bias)
                   .RunOne(),
               {3, 1, 9}, expected, 1e-6);
    ExpectNear(OpTester("Linear", 1, "onedge")
                   .Attr("activation", activation.name)
                   .Attr("trans_b", 1)
                   .In<float>({3, 5}, x)
                   .In<float>({9, 5}, transposed)
                   .In<float>({9}, bias)
                   .RunOne(),
               {3, 9}, expected, 1e-6);
  }
}

TEST(DynamicQuantizedLinear, HasTheBitsOfTheChain) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE(seed);
    RandomTensors random(seed);
    const int64_t m = 3, k = 37, n = 11;
    const auto x = random.Floats(m * k, seed % 2 ? 0.5 : -3, 5);
    const auto w = random.Integers<int8_t>(k * n, -128, 127);
    const auto w_scale = random.Floats(n, 0.001, 0.1);
    const auto bias = random.Floats(n);
    const auto quantized = OpTester("DynamicQuantizeLinear", 11).Outputs(3).In<float>({m, k}, x).Run();
    const Value sums = OpTester("MatMulInteger", 10).In(quantized[0]).In<int8_t>({k, n}, w).In(quantized[2]).RunOne();
    const float x_scale = *quantized[1].tensor().data<float>();
    std::vector<float> expected;
    for (size_t i = 0; i < static_cast<size_t>(m * n); ++i) {
      const float scale = x_scale * w_scale[i % static_cast<size_t>(n)];
      const float scaled = static_cast<float>(sums.tensor().data<int32_t>()[i]) * scale;
      expected.push_back(scaled + bias[i % static_cast<size_t>(n)]);
    }
    ExpectTensor<float>(OpTester("DynamicQuantizedLinear", 1, "onedge")
                            .In<float>({m, k}, x)
                            .In<int8_t>({k, n}, w)
                            .In<float>({n}, w_scale)
                            .In<float>({n}, bias)
                            .RunOne(),
                        {m, n}, expected);
    ExpectTensor<float>(OpTester("DynamicQuantizeMatMul", 1, "com.microsoft")
                            .In<float>({m, k}, x)
                            .In<int8_t>({k, n}, w)
                            .In<float>({n}, w_scale)
                            .Omit()
                            .In<float>({n}, bias)
                            .RunOne(),
                        {m, n}, expected);
    ExpectTensor<float>(OpTester("MatMulIntegerToFloat", 1, "com.microsoft")
                            .In(quantized[0])
                            .In<int8_t>({k, n}, w)
                            .In(MakeScalar(x_scale))
                            .In<float>({n}, w_scale)
                            .In(quantized[2])
                            .Omit()
                            .In<float>({n}, bias)
                            .RunOne(),
                        {m, n}, expected);
  }
}

TEST(DynamicQuantizeLinear, ChoosesScaleAndZeroPointAsOnnxSays) {
  // The example of the ONNX specification.
  auto outputs = OpTester("DynamicQuantizeLinear", 11).Outputs(3).In<float>({6}, {0, 2, -3, -2.5, 1.34f, 0.5}).Run();
  ExpectTensor<uint8_t>(outputs[0], {6}, {153, 255, 0, 26, 221, 179});
  ExpectNear(outputs[1], {}, {5.0 / 255}, 1e-7);
  ExpectTensor<uint8_t>(outputs[2], {}, {153});
  outputs = OpTester("DynamicQuantizeLinear", 11).Outputs(3).In<float>({2}, {0, 0}).Run();
  ExpectTensor<uint8_t>(outputs[0], {2}, {0, 0});
  ExpectTensor<float>(outputs[1], {}, {1});
}

TEST(ScaledDotProductAttention, IsSoftmaxOfScaledScoresTimesValues) {
  RandomTensors random(4);
  const size_t b = 2, h = 3, s = 35, t = 9, d = 5, dv = 6;
  const auto q = random.Floats(b * h * s * d), k = random.Floats(b * h * t * d), v = random.Floats(b * h * t * dv);
  const auto mask = random.Floats(b * t, -3, 0);
  std::vector<double> expected;
  for (size_t head = 0; head < b * h; ++head) {
    for (size_t i = 0; i < s; ++i) {
      std::vector<double> p(t);
      double sum = 0;
      for (size_t j = 0; j < t; ++j) {
        double score = 0;
        for (size_t c = 0; c < d; ++c) score += double{q[(head * s + i) * d + c]} * k[(head * t + j) * d + c];
        p[j] = std::exp(score * 0.5 + mask[head / h * t + j]);
        sum += p[j];
      }
      for (size_t c = 0; c < dv; ++c) {
        double y = 0;
        for (size_t j = 0; j < t; ++j) y += p[j] / sum * v[(head * t + j) * dv + c];
        expected.push_back(y);
      }
    }
  }
  ExpectNear(OpTester("ScaledDotProductAttention", 1, "onedge")
                 .Attr("scale", 0.5)
                 .In<float>({2, 3, 35, 5}, q)
                 .In<float>({2, 3, 9, 5}, k)
                 .In<float>({2, 3, 9, 6}, v)
                 .In<float>({2, 1, 1, 9}, mask)
                 .RunOne(),
             {2, 3, 35, 6}, expected, 1e-6);
}

TEST(ScaledDotProductAttention, RefusesKeysOfAnotherSize) {
  EXPECT_EQ(OpTester("ScaledDotProductAttention", 1, "onedge")
                .In<float>({1, 1, 1, 2}, {1, 2})
                .In<float>({1, 1, 1, 3}, {1, 2, 3})
                .In<float>({1, 1, 1, 1}, {1})
                .Error(),
            "input 1: expected keys of size 2, got 3");
}

}  // namespace
}  // namespace onedge::ops
