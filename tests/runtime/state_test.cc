// Runs with a State, compared with the same runs without one: their outputs are copied to the inputs of the next run.
#include "runtime/state.h"

#include <gtest/gtest.h>

#include <set>

#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

using graph::kNoValue;
using graph::ValueId;
using testing::GraphBuilder;

constexpr int kSteps = 512;

Tensor Zeros(DType dtype, const Shape& shape) {
  Tensor tensor = Tensor::Allocate(dtype, shape).value();
  std::fill_n(tensor.mutable_bytes(), tensor.byte_size(), uint8_t{0});
  return tensor;
}

// Numbers between -1 and 1 that depend on `seed`.
Tensor Numbers(const Shape& shape, uint32_t seed) {
  Tensor tensor = Tensor::Allocate(DType::kFloat32, shape).value();
  for (int64_t i = 0; i < tensor.element_count(); ++i) {
    seed = seed * 1664525u + 1013904223u;
    tensor.mutable_data<float>()[i] = static_cast<float>(seed >> 8) / 8388608.0f - 1.0f;
  }
  return tensor;
}

std::vector<uint8_t> BytesOf(const Tensor& tensor) { return {tensor.bytes(), tensor.bytes() + tensor.byte_size()}; }

struct Recurrence {
  graph::Graph graph;
  std::vector<StatePair> pairs;
  std::vector<GrowingInput> growing = {};
};

// Runs `steps` steps with and without a State and compares every output, and at the end every value of the State.
// `inputs(step)`: the model's inputs outside the State; they have `input_shapes` different shapes.
template <typename Inputs>
void Compare(Recurrence recurrence, int steps, const Inputs& inputs, bool in_place = true, size_t input_shapes = 1) {
  auto model = Model::Create(std::move(recurrence.graph));
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const auto session = std::move(Session::Create(*model)).value();
  const auto reference = std::move(Session::Create(*model)).value();
  auto state = State::Create(*model, recurrence.pairs, recurrence.growing);
  ASSERT_TRUE(state.ok()) << state.status().ToString();
  const auto output_of = [&](const StatePair& pair) {
    for (size_t i = 0;; ++i) {
      if ((*model)->outputs()[i].name == pair.output) return i;
    }
  };
  std::vector<Tensor> values;
  for (const StatePair& pair : recurrence.pairs) values.push_back(pair.initial);
  std::set<int64_t> rooms;
  std::vector<const uint8_t*> places(values.size());
  for (int step = 0; step < steps; ++step) {
    std::vector<NamedValue> given = inputs(step);
    const int64_t room_before = (*state)->room(0);
    const auto outputs = session->Run(given, {.state = state->get()});
    ASSERT_TRUE(outputs.ok()) << "step " << step << ": " << outputs.status().ToString();
    for (size_t i = 0; i < values.size(); ++i) given.push_back({recurrence.pairs[i].input, values[i]});
    const auto expected = reference->Run(given);
    ASSERT_TRUE(expected.ok()) << "step " << step << ": " << expected.status().ToString();
    std::set<size_t> kept;
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t output = output_of(recurrence.pairs[i]);
      kept.insert(output);
      EXPECT_TRUE((*outputs)[output].is_none());
      values[i] = (*expected)[output].tensor().Clone().value();
      if (step > 0 && (*state)->room(0) == room_before) EXPECT_EQ((*state)->bytes(i), places[i]) << "step " << step;
      places[i] = (*state)->bytes(i);
    }
    for (size_t i = 0; i < expected->size(); ++i) {
      if (kept.contains(i)) continue;
      ASSERT_EQ((*outputs)[i].tensor().shape(), (*expected)[i].tensor().shape()) << "step " << step;
      ASSERT_EQ(BytesOf((*outputs)[i].tensor()), BytesOf((*expected)[i].tensor())) << "step " << step;
    }
    rooms.insert((*state)->room(0));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const Tensor value = (*state)->Read(i).value();
    EXPECT_EQ(value.shape(), values[i].shape());
    EXPECT_EQ(BytesOf(value), BytesOf(values[i]));
  }
  EXPECT_LE(session->plans_made(), rooms.size() * input_shapes);
  if (in_place) {
    EXPECT_EQ((*state)->copied_bytes(), 0u);
  } else {
    EXPECT_GT((*state)->copied_bytes(), 0u);
  }
}

