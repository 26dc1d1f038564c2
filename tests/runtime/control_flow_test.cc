// If, Loop, Scan and SequenceMap, which need a runtime to run their subgraphs.
#include <gtest/gtest.h>

#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

using graph::kNoValue;
using testing::GraphBuilder;

Tensor Floats(const Shape& shape, std::vector<float> values) {
  return Tensor::FromValues<float>(shape, values).value();
}
Tensor Int(int64_t value) { return Tensor::FromValues<int64_t>({}, {&value, 1}).value(); }
Tensor Bool(bool value) { return Tensor::FromValues<bool>({}, {&value, 1}).value(); }

// The failure of the run, or each output as "[2]: 1 2".
std::string RunGraph(graph::Graph graph, std::vector<NamedValue> inputs, const RunOptions& options = {}) {
  const auto model = Model::Create(std::move(graph));
  if (!model.ok()) return model.status().ToString();
  const auto session = Session::Create(*model);
  if (!session.ok()) return session.status().ToString();
  const auto outputs = (*session)->Run(inputs, options);
  if (!outputs.ok()) return outputs.status().ToString();
  std::string out;
  const auto print = [&out](const Tensor& tensor) {
    out += tensor.shape().ToString() + ":";
    for (int64_t i = 0; i < tensor.element_count(); ++i) {
      out += StrCat(" ", tensor.dtype() == DType::kFloat32 ? static_cast<double>(tensor.data<float>()[i])
                                                           : static_cast<double>(tensor.data<int64_t>()[i]));
    }
    out += "; ";
  };
  for (const Value& value : *outputs) {
    if (value.is_tensor()) print(value.tensor());
    if (value.is_sequence()) {
      for (const Value& element : value.sequence().elements) print(element.tensor());
    }
  }
  return out;
}

// cond ? x + x : x[0:1]; both branches read x of the surrounding graph.
graph::Graph Branching() {
  GraphBuilder outer;
  const auto cond = outer.Input("cond", DType::kBool, {});
  const auto x = outer.Input("x", DType::kFloat32, {"n"});
  GraphBuilder yes;
  const auto x_yes = yes.Capture(x);
  yes.Output(yes.Node("Add", {x_yes, x_yes}));
  GraphBuilder no;
  no.Output(no.Node("Slice", {no.Capture(x), no.Ints({1}, {0}), no.Ints({1}, {1})}));
  outer.Output(outer.Node("If", {cond}, {{"then_branch", yes.BuildSubgraph()}, {"else_branch", no.BuildSubgraph()}}),
               "y");
  return outer.Build();
}

TEST(If, RunsTheBranchThatTheConditionChooses) {
  const Tensor x = Floats({2}, {3, 4});
  EXPECT_EQ(RunGraph(Branching(), {{"cond", Bool(true)}, {"x", x}}), "[2]: 6 8; ");
  EXPECT_EQ(RunGraph(Branching(), {{"cond", Bool(false)}, {"x", x}}), "[1]: 3; ");
}

// x has 5 elements, which the branch that never runs would cut into 4 equal parts.
TEST(If, ABranchThatNeverRunsMayContradictTheShapesAroundIt) {
  GraphBuilder outer;
  const auto x = outer.Input("x", DType::kFloat32, {5});
  GraphBuilder never, always;
  never.Output(never.Nodes("Split", {never.Capture(x)}, 4)[0]);
  always.Output(always.Node("Neg", {always.Capture(x)}));
  outer.Output(outer.Node("If", {outer.Constant(Bool(false))},
                          {{"then_branch", never.BuildSubgraph()}, {"else_branch", always.BuildSubgraph()}}),
               "y");
  EXPECT_EQ(RunGraph(outer.Build(), {{"x", Floats({5}, {1, 2, 3, 4, 5})}}), "[5]: -1 -2 -3 -4 -5; ");
}

