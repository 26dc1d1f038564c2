// Attention, FlexAttention, RotaryEmbedding, LinearAttention and CausalConvWithState, compared with their formulas in
// double.
#include <cmath>

#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

struct Problem {
  size_t batch = 2, q_heads = 4, kv_heads = 2, s = 3, past = 2, t = 5, d = 4, d_v = 3;
  std::vector<float> q, k, v;  // [batch, heads, rows, size], all keys

  explicit Problem(uint64_t seed) {
    RandomTensors random(seed);
    q = random.Floats(static_cast<int64_t>(batch * q_heads * s * d));
    k = random.Floats(static_cast<int64_t>(batch * kv_heads * t * d));
    v = random.Floats(static_cast<int64_t>(batch * kv_heads * t * d_v));
  }

  // bias(batch, head, i, j): the number added to the softcapped, scaled score.
  template <typename Bias>
  std::vector<double> Expected(double scale, double softcap, const Bias& bias) const {
    std::vector<double> y;
    for (size_t b = 0; b < batch; ++b) {
      for (size_t h = 0; h < q_heads; ++h) {
        const size_t kv = b * kv_heads + h / (q_heads / kv_heads);
        for (size_t i = 0; i < s; ++i) {
          std::vector<double> p(t);
          double sum = 0;
          for (size_t j = 0; j < t; ++j) {
            double score = 0;
            for (size_t c = 0; c < d; ++c)
              score += double{q[((b * q_heads + h) * s + i) * d + c]} * k[(kv * t + j) * d + c];
            score *= scale;
            if (softcap > 0) score = softcap * std::tanh(score / softcap);
            p[j] = std::exp(score + bias(b, h, i, j));
            sum += p[j];
          }
          for (size_t c = 0; c < d_v; ++c) {
            double out = 0;
            for (size_t j = 0; j < t; ++j) out += sum > 0 ? p[j] / sum * v[(kv * t + j) * d_v + c] : 0;
            y.push_back(out);
          }
        }
      }
    }
    return y;
  }
};

TEST(Attention, GroupsHeadsMasksAndCaps) {
  const Problem p(1);
  RandomTensors random(2);
  const auto mask = random.Floats(2 * 3 * 5, -2, 0);
  ExpectNear(OpTester("Attention", 23)
                 .Attr("scale", 0.3)
                 .Attr("softcap", 1.5)
                 .In<float>({2, 4, 3, 4}, p.q)
                 .In<float>({2, 2, 5, 4}, p.k)
                 .In<float>({2, 2, 5, 3}, p.v)
                 .In<float>({2, 1, 3, 5}, mask)
                 .RunOne(),
             {2, 4, 3, 3},
             p.Expected(0.3, 1.5, [&](size_t b, size_t, size_t i, size_t j) { return mask[(b * 3 + i) * 5 + j]; }),
             1e-6);
}

TEST(Attention, AddsMasksOfAnyNumericDType) {
  const Problem p(5);
  RandomTensors random(6);
  std::vector<float> values;
  for (float value : random.Floats(3 * 5, -3, 3)) values.push_back(std::round(value));
  const auto expected = p.Expected(0.5, 0, [&](size_t, size_t, size_t i, size_t j) { return values[i * 5 + j]; });
  const auto run = [&](const Tensor& mask) {
    return OpTester("Attention", 23)
        .In<float>({2, 4, 3, 4}, p.q)
        .In<float>({2, 2, 5, 4}, p.k)
        .In<float>({2, 2, 5, 3}, p.v)
        .In(mask)
        .RunOne();
  };
  const std::vector<int64_t> longs(values.begin(), values.end());
  const std::vector<int8_t> bytes(values.begin(), values.end());
  const std::vector<double> doubles(values.begin(), values.end());
  ExpectNear(run(MakeTensor<int64_t>({3, 5}, longs)), {2, 4, 3, 3}, expected, 1e-6);
  ExpectNear(run(MakeTensor<int8_t>({3, 5}, bytes)), {2, 4, 3, 3}, expected, 1e-6);
  ExpectNear(run(MakeTensor<double>({3, 5}, doubles)), {2, 4, 3, 3}, expected, 1e-6);
  ExpectNear(run(MakeFloat16({3, 5}, values)), {2, 4, 3, 3}, expected, 1e-6);
}

