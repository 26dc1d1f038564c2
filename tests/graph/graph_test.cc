#include "graph/graph.h"

#include <gtest/gtest.h>

namespace onedge::graph {
namespace {

Node MakeNode(std::string name, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
  Node node;
  node.name = std::move(name);
  node.op_type = "Op";
  node.inputs = std::move(inputs);
  node.outputs = std::move(outputs);
  return node;
}

std::vector<std::string> NodeNames(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.name);
  return names;
}

TEST(SortTopologically, MovesProducersBeforeReaders) {
  Graph graph;
  const ValueId x = graph.AddValue("x"), a = graph.AddValue("a"), b = graph.AddValue("b"), c = graph.AddValue("c");
  graph.inputs = {x};
  graph.outputs = {c};
  graph.nodes.push_back(MakeNode("last", {a, b}, {c}));
  graph.nodes.push_back(MakeNode("second", {a}, {b}));
  graph.nodes.push_back(MakeNode("first", {x, kNoValue}, {a, kNoValue}));
  ASSERT_TRUE(SortTopologically(graph).ok());
  EXPECT_EQ(NodeNames(graph), (std::vector<std::string>{"first", "second", "last"}));
}

TEST(SortTopologically, KeepsAnOrderThatRuns) {
  Graph graph;
  const ValueId x = graph.AddValue("x");
  graph.inputs = {x};
  for (int i = 0; i < 5; ++i) graph.nodes.push_back(MakeNode(StrCat("n", i), {x}, {graph.AddValue("")}));
  ASSERT_TRUE(SortTopologically(graph).ok());
  EXPECT_EQ(NodeNames(graph), (std::vector<std::string>{"n0", "n1", "n2", "n3", "n4"}));
}

TEST(SortTopologically, NamesTheCycle) {
  Graph graph;
  const ValueId a = graph.AddValue("a"), b = graph.AddValue("b");
  graph.nodes.push_back(MakeNode("one", {b}, {a}));
  graph.nodes.push_back(MakeNode("two", {a}, {b}));
  const Status status = SortTopologically(graph);
  EXPECT_EQ(status.node(), "one");
  EXPECT_NE(status.message().find("cycle"), std::string_view::npos);
}

TEST(SortTopologically, NamesWhatIsDefinedTwiceOrNowhere) {
  Graph twice;
  const ValueId a = twice.AddValue("a");
  twice.inputs = {a};
  twice.nodes.push_back(MakeNode("writer", {}, {a}));
  EXPECT_NE(SortTopologically(twice).ToString().find("node 'writer' (Op): value 'a' is defined twice"),
            std::string::npos);

  Graph nowhere;
  nowhere.nodes.push_back(MakeNode("reader", {nowhere.AddValue("ghost")}, {nowhere.AddValue("y")}));
  EXPECT_NE(SortTopologically(nowhere).message().find("'ghost'"), std::string_view::npos);

  Graph output;
  output.outputs = {output.AddValue("y")};
  EXPECT_NE(SortTopologically(output).message().find("'y'"), std::string_view::npos);
}

TEST(SortTopologically, CapturesOfASubgraphCountAsReads) {
  Graph graph;
  const ValueId x = graph.AddValue("x"), late = graph.AddValue("late"), y = graph.AddValue("y");
  graph.inputs = {x};
  graph.outputs = {y};
  auto body = std::make_shared<Graph>();
  body->captures.push_back({late, body->AddValue("late")});
  body->outputs = {body->captures[0].inner};
  Node branch = MakeNode("branch", {x}, {y});
  branch.attributes.push_back({"then_branch", body});
  graph.nodes.push_back(branch);
  graph.nodes.push_back(MakeNode("producer", {x}, {late}));
  ASSERT_TRUE(SortTopologically(graph).ok());
  EXPECT_EQ(NodeNames(graph), (std::vector<std::string>{"producer", "branch"}));
  EXPECT_EQ(Consumers(graph).nodes[static_cast<size_t>(late)], std::vector<size_t>{1});
}

TEST(Consumers, ListsReadersInOrderAndOutputs) {
  Graph graph;
  const ValueId x = graph.AddValue("x"), y = graph.AddValue("y"), z = graph.AddValue("z");
  graph.inputs = {x};
  graph.outputs = {z};
  graph.nodes.push_back(MakeNode("square", {x, x}, {y}));
  graph.nodes.push_back(MakeNode("sum", {x, y}, {z}));
  const Consumers consumers(graph);
  EXPECT_EQ(consumers.nodes[static_cast<size_t>(x)], (std::vector<size_t>{0, 0, 1}));
  EXPECT_TRUE(consumers.is_output[static_cast<size_t>(z)]);
  EXPECT_FALSE(consumers.is_output[static_cast<size_t>(y)]);
}

TEST(RemoveDead, DropsNodesAndConstantsThatNobodyReads) {
  Graph graph;
  const ValueId x = graph.AddValue("x"), y = graph.AddValue("y"), unread = graph.AddValue("unread");
  const ValueId used = graph.AddValue("used"), unused = graph.AddValue("unused");
  graph.inputs = {x};
  graph.outputs = {y};
  graph.constants[used] = std::move(Tensor::Allocate(DType::kFloat32, {1})).value();
  graph.constants[unused] = std::move(Tensor::Allocate(DType::kFloat32, {1})).value();
  graph.nodes.push_back(MakeNode("live", {x, used}, {y}));
  graph.nodes.push_back(MakeNode("dead", {x, unused}, {unread}));
  RemoveDead(graph);
  EXPECT_EQ(NodeNames(graph), std::vector<std::string>{"live"});
  EXPECT_TRUE(graph.FindConstant(used));
  EXPECT_FALSE(graph.FindConstant(unused));
}

TEST(Graph, DescribesValuesForPeople) {
  Graph graph;
  EXPECT_EQ(graph.Describe(graph.AddValue("x")), "value 'x'");
  EXPECT_EQ(graph.Describe(graph.AddValue("")), "value #1");
  EXPECT_EQ(graph.Describe(kNoValue), "no value");
  EXPECT_EQ(graph.Describe(99), "no value");
}

TEST(Dim, SameOnlyWhereEqualityIsCertain) {
  EXPECT_TRUE(Dim::Known(3).Same(Dim::Known(3)));
  EXPECT_FALSE(Dim::Known(3).Same(Dim::Known(4)));
  EXPECT_TRUE(Dim::Symbol(0).Same(Dim::Symbol(0)));
  EXPECT_FALSE(Dim::Symbol(0).Same(Dim::Symbol(1)));
  EXPECT_FALSE(Dim::Unknown().Same(Dim::Unknown()));
  EXPECT_FALSE(Dim::Symbol(0).Same(Dim::Known(1)));
}

TEST(SymbolTable, InternsOnce) {
  SymbolTable symbols;
  EXPECT_EQ(symbols.Intern("batch"), 0);
  EXPECT_EQ(symbols.Intern("seq"), 1);
  EXPECT_EQ(symbols.Intern("batch"), 0);
}

TEST(TypeInfo, PrintsAsPeopleWriteIt) {
  SymbolTable symbols;
  const Dims dims{Dim::Symbol(symbols.Intern("batch")), Dim::Known(128), Dim::Unknown()};
  EXPECT_EQ(TypeInfo::Tensor(DType::kInt64, dims).ToString(symbols), "int64 [batch, 128, ?]");
  EXPECT_EQ(TypeInfo::Tensor(DType::kInt64).ToString(symbols), "int64 of any rank");
  EXPECT_EQ(TypeInfo::Sequence(TypeInfo::Optional(TypeInfo::Tensor(DType::kFloat32, Shape{2}))).ToString(symbols),
            "sequence of optional float32 [2]");
  EXPECT_EQ(TypeInfo::Map(DType::kString, TypeInfo()).ToString(symbols), "map from string to unknown");
}

TEST(TypeInfo, ShapesAndDimsConvert) {
  EXPECT_EQ(ShapeOf(DimsOf(Shape{2, 3})), (Shape{2, 3}));
  EXPECT_EQ(ShapeOf(Dims{Dim::Known(2), Dim::Unknown()}), std::nullopt);
}

}  // namespace
}  // namespace onedge::graph
