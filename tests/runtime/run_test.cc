// Run: a run that advances in steps, ends early, or is dropped.
#include "runtime/run.h"

#include <gtest/gtest.h>

#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

using testing::GraphBuilder;

constexpr Deadline kPast = Deadline::min();

Tensor Floats(const Shape& shape, std::vector<float> values) {
  return Tensor::FromValues<float>(shape, values).value();
}
Tensor Int(int64_t value) { return Tensor::FromValues<int64_t>({}, {&value, 1}).value(); }

std::vector<float> FloatsOf(const Value& value) {
  const auto values = value.tensor().values<float>();
  return {values.begin(), values.end()};
}

std::unique_ptr<Session> MakeSession(graph::Graph graph, MemoryBudget* budget = nullptr,
                                     std::span<const backends::Backend* const> backends = {}) {
  auto model = Model::Create(std::move(graph), {.backends = backends, .budget = budget});
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  return std::move(Session::Create(*model)).value();
}

// y = ((x + x) * x) - x over [n], three nodes.
graph::Graph ThreeNodes() {
  GraphBuilder builder;
  const auto x = builder.Input("x", DType::kFloat32, {"n"});
  const auto product = builder.Node("Mul", {builder.Node("Add", {x, x}), x});
  builder.Output(builder.Node("Sub", {product, x}), "y");
  return builder.Build();
}

// The turns of a Loop whose body has an If: x becomes x * 2 while x < 8, else x - 7; the scan output keeps each value.
graph::Graph LoopWithIf() {
  GraphBuilder outer;
  const auto turns = outer.Input("turns", DType::kInt64, {});
  const auto x = outer.Input("x", DType::kFloat32, {});
  GraphBuilder body;
  body.Input("turn", DType::kInt64, {});
  const auto cond = body.Input("cond", DType::kBool, {});
  const auto carried = body.Input("carried", DType::kFloat32, {});
  GraphBuilder twice;
  twice.Output(twice.Node("Add", {twice.Capture(carried), twice.Capture(carried)}));
  GraphBuilder less;
  less.Output(less.Node("Sub", {less.Capture(carried), less.Floats({}, {7})}));
  const auto next = body.Node("If", {body.Node("Less", {carried, body.Floats({}, {8})})},
                              {{"then_branch", twice.BuildSubgraph()}, {"else_branch", less.BuildSubgraph()}});
  body.Output(body.Node("Identity", {cond}));
  body.Output(next);
  body.Output(body.Node("Identity", {next}));
  const auto outputs = outer.Nodes("Loop", {turns, graph::kNoValue, x}, 2, {{"body", body.BuildSubgraph()}});
  outer.Output(outputs[0], "last");
  outer.Output(outputs[1], "all");
  return outer.Build();
}

// Steps to the end, one node in each. Returns the number of steps.
Result<size_t> StepSingly(Run& run) {
  for (size_t steps = 1;; ++steps) {
    ONEDGE_ASSIGN_OR_RETURN(const RunProgress progress, run.Step(kPast));
    if (progress == RunProgress::kDone) return steps;
  }
}

TEST(Run, AStepWhoseDeadlineHasPassedRunsOneNode) {
  auto session = MakeSession(ThreeNodes());
  const NamedValue inputs[] = {{"x", Floats({2}, {3, 4})}};
  auto run = session->Start(inputs);
  ASSERT_TRUE(run.ok()) << run.status().ToString();
  const auto steps = StepSingly(*run);
  ASSERT_TRUE(steps.ok()) << steps.status().ToString();
  EXPECT_EQ(*steps, 3u);
  ASSERT_EQ(run->outputs().size(), 1u);
  EXPECT_EQ(FloatsOf(run->outputs()[0]), (std::vector<float>{15, 28}));
}

TEST(Run, AStepWithoutADeadlineRunsToTheEnd) {
  auto session = MakeSession(ThreeNodes());
  const NamedValue inputs[] = {{"x", Floats({1}, {3})}};
  auto run = session->Start(inputs);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(*run->Step(kPast), RunProgress::kMore);
  EXPECT_EQ(*run->Step(), RunProgress::kDone);
  EXPECT_EQ(FloatsOf(run->outputs()[0]), (std::vector<float>{15}));
  EXPECT_EQ(run->Step().status().ToString(), "this run has ended");
}

