// The regions of the claimed nodes; a partitioned model gives the same answers.
#include "runtime/partition.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>

#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

using graph::Graph;
using graph::ValueId;
using testing::GraphBuilder;

// Claims operators by name, and then returns no kernel for their regions: the portable operator runs the body.
class Claimer final : public backends::Backend {
 public:
  explicit Claimer(std::set<std::string> ops) : ops_(std::move(ops)) {}
  bool Claims(const Graph&, const graph::Node& node) const override { return ops_.contains(node.op_type); }
  Result<std::unique_ptr<const backends::Kernel>> Lower(backends::LowerContext& ctx) const override {
    offered.push_back(ctx.node.name);
    return std::unique_ptr<const backends::Kernel>();
  }
  mutable std::vector<std::string> offered;

 private:
  std::set<std::string> ops_;
};

// "Region(Add Mul) Loop Region(Relu)": the nodes in order, with the bodies of regions.
std::string Describe(const Graph& graph) {
  std::string out;
  for (const graph::Node& node : graph.nodes) {
    out += StrCat(out.empty() ? "" : " ", node.op_type);
    if (backends::IsRegion(node)) out += StrCat("(", Describe(*node.Subgraphs()[0]), ")");
  }
  return out;
}

std::shared_ptr<const Model> MakeModel(Graph graph, std::vector<const backends::Backend*> backends) {
  auto model = Model::Create(std::move(graph), {.backends = backends, .partition = Partition, .optimize = false});
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  return model.ok() ? *model : nullptr;
}

// The bits of all outputs for x = 0.5, 1, 1.5, ... of the given shape.
std::vector<uint8_t> Answer(const std::shared_ptr<const Model>& model, const Shape& shape) {
  Tensor x = Tensor::Allocate(DType::kFloat32, shape).value();
  for (int64_t i = 0; i < x.element_count(); ++i) x.mutable_data<float>()[i] = 0.5f * static_cast<float>(i + 1);
  const auto session = Session::Create(model);
  if (!session.ok()) return {};
  const NamedValue inputs[] = {{"x", x}};
  const auto outputs = (*session)->Run(inputs);
  EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
  std::vector<uint8_t> bits;
  for (const Value& value : outputs.ok() ? *outputs : std::span<const Value>()) {
    bits.insert(bits.end(), value.tensor().bytes(), value.tensor().bytes() + value.tensor().byte_size());
  }
  return bits;
}

void ExpectSameAnswer(Graph (*make)(), std::vector<const backends::Backend*> backends, const Shape& shape) {
  const std::vector<uint8_t> expected = Answer(MakeModel(make(), {}), shape);
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(Answer(MakeModel(make(), std::move(backends)), shape), expected);
}

Graph Chain() {
  GraphBuilder builder(20);
  const ValueId x = builder.Input("x", DType::kFloat32, {"n", 4});
  const ValueId y = builder.Node("Add", {x, builder.Floats({4}, {1, 2, 3, 4})});
  builder.Output(builder.Node("Relu", {builder.Node("Mul", {y, x})}), "y");
  return builder.Build();
}

TEST(Partition, ClaimedNodesAreOneRegionWithItsConstants) {
  const Claimer claimer({"Add", "Mul", "Relu"});
  const auto model = MakeModel(Chain(), {&claimer});
  ASSERT_EQ(Describe(model->graph()), "Region(Add Mul Relu)");
  const graph::Node& region = model->graph().nodes[0];
  EXPECT_EQ(region.inputs, model->graph().inputs);
  EXPECT_EQ(region.outputs, model->graph().outputs);
  EXPECT_TRUE(model->graph().constants.empty());
  EXPECT_EQ(region.Subgraphs()[0]->constants.size(), 1u);
  EXPECT_EQ(model->resident_bytes(), 4 * sizeof(float));
  ExpectSameAnswer(Chain, {&claimer}, {3, 4});
}

TEST(Partition, WithoutClaimsTheGraphStaysAsItIs) {
  const Claimer claimer({"Softmax"});
  EXPECT_EQ(Describe(MakeModel(Chain(), {&claimer})->graph()), "Add Mul Relu");
}

TEST(Partition, ADeclinedRegionIsOfferedOnlyToItsBackendAndThenRunsNodeByNode) {
  const Claimer first({"Add"}), second({"Mul", "Relu"});
  const auto model = MakeModel(Chain(), {&first, &second});
  EXPECT_EQ(Describe(model->graph()), "Region(Add) Region(Mul Relu)");
  EXPECT_EQ(first.offered, (std::vector<std::string>{"Region_Add_0", "Add_0", "Mul_1", "Relu_2"}));
  EXPECT_EQ(second.offered, (std::vector<std::string>{"Add_0", "Region_Mul_1", "Mul_1", "Relu_2"}));
  ExpectSameAnswer(Chain, {&first, &second}, {2, 4});
}

