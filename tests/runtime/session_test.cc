#include "runtime/session.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

using testing::GraphBuilder;

Tensor Floats(const Shape& shape, std::vector<float> values) {
  return Tensor::FromValues<float>(shape, values).value();
}

std::vector<float> FloatsOf(const Value& value) {
  const auto values = value.tensor().values<float>();
  return {values.begin(), values.end()};
}

std::shared_ptr<const Model> MakeModel(graph::Graph graph, MemoryBudget* budget = nullptr) {
  auto model = Model::Create(std::move(graph), {.budget = budget});
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  return model.ok() ? *model : nullptr;
}

std::unique_ptr<Session> MakeSession(graph::Graph graph, MemoryBudget* budget = nullptr) {
  return std::move(Session::Create(MakeModel(std::move(graph), budget))).value();
}

// y = (a + b) * a, over [batch, 3].
graph::Graph AddThenMul() {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {"batch", 3});
  const auto b = builder.Input("b", DType::kFloat32, {"batch", 3});
  builder.Output(builder.Node("Mul", {builder.Node("Add", {a, b}), a}), "y");
  return builder.Build();
}

TEST(Session, RunsAGraphForSeveralShapes) {
  auto session = MakeSession(AddThenMul());
  for (int round = 0; round < 3; ++round) {
    const NamedValue one[] = {{"a", Floats({1, 3}, {1, 2, 3})}, {"b", Floats({1, 3}, {10, 20, 30})}};
    auto outputs = session->Run(one);
    ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
    EXPECT_EQ(FloatsOf((*outputs)[0]), (std::vector<float>{11, 44, 99}));
    const NamedValue two[] = {{"b", Floats({2, 3}, {1, 1, 1, 1, 1, 1})}, {"a", Floats({2, 3}, {1, 2, 3, 4, 5, 6})}};
    outputs = session->Run(two);
    ASSERT_TRUE(outputs.ok());
    EXPECT_EQ(FloatsOf((*outputs)[0]), (std::vector<float>{2, 6, 12, 20, 30, 42}));
  }
  EXPECT_EQ(session->cached_plans(), 2u);
}

TEST(Session, InputsAreCheckedAtTheDoorAndTheSessionStaysUsable) {
  auto session = MakeSession(AddThenMul());
  const Tensor good = Floats({1, 3}, {1, 2, 3});
  const auto message = [&](std::span<const NamedValue> inputs) { return session->Run(inputs).status().ToString(); };
  const NamedValue unknown[] = {{"a", good}, {"c", good}};
  EXPECT_EQ(message(unknown), "input 'c' is unknown; this model takes 'a', 'b'");
  const NamedValue missing[] = {{"a", good}};
  EXPECT_EQ(message(missing), "input 'b' is missing: expected float32 [batch, 3]");
  const NamedValue dtype[] = {{"a", good},
                              {"b", Tensor::FromValues<int64_t>({1, 3}, std::vector<int64_t>{1, 2, 3}).value()}};
  EXPECT_EQ(message(dtype), "input 'b': expected float32 [batch, 3], got int64 [1, 3]");
  const NamedValue shape[] = {{"a", good}, {"b", Floats({1, 2}, {1, 2})}};
  EXPECT_EQ(message(shape), "input 'b': expected float32 [batch, 3], got float32 [1, 2]");
  const NamedValue batch[] = {{"a", good}, {"b", Floats({2, 3}, {1, 2, 3, 4, 5, 6})}};
  EXPECT_EQ(message(batch), "input 'b': dimension 0 (batch) is 2, but 1 in input 'a'; both must be equal");
  const NamedValue twice[] = {{"a", good}, {"a", good}, {"b", good}};
  EXPECT_EQ(message(twice), "input 'a' is given twice");
  const NamedValue right[] = {{"a", good}, {"b", good}};
  EXPECT_TRUE(session->Run(right).ok());
}

TEST(Session, ShapeArithmeticIsDoneWhilePlanning) {
  // y = Reshape(x, [Shape(x)[0], -1])
  GraphBuilder builder;
  const auto x = builder.Input("x", DType::kFloat32, {"batch", "rows", 2});
  const auto batch =
      builder.Node("Gather", {builder.Node("Shape", {x}), builder.Ints({1}, {0})}, {{"axis", int64_t{0}}});
  const auto target = builder.Node("Concat", {batch, builder.Ints({1}, {-1})}, {{"axis", int64_t{0}}});
  builder.Output(builder.Node("Reshape", {x, target}), "y");
  auto session = MakeSession(builder.Build());
  std::vector<StepProfile> profile;
  const NamedValue inputs[] = {{"x", Floats({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})}};
  auto outputs = session->Run(inputs, {.profile = &profile});
  ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
  EXPECT_EQ((*outputs)[0].tensor().shape(), Shape({2, 6}));
  ASSERT_EQ(profile.size(), 1u);  // the Reshape alone
  EXPECT_EQ(profile[0].op_type, "Reshape");
  EXPECT_EQ(session->arena_bytes(), 0u);  // and that is a view
}

