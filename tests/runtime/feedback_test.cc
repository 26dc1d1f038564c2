// Outputs of a run as inputs of the next one. Wherever an output lies, the next run must read it like a copy.
#include <gtest/gtest.h>

#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

using testing::GraphBuilder;

Tensor Floats(const Shape& shape, std::vector<float> values) {
  return Tensor::FromValues<float>(shape, values).value();
}

// A copy that does not share memory with `value`.
Value DeepCopy(const Value& value) {
  if (value.is_sequence()) {
    Sequence out;
    for (const Value& element : value.sequence().elements) out.elements.push_back(DeepCopy(element));
    return Value(std::move(out));
  }
  if (value.is_map()) {
    Map out;
    out.keys = value.map().keys.Clone().value();
    for (const Value& element : value.map().values) out.values.push_back(DeepCopy(element));
    return Value(std::move(out));
  }
  return value.tensor().Clone().value();
}

void Append(const Value& value, std::vector<float>& out) {
  if (value.is_sequence()) {
    for (const Value& element : value.sequence().elements) Append(element, out);
  } else if (value.is_map()) {
    for (const Value& element : value.map().values) Append(element, out);
  } else {
    const auto values = value.tensor().values<float>();
    out.insert(out.end(), values.begin(), values.end());
  }
}

std::vector<std::vector<float>> NumbersOf(std::span<const Value> values) {
  std::vector<std::vector<float>> out;
  for (const Value& value : values) Append(value, out.emplace_back());
  return out;
}

constexpr const char* kNames[] = {"planned", "alias", "dynamic", "constant", "passed", "sequence", "map"};

// Each input is replaced by the output of its name. The output lies in the arena, is a view of the arena, is allocated
// in the run, is a constant, belongs to the caller, is a sequence of views of the arena, or is a map that is returned
// unchanged.
graph::Graph Recurrence() {
  GraphBuilder builder;
  const auto planned = builder.Input("planned", DType::kFloat32, {2, 3});
  const auto alias = builder.Input("alias", DType::kFloat32, {6});
  const auto dynamic = builder.Input("dynamic", DType::kFloat32, {"n"});
  const auto constant = builder.Input("constant", DType::kFloat32, {2, 3});
  const auto passed = builder.Input("passed", DType::kFloat32, {3});
  const auto sequence = builder.Declare(builder.Input("sequence", DType::kFloat32, {2, 3}),
                                        graph::TypeInfo::Sequence(graph::TypeInfo::Tensor(DType::kFloat32)));
  graph::TypeInfo map_type;
  map_type.kind = graph::TypeInfo::Kind::kMap;
  const auto map = builder.Declare(builder.Input("map", DType::kFloat32, {1}), map_type);

  const auto element = builder.Node("SequenceAt", {sequence, builder.Ints({}, {0})});
  const auto flat = builder.Ints({1}, {6});
  const auto square = builder.Ints({2}, {2, 3});
  auto sum = builder.Node("Add", {builder.Node("Neg", {planned}), passed});
  sum = builder.Node("Sub", {builder.Node("Reshape", {alias, square}), sum});
  const auto next = builder.Node("Add", {builder.Node("Mul", {sum, constant}), planned});
  const auto view = builder.Node("Reshape", {builder.Node("Sub", {element, next}), flat});
  const auto ones = builder.Node("NonZero", {dynamic});
  const auto kept = builder.Node(
      "Gather", {builder.Node("Add", {dynamic, dynamic}), builder.Node("Squeeze", {ones, builder.Ints({1}, {0})})});
  const auto half = builder.Floats({2, 3}, {0.5f, 0.25f, 0.5f, 0.25f, 0.5f, 0.25f});
  builder.Output(next, "planned_out");
  builder.Output(view, "alias_out");
  builder.Output(kept, "dynamic_out");
  builder.Output(half, "constant_out");
  builder.Output(passed);
  builder.Output(builder.Node("SequenceConstruct", {builder.Node("Add", {element, planned}), next}), "sequence_out");
  builder.Output(map);
  return builder.Build();
}

std::vector<Value> FirstInputs() {
  Sequence sequence;
  sequence.elements = {Floats({2, 3}, {9, 8, 7, 6, 5, 4}), Floats({2, 3}, {1, 1, 1, 1, 1, 1})};
  Map map;
  map.keys = Tensor::FromValues<int64_t>({1}, std::vector<int64_t>{7}).value();
  map.values = {Floats({2}, {3, 4})};
  return {Floats({2, 3}, {1, 2, 3, 4, 5, 6}),
          Floats({6}, {6, 5, 4, 3, 2, 1}),
          Floats({3}, {1, 2, 3}),
          Floats({2, 3}, {1, 2, 1, 2, 1, 2}),
          Floats({3}, {-1, 0, 1}),
          Value(std::move(sequence)),
          Value(std::move(map))};
}

std::vector<NamedValue> Named(const std::vector<Value>& values) {
  std::vector<NamedValue> out;
  for (size_t i = 0; i < values.size(); ++i) out.push_back({kNames[i], values[i]});
  return out;
}

TEST(Feedback, OutputsFedBackGiveTheSameBitsAsCopiesOfThem) {
  auto model = Model::Create(Recurrence());
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const auto session = std::move(Session::Create(*model)).value();
  const auto reference = std::move(Session::Create(*model)).value();
  std::vector<Value> fed = FirstInputs();
  std::vector<Value> copied = FirstInputs();
  for (int step = 0; step < 6; ++step) {
    const auto outputs = session->Run(Named(fed));
    const auto expected = reference->Run(Named(copied));
    ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
    ASSERT_TRUE(expected.ok()) << expected.status().ToString();
    EXPECT_EQ(NumbersOf(*outputs), NumbersOf(*expected)) << "step " << step;
    fed.assign(outputs->begin(), outputs->end());
    copied.clear();
    for (const Value& value : *expected) copied.push_back(DeepCopy(value));
    // A map with values in the arena.
    Map map;
    map.keys = fed[6].map().keys;
    map.values = {fed[0], fed[1]};
    copied[6] = DeepCopy(Value(map));
    fed[6] = Value(std::move(map));
  }
}

TEST(Feedback, AnOutputInTheArenaMayBeAnInputOfARunThatNeedsALargerArena) {
  // The arena grows between the runs: y = (x + x) * x over [n].
  GraphBuilder builder;
  const auto x = builder.Input("x", DType::kFloat32, {"n"});
  builder.Output(
      builder.Node("Concat", {builder.Node("Mul", {builder.Node("Add", {x, x}), x}), x}, {{"axis", int64_t{0}}}), "y");
  auto model = Model::Create(builder.Build());
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const auto session = std::move(Session::Create(*model)).value();
  std::vector<float> expected = {0.5f, 0.25f};
  Value fed = Floats({2}, expected);
  for (int step = 0; step < 4; ++step) {
    const NamedValue inputs[] = {{"x", fed}};
    const auto outputs = session->Run(inputs);
    ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
    std::vector<float> next;
    for (float value : expected) next.push_back((value + value) * value);
    next.insert(next.end(), expected.begin(), expected.end());
    expected = next;
    EXPECT_EQ(NumbersOf(*outputs), (std::vector<std::vector<float>>{expected})) << "step " << step;
    fed = (*outputs)[0];
  }
}

}  // namespace
}  // namespace onedge::runtime