TEST(Partition, ARegionInAFileIsRefused) {
  GraphBuilder builder(20);
  const ValueId x = builder.Input("x", DType::kFloat32, {"n"});
  builder.Output(builder.Node("Region", {x}, {{"backend", int64_t{0}}}, "onedge"), "y");
  const auto model = Model::Create(builder.Build());
  EXPECT_NE(model.status().ToString().find("regions are made when a model is loaded; a file cannot hold one"),
            std::string::npos)
      << model.status().ToString();
}

// Add -> Neg -> Mul, and Add -> Mul: through Neg a path leaves and comes back.
Graph Detour() {
  GraphBuilder builder(20);
  const ValueId x = builder.Input("x", DType::kFloat32, {"n"});
  const ValueId sum = builder.Node("Add", {x, x});
  builder.Output(builder.Node("Mul", {sum, builder.Node("Neg", {sum})}), "y");
  return builder.Build();
}

TEST(Partition, RegionsAreConvex) {
  const Claimer claimer({"Add", "Mul"});
  EXPECT_EQ(Describe(MakeModel(Detour(), {&claimer})->graph()), "Region(Add) Neg Region(Mul)");
  ExpectSameAnswer(Detour, {&claimer}, {5});
}

// Add1 -> Neg -> Mul1 and Neg -> Add2 -> Neg -> Mul2: Add2 and Mul1 may be one region, with Mul2 there is a third.
Graph Ladder() {
  GraphBuilder builder(20);
  const ValueId x = builder.Input("x", DType::kFloat32, {"n"});
  const ValueId down = builder.Node("Neg", {builder.Node("Add", {x, x})});
  const ValueId product = builder.Node("Mul", {down, x});
  const ValueId up = builder.Node("Neg", {builder.Node("Add", {down, x})});
  builder.Output(builder.Node("Mul", {up, product}), "y");
  return builder.Build();
}

TEST(Partition, BranchesThatMeetNowhereShareARegion) {
  const Claimer claimer({"Add", "Mul"});
  EXPECT_EQ(Describe(MakeModel(Ladder(), {&claimer})->graph()), "Region(Add) Neg Region(Mul Add) Neg Region(Mul)");
  ExpectSameAnswer(Ladder, {&claimer}, {5});
}

// The exporters' form of "merge the last two dimensions of y", with y computed inside.
Graph ReshapeByShape(bool shape_is_an_output) {
  GraphBuilder builder(20);
  const ValueId x = builder.Input("x", DType::kFloat32, {"n", 2, 3});
  const ValueId y = builder.Node("Add", {x, x});
  const ValueId rows = builder.Node("Gather", {builder.Node("Shape", {y}), builder.Ints({1}, {0})});
  const ValueId shape = builder.Node("Concat", {rows, builder.Ints({1}, {-1})}, {{"axis", int64_t{0}}});
  builder.Output(builder.Node("Relu", {builder.Node("Reshape", {y, shape})}), "y");
  if (shape_is_an_output) builder.Output(shape, "shape");
  return builder.Build();
}

TEST(Partition, ShapeArithmeticOfARegionIsCopiedIntoIt) {
  const Claimer claimer({"Add", "Reshape", "Relu"});
  const auto model = MakeModel(ReshapeByShape(false), {&claimer});
  ASSERT_EQ(Describe(model->graph()), "Region(Add Shape Gather Concat Reshape Relu)");
  const graph::Attribute* computed = model->graph().nodes[0].FindAttribute("shape_arithmetic");
  ASSERT_TRUE(computed);
  EXPECT_EQ(std::get<std::vector<int64_t>>(computed->value), (std::vector<int64_t>{1, 2, 3}));
  ExpectSameAnswer([] { return ReshapeByShape(false); }, {&claimer}, {4, 2, 3});
}

TEST(Partition, ShapeArithmeticThatOthersReadStaysOutsideAsWell) {
  const Claimer claimer({"Add", "Reshape", "Relu"});
  EXPECT_EQ(Describe(MakeModel(ReshapeByShape(true), {&claimer})->graph()),
            "Region(Add Shape Gather Concat Reshape Relu) Shape Gather Concat");
  ExpectSameAnswer([] { return ReshapeByShape(true); }, {&claimer}, {4, 2, 3});
}

