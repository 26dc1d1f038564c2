// The CPU backend's kernels in the bodies of If, Loop and Scan, with shapes known only during the run: the same results
// as the portable operators. Also FlexAttention, because its subgraphs need a runtime.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "backends/cpu/cpu_backend.h"
#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

using graph::kNoValue;
using graph::ValueId;
using testing::GraphBuilder;

Tensor Random(const Shape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Tensor tensor = Tensor::Allocate(DType::kFloat32, shape).value();
  for (int64_t i = 0; i < tensor.element_count(); ++i) tensor.mutable_data<float>()[i] = uniform(random);
  return tensor;
}
Tensor Int(int64_t value) { return Tensor::FromValues<int64_t>({}, {&value, 1}).value(); }
Tensor Bool(bool value) { return Tensor::FromValues<bool>({}, {&value, 1}).value(); }

// tanh(x w + b), then attention of that with itself: [1, 2, n, 4] -> the same. The weights are constants of `graph`.
ValueId Layers(GraphBuilder& graph, ValueId x) {
  const ValueId w = graph.Constant(Random({4, 4}, 1)), b = graph.Constant(Random({4}, 2));
  const ValueId sum = graph.Node("Add", {graph.Node("MatMul", {x, w}), b});
  const ValueId y = graph.Node("Tanh", {sum});
  return graph.Node("ScaledDotProductAttention", {y, y, y}, {{"scale", 0.5f}}, "onedge");
}

struct Ran {
  std::vector<Tensor> outputs;
  size_t lowered = 0;              // steps that ran in kernels
  std::vector<std::string> steps;  // operators, in the order in which they end
};
Ran RunGraph(graph::Graph graph, std::vector<NamedValue> inputs, bool with_kernels) {
  Ran ran;
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* const backends[] = {&cpu};
  ModelOptions options;
  if (with_kernels) options.backends = backends;
  const auto model = Model::Create(std::move(graph), options);
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  if (!model.ok()) return ran;
  auto session = std::move(Session::Create(*model)).value();
  std::vector<StepProfile> profile;
  RunOptions run_options;
  run_options.profile = &profile;
  const auto outputs = session->Run(inputs, run_options);
  EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
  for (size_t i = 0; outputs.ok() && i < outputs->size(); ++i) {
    ran.outputs.push_back((*outputs)[i].tensor().Clone().value());
  }
  for (const StepProfile& step : profile) {
    ran.lowered += step.lowered;
    ran.steps.emplace_back(step.op_type);
  }
  return ran;
}

// `make` builds the same graph each time.
template <typename Make>
void ExpectKernelsAgree(const Make& make, const std::vector<NamedValue>& inputs, size_t lowered) {
  const Ran kernels = RunGraph(make(), inputs, true), portable = RunGraph(make(), inputs, false);
  EXPECT_EQ(kernels.lowered, lowered);
  EXPECT_EQ(portable.lowered, 0u);
  ASSERT_EQ(kernels.outputs.size(), portable.outputs.size());
  for (size_t i = 0; i < kernels.outputs.size(); ++i) {
    const Tensor &a = kernels.outputs[i], &b = portable.outputs[i];
    ASSERT_EQ(a.ToString(), b.ToString());
    for (int64_t j = 0; j < a.element_count(); ++j) {
      ASSERT_NEAR(a.data<float>()[j], b.data<float>()[j], 1e-5f * std::max(1.0f, std::abs(b.data<float>()[j])))
          << "element " << j << " of output " << i;
    }
  }
}

TEST(KernelsInSubgraphs, InTheBranchesOfAnIf) {
  const auto make = [] {
    GraphBuilder outer;
    const ValueId cond = outer.Input("cond", DType::kBool, {});
    const ValueId x = outer.Input("x", DType::kFloat32, {1, 2, "n", 4});
    GraphBuilder yes, no;
    yes.Output(Layers(yes, yes.Capture(x)));
    no.Output(no.Node("Neg", {Layers(no, no.Capture(x))}));
    outer.Output(outer.Node("If", {cond}, {{"then_branch", yes.BuildSubgraph()}, {"else_branch", no.BuildSubgraph()}}));
    return outer.Build();
  };
  for (const bool cond : {true, false}) {
    for (const int64_t n : {1, 7, 33}) {
      SCOPED_TRACE(StrCat(cond ? "then, n = " : "else, n = ", n));
      ExpectKernelsAgree(make, {{"cond", Bool(cond)}, {"x", Random({1, 2, n, 4}, 3)}}, 2);
    }
  }
}