TEST(Session, DataDependentShapesAreAllocatedInTheRun) {
  GraphBuilder builder;
  const auto x = builder.Input("x", DType::kFloat32, {"n"});
  const auto where = builder.Node("NonZero", {x});
  builder.Output(builder.Node("Gather", {x, builder.Node("Squeeze", {where, builder.Ints({1}, {0})})}), "y");
  auto session = MakeSession(builder.Build());
  const NamedValue first[] = {{"x", Floats({5}, {0, 7, 0, 8, 9})}};
  EXPECT_EQ(FloatsOf((*session->Run(first))[0]), (std::vector<float>{7, 8, 9}));
  const NamedValue second[] = {{"x", Floats({5}, {0, 0, 0, 0, 1})}};
  EXPECT_EQ(FloatsOf((*session->Run(second))[0]), (std::vector<float>{1}));
}

TEST(Session, ABranchSeesTheValuesAroundIt) {
  GraphBuilder builder;
  const auto condition = builder.Input("condition", DType::kBool, {});
  const auto x = builder.Input("x", DType::kFloat32, {"n"});
  const auto doubled = builder.Node("Add", {x, x});
  GraphBuilder yes;
  yes.Output(yes.Node("Mul", {yes.Capture(doubled), yes.Capture(x)}));
  GraphBuilder no;
  no.Output(no.Node("Neg", {no.Capture(x)}));
  builder.Output(
      builder.Node("If", {condition}, {{"then_branch", yes.BuildSubgraph()}, {"else_branch", no.BuildSubgraph()}}),
      "y");
  auto session = MakeSession(builder.Build());
  for (bool taken : {true, false, true}) {
    const uint8_t flag = taken;
    const NamedValue inputs[] = {{"condition", Tensor::FromBytes(DType::kBool, {}, {&flag, 1}).value()},
                                 {"x", Floats({2}, {3, 4})}};
    auto outputs = session->Run(inputs);
    ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
    EXPECT_EQ(FloatsOf((*outputs)[0]), taken ? (std::vector<float>{18, 32}) : (std::vector<float>{-3, -4}));
  }
}

TEST(Session, OverTheBudgetIsRefusedBeforeTheRunAndASmallerRunSucceeds) {
  MemoryBudget budget(64 * 1024);
  auto session = MakeSession(AddThenMul(), &budget);
  const Tensor large = Tensor::Allocate(DType::kFloat32, {10000, 3}).value();
  const NamedValue too_large[] = {{"a", large}, {"b", large}};
  const Status status = session->Run(too_large).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.ToString();
  const NamedValue small[] = {{"a", Floats({1, 3}, {1, 2, 3})}, {"b", Floats({1, 3}, {1, 2, 3})}};
  EXPECT_TRUE(session->Run(small).ok());
  session.reset();
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(Session, ACancelledRunLeavesTheSessionUsable) {
  auto session = MakeSession(AddThenMul());
  const NamedValue inputs[] = {{"a", Floats({1, 3}, {1, 2, 3})}, {"b", Floats({1, 3}, {1, 2, 3})}};
  int polls = 0;
  const Status status = session->Run(inputs, {.cancelled = [&] { return ++polls == 2; }}).status();
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  EXPECT_TRUE(session->Run(inputs).ok());
}

TEST(Session, PlansAreCachedUpToTheLimit) {
  auto session = std::move(Session::Create(MakeModel(AddThenMul()), {.max_cached_plans = 2})).value();
  for (int64_t batch : {1, 2, 3, 1, 2, 3}) {
    const Tensor x = Tensor::Allocate(DType::kFloat32, {batch, 3}).value();
    const NamedValue inputs[] = {{"a", x}, {"b", x}};
    ASSERT_TRUE(session->Run(inputs).ok());
    EXPECT_LE(session->cached_plans(), 2u);
  }
}

#ifndef __EMSCRIPTEN__
TEST(Session, SessionsOfOneModelRunConcurrently) {
  const auto model = MakeModel(AddThenMul());
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      auto session = std::move(Session::Create(model)).value();
      for (int round = 0; round < 200; ++round) {
        const float base = static_cast<float>(t * 1000 + round);
        const NamedValue inputs[] = {{"a", Floats({1, 3}, {base, base, base})}, {"b", Floats({1, 3}, {1, 1, 1})}};
        auto outputs = session->Run(inputs);
        if (!outputs.ok() || FloatsOf((*outputs)[0])[2] != (base + 1) * base) ++wrong[static_cast<size_t>(t)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}
#endif

TEST(Model, AnUnknownOperatorIsNamed) {
  GraphBuilder builder;
  builder.Output(builder.Node("Frobnicate", {builder.Input("x", DType::kFloat32, {1})}), "y");
  const Status status = Model::Create(builder.Build()).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_EQ(status.ToString(),
            "node 'Frobnicate_0' (Frobnicate): operator ai.onnx.Frobnicate is not supported in opset 17");
}

TEST(Model, AnAttributeThatNobodyReadsIsNamed) {
  GraphBuilder builder;
  builder.Output(builder.Node("Relu", {builder.Input("x", DType::kFloat32, {1})}, {{"slope", 0.5f}}), "y");
  EXPECT_EQ(Model::Create(builder.Build()).status().ToString(),
            "node 'Relu_0' (Relu): attribute 'slope' is not known to this operator in opset 17");
}

}  // namespace
}  // namespace onedge::runtime