// if (x[0] > 1) x + w else x * w, where w is a constant of the outer graph.
Graph Branches() {
  GraphBuilder outer(20);
  const ValueId x = outer.Input("x", DType::kFloat32, {3});
  const ValueId w = outer.Floats({3}, {2, 3, 4});
  const ValueId first =
      outer.Node("Gather", {x, outer.Constant(Tensor::FromValues<int64_t>({}, std::vector<int64_t>{0}).value())});
  const ValueId cond = outer.Node("Greater", {first, outer.Floats({}, {1})});
  GraphBuilder yes(20), no(20);
  yes.Output(yes.Node("Add", {yes.Capture(x), yes.Capture(w)}));
  no.Output(no.Node("Mul", {no.Capture(x), no.Capture(w)}));
  outer.Output(outer.Node("If", {cond}, {{"then_branch", yes.BuildSubgraph()}, {"else_branch", no.BuildSubgraph()}}),
               "y");
  return outer.Build();
}

TEST(Partition, ARegionInASubgraphHoldsTheConstantsItCaptures) {
  const Claimer claimer({"Add", "Mul"});
  const auto model = MakeModel(Branches(), {&claimer});
  ASSERT_EQ(Describe(model->graph()), "Gather Greater If");
  for (const Graph* branch : model->graph().nodes[2].Subgraphs()) {
    EXPECT_EQ(Describe(*branch).substr(0, 7), "Region(");
    EXPECT_EQ(branch->captures.size(), 1u) << "w is in the region";
    EXPECT_EQ(branch->nodes[0].Subgraphs()[0]->constants.size(), 1u);
  }
  EXPECT_EQ(model->graph().constants.size(), 2u) << "the index and the limit";
  EXPECT_EQ(model->resident_bytes(), 3 * sizeof(float) + sizeof(int64_t) + sizeof(float)) << "w is shared";
  ExpectSameAnswer(Branches, {&claimer}, {3});
}

TEST(Partition, AClaimedNodeTakesItsSubgraphsAlong) {
  const Claimer claimer({"Greater", "If"});
  const auto model = MakeModel(Branches(), {&claimer});
  EXPECT_EQ(Describe(model->graph()), "Gather Region(Greater If)");
  ExpectSameAnswer(Branches, {&claimer}, {3});
}

// Random graphs of sums and negations, some claimed.
Graph RandomGraph(uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
  GraphBuilder builder(20);
  std::vector<ValueId> values = {builder.Input("x", DType::kFloat32, {"n"})};
  const size_t count = 2 + below(24);
  for (size_t i = 0; i < count; ++i) {
    const char* const ops[] = {"Add", "Sub", "Max", "Min"};
    const char* op = ops[below(4)];
    values.push_back(builder.Node(op, {values[below(values.size())], values[below(values.size())]}));
  }
  builder.Output(values.back(), "y");
  builder.Output(values[1 + below(count)], "z");
  return builder.Build();
}

// True if a path leads from node `from` to node `to` through another node.
bool ReachesThroughAnother(const Graph& graph, size_t from, size_t to) {
  std::vector<int> reached(graph.values.size());  // 1: made by `from`; 2: through another node
  for (ValueId id : graph.nodes[from].outputs) reached[static_cast<size_t>(id)] = 1;
  for (size_t i = from + 1; i < graph.nodes.size(); ++i) {
    int way = 0;
    for (ValueId id : graph.nodes[i].inputs) way = std::max(way, reached[static_cast<size_t>(id)]);
    if (i == to) return way == 2;
    for (ValueId id : graph.nodes[i].outputs) reached[static_cast<size_t>(id)] = way > 0 ? 2 : 0;
  }
  return false;
}

TEST(Partition, OfRandomGraphsTheRegionsAreMaximalAndTheAnswersStay) {
  const Claimer claimer({"Add", "Sub"}), other({"Max"});
  size_t regions = 0;
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<uint8_t> expected = Answer(MakeModel(RandomGraph(seed), {}), {7});
    const auto model = MakeModel(RandomGraph(seed), {&claimer});
    const Graph& graph = model->graph();
    std::vector<size_t> made;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      EXPECT_NE(graph.nodes[i].op_type, "Add");
      EXPECT_NE(graph.nodes[i].op_type, "Sub");
      if (backends::IsRegion(graph.nodes[i])) made.push_back(i);
    }
    for (size_t a = 0; a < made.size(); ++a) {
      for (size_t b = a + 1; b < made.size(); ++b) {
        EXPECT_TRUE(ReachesThroughAnother(graph, made[a], made[b]) || ReachesThroughAnother(graph, made[b], made[a]))
            << "two regions could be one: " << Describe(graph);
      }
    }
    regions += made.size();
    EXPECT_EQ(Answer(model, {7}), expected);
    EXPECT_EQ(Answer(MakeModel(RandomGraph(seed), {&claimer, &other}), {7}), expected);
  }
  EXPECT_GT(regions, 300u);
}

}  // namespace
}  // namespace onedge::runtime