// The carried value grows by one row in each iteration, so each iteration gets a new plan.
TEST(KernelsInSubgraphs, InTheBodyOfALoopWhoseShapesGrow) {
  const auto make = [] {
    GraphBuilder outer;
    const ValueId m = outer.Input("m", DType::kInt64, {});
    const ValueId x = outer.Input("x", DType::kFloat32, {1, 2, "n", 4});
    const ValueId row = outer.Constant(Random({1, 2, 1, 4}, 4));
    GraphBuilder body;
    body.Input("turn", DType::kInt64, {});
    const ValueId go = body.Input("go", DType::kBool, {});
    const ValueId carried = body.Input("carried", DType::kFloat32, {1, 2, "k", 4});
    body.Output(body.Node("Identity", {go}));
    const ValueId longer = body.Node("Concat", {carried, body.Capture(row)}, {{"axis", int64_t{2}}});
    body.Output(Layers(body, longer));
    outer.Output(outer.Node("Loop", {m, kNoValue, x}, {{"body", body.BuildSubgraph()}}));
    return outer.Build();
  };
  ExpectKernelsAgree(make, {{"m", Int(5)}, {"x", Random({1, 2, 3, 4}, 5)}}, 10);
}

TEST(KernelsInSubgraphs, InTheBodyOfAScanWithinALoop) {
  const auto make = [] {
    GraphBuilder outer;
    const ValueId m = outer.Input("m", DType::kInt64, {});
    const ValueId x = outer.Input("x", DType::kFloat32, {"slices", 1, 2, "n", 4});
    GraphBuilder scan;
    scan.Output(Layers(scan, scan.Input("slice", DType::kFloat32, {1, 2, "n", 4})));
    GraphBuilder body;
    body.Input("turn", DType::kInt64, {});
    const ValueId go = body.Input("go", DType::kBool, {});
    const ValueId carried = body.Input("carried", DType::kFloat32, {"slices", 1, 2, "n", 4});
    body.Output(body.Node("Identity", {go}));
    body.Output(body.Node("Scan", {carried}, {{"body", scan.BuildSubgraph()}, {"num_scan_inputs", int64_t{1}}}));
    outer.Output(outer.Node("Loop", {m, kNoValue, x}, {{"body", body.BuildSubgraph()}}));
    return outer.Build();
  };
  ExpectKernelsAgree(make, {{"m", Int(3)}, {"x", Random({2, 1, 2, 5, 4}, 6)}}, 12);
}

// The CPU backend; counts the steps that are planned.
class CountingBackend final : public backends::Backend {
 public:
  Result<std::unique_ptr<const backends::Kernel>> Lower(backends::LowerContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(auto kernel, cpu_.Lower(ctx));
    if (!kernel) return kernel;
    return std::unique_ptr<const backends::Kernel>(std::make_unique<Counted>(std::move(kernel), planned));
  }
  mutable int planned = 0;

 private:
  class Counted final : public backends::Kernel {
   public:
    Counted(std::unique_ptr<const backends::Kernel> kernel, int& planned)
        : kernel_(std::move(kernel)), planned_(planned) {}
    Result<std::unique_ptr<backends::Step>> Plan(const backends::NodeShapes& shapes,
                                                 backends::BackendSession* session) const override {
      ++planned_;
      return kernel_->Plan(shapes, session);
    }

   private:
    std::unique_ptr<const backends::Kernel> kernel_;
    int& planned_;
  };
  backends::cpu::CpuBackend cpu_;
};

