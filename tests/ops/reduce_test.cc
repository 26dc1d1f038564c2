// Reductions against a double-precision reference over every set of axes; ArgMax, ArgMin, CumSum, CumProd.
#include <functional>
#include <limits>
#include <random>

#include "tests/ops/op_tester.h"

namespace onedge::ops {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Reducer {
  const char* op;
  double init;
  std::function<double(double, double)> join;
  std::function<double(double, double)> finish;  // of the total and the count
};

const Reducer kReducers[] = {
    {"ReduceSum", 0, [](double a, double x) { return a + x; }, [](double a, double) { return a; }},
    {"ReduceMean", 0, [](double a, double x) { return a + x; }, [](double a, double n) { return a / n; }},
    {"ReduceMax", -INFINITY, [](double a, double x) { return std::max(a, x); }, [](double a, double) { return a; }},
    {"ReduceMin", INFINITY, [](double a, double x) { return std::min(a, x); }, [](double a, double) { return a; }},
    {"ReduceProd", 1, [](double a, double x) { return a * x; }, [](double a, double) { return a; }},
    {"ReduceL1", 0, [](double a, double x) { return a + std::abs(x); }, [](double a, double) { return a; }},
    {"ReduceL2", 0, [](double a, double x) { return a + x * x; }, [](double a, double) { return std::sqrt(a); }},
    {"ReduceSumSquare", 0, [](double a, double x) { return a + x * x; }, [](double a, double) { return a; }},
    {"ReduceLogSum", 0, [](double a, double x) { return a + x; }, [](double a, double) { return std::log(a); }},
    {"ReduceLogSumExp", 0, [](double a, double x) { return a + std::exp(x); },
     [](double a, double) { return std::log(a); }},
};

std::vector<double> Reference(const Reducer& reducer, const std::vector<float>& x, const std::vector<int64_t>& shape,
                              unsigned mask) {
  size_t outputs = 1;
  for (size_t i = 0; i < shape.size(); ++i) outputs *= mask >> i & 1 ? 1 : static_cast<size_t>(shape[i]);
  std::vector<double> totals(outputs, reducer.init);
  for (size_t at = 0; at < x.size(); ++at) {
    size_t rest = at, out = 0, stride = 1;
    for (size_t i = shape.size(); i-- > 0;) {
      const size_t index = rest % static_cast<size_t>(shape[i]);
      rest /= static_cast<size_t>(shape[i]);
      if (mask >> i & 1) continue;
      out += index * stride;
      stride *= static_cast<size_t>(shape[i]);
    }
    totals[out] = reducer.join(totals[out], x[at]);
  }
  for (double& total : totals)
    total = reducer.finish(total, static_cast<double>(x.size()) / static_cast<double>(outputs));
  return totals;
}

TEST(Reduce, AgreesOverEverySetOfAxes) {
  const std::vector<int64_t> shape = {3, 2, 5, 11};
  std::mt19937 random(11);
  std::uniform_real_distribution<float> uniform(0.5f, 1.5f);
  std::vector<float> x(330);
  for (float& value : x) value = uniform(random);
  for (const Reducer& reducer : kReducers) {
    for (unsigned mask = 1; mask < 16; ++mask) {
      SCOPED_TRACE(testing::Message() << reducer.op << " over axes " << mask);
      std::vector<int64_t> axes;
      Shape kept, dropped;
      for (size_t i = 0; i < 4; ++i) {
        if (mask >> i & 1) axes.push_back(i % 2 ? static_cast<int64_t>(i) : static_cast<int64_t>(i) - 4);
        kept.push_back(mask >> i & 1 ? 1 : shape[i]);
        if (!(mask >> i & 1)) dropped.push_back(shape[i]);
      }
      const auto expected = Reference(reducer, x, shape, mask);
      const Tensor data = MakeTensor<float>({3, 2, 5, 11}, x);
      const Tensor axes_input = MakeTensor<int64_t>({static_cast<int64_t>(axes.size())}, axes);
      ExpectNear(OpTester(reducer.op).In(data).In(axes_input).RunOne(), kept, expected, 2e-6);
      ExpectNear(OpTester(reducer.op, 11).Ints("axes", axes).Attr("keepdims", 0).In(data).RunOne(), dropped, expected,
                 2e-6);
      const Tensor wide = MakeTensor<double>({3, 2, 5, 11}, std::vector<double>(x.begin(), x.end()));
      ExpectNear(OpTester(reducer.op).In(wide).In(axes_input).RunOne(), kept, expected, 1e-10);
    }
  }
}

TEST(Reduce, SplitsOutputsOverThreadsWithoutChangingThem) {
  std::vector<float> x(70 * 1201);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 97) * 0.01f;
  for (const Reducer& reducer : {kReducers[0], kReducers[9]}) {
    for (unsigned mask : {1u, 2u}) {
      const Shape shape = mask == 1 ? Shape{1, 1201} : Shape{70, 1};
      ExpectNear(OpTester(reducer.op).In<float>({70, 1201}, x).In<int64_t>({1}, {mask == 1 ? 0 : 1}).RunOne(), shape,
                 Reference(reducer, x, {70, 1201}, mask), 2e-6);
    }
  }
}

