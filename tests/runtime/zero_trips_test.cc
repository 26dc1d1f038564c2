// Loop and Scan whose bodies run no times: scan outputs have the shape that inference gives the body, with 0 in front.
// onnxruntime gives the same ranks, and 0 for sizes that its inference before the run does not know.
#include <gtest/gtest.h>

#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

using graph::kNoValue;
using graph::ValueId;
using testing::GraphBuilder;

Tensor Zeros(const Shape& shape) {
  Tensor tensor = Tensor::Allocate(DType::kFloat32, shape).value();
  std::fill_n(tensor.mutable_data<float>(), tensor.element_count(), 0.0f);
  return tensor;
}
Tensor Int(int64_t value) { return Tensor::FromValues<int64_t>({}, {&value, 1}).value(); }

// The failure of the run, or the shapes of its outputs: "[0, 3]; [2]; ".
std::string ShapesOf(GraphBuilder& graph, std::vector<NamedValue> inputs) {
  const auto model = Model::Create(graph.Build());
  if (!model.ok()) return model.status().ToString();
  const auto session = Session::Create(*model);
  if (!session.ok()) return session.status().ToString();
  const auto outputs = (*session)->Run(inputs);
  if (!outputs.ok()) return outputs.status().ToString();
  std::string out;
  for (const Value& value : *outputs) out += value.tensor().shape().ToString() + "; ";
  return out;
}

struct Body : GraphBuilder {
  Body() {
    turn = Input("turn", DType::kInt64, {});
    const ValueId go = Input("go", DType::kBool, {});
    Output(Node("Identity", {go}));
  }
  ValueId turn;
};
// A Loop with `m` iterations and one scan output.
ValueId Loop(GraphBuilder& outer, ValueId m, Body& body, ValueId scanned) {
  body.Output(scanned);
  return outer.Node("Loop", {m, kNoValue}, {{"body", body.BuildSubgraph()}});
}

TEST(ZeroTrips, CapturedValuesHaveTheSizesOfTheRun) {
  GraphBuilder outer;
  const ValueId m = outer.Input("m", DType::kInt64, {});
  const ValueId x = outer.Input("x", DType::kFloat32, {"a", "b"});
  Body body;
  const ValueId inner = body.Capture(x);
  outer.Output(Loop(outer, m, body, body.Node("Mul", {inner, inner})));
  EXPECT_EQ(ShapesOf(outer, {{"m", Int(0)}, {"x", Zeros({2, 3})}}), "[0, 2, 3]; ");
}

TEST(ZeroTrips, WhatFollowsTheLoopFits) {
  GraphBuilder outer;
  const ValueId x = outer.Input("x", DType::kFloat32, {"n", 3});
  const ValueId n = outer.Node("Gather", {outer.Node("Shape", {x}), outer.Ints({}, {0})});
  Body body;
  const ValueId row = body.Node("Gather", {body.Capture(x), body.turn});
  const ValueId rows = Loop(outer, n, body, body.Node("Neg", {row}));
  outer.Output(outer.Node("MatMul", {rows, outer.Floats({3, 2}, {1, 2, 3, 4, 5, 6})}));
  outer.Output(outer.Node("Transpose", {rows}));
  EXPECT_EQ(ShapesOf(outer, {{"x", Zeros({0, 3})}}), "[0, 2]; [3, 0]; ");
}

TEST(ZeroTrips, CapturedShapesCount) {
  GraphBuilder outer;
  const ValueId m = outer.Input("m", DType::kInt64, {});
  const ValueId x = outer.Input("x", DType::kFloat32, {"n"});
  const ValueId sizes = outer.Input("sizes", DType::kInt64, {3});
  Body body;
  outer.Output(Loop(outer, m, body, body.Node("Reshape", {body.Capture(x), body.Capture(sizes)})));
  const int64_t values[] = {1, 2, -1};
  EXPECT_EQ(
      ShapesOf(outer, {{"m", Int(0)}, {"x", Zeros({6})}, {"sizes", Tensor::FromValues<int64_t>({3}, values).value()}}),
      "[0, 1, 2, 3]; ");
}

TEST(ZeroTrips, SizesThatDependOnDataAreZero) {
  GraphBuilder outer;
  const ValueId m = outer.Input("m", DType::kInt64, {});
  const ValueId x = outer.Input("x", DType::kFloat32, {"a", "b"});
  Body body;
  outer.Output(Loop(outer, m, body, body.Node("NonZero", {body.Capture(x)})));
  EXPECT_EQ(ShapesOf(outer, {{"m", Int(0)}, {"x", Zeros({4, 5})}}), "[0, 2, 0]; ");
}