TEST(FlexAttention, GroupsHeadsAndScalesByTheRootOfTheirSizeByDefault) {
  const Problem p(7);
  const auto run = [&](OpTester tester) {
    return tester.In<float>({2, 4, 3, 4}, p.q).In<float>({2, 2, 5, 4}, p.k).In<float>({2, 2, 5, 3}, p.v).RunOne();
  };
  const auto none = [](size_t, size_t, size_t, size_t) { return 0.0; };
  ExpectNear(run(OpTester("FlexAttention", 1, "ai.onnx.preview")), {2, 4, 3, 3}, p.Expected(0.5, 0, none), 1e-6);
  ExpectNear(run(OpTester("FlexAttention", 1, "ai.onnx.preview").Attr("scale", 0.3)), {2, 4, 3, 3},
             p.Expected(0.3, 0, none), 1e-6);
}

TEST(FlexAttention, NamesWhatContradicts) {
  const auto error = [](const Shape& q, const Shape& k, const Shape& v) {
    const auto zeros = [](const Shape& shape) {
      return std::vector<float>(static_cast<size_t>(shape.element_count()));
    };
    return OpTester("FlexAttention", 1, "ai.onnx.preview")
        .In<float>(q, zeros(q))
        .In<float>(k, zeros(k))
        .In<float>(v, zeros(v))
        .Error();
  };
  EXPECT_EQ(error({2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}), "expected q, k and v of 4 dimensions");
  for (const Shape& k : {Shape{1, 3, 5, 4}, Shape{2, 2, 5, 4}, Shape{1, 2, 5, 3}}) {
    EXPECT_EQ(error({1, 2, 3, 4}, k, {1, k[1], 5, 4}),
              "q, k and v contradict each other in batch, heads, sequence or head size")
        << k.ToString();
  }
}

TEST(Attention, IsCausalAfterThePastAndReturnsThePresent) {
  const Problem p(3);
  std::vector<float> past_k, new_k, past_v, new_v;
  for (size_t row = 0; row < 4 * 5; ++row) {
    auto& to_k = row % 5 < 2 ? past_k : new_k;
    auto& to_v = row % 5 < 2 ? past_v : new_v;
    to_k.insert(to_k.end(), &p.k[row * 4], &p.k[row * 4] + 4);
    to_v.insert(to_v.end(), &p.v[row * 3], &p.v[row * 3] + 3);
  }
  const auto outputs = OpTester("Attention", 23)
                           .Attr("is_causal", 1)
                           .In<float>({2, 4, 3, 4}, p.q)
                           .In<float>({2, 2, 3, 4}, new_k)
                           .In<float>({2, 2, 3, 3}, new_v)
                           .Omit()
                           .In<float>({2, 2, 2, 4}, past_k)
                           .In<float>({2, 2, 2, 3}, past_v)
                           .Outputs(3)
                           .Run();
  ExpectNear(outputs[0], {2, 4, 3, 3},
             p.Expected(0.5, 0, [](size_t, size_t, size_t i, size_t j) { return j > i + 2 ? -INFINITY : 0.0; }), 1e-6);
  ExpectTensor<float>(outputs[1], {2, 2, 5, 4}, p.k);
  ExpectTensor<float>(outputs[2], {2, 2, 5, 3}, p.v);
}