TEST(Reduce, WithoutAxesTakesAllOrNone) {
  ExpectTensor<float>(OpTester("ReduceSum").In<float>({2, 2}, {1, 2, 3, 4}).RunOne(), {1, 1}, {10});
  ExpectTensor<float>(OpTester("ReduceSum").In<float>({2, 2}, {1, 2, 3, 4}).In<int64_t>({0}, {}).RunOne(), {1, 1},
                      {10});
  ExpectTensor<float>(OpTester("ReduceSum").Attr("noop_with_empty_axes", 1).In<float>({2, 2}, {1, 2, 3, 4}).RunOne(),
                      {2, 2}, {1, 2, 3, 4});
  ExpectTensor<float>(OpTester("ReduceSum").In<float>({}, {7}).RunOne(), {}, {7});
}

TEST(Reduce, GivesTheNeutralElementForEmptySets) {
  // ONNX: test_reduce_*_empty_set.
  const auto run = [](const char* op) { return OpTester(op).In<float>({2, 0, 4}, {}).In<int64_t>({1}, {1}).RunOne(); };
  const auto all = [](float value) { return std::vector<float>(8, value); };
  ExpectTensor<float>(run("ReduceSum"), {2, 1, 4}, all(0));
  ExpectTensor<float>(run("ReduceProd"), {2, 1, 4}, all(1));
  ExpectTensor<float>(run("ReduceMax"), {2, 1, 4}, all(-kInf));
  ExpectTensor<float>(run("ReduceMin"), {2, 1, 4}, all(kInf));
  ExpectTensor<float>(run("ReduceLogSum"), {2, 1, 4}, all(-kInf));
  ExpectTensor<float>(run("ReduceLogSumExp"), {2, 1, 4}, all(-kInf));
  ExpectTensor<float>(run("ReduceL2"), {2, 1, 4}, all(0));
  ExpectTensor<int8_t>(OpTester("ReduceMax").In<int8_t>({0}, {}).RunOne(), {1}, {-128});
  ExpectTensor<uint16_t>(OpTester("ReduceMin").In<uint16_t>({0}, {}).RunOne(), {1}, {65535});
  ExpectTensor<bool>(OpTester("ReduceMax").In<bool>({0}, {}).RunOne(), {1}, {false});
}

TEST(Reduce, CoversIntegersAndBools) {
  ExpectTensor<int32_t>(OpTester("ReduceSum").In<int32_t>({3}, {1, -2, 4}).RunOne(), {1}, {3});
  ExpectTensor<uint64_t>(OpTester("ReduceMax").In<uint64_t>({2}, {1, ~uint64_t{0}}).RunOne(), {1}, {~uint64_t{0}});
  ExpectTensor<int64_t>(OpTester("ReduceL2").In<int64_t>({2}, {3, 4}).RunOne(), {1}, {5});
  ExpectTensor<int32_t>(OpTester("ReduceMean").In<int32_t>({3}, {1, 2, 6}).RunOne(), {1}, {3});
  ExpectTensor<bool>(OpTester("ReduceMin").In<bool>({2, 2}, {true, true, false, true}).In<int64_t>({1}, {1}).RunOne(),
                     {2, 1}, {true, false});
  EXPECT_EQ(OpTester("ReduceMax", 18).In<bool>({1}, {true}).Error(), "input 0: this operator is not defined for bool");
}

TEST(ReduceLogSumExp, SurvivesLargeNumbers) {
  ExpectNear(OpTester("ReduceLogSumExp").In<float>({2}, {1000, 1000}).RunOne(), {1}, {1000 + std::log(2.0)}, 1e-6);
  ExpectTensor<float>(OpTester("ReduceLogSumExp").In<float>({2}, {-kInf, -kInf}).RunOne(), {1}, {-kInf});
}

