// LSTM, GRU and RNN against the equations of the ONNX specification in double.
#include <cmath>

#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

struct Problem {
  size_t steps = 5, batch = 3, input = 4, hidden = 6, gates = 4, directions = 2;
  std::vector<size_t> lengths = {5, 2, 4};
  std::vector<float> x, w, r, b, h0, c0, p;

  Problem(size_t gate_count, uint64_t seed) : gates(gate_count) {
    RandomTensors random(seed);
    const auto take = [&](size_t count) { return random.Floats(static_cast<int64_t>(count), -0.7, 0.7); };
    x = take(steps * batch * input);
    w = take(directions * gates * hidden * input);
    r = take(directions * gates * hidden * hidden);
    b = take(directions * 2 * gates * hidden);
    h0 = take(directions * batch * hidden);
    c0 = take(directions * batch * hidden);
    p = take(directions * 3 * hidden);
  }

  // Sum of gate g, element i: W x + (R h where asked) + biases.
  double Gate(size_t d, size_t g, size_t i, const float* xt, const std::vector<double>& h, bool with_r = true) const {
    const size_t row = (d * gates + g) * hidden + i;
    double sum = b[d * 2 * gates * hidden + g * hidden + i];
    for (size_t k = 0; k < input; ++k) sum += double{w[row * input + k]} * xt[k];
    return with_r ? sum + Recurrent(d, g, i, h) : sum;
  }
  double Recurrent(size_t d, size_t g, size_t i, const std::vector<double>& h) const {
    const size_t row = (d * gates + g) * hidden + i;
    double sum = b[d * 2 * gates * hidden + (gates + g) * hidden + i];
    for (size_t k = 0; k < hidden; ++k) sum += double{r[row * hidden + k]} * h[k];
    return sum;
  }

  struct Expected {
    std::vector<double> y, h, c;
  };
  // step(direction, x of the step, h, c) updates the state of one sequence.
  template <typename Step>
  Expected Run(const Step& step) const {
    Expected out;
    out.y.assign(steps * directions * batch * hidden, 0);
    for (size_t d = 0; d < directions; ++d) {
      for (size_t n = 0; n < batch; ++n) {
        std::vector<double> h(&h0[(d * batch + n) * hidden], &h0[(d * batch + n) * hidden] + hidden);
        std::vector<double> c(&c0[(d * batch + n) * hidden], &c0[(d * batch + n) * hidden] + hidden);
        for (size_t s = 0; s < lengths[n]; ++s) {
          const size_t t = d == 1 ? lengths[n] - 1 - s : s;
          step(d, &x[(t * batch + n) * input], h, c);
          std::copy(h.begin(), h.end(), &out.y[((t * directions + d) * batch + n) * hidden]);
        }
        out.h.insert(out.h.end(), h.begin(), h.end());
        out.c.insert(out.c.end(), c.begin(), c.end());
      }
    }
    return out;
  }

  OpTester& Inputs(OpTester& tester) const {
    const auto n = [](size_t v) { return static_cast<int64_t>(v); };
    tester.Attr("direction", "bidirectional")
        .Attr("hidden_size", n(hidden))
        .In<float>({n(steps), n(batch), n(input)}, x)
        .In<float>({n(directions), n(gates * hidden), n(input)}, w)
        .In<float>({n(directions), n(gates * hidden), n(hidden)}, r)
        .In<float>({n(directions), n(2 * gates * hidden)}, b)
        .In<int32_t>({n(batch)}, std::vector<int32_t>(lengths.begin(), lengths.end()))
        .In<float>({n(directions), n(batch), n(hidden)}, h0);
    return tester;
  }
};

TEST(LSTM, FollowsTheEquationsBothWaysWithPeepholesAndLengths) {
  const Problem q(4, 1);
  const size_t n = q.hidden;
  const auto expected = q.Run([&](size_t d, const float* x, std::vector<double>& h, std::vector<double>& c) {
    const float* p = &q.p[d * 3 * n];
    const std::vector<double> before = h;
    for (size_t i = 0; i < n; ++i) {
      const double input = Sigmoid(q.Gate(d, 0, i, x, before) + p[i] * c[i]);
      const double forget = Sigmoid(q.Gate(d, 2, i, x, before) + p[2 * n + i] * c[i]);
      c[i] = forget * c[i] + input * std::tanh(q.Gate(d, 3, i, x, before));
      h[i] = Sigmoid(q.Gate(d, 1, i, x, before) + p[n + i] * c[i]) * std::tanh(c[i]);
    }
  });
  OpTester tester("LSTM", 14);
  const auto outputs = q.Inputs(tester).In<float>({2, 3, 6}, q.c0).In<float>({2, 18}, q.p).Outputs(3).Run();
  ExpectNear(outputs[0], {5, 2, 3, 6}, expected.y, 1e-6);
  ExpectNear(outputs[1], {2, 3, 6}, expected.h, 1e-6);
  ExpectNear(outputs[2], {2, 3, 6}, expected.c, 1e-6);
}