// total = total + x; y = total * 2.
Recurrence CumulativeSum() {
  GraphBuilder builder;
  const auto total = builder.Input("total", DType::kFloat32, {"n"});
  const auto x = builder.Input("x", DType::kFloat32, {"n"});
  const auto sum = builder.Node("Add", {total, x});
  builder.Output(builder.Node("Mul", {sum, builder.Floats({}, {2})}), "y");
  builder.Output(sum, "total_out");
  return {builder.Build(), {{"total", "total_out", std::nullopt, Zeros(DType::kFloat32, {33})}}};
}

std::vector<NamedValue> SumInputs(int step) { return {{"x", Numbers({33}, static_cast<uint32_t>(step))}}; }

TEST(State, ACumulativeSumIsWrittenOverItself) { Compare(CumulativeSum(), kSteps, SumInputs); }

TEST(State, AValueThatIsReadAfterwardsIsNotWrittenOver) {
  // total = total + x; y = total before.
  GraphBuilder builder;
  const auto total = builder.Input("total", DType::kFloat32, {33});
  const auto x = builder.Input("x", DType::kFloat32, {33});
  const auto view = builder.Node("Reshape", {total, builder.Ints({2}, {3, 11})});
  const auto sum = builder.Node("Add", {total, x});
  builder.Output(builder.Node("Neg", {view}), "y");
  builder.Output(sum, "total_out");
  Compare({builder.Build(), {{"total", "total_out", std::nullopt, Zeros(DType::kFloat32, {33})}}}, 8, SumInputs, false);
}

constexpr int64_t kBatch = 2, kHeads = 2, kSize = 8;

// A step of decoding, with 4 query heads for 2 heads of keys and values: [2, heads, seq, 8].
Recurrence AttentionCache(DType dtype, bool with_mask) {
  GraphBuilder builder(23);
  const auto convert = [&](ValueId x) {
    if (dtype == DType::kFloat32) return x;
    return builder.Node("Cast", {x}, {{"to", int64_t{10}}});
  };
  const auto q = builder.Input("q", DType::kFloat32, {"batch", 4, "seq", 8});
  const auto k = builder.Input("k", DType::kFloat32, {"batch", 2, "seq", 8});
  const auto v = builder.Input("v", DType::kFloat32, {"batch", 2, "seq", 8});
  const auto mask = with_mask ? builder.Input("mask", DType::kFloat32, {"seq", "total"}) : kNoValue;
  const auto past_key = builder.Input("past_key", dtype, {"batch", 2, "past", 8});
  const auto past_value = builder.Input("past_value", dtype, {"batch", 2, "past", 8});
  const auto outputs = builder.Nodes(
      "Attention", {convert(q), convert(k), convert(v), with_mask ? convert(mask) : mask, past_key, past_value}, 3,
      {{"is_causal", int64_t{with_mask ? 0 : 1}}});
  builder.Output(builder.Node("Add", {outputs[0], outputs[0]}), "y");
  builder.Output(outputs[1], "present_key");
  builder.Output(outputs[2], "present_value");
  const Tensor none = Zeros(dtype, {kBatch, kHeads, 0, kSize});
  Recurrence out{builder.Build(), {{"past_key", "present_key", 2, none}, {"past_value", "present_value", 2, none}}};
  if (with_mask) out.growing = {{"mask", 1}};
  return out;
}

std::vector<NamedValue> QueryKeyValue(int step, int64_t seq = 1) {
  const auto seed = static_cast<uint32_t>(step) * 3;
  return {{"q", Numbers({kBatch, 4, seq, kSize}, seed)},
          {"k", Numbers({kBatch, kHeads, seq, kSize}, seed + 1)},
          {"v", Numbers({kBatch, kHeads, seq, kSize}, seed + 2)}};
}