TEST(Run, ASessionInTheMiddleOfARunStartsNoOther) {
  auto session = MakeSession(ThreeNodes());
  const NamedValue inputs[] = {{"x", Floats({1}, {3})}};
  auto run = session->Start(inputs);
  ASSERT_TRUE(run.ok());
  const std::string refusal = "the session is in the middle of a run: finish or drop it first";
  EXPECT_EQ(session->Start(inputs).status().ToString(), refusal);
  ASSERT_TRUE(run->Step(kPast).ok());
  const Status status = session->Run(inputs).status();
  EXPECT_EQ(status.ToString(), refusal);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  ASSERT_TRUE(run->Finish().ok());
  EXPECT_EQ(FloatsOf(run->outputs()[0]), (std::vector<float>{15}));
  EXPECT_TRUE(session->Run(inputs).ok());
}

TEST(Run, ADroppedRunLeavesTheSessionUsable) {
  MemoryBudget budget;
  auto session = MakeSession(LoopWithIf(), &budget);
  const auto inputs = [](int64_t turns) {
    return std::vector<NamedValue>{{"turns", Int(turns)}, {"x", Floats({}, {3})}};
  };
  ASSERT_TRUE(session->Run(inputs(2)).ok());
  const size_t used = budget.used_bytes();
  for (int steps : {0, 1, 2, 7, 20}) {
    auto dropped = session->Start(inputs(100));
    ASSERT_TRUE(dropped.ok()) << dropped.status().ToString();
    for (int i = 0; i < steps; ++i) ASSERT_EQ(*dropped->Step(kPast), RunProgress::kMore);
    runtime::Run moved = std::move(*dropped);
    dropped = Unsupported("replaced");
    {
      const runtime::Run end = std::move(moved);
    }
    const auto outputs = session->Run(inputs(2));
    ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
    EXPECT_EQ(FloatsOf((*outputs)[1]), (std::vector<float>{6, 12}));
    EXPECT_EQ(budget.used_bytes(), used) << "after " << steps << " steps";
  }
}

TEST(Run, StopsBetweenTheNodesOfSubgraphsAndGivesTheSameNumbers) {
  auto session = MakeSession(LoopWithIf());
  const NamedValue inputs[] = {{"turns", Int(5)}, {"x", Floats({}, {3})}};
  auto run = session->Start(inputs);
  ASSERT_TRUE(run.ok());
  const auto steps = StepSingly(*run);
  ASSERT_TRUE(steps.ok()) << steps.status().ToString();
  EXPECT_GE(*steps, 5u * 4);
  // 3, then 6, 12 (6 < 8), 5, 10, 3.
  EXPECT_EQ(FloatsOf(run->outputs()[0]), (std::vector<float>{3}));
  EXPECT_EQ(FloatsOf(run->outputs()[1]), (std::vector<float>{6, 12, 5, 10, 3}));
}

TEST(Run, ADeadlineThatHasPassedStopsARunAlsoInsideOfALoop) {
  auto session = MakeSession(LoopWithIf());
  const NamedValue long_run[] = {{"turns", Int(int64_t{1} << 40)}, {"x", Floats({}, {3})}};
  const NamedValue short_run[] = {{"turns", Int(1)}, {"x", Floats({}, {3})}};
  for (int milliseconds : {0, 20}) {
    const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    const Status status = session->Run(long_run, {.deadline = deadline}).status();
    EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded);
    EXPECT_EQ(status.message(), "the run's deadline has passed");
    EXPECT_TRUE(session->Run(short_run).ok());
  }
  const Deadline later = std::chrono::steady_clock::now() + std::chrono::hours(1);
  EXPECT_TRUE(session->Run(short_run, {.deadline = later}).ok());
}

TEST(Run, IsCancelledInsideOfALoop) {
  auto session = MakeSession(LoopWithIf());
  const NamedValue inputs[] = {{"turns", Int(int64_t{1} << 40)}, {"x", Floats({}, {3})}};
  int polls = 0;
  const Status status = session->Run(inputs, {.cancelled = [&] { return ++polls == 100; }}).status();
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  EXPECT_EQ(polls, 100);
}

TEST(Run, ANodeThatStopsInTheMiddleHasOneEntryInTheProfile) {
  auto session = MakeSession(LoopWithIf());
  const NamedValue inputs[] = {{"turns", Int(3)}, {"x", Floats({}, {3})}};
  std::vector<StepProfile> stepped, whole;
  auto run = session->Start(inputs, {.profile = &stepped});
  ASSERT_TRUE(run.ok());
  ASSERT_TRUE(StepSingly(*run).ok());
  ASSERT_TRUE(session->Run(inputs, {.profile = &whole}).ok());
  const auto names = [](const std::vector<StepProfile>& profile) {
    std::vector<std::string> out;
    for (const StepProfile& step : profile) out.emplace_back(step.op_type);
    return out;
  };
  EXPECT_EQ(names(stepped), names(whole));
  EXPECT_EQ(stepped.back().op_type, "Loop");
}