// x, multiplied in each trip by a matrix; if `grows`, a row longer after each trip.
graph::Graph ProductsInALoop(bool grows) {
  GraphBuilder outer;
  const ValueId m = outer.Input("m", DType::kInt64, {});
  const ValueId x = outer.Input("x", DType::kFloat32, {"n", 4});
  GraphBuilder body;
  body.Input("turn", DType::kInt64, {});
  const ValueId go = body.Input("go", DType::kBool, {});
  ValueId carried = body.Input("carried", DType::kFloat32, {"k", 4});
  body.Output(body.Node("Identity", {go}));
  const ValueId product = body.Node("MatMul", {carried, body.Constant(Random({4, 4}, 1))});
  body.Output(grows ? body.Node("Concat", {product, body.Constant(Random({1, 4}, 2))}, {{"axis", int64_t{0}}})
                    : product);
  outer.Output(outer.Node("Loop", {m, kNoValue, x}, {{"body", body.BuildSubgraph()}}));
  return outer.Build();
}

TEST(KernelsInSubgraphs, ABodyIsPlannedOnceForItsShapes) {
  for (const bool grows : {false, true}) {
    const CountingBackend counting;
    const backends::Backend* const backends[] = {&counting};
    const auto model = Model::Create(ProductsInALoop(grows), {.backends = backends});
    const auto portable = Model::Create(ProductsInALoop(grows));
    ASSERT_TRUE(model.ok() && portable.ok()) << model.status().ToString();
    const auto session = std::move(Session::Create(*model)).value();
    const auto reference = std::move(Session::Create(*portable)).value();
    int planned = 0;
    for (const int64_t rows : {3, 3, 5, 3}) {
      const NamedValue inputs[] = {{"m", Int(6)}, {"x", Random({rows, 4}, 3)}};
      const auto got = session->Run(inputs);
      const auto expected = reference->Run(inputs);
      ASSERT_TRUE(got.ok() && expected.ok()) << got.status().ToString();
      const Tensor &a = (*got)[0].tensor(), &b = (*expected)[0].tensor();
      ASSERT_EQ(a.ToString(), b.ToString());
      for (int64_t i = 0; i < a.element_count(); ++i) ASSERT_NEAR(a.data<float>()[i], b.data<float>()[i], 1e-5) << i;
      planned += counting.planned;
      counting.planned = 0;
    }
    EXPECT_EQ(planned, grows ? 24 : 3) << "3, 5 and again 3 rows";
  }
}

TEST(KernelsInSubgraphs, AFailureInABodyLeavesTheSessionUsable) {
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* const backends[] = {&cpu};
  const auto model = Model::Create(ProductsInALoop(true), {.backends = backends});
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const auto session = std::move(Session::Create(*model)).value();
  const NamedValue inputs[] = {{"m", Int(6)}, {"x", Random({3, 4}, 3)}};
  const auto first = session->Run(inputs);
  ASSERT_TRUE(first.ok());
  const Tensor expected = (*first)[0].tensor().Clone().value();
  for (int polls = 0; polls < 30; ++polls) {
    RunOptions options;
    options.cancelled = [left = polls]() mutable { return left-- == 0; };
    const auto cancelled = session->Run(inputs, options);
    if (!cancelled.ok()) EXPECT_EQ(cancelled.status().code(), StatusCode::kCancelled);
    const auto again = session->Run(inputs);
    ASSERT_TRUE(again.ok()) << again.status().ToString();
    const Tensor& y = (*again)[0].tensor();
    ASSERT_EQ(y.byte_size(), expected.byte_size());
    EXPECT_EQ(std::memcmp(y.bytes(), expected.bytes(), y.byte_size()), 0) << "after " << polls << " polls";
  }
}

// Both branches and the graph around them multiply by the same weights.
graph::Graph SharedWeights(size_t rows, bool same_kind) {
  GraphBuilder outer;
  const ValueId cond = outer.Input("cond", DType::kBool, {});
  const ValueId x = outer.Input("x", DType::kFloat32, {"n", static_cast<int64_t>(rows)});
  const ValueId w = outer.Constant(Random({static_cast<int64_t>(rows), 48}, 1));
  GraphBuilder yes, no;
  yes.Output(yes.Node("Relu", {yes.Node("MatMul", {yes.Capture(x), yes.Capture(w)})}));
  no.Output(same_kind ? no.Node("Neg", {no.Node("MatMul", {no.Capture(x), no.Capture(w)})})
                      : no.Node("Neg", {no.Node("Gemm", {no.Capture(x), no.Capture(w)})}));
  outer.Output(outer.Node("If", {cond}, {{"then_branch", yes.BuildSubgraph()}, {"else_branch", no.BuildSubgraph()}}));
  return outer.Build();
}