// s += x each turn while s < limit; scan output: s before the turn.
graph::Graph Summing(bool with_limit, bool with_cond, float stop) {
  GraphBuilder outer;
  const auto m = outer.Input("m", DType::kInt64, {});
  const auto cond = outer.Input("cond", DType::kBool, {});
  const auto start = outer.Input("start", DType::kFloat32, {1});
  GraphBuilder body;
  body.Input("turn", DType::kInt64, {});
  body.Input("go", DType::kBool, {});
  const auto s = body.Input("s", DType::kFloat32, {1});
  const auto next = body.Node("Add", {s, body.Floats({1}, {2})});
  body.Output(body.Node("Less", {next, body.Floats({1}, {stop})}));
  body.Output(next);
  body.Output(body.Declare(body.Node("Identity", {s}), graph::TypeInfo::Tensor(DType::kFloat32, Shape{1})));
  const auto outputs = outer.Nodes("Loop", {with_limit ? m : kNoValue, with_cond ? cond : kNoValue, start}, 2,
                                   {{"body", body.BuildSubgraph()}});
  outer.Output(outputs[0], "last");
  outer.Output(outputs[1], "all");
  return outer.Build();
}

TEST(Loop, EndsAfterMTurnsOrWhenTheConditionFails) {
  const std::vector<NamedValue> inputs = {{"m", Int(3)}, {"cond", Bool(true)}, {"start", Floats({1}, {1})}};
  EXPECT_EQ(RunGraph(Summing(true, true, 100), inputs), "[1]: 7; [3, 1]: 1 3 5; ");
  EXPECT_EQ(RunGraph(Summing(true, true, 4), inputs), "[1]: 5; [2, 1]: 1 3; ");
  EXPECT_EQ(RunGraph(Summing(false, true, 8), inputs), "[1]: 9; [4, 1]: 1 3 5 7; ");
  EXPECT_EQ(RunGraph(Summing(true, false, 100), inputs), "[1]: 7; [3, 1]: 1 3 5; ");
}

TEST(Loop, WithoutATurnPassesItsStateOn) {
  EXPECT_EQ(RunGraph(Summing(true, true, 100), {{"m", Int(0)}, {"cond", Bool(true)}, {"start", Floats({1}, {1})}}),
            "[1]: 1; [0, 1]:; ");
  EXPECT_EQ(RunGraph(Summing(false, true, 100), {{"m", Int(0)}, {"cond", Bool(false)}, {"start", Floats({1}, {1})}}),
            "[1]: 1; [0, 1]:; ");
}

TEST(Loop, AnEndlessOneCanBeCancelled) {
  int polls = 0;
  RunOptions options;
  options.cancelled = [&polls] { return ++polls > 50; };
  const std::string said = RunGraph(Summing(false, false, 1e30f),
                                    {{"m", Int(0)}, {"cond", Bool(true)}, {"start", Floats({1}, {1})}}, options);
  EXPECT_NE(said.find("cancelled"), std::string::npos) << said;
}

TEST(Loop, CarriedValuesMayGrow) {
  GraphBuilder outer;
  const auto x = outer.Input("x", DType::kFloat32, {"n"});
  GraphBuilder body;
  body.Input("turn", DType::kInt64, {});
  const auto go = body.Input("go", DType::kBool, {});
  const auto s = body.Input("s", DType::kFloat32, {"k"});
  body.Output(body.Node("Identity", {go}));
  body.Output(body.Node("Concat", {s, body.Capture(x)}, {{"axis", int64_t{0}}}));
  outer.Output(outer.Node("Loop", {outer.Ints({}, {2}), kNoValue, x}, {{"body", body.BuildSubgraph()}}), "y");
  EXPECT_EQ(RunGraph(outer.Build(), {{"x", Floats({2}, {1, 2})}}), "[6]: 1 2 1 2 1 2; ");
}

// state += slice; scan output: state.
std::shared_ptr<graph::Graph> RunningSum(int64_t opset) {
  GraphBuilder body(opset);
  const auto state = body.Input("state", DType::kFloat32, {2});
  const auto slice = body.Input("slice", DType::kFloat32, {2});
  const auto sum = body.Node("Add", {state, slice});
  body.Output(sum);
  body.Output(body.Node("Identity", {sum}));
  return body.BuildSubgraph();
}