TEST(Attention, TakesPackedHeadsAndABooleanMask) {
  Problem p(5);
  const auto pack = [](const std::vector<float>& x, size_t heads, size_t rows, size_t size) {
    std::vector<float> out;
    for (size_t b = 0; b < 2; ++b) {
      for (size_t r = 0; r < rows; ++r) {
        for (size_t h = 0; h < heads; ++h) {
          const float* from = &x[((b * heads + h) * rows + r) * size];
          out.insert(out.end(), from, from + size);
        }
      }
    }
    return out;
  };
  const std::vector<bool> seen = {true,  false, true, true, false, false, false, false,
                                  false, false, true, true, true,  true,  true};
  const Tensor mask = Tensor::Allocate(DType::kBool, {3, 5}).value();
  Tensor filled = mask;
  for (size_t i = 0; i < 15; ++i) filled.mutable_data<uint8_t>()[i] = seen[i];
  auto expected =
      p.Expected(0.5, 0, [&](size_t, size_t, size_t i, size_t j) { return seen[i * 5 + j] ? 0.0 : -INFINITY; });
  const auto packed = pack(std::vector<float>(expected.begin(), expected.end()), 4, 3, 3);
  ExpectNear(OpTester("Attention", 23)
                 .Attr("q_num_heads", 4)
                 .Attr("kv_num_heads", 2)
                 .In<float>({2, 3, 16}, pack(p.q, 4, 3, 4))
                 .In<float>({2, 5, 8}, pack(p.k, 2, 5, 4))
                 .In<float>({2, 5, 6}, pack(p.v, 2, 5, 3))
                 .In(filled)
                 .RunOne(),
             {2, 3, 12}, std::vector<double>(packed.begin(), packed.end()), 1e-6);
}

TEST(Attention, LeavesOutPaddedKeys) {
  const Problem p(6);
  const size_t valid[2] = {5, 2};
  ExpectNear(OpTester("Attention", 24)
                 .In<float>({2, 4, 3, 4}, p.q)
                 .In<float>({2, 2, 5, 4}, p.k)
                 .In<float>({2, 2, 5, 3}, p.v)
                 .Omit()
                 .Omit()
                 .Omit()
                 .In<int64_t>({2}, {5, 2})
                 .RunOne(),
             {2, 4, 3, 3},
             p.Expected(0.5, 0, [&](size_t b, size_t, size_t, size_t j) { return j < valid[b] ? 0.0 : -INFINITY; }),
             1e-6);
}

TEST(Attention, NamesWhatContradicts) {
  const Problem p(7);
  EXPECT_EQ(OpTester("Attention", 23)
                .In<float>({2, 4, 3, 4}, p.q)
                .In<float>({2, 2, 4, 5}, p.k)
                .In<float>({2, 2, 5, 3}, p.v)
                .Error(),
            "q, k and v contradict each other in batch, heads, sequence or head size");
  EXPECT_EQ(
      OpTester("Attention", 23).In<float>({2, 3, 16}, p.q).In<float>({2, 5, 8}, p.k).In<float>({2, 5, 6}, p.v).Error(),
      "attributes 'q_num_heads' and 'kv_num_heads' are required for inputs of 3 dimensions");
  EXPECT_EQ(OpTester("Attention", 24)
                .In<float>({2, 4, 3, 4}, p.q)
                .In<float>({2, 2, 5, 4}, p.k)
                .In<float>({2, 2, 5, 3}, p.v)
                .Omit()
                .Omit()
                .Omit()
                .In<int64_t>({2}, {6, 2})
                .Error(),
            "input 6: expected lengths in [0, 5], got 6");
}

TEST(RotaryEmbedding, RotatesPairs) {
  // One head of 4 at position 1: halves (1, 3) and (2, 4), cos 0.6, sin 0.8 and cos 0, sin 1.
  const std::vector<float> cos = {1, 1, 0.6f, 0}, sin = {0, 0, 0.8f, 1};
  ExpectNear(OpTester("RotaryEmbedding", 23)
                 .In<float>({1, 1, 1, 4}, {1, 2, 3, 4})
                 .In<float>({2, 2}, cos)
                 .In<float>({2, 2}, sin)
                 .In<int64_t>({1, 1}, {1})
                 .RunOne(),
             {1, 1, 1, 4}, {0.6 - 2.4, -4, 0.8 + 1.8, 2}, 1e-6);
  ExpectNear(OpTester("RotaryEmbedding", 23)
                 .Attr("interleaved", 1)
                 .Attr("num_heads", 1)
                 .Attr("rotary_embedding_dim", 2)
                 .In<float>({1, 1, 4}, {1, 2, 3, 4})
                 .In<float>({1, 1, 1}, {0.6f})
                 .In<float>({1, 1, 1}, {0.8f})
                 .RunOne(),
             {1, 1, 4}, {0.6 - 1.6, 0.8 + 1.2, 3, 4}, 1e-6);
  EXPECT_EQ(OpTester("RotaryEmbedding", 23)
                .In<float>({1, 1, 1, 4}, {1, 2, 3, 4})
                .In<float>({2, 2}, cos)
                .In<float>({2, 2}, sin)
                .In<int64_t>({1, 1}, {2})
                .Error(),
            "input 3: expected positions in [0, 2), got 2");
}