TEST(KernelsInSubgraphs, WeightsOfTheOuterGraphArePackedOnceForAllSubgraphs) {
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* const backends[] = {&cpu};
  constexpr size_t kRows = 64, kBytes = kRows * 48 * sizeof(float);
  const auto once = Model::Create(SharedWeights(kRows, true), {.backends = backends});
  ASSERT_TRUE(once.ok()) << once.status().ToString();
  EXPECT_EQ((*once)->resident_bytes(), kBytes);
  const auto twice = Model::Create(SharedWeights(kRows, false), {.backends = backends});
  ASSERT_TRUE(twice.ok()) << twice.status().ToString();
  EXPECT_EQ((*twice)->resident_bytes(), 2 * kBytes) << "different operators have kernels of their own";
  for (const bool cond : {true, false}) {
    ExpectKernelsAgree([] { return SharedWeights(kRows, true); }, {{"cond", Bool(cond)}, {"x", Random({5, kRows}, 2)}},
                       1);
  }
}

// Like the recurrent weights that PyTorch exports: nodes of the branch put them together.
TEST(KernelsInSubgraphs, NodesOfABranchThatOnlyReadOuterConstantsAreFolded) {
  GraphBuilder outer;
  const ValueId cond = outer.Input("cond", DType::kBool, {});
  const ValueId x = outer.Input("x", DType::kFloat32, {"n", 4});
  const ValueId first = outer.Constant(Random({4, 3}, 1)), second = outer.Constant(Random({4, 5}, 2));
  GraphBuilder yes, no;
  const ValueId w = yes.Node("Concat", {yes.Capture(first), yes.Capture(second)}, {{"axis", int64_t{1}}});
  yes.Output(yes.Node("MatMul", {yes.Capture(x), w}));
  no.Output(no.Capture(x));
  outer.Output(outer.Node("If", {cond}, {{"then_branch", yes.BuildSubgraph()}, {"else_branch", no.BuildSubgraph()}}));
  const Ran ran = RunGraph(outer.Build(), {{"cond", Bool(true)}, {"x", Random({2, 4}, 3)}}, true);
  EXPECT_EQ(ran.steps, (std::vector<std::string>{"MatMul", "If"}));
  EXPECT_EQ(ran.lowered, 1u);
}

// Powers of two, so that the subgraphs do exactly what a scale would.
TEST(FlexAttention, ItsSubgraphsChangeScoresAndProbabilities) {
  const auto run = [](float scale, float score_factor, float probability_factor) {
    GraphBuilder outer;
    std::vector<graph::Attribute> attributes = {{"scale", scale}};
    const auto times = [&attributes](const char* name, float factor) {
      if (factor == 1) return;
      GraphBuilder body;
      const ValueId x = body.Input("x", DType::kFloat32, {"b", "h", "s", "t"});
      body.Output(body.Node("Mul", {x, body.Floats({}, {factor})}));
      attributes.push_back({name, body.BuildSubgraph()});
    };
    times("score_mod", score_factor);
    times("prob_mod", probability_factor);
    std::vector<NamedValue> inputs;
    std::vector<ValueId> ids;
    for (const char* name : {"q", "k", "v"}) {
      ids.push_back(outer.Input(name, DType::kFloat32, {1, 2, 3, 4}));
      inputs.push_back({name, Random({1, 2, 3, 4}, static_cast<uint32_t>(name[0]))});
    }
    outer.Output(outer.Node("FlexAttention", ids, attributes, "ai.onnx.preview"));
    const Ran ran = RunGraph(outer.Build(), inputs, true);
    const Tensor& y = ran.outputs.at(0);
    return std::vector<float>(y.data<float>(), y.data<float>() + y.element_count());
  };
  const std::vector<float> plain = run(0.5f, 1, 1);
  EXPECT_EQ(run(0.25f, 2, 1), plain);
  EXPECT_NE(run(0.5f, 2, 1), plain);
  const std::vector<float> halved = run(0.5f, 1, 0.5f);
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(halved[i], plain[i] / 2) << i;
}

}  // namespace
}  // namespace onedge::runtime