// Adds float scalars and vectors, and finishes at the third call.
class SlowBackend final : public backends::Backend {
 public:
  class SlowStep final : public backends::Step {
   public:
    explicit SlowStep(int& stops) : stops_(stops) {}
    Result<backends::Progress> Run(ops::OpContext& ctx) override {
      if (++asked_ < 3) return backends::Progress::kPending;
      asked_ = 0;
      ONEDGE_ASSIGN_OR_RETURN(Tensor * sum, ctx.Output(0, DType::kFloat32, ctx.Input(0).shape()));
      for (int64_t i = 0; i < sum->element_count(); ++i) {
        sum->mutable_data<float>()[i] = ctx.Input(0).data<float>()[i] + ctx.Input(1).data<float>()[i];
      }
      return backends::Progress::kDone;
    }
    void Abandon() override {
      asked_ = 0;
      ++stops_;
    }

   private:
    int& stops_;
    int asked_ = 0;
  };
  class SlowAdd final : public backends::Kernel {
   public:
    explicit SlowAdd(int& stops) : stops_(stops) {}
    Result<std::unique_ptr<backends::Step>> Plan(const backends::NodeShapes&,
                                                 backends::BackendSession*) const override {
      return std::unique_ptr<backends::Step>(std::make_unique<SlowStep>(stops_));
    }

   private:
    int& stops_;
  };

  Result<std::unique_ptr<const backends::Kernel>> Lower(backends::LowerContext& ctx) const override {
    if (ctx.node.op_type != "Add") return std::unique_ptr<const backends::Kernel>();
    return std::unique_ptr<const backends::Kernel>(std::make_unique<SlowAdd>(stops));
  }

  mutable int stops = 0;
};

TEST(Run, ANodeThatIsPendingIsAskedAgain) {
  const SlowBackend slow;
  const backends::Backend* const backends[] = {&slow};
  auto session = MakeSession(ThreeNodes(), nullptr, backends);
  const NamedValue inputs[] = {{"x", Floats({2}, {3, 4})}};
  auto run = session->Start(inputs);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(*run->Step(), RunProgress::kPending);
  EXPECT_EQ(*run->Step(), RunProgress::kPending);
  EXPECT_EQ(*run->Step(), RunProgress::kDone);
  EXPECT_EQ(FloatsOf(run->outputs()[0]), (std::vector<float>{15, 28}));
  EXPECT_EQ(slow.stops, 0);
  EXPECT_TRUE(session->Run(inputs).ok());
}

TEST(Run, ANodeThatIsPendingWhenTheRunEndsIsStopped) {
  const SlowBackend slow;
  const backends::Backend* const backends[] = {&slow};
  auto session = MakeSession(ThreeNodes(), nullptr, backends);
  const NamedValue inputs[] = {{"x", Floats({2}, {3, 4})}};
  {
    auto run = session->Start(inputs);
    ASSERT_TRUE(run.ok());
    EXPECT_EQ(*run->Step(), RunProgress::kPending);
  }
  EXPECT_EQ(slow.stops, 1);
  int polls = 0;
  auto cancelled = session->Start(inputs, {.cancelled = [&] { return ++polls == 2; }});
  ASSERT_TRUE(cancelled.ok());
  EXPECT_EQ(*cancelled->Step(), RunProgress::kPending);
  EXPECT_EQ(cancelled->Step().status().code(), StatusCode::kCancelled);
  EXPECT_EQ(slow.stops, 2);
  const auto outputs = session->Run(inputs);
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ(FloatsOf((*outputs)[0]), (std::vector<float>{15, 28}));
}

TEST(Run, ANodeOfASubgraphMayBePending) {
  const SlowBackend slow;
  const backends::Backend* const backends[] = {&slow};
  auto session = MakeSession(LoopWithIf(), nullptr, backends);
  const NamedValue inputs[] = {{"turns", Int(5)}, {"x", Floats({}, {3})}};
  auto run = session->Start(inputs);
  ASSERT_TRUE(run.ok());
  size_t pending = 0;
  for (;;) {
    const auto progress = run->Step();
    ASSERT_TRUE(progress.ok()) << progress.status().ToString();
    if (*progress == RunProgress::kDone) break;
    ASSERT_EQ(*progress, RunProgress::kPending);
    ++pending;
  }
  EXPECT_EQ(pending, 2u * 3);  // 3, 6 and 5 are doubled
  EXPECT_EQ(FloatsOf(run->outputs()[1]), (std::vector<float>{6, 12, 5, 10, 3}));
}

}  // namespace
}  // namespace onedge::runtime