TEST(State, ACacheOfAttentionGrowsInPlace) {
  Compare(AttentionCache(DType::kFloat32, false), kSteps, [](int step) { return QueryKeyValue(step); });
}

TEST(State, ACacheOfFloat16GrowsInPlace) {
  Compare(AttentionCache(DType::kFloat16, false), 80, [](int step) { return QueryKeyValue(step); });
}

TEST(State, AMaskOverPastAndPresentGrowsWithTheCache) {
  Compare(AttentionCache(DType::kFloat32, true), 140, [](int step) {
    std::vector<NamedValue> inputs = QueryKeyValue(step);
    inputs.push_back({"mask", Numbers({1, step + 1}, static_cast<uint32_t>(step))});
    return inputs;
  });
}

// present = Concat(past, x) along `axis`, then `more`.
template <typename More>
Recurrence ConcatCache(std::vector<GraphBuilder::TestDim> past_dims, std::vector<GraphBuilder::TestDim> x_dims,
                       const Shape& none, size_t axis, const More& more) {
  GraphBuilder builder;
  const auto past = builder.Input("past", DType::kFloat32, std::move(past_dims));
  const auto x = builder.Input("x", DType::kFloat32, std::move(x_dims));
  const auto present = builder.Node("Concat", {past, x}, {{"axis", static_cast<int64_t>(axis)}});
  builder.Output(more(builder, present, x), "y");
  builder.Output(present, "present");
  return {builder.Build(), {{"past", "present", axis, Zeros(DType::kFloat32, none)}}};
}

TEST(State, ACacheOfConcatGrowsInPlace) {
  const auto negate = [](GraphBuilder& builder, ValueId, ValueId x) { return builder.Node("Neg", {x}); };
  Compare(ConcatCache({2, 3, "past", 4}, {2, 3, 1, 4}, {2, 3, 0, 4}, 2, negate), kSteps,
          [](int step) { return std::vector<NamedValue>{{"x", Numbers({2, 3, 1, 4}, static_cast<uint32_t>(step))}}; });
}

TEST(State, WhatGrowsAlongItsFirstDimensionIsReadInPlaceByEveryOperator) {
  const auto scores = [](GraphBuilder& builder, ValueId present, ValueId x) {
    return builder.Node("MatMul", {x, builder.Node("Transpose", {present})});
  };
  Compare(ConcatCache({"past", 12}, {1, 12}, {0, 12}, 0, scores), kSteps,
          [](int step) { return std::vector<NamedValue>{{"x", Numbers({1, 12}, static_cast<uint32_t>(step))}}; });
}

TEST(State, AnOperatorThatKnowsNoRoomsReadsACopy) {
  const auto sum = [](GraphBuilder& builder, ValueId present, ValueId) {
    return builder.Node("ReduceSum", {present, builder.Ints({1}, {2})});
  };
  Compare(
      ConcatCache({2, 3, "past", 4}, {2, 3, 1, 4}, {2, 3, 0, 4}, 2, sum), 70,
      [](int step) { return std::vector<NamedValue>{{"x", Numbers({2, 3, 1, 4}, static_cast<uint32_t>(step))}}; },
      false);
}

TEST(State, RunsOfSeveralEntriesAndOfOneShareTheState) {
  Compare(
      AttentionCache(DType::kFloat32, false), 6, [](int step) { return QueryKeyValue(step, step == 0 ? 40 : 1); }, true,
      2);
}