// The sizes of a carried value that grows differ from those of its first turn.
TEST(ZeroTrips, CarriedValuesCountAsFarAsTheyStay) {
  GraphBuilder outer;
  const ValueId m = outer.Input("m", DType::kInt64, {});
  const ValueId x = outer.Input("x", DType::kFloat32, {"a", "b"});
  Body body;
  const ValueId carried = body.Input("carried", DType::kFloat32, {"c", "b"});
  body.Output(body.Node("Concat", {carried, body.Capture(x)}, {{"axis", int64_t{0}}}));
  body.Output(body.Node("Neg", {carried}));
  for (const ValueId id : outer.Nodes("Loop", {m, kNoValue, x}, 2, {{"body", body.BuildSubgraph()}})) outer.Output(id);
  EXPECT_EQ(ShapesOf(outer, {{"m", Int(0)}, {"x", Zeros({2, 3})}}), "[2, 3]; [0, 0, 3]; ");
}

TEST(ZeroTrips, ALoopInALoop) {
  for (const int64_t turns : {0, 2}) {
    GraphBuilder outer;
    const ValueId m = outer.Input("m", DType::kInt64, {});
    const ValueId none = outer.Input("none", DType::kInt64, {});
    const ValueId x = outer.Input("x", DType::kFloat32, {"a", "b"});
    Body body, innermost;
    const ValueId inner_x = body.Capture(x);
    const ValueId scanned =
        Loop(body, body.Capture(none), innermost, innermost.Node("Neg", {innermost.Capture(inner_x)}));
    outer.Output(Loop(outer, m, body, scanned));
    EXPECT_EQ(ShapesOf(outer, {{"m", Int(turns)}, {"none", Int(0)}, {"x", Zeros({2, 3})}}),
              StrCat("[", turns, ", 0, 2, 3]; "));
  }
}

TEST(ZeroTrips, ElementsOfASequence) {
  GraphBuilder outer;
  const ValueId m = outer.Input("m", DType::kInt64, {});
  const ValueId a = outer.Input("a", DType::kFloat32, {"n", "k"});
  const ValueId b = outer.Input("b", DType::kFloat32, {"m", "k"});
  const ValueId pair = outer.Node("SequenceConstruct", {a, b});
  Body body;
  outer.Output(Loop(outer, m, body, body.Node("SequenceAt", {body.Capture(pair), body.turn})));
  EXPECT_EQ(ShapesOf(outer, {{"m", Int(0)}, {"a", Zeros({2, 3})}, {"b", Zeros({4, 3})}}), "[0, 0, 3]; ");
}

// A contradiction in a body that does not run is not an error: the type before the run stays.
TEST(ZeroTrips, ABodyThatWouldFailIsNotRun) {
  GraphBuilder outer;
  const ValueId m = outer.Input("m", DType::kInt64, {});
  const ValueId x = outer.Input("x", DType::kFloat32, {"n"});
  const ValueId sizes = outer.Input("sizes", DType::kInt64, {2});
  Body body;
  outer.Output(Loop(outer, m, body, body.Node("Reshape", {body.Capture(x), body.Capture(sizes)})));
  const int64_t values[] = {4, 4};
  EXPECT_EQ(
      ShapesOf(outer, {{"m", Int(0)}, {"x", Zeros({6})}, {"sizes", Tensor::FromValues<int64_t>({2}, values).value()}}),
      "[0, 0, 0]; ");
}

TEST(ZeroTrips, ScanOverNoSlices) {
  for (const int64_t axis : {0, 1, -1}) {
    GraphBuilder outer;
    const ValueId x = outer.Input("x", DType::kFloat32, {"t", 3});
    GraphBuilder body;
    const ValueId slice = body.Input("slice", DType::kFloat32, {3});
    body.Output(body.Node("Mul", {slice, slice}));
    outer.Output(outer.Node("Scan", {x},
                            {{"body", body.BuildSubgraph()},
                             {"num_scan_inputs", int64_t{1}},
                             {"scan_output_axes", std::vector<int64_t>{axis}}}));
    EXPECT_EQ(ShapesOf(outer, {{"x", Zeros({0, 3})}}), axis == 0 ? "[0, 3]; " : "[3, 0]; ");
  }
}

TEST(ZeroTrips, ScanOfOpset8WithoutABatchOrWithoutSteps) {
  for (const Shape& shape : {Shape{2, 0, 3}, Shape{0, 4, 3}}) {
    GraphBuilder outer(8);
    const ValueId start = outer.Input("start", DType::kFloat32, {"batch", 3});
    const ValueId x = outer.Input("x", DType::kFloat32, {"batch", "t", 3});
    GraphBuilder body(8);
    const ValueId state = body.Input("state", DType::kFloat32, {3});
    const ValueId slice = body.Input("slice", DType::kFloat32, {3});
    const ValueId sum = body.Node("Add", {state, slice});
    body.Output(sum);
    body.Output(body.Node("Identity", {sum}));
    for (const ValueId id : outer.Nodes("Scan", {kNoValue, start, x}, 2,
                                        {{"body", body.BuildSubgraph()}, {"num_scan_inputs", int64_t{1}}})) {
      outer.Output(id);
    }
    EXPECT_EQ(ShapesOf(outer, {{"start", Zeros({shape[0], 3})}, {"x", Zeros(shape)}}),
              StrCat(Shape{shape[0], 3}, "; ", shape, "; "));
  }
}

}  // namespace
}  // namespace onedge::runtime