TEST(LinearAttention, FollowsTheGatedDeltaRule) {
  RandomTensors random(8);
  const size_t t = 4, heads = 2, group = 2, dk = 3, dv = 5;
  const auto q = random.Floats(t * heads * group * dk), k = random.Floats(t * heads * dk),
             v = random.Floats(t * heads * dv);
  const auto decay = random.Floats(t * heads * dk, -1, 0), beta = random.Floats(t * heads, 0, 1);
  const auto past = random.Floats(heads * dk * dv);
  std::vector<double> state(past.begin(), past.end()), y(t * heads * group * dv);
  for (size_t step = 0; step < t; ++step) {
    for (size_t h = 0; h < heads; ++h) {
      double* s = &state[h * dk * dv];
      for (size_t i = 0; i < dk; ++i)
        for (size_t j = 0; j < dv; ++j) s[i * dv + j] *= std::exp(decay[(step * heads + h) * dk + i]);
      std::vector<double> write(dv);
      for (size_t j = 0; j < dv; ++j) {
        double held = 0;
        for (size_t i = 0; i < dk; ++i) held += s[i * dv + j] * k[(step * heads + h) * dk + i];
        write[j] = beta[step * heads + h] * (v[(step * heads + h) * dv + j] - held);
      }
      for (size_t i = 0; i < dk; ++i)
        for (size_t j = 0; j < dv; ++j) s[i * dv + j] += k[(step * heads + h) * dk + i] * write[j];
      for (size_t g = 0; g < group; ++g) {
        for (size_t j = 0; j < dv; ++j) {
          double sum = 0;
          for (size_t i = 0; i < dk; ++i) sum += q[((step * heads + h) * group + g) * dk + i] * s[i * dv + j];
          y[((step * heads + h) * group + g) * dv + j] = 0.25 * sum;
        }
      }
    }
  }
  const auto outputs = OpTester("LinearAttention", 27)
                           .Attr("q_num_heads", 4)
                           .Attr("kv_num_heads", 2)
                           .Attr("scale", 0.25)
                           .Outputs(2)
                           .In<float>({1, 4, 12}, q)
                           .In<float>({1, 4, 6}, k)
                           .In<float>({1, 4, 10}, v)
                           .In<float>({1, 2, 3, 5}, past)
                           .In<float>({1, 4, 6}, decay)
                           .In<float>({1, 4, 2}, beta)
                           .Run();
  ExpectNear(outputs[0], {1, 4, 20}, y, 1e-6);
  ExpectNear(outputs[1], {1, 2, 3, 5}, state, 1e-6);
}

TEST(CausalConvWithState, CarriesItsLastInputs) {
  const auto outputs = OpTester("CausalConvWithState", 27)
                           .Outputs(2)
                           .In<float>({1, 1, 3}, {1, 2, 3})
                           .In<float>({1, 1, 3}, {100, 10, 1})
                           .In<float>({1}, {0.5})
                           .In<float>({1, 1, 2}, {8, 9})
                           .Run();
  ExpectTensor<float>(outputs[0], {1, 1, 3}, {891.5, 912.5, 123.5});
  ExpectTensor<float>(outputs[1], {1, 1, 2}, {2, 3});
}

}  // namespace
}  // namespace onedge::ops