TEST(GRU, ResetsBeforeOrAfterTheProduct) {
  for (int after : {0, 1}) {
    const Problem q(3, 2);
    const size_t n = q.hidden;
    const auto expected = q.Run([&](size_t d, const float* x, std::vector<double>& h, std::vector<double>&) {
      const std::vector<double> before = h;
      std::vector<double> reset(n);
      for (size_t i = 0; i < n; ++i) reset[i] = Sigmoid(q.Gate(d, 1, i, x, before)) * (after ? 1 : before[i]);
      for (size_t i = 0; i < n; ++i) {
        const double z = Sigmoid(q.Gate(d, 0, i, x, before));
        const double recurrent = after ? reset[i] * q.Recurrent(d, 2, i, before) : q.Recurrent(d, 2, i, reset);
        h[i] = (1 - z) * std::tanh(q.Gate(d, 2, i, x, before, false) + recurrent) + z * before[i];
      }
    });
    OpTester tester("GRU", 14);
    const auto outputs = q.Inputs(tester).Attr("linear_before_reset", after).Outputs(2).Run();
    ExpectNear(outputs[0], {5, 2, 3, 6}, expected.y, 1e-6);
    ExpectNear(outputs[1], {2, 3, 6}, expected.h, 1e-6);
  }
}

TEST(RNN, TakesAnActivationForEachDirectionAndClips) {
  const Problem q(1, 3);
  const auto expected = q.Run([&](size_t d, const float* x, std::vector<double>& h, std::vector<double>&) {
    const std::vector<double> before = h;
    for (size_t i = 0; i < q.hidden; ++i) {
      const double sum = std::min(0.5, std::max(-0.5, q.Gate(d, 0, i, x, before)));
      h[i] = d == 0 ? (sum >= 0 ? sum : 0.25 * sum) : std::min(1.0, std::max(0.0, 0.3 * sum + 0.4));
    }
  });
  OpTester tester("RNN", 14);
  const auto outputs = q.Inputs(tester)
                           .Strings("activations", {"LeakyRelu", "HardSigmoid"})
                           .Floats("activation_alpha", {0.25f, 0.3f})
                           .Floats("activation_beta", {0.4f})
                           .Attr("clip", 0.5)
                           .Outputs(2)
                           .Run();
  ExpectNear(outputs[0], {5, 2, 3, 6}, expected.y, 1e-6);
  ExpectNear(outputs[1], {2, 3, 6}, expected.h, 1e-6);
}

TEST(LSTM, PutsTheBatchFirstInLayoutOne) {
  // One step, weights zero: c = sigmoid(0) * c0, h = sigmoid(0) * tanh(c).
  const std::vector<float> c0 = {1, 2, 3, 4};  // [batch 2, directions 1, hidden 2]
  const auto outputs = OpTester("LSTM", 14)
                           .Attr("layout", 1)
                           .Attr("hidden_size", 2)
                           .Outputs(3)
                           .In<float>({2, 1, 1}, {1, 1})
                           .In<float>({1, 8, 1}, std::vector<float>(8))
                           .In<float>({1, 8, 2}, std::vector<float>(16))
                           .Omit()
                           .Omit()
                           .Omit()
                           .In<float>({2, 1, 2}, c0)
                           .Run();
  std::vector<double> c, h;
  for (float v : c0) {
    c.push_back(v / 2);
    h.push_back(std::tanh(v / 2) / 2);
  }
  ExpectNear(outputs[0], {2, 1, 1, 2}, h, 1e-6);
  ExpectNear(outputs[2], {2, 1, 2}, c, 1e-6);
}

TEST(Recurrent, RefusesContradictions) {
  const auto run = [](const char* op, std::vector<int32_t> lengths, int64_t hidden) {
    return OpTester(op, 14)
        .Attr("hidden_size", hidden)
        .In<float>({2, 1, 1}, {1, 2})
        .In<float>({1, 2, 1}, {1, 1})
        .In<float>({1, 2, 2}, {1, 1, 1, 1})
        .Omit()
        .In<int32_t>({1}, std::move(lengths))
        .Outputs(2)
        .Error();
  };
  EXPECT_EQ(run("RNN", {2}, 2), "");
  EXPECT_EQ(run("RNN", {3}, 2), "input 4: expected lengths in [0, 2], got 3");
  EXPECT_EQ(run("RNN", {-1}, 2), "input 4: expected lengths in [0, 2], got -1");
  EXPECT_EQ(run("RNN", {2}, 3), "input 1: expected size 3 in dimension 1, got 2");
  EXPECT_EQ(run("LSTM", {2}, 2), "input 1: expected size 8 in dimension 1, got 2");
}

}  // namespace
}  // namespace onedge::ops