TEST(Reduce, NamesAnAxisOutOfRange) {
  EXPECT_NE(OpTester("ReduceSum").In<float>({2}, {1, 2}).In<int64_t>({1}, {1}).Error().find("axes"), std::string::npos);
}

TEST(ArgMax, AgreesWithASearchElementByElement) {
  const uint32_t seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto upto = [&](uint32_t most) { return static_cast<int64_t>(random() % most); };
  for (int round = 0; round < 200; ++round) {
    const int64_t outer = 1 + upto(3), count = 1 + upto(20), inner = round % 3 == 0 ? 1 : 1 + upto(150);
    const bool max = round % 2 == 0, last = upto(2) == 1, nans = upto(3) == 0;
    std::vector<float> x(static_cast<size_t>(outer * count * inner));
    for (float& value : x) {
      value = static_cast<float>(upto(7)) - 3;  // few values, so that some are equal
      if (nans && upto(9) == 0) value = std::numeric_limits<float>::quiet_NaN();
    }
    std::vector<int64_t> expected;
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < inner; ++i) {
        const auto at = [&](int64_t k) { return x[static_cast<size_t>((o * count + k) * inner + i)]; };
        int64_t best = 0;
        for (int64_t k = 1; k < count; ++k) {
          const float a = at(k), b = at(best);
          const bool a_nan = std::isnan(a), b_nan = std::isnan(b);
          const bool equal = a == b || (a_nan && b_nan);
          const bool better = !b_nan && (a_nan || (max ? a > b : a < b));
          if (better || (equal && last)) best = k;
        }
        expected.push_back(best);
      }
    }
    SCOPED_TRACE(StrCat("round ", round, " of ", outer, " x ", count, " x ", inner));
    OpTester tester(max ? "ArgMax" : "ArgMin");
    tester.In<float>({outer, count, inner}, x)
        .Attr("axis", 1)
        .Attr("keepdims", 0)
        .Attr("select_last_index", int64_t{last});
    ExpectTensor<int64_t>(tester.RunOne(), {outer, inner}, expected);
    if (HasFatalFailure()) return;
  }
}

TEST(ArgMax, FindsTheFirstOrLastExtreme) {
  // ONNX: test_argmax_keepdims_example_select_last_index.
  const auto tester = [](const char* op) { return OpTester(op).In<float>({2, 2}, {2, 2, 3, 10}); };
  ExpectTensor<int64_t>(tester("ArgMax").Attr("axis", 1).RunOne(), {2, 1}, {0, 1});
  ExpectTensor<int64_t>(tester("ArgMax").Attr("axis", 1).Attr("select_last_index", 1).RunOne(), {2, 1}, {1, 1});
  ExpectTensor<int64_t>(tester("ArgMax").Attr("axis", -2).Attr("keepdims", 0).RunOne(), {2}, {1, 1});
  ExpectTensor<int64_t>(tester("ArgMin").Attr("axis", 1).RunOne(), {2, 1}, {0, 0});
  ExpectTensor<int64_t>(OpTester("ArgMax").In<uint8_t>({3}, {1, 255, 7}).RunOne(), {1}, {1});
  EXPECT_EQ(OpTester("ArgMax").In<float>({0}, {}).Error(), "the axis to search is empty in [0]");
}

TEST(CumSum, RunsForwardsBackwardsAndExclusively) {
  const auto tester = [](const char* op, int64_t axis, int64_t opset = 26) {
    return OpTester(op, opset).In<float>({2, 3}, {1, 2, 3, 4, 5, 6}).In<int64_t>({}, {axis});
  };
  ExpectTensor<float>(tester("CumSum", 1).RunOne(), {2, 3}, {1, 3, 6, 4, 9, 15});
  ExpectTensor<float>(tester("CumSum", -2).RunOne(), {2, 3}, {1, 2, 3, 5, 7, 9});
  ExpectTensor<float>(tester("CumSum", 1).Attr("exclusive", 1).RunOne(), {2, 3}, {0, 1, 3, 0, 4, 9});
  ExpectTensor<float>(tester("CumSum", 1).Attr("exclusive", 1).Attr("reverse", 1).RunOne(), {2, 3},
                      {5, 3, 0, 11, 6, 0});
  ExpectTensor<float>(tester("CumProd", 1).RunOne(), {2, 3}, {1, 2, 6, 4, 20, 120});
  ExpectTensor<int32_t>(OpTester("CumSum").In<int32_t>({3}, {1, 2, 3}).In<int32_t>({}, {0}).RunOne(), {3}, {1, 3, 6});
}

}  // namespace
}  // namespace onedge::ops
