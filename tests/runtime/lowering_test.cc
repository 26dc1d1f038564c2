// The nodes that are offered to backends, and the constants that are freed after packing.
#include <gtest/gtest.h>

#include "backends/cpu/cpu_backend.h"
#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

using graph::Graph;
using graph::ValueId;
using testing::GraphBuilder;

constexpr size_t kWeightBytes = 64 * sizeof(float);

// cond ? x w : (x w) w, where w is a constant of the outer graph; with `raw` also x + w outside. Small integers, so
// that every order of a sum gives the same bits.
Graph Products(bool raw) {
  GraphBuilder outer(20);
  const ValueId cond = outer.Input("cond", DType::kBool, {});
  const ValueId x = outer.Input("x", DType::kFloat32, {"n", 8});
  std::vector<float> weights;
  for (int i = 0; i < 64; ++i) weights.push_back(static_cast<float>(i % 5 - 2));
  const ValueId w = outer.Floats({8, 8}, weights);
  GraphBuilder yes(20), no(20);
  const ValueId w_no = no.Capture(w);
  yes.Output(yes.Node("MatMul", {yes.Capture(x), yes.Capture(w)}));
  no.Output(no.Node("MatMul", {no.Node("MatMul", {no.Capture(x), w_no}), w_no}));
  outer.Output(outer.Node("If", {cond}, {{"then_branch", yes.BuildSubgraph()}, {"else_branch", no.BuildSubgraph()}}),
               "y");
  if (raw) outer.Output(outer.Node("Add", {w, w}), "z");
  return outer.Build();
}

std::vector<float> RunProducts(const std::shared_ptr<const Model>& model, bool cond) {
  std::vector<float> x;
  for (int i = 0; i < 24; ++i) x.push_back(static_cast<float>(i % 7 - 3));
  const auto session = std::move(Session::Create(model)).value();
  const NamedValue inputs[] = {{"cond", Tensor::FromValues<bool>({}, {&cond, 1}).value()},
                               {"x", Tensor::FromValues<float>({3, 8}, x).value()}};
  const auto outputs = session->Run(inputs);
  EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
  if (!outputs.ok()) return {};
  const auto values = (*outputs)[0].tensor().values<float>();
  return {values.begin(), values.end()};
}

TEST(Lowering, AKernelInABranchPacksAConstantOfTheGraphAround) {
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* const backends[] = {&cpu};
  const auto portable = Model::Create(Products(false), {.optimize = false});
  const auto model = Model::Create(Products(false), {.backends = backends, .optimize = false});
  ASSERT_TRUE(portable.ok() && model.ok()) << model.status().ToString();
  const Graph& graph = (*model)->graph();
  EXPECT_TRUE(graph.constants.empty()) << "all three readers have packed it";
  const std::set<ValueId>& packed = (*model)->program().packed;
  ASSERT_EQ(packed.size(), 1u);
  EXPECT_EQ(graph.values[static_cast<size_t>(*packed.begin())].type.ToString(*graph.symbols), "float32 [8, 8]");
  for (bool cond : {true, false}) EXPECT_EQ(RunProducts(*model, cond), RunProducts(*portable, cond));
}

TEST(Lowering, AConstantThatSomebodyElseReadsStays) {
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* const backends[] = {&cpu};
  const auto model = Model::Create(Products(true), {.backends = backends, .optimize = false});
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ((*model)->graph().constants.size(), 1u);
  EXPECT_TRUE((*model)->program().packed.empty());
  EXPECT_GE((*model)->resident_bytes(), 4 * kWeightBytes) << "one raw, three packed";
}

// Claims If nodes and records the offers.
class TakesIf final : public backends::Backend {
 public:
  Result<std::unique_ptr<const backends::Kernel>> Lower(backends::LowerContext& ctx) const override {
    asked.push_back(ctx.node.op_type);
    if (ctx.node.op_type != "If") return std::unique_ptr<const backends::Kernel>();
    for (const Graph* branch : ctx.node.Subgraphs()) {
      for (const graph::Capture& capture : branch->captures) {
        if (ctx.graph.FindConstant(capture.outer)) ctx.ClaimConstant(*branch, capture.inner);
      }
    }
    return std::unique_ptr<const backends::Kernel>(std::make_unique<KernelOfNothing>());
  }
  mutable std::vector<std::string> asked;

 private:
  class KernelOfNothing final : public backends::Kernel {
    Result<std::unique_ptr<backends::Step>> Plan(const backends::NodeShapes&,
                                                 backends::BackendSession*) const override {
      return Unsupported("this kernel is never planned");
    }
  };
};

TEST(Lowering, ABackendIsAskedForANodeBeforeItsSubgraphs) {
  const TakesIf backend;
  const backends::Backend* const backends[] = {&backend};
  const auto model = Model::Create(Products(false), {.backends = backends, .optimize = false});
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ(backend.asked, std::vector<std::string>{"If"});
  EXPECT_TRUE((*model)->graph().constants.empty()) << "claimed through the captures of both branches";
  EXPECT_TRUE((*model)->program().subprograms.empty());
  const auto raw = Model::Create(Products(true), {.backends = backends, .optimize = false});
  ASSERT_TRUE(raw.ok()) << raw.status().ToString();
  EXPECT_EQ((*raw)->graph().constants.size(), 1u);
}

}  // namespace
}  // namespace onedge::runtime