TEST(Scan, ScansForwardsAndBackwardsAlongAnyAxis) {
  const auto run = [](std::vector<graph::Attribute> attributes, Shape shape) {
    GraphBuilder outer;
    const auto start = outer.Input("start", DType::kFloat32, {2});
    const auto x = outer.Input("x", DType::kFloat32, {static_cast<int>(shape[0]), static_cast<int>(shape[1])});
    attributes.push_back({"body", RunningSum(17)});
    attributes.push_back({"num_scan_inputs", int64_t{1}});
    const auto outputs = outer.Nodes("Scan", {start, x}, 2, std::move(attributes));
    outer.Output(outputs[0], "last");
    outer.Output(outputs[1], "all");
    return RunGraph(outer.Build(), {{"start", Floats({2}, {0, 0})}, {"x", Floats(shape, {1, 2, 3, 4, 5, 6})}});
  };
  using Ints = std::vector<int64_t>;
  EXPECT_EQ(run({}, {3, 2}), "[2]: 9 12; [3, 2]: 1 2 4 6 9 12; ");
  EXPECT_EQ(run({{"scan_input_directions", Ints{1}}}, {3, 2}), "[2]: 9 12; [3, 2]: 5 6 8 10 9 12; ");
  EXPECT_EQ(run({{"scan_output_directions", Ints{1}}}, {3, 2}), "[2]: 9 12; [3, 2]: 9 12 4 6 1 2; ");
  EXPECT_EQ(run({{"scan_input_axes", Ints{-1}}, {"scan_output_axes", Ints{1}}}, {2, 3}),
            "[2]: 6 15; [2, 3]: 1 3 6 4 9 15; ");
}

TEST(Scan, Opset8HasABatchAndSequenceLengths) {
  GraphBuilder outer(8);
  const auto lengths = outer.Input("lengths", DType::kInt64, {2});
  const auto start = outer.Input("start", DType::kFloat32, {2, 2});
  const auto x = outer.Input("x", DType::kFloat32, {2, 2, 2});
  const auto outputs =
      outer.Nodes("Scan", {lengths, start, x}, 2, {{"body", RunningSum(8)}, {"num_scan_inputs", int64_t{1}}});
  outer.Output(outputs[0], "last");
  outer.Output(outputs[1], "all");
  const int64_t values[] = {1, 2};
  EXPECT_EQ(RunGraph(outer.Build(), {{"lengths", Tensor::FromValues<int64_t>({2}, values).value()},
                                     {"start", Floats({2, 2}, {0, 0, 0, 0})},
                                     {"x", Floats({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})}}),
            "[2, 2]: 1 2 12 14; [2, 2, 2]: 1 2 0 0 5 6 12 14; ");
}

TEST(SequenceMap, RunsItsBodyOnEachElement) {
  GraphBuilder outer;
  const auto a = outer.Input("a", DType::kFloat32, {"n"});
  const auto b = outer.Input("b", DType::kFloat32, {"m"});
  const auto one = outer.Input("one", DType::kFloat32, {1});
  const auto pair = outer.Node("SequenceConstruct", {a, b});
  GraphBuilder body;
  const auto element = body.Input("element", DType::kFloat32, {"k"});
  const auto added = body.Input("added", DType::kFloat32, {1});
  body.Output(body.Node("Add", {element, added}));
  outer.Output(outer.Node("SequenceMap", {pair, one}, {{"body", body.BuildSubgraph()}}), "y");
  EXPECT_EQ(RunGraph(outer.Build(), {{"a", Floats({2}, {1, 2})}, {"b", Floats({1}, {3})}, {"one", Floats({1}, {10})}}),
            "[2]: 11 12; [1]: 13; ");
}

}  // namespace
}  // namespace onedge::runtime