TEST(State, ARunThatDoesNotEndLeavesWhatGrowsAsItWas) {
  Recurrence recurrence = AttentionCache(DType::kFloat32, false);
  auto model = Model::Create(std::move(recurrence.graph));
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const auto session = std::move(Session::Create(*model)).value();
  const auto state = std::move(State::Create(*model, recurrence.pairs)).value();
  const RunOptions options{.state = state.get()};
  for (int step = 0; step < 3; ++step) ASSERT_TRUE(session->Run(QueryKeyValue(step), options).ok());
  const auto before = BytesOf(state->Read(0).value());
  for (int steps : {0, 1}) {
    auto run = session->Start(QueryKeyValue(7), options);
    ASSERT_TRUE(run.ok()) << run.status().ToString();
    EXPECT_EQ(session->Start(QueryKeyValue(7), options).status().message(),
              "the session is in the middle of a run: finish or drop it first");
    const auto other = std::move(Session::Create(*model)).value();
    EXPECT_EQ(other->Run(QueryKeyValue(7), options).status().message(), "the state is in use by another run");
    for (int i = 0; i < steps; ++i) ASSERT_TRUE(run->Step(Deadline::min()).ok());
  }
  EXPECT_EQ(BytesOf(state->Read(0).value()), before);
  EXPECT_TRUE(session->Run(QueryKeyValue(3), options).ok());
}

TEST(State, AValueThatIsHalfWrittenIsReset) {
  Recurrence recurrence = CumulativeSum();
  auto model = Model::Create(std::move(recurrence.graph));
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const auto session = std::move(Session::Create(*model)).value();
  const auto state = std::move(State::Create(*model, recurrence.pairs)).value();
  const RunOptions options{.state = state.get()};
  {
    auto run = session->Start(SumInputs(1), options);
    ASSERT_TRUE(run.ok()) << run.status().ToString();
    ASSERT_EQ(*run->Step(Deadline::min()), RunProgress::kMore);
  }
  EXPECT_EQ(session->Run(SumInputs(1), options).status().message(),
            "the state is incomplete, because a run did not finish; reset it");
  ASSERT_TRUE(state->Reset().ok());
  ASSERT_TRUE(session->Run(SumInputs(1), options).ok());
  EXPECT_EQ(BytesOf(state->Read(0).value()), BytesOf(SumInputs(1)[0].value.tensor()));
}

TEST(State, WhatDoesNotFitTheModelIsNamed) {
  Recurrence recurrence = CumulativeSum();
  auto model = Model::Create(std::move(recurrence.graph));
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const Tensor zeros = Zeros(DType::kFloat32, {33});
  const auto refusal = [&](std::vector<StatePair> pairs) {
    return State::Create(*model, std::move(pairs)).status().ToString();
  };
  EXPECT_EQ(refusal({{"sum", "total_out", std::nullopt, zeros}}), "state: the model has no input 'sum'");
  EXPECT_EQ(refusal({{"total", "sum", std::nullopt, zeros}}), "state: the model has no output 'sum'");
  EXPECT_EQ(refusal({{"total", "total_out", 1, zeros}}), "state 'total': dimension 1 of float32 [33] does not exist");
  EXPECT_EQ(refusal({{"total", "total_out", std::nullopt, zeros}, {"x", "total_out", std::nullopt, zeros}}),
            "state 'x': its input or output is in two pairs");
  const auto session = std::move(Session::Create(*model)).value();
  const auto state = std::move(State::Create(*model, recurrence.pairs)).value();
  std::vector<NamedValue> inputs = SumInputs(0);
  inputs.push_back({"total", zeros});
  EXPECT_EQ(session->Run(inputs, {.state = state.get()}).status().message(),
            "input 'total' comes from the state; do not pass it");
  auto other = Model::Create(CumulativeSum().graph);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ((*Session::Create(*other))->Run(SumInputs(0), {.state = state.get()}).status().message(),
            "the state belongs to another model");
}

TEST(State, IsUnderTheBudget) {
  MemoryBudget budget(4096);
  Recurrence recurrence = AttentionCache(DType::kFloat32, false);
  auto model = Model::Create(std::move(recurrence.graph));
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const Status status = State::Create(*model, recurrence.pairs, {}, &budget).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.ToString();
  EXPECT_EQ(budget.used_bytes(), 0u);
}

}  // namespace
}  // namespace onedge::runtime
