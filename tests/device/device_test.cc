// The interface of backends, tested with a device that exists only in tests: the same bits as the CPU backend alone,
// every copy across the border counted, memory under the device's own budgets.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <thread>

#include "backends/cpu/cpu_backend.h"
#include "runtime/partition.h"
#include "runtime/session.h"
#include "tests/device/device_backend.h"
#include "tests/device/device_models.h"

namespace onedge::testing {
namespace {

using runtime::Model;
using runtime::NamedValue;
using runtime::Session;
using runtime::SessionOptions;

// Computes convolutions in the layout of the file, as a device does: only models without a device have channels last.
class HostBackend final : public backends::cpu::CpuBackend {
 public:
  bool prefers_channels_last() const override { return false; }
};

// One model twice: on the CPU backend alone, and on the device with the CPU backend as second choice.
struct Pair {
  // `make` is called twice, because a model changes its graph.
  explicit Pair(const std::function<graph::Graph()>& make, const DeviceOptions& options = {},
                MemoryBudget* weights = nullptr)
      : device(options) {
    const backends::Backend* const cpu_only[] = {&cpu};
    const backends::Backend* const both[] = {&device, &cpu};
    expected = Make(make(), {.backends = cpu_only});
    model = Make(make(), {.backends = both, .partition = runtime::Partition, .device_budget = weights});
  }

  size_t regions() const { return CountRegions(model->graph()); }

  // Runs both on the same inputs; the outputs must have the same bits. Returns the number of outputs, 0 on failure.
  size_t Compare(const std::vector<NamedValue>& inputs, const SessionOptions& options = {}) const {
    const auto a = Session::Create(expected), b = Session::Create(model, options);
    EXPECT_TRUE(a.ok() && b.ok());
    const auto want = (*a)->Run(inputs), got = (*b)->Run(inputs);
    EXPECT_TRUE(want.ok()) << want.status().ToString();
    EXPECT_TRUE(got.ok()) << got.status().ToString();
    if (!want.ok() || !got.ok()) return 0;
    for (size_t i = 0; i < want->size(); ++i) ExpectSameBits((*got)[i], (*want)[i]);
    return want->size();
  }

  HostBackend cpu;
  DeviceBackend device;
  std::shared_ptr<const Model> expected, model;

 private:
  static std::shared_ptr<const Model> Make(graph::Graph graph, const runtime::ModelOptions& options) {
    auto made = Model::Create(std::move(graph), options);
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    return made.ok() ? *made : nullptr;
  }
};

#define ASSERT_TRAFFIC(pair, up, down)                                                     \
  ASSERT_EQ((pair).device.traffic().uploads.load(), size_t{up}) << "copies to the device"; \
  ASSERT_EQ((pair).device.traffic().downloads.load(), size_t{down}) << "copies from the device"

constexpr size_t kBertUploads = 4;  // ids, types, mask, and the number of positions

TEST(Device, ABertIsOneRegion) {
  const Pair pair([] { return Bert(2); });
  ASSERT_EQ(pair.regions(), 1u) << DescribeNodes(pair.model->graph());
  // The planner computes how many positions there are, from the shape of an input.
  ASSERT_TRUE(DescribeNodes(pair.model->graph()).starts_with("Shape Gather Region("))
      << DescribeNodes(pair.model->graph());
  ASSERT_EQ(pair.Compare(BertInputs(2, 7)), 1u);
  ASSERT_TRAFFIC(pair, kBertUploads, 1);
  EXPECT_EQ(pair.device.traffic().uploaded_bytes.load(), (3 * 2 * 7 + 1) * sizeof(int64_t));
  EXPECT_EQ(pair.device.traffic().downloaded_bytes.load(), 2 * 7 * kBertHidden * sizeof(float));
  ASSERT_EQ(pair.Compare(BertInputs(1, 12)), 1u);
  ASSERT_TRAFFIC(pair, 2 * kBertUploads, 2);
}

TEST(Device, APlanIsMadeOnceForEachShapeAndTheArenaIsShared) {
  const Pair pair([] { return Bert(1); });
  const auto session = std::move(Session::Create(pair.model)).value();
  for (const auto& [batch, length] : {std::pair<int, int>{1, 4}, {2, 9}, {1, 4}, {2, 9}, {1, 4}}) {
    const auto inputs = BertInputs(batch, length);
    const auto got = session->Run(inputs);
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    const auto reference = std::move(Session::Create(pair.expected)).value();
    const auto want = reference->Run(inputs);
    ASSERT_TRUE(want.ok());
    ExpectSameBits((*got)[0], (*want)[0]);
  }
  EXPECT_EQ(session->cached_plans(), 2u);
  ASSERT_TRAFFIC(pair, 5 * kBertUploads, 5);
}

TEST(Device, ANetworkOfConvolutionsIsOneRegion) {
  const Pair pair([] { return Digits(); });
  ASSERT_EQ(pair.regions(), 1u) << DescribeNodes(pair.model->graph());
  ASSERT_EQ(pair.model->graph().nodes.size(), 1u) << DescribeNodes(pair.model->graph());
  ASSERT_EQ(pair.Compare(DigitsInputs(3)), 1u);
  ASSERT_TRAFFIC(pair, 1, 1);
}

TEST(Device, TheBranchesOfAnIfAreRegionsOfTheirOwn) {
  const Pair pair([] { return WithIf(); });
  ASSERT_EQ(pair.regions(), 4u) << DescribeNodes(pair.model->graph());  // before the If, in both branches, after it
  ASSERT_EQ(pair.Compare({{"x", Ramp({3, 8}, 0.5f)}}), 1u);
  // In: x, two in the branch that runs, one after it. Out: the values that If, the branch and the graph read.
  const size_t up = pair.device.traffic().uploads, down = pair.device.traffic().downloads;
  EXPECT_EQ(pair.device.traffic().region_runs.load(), 3u);
  EXPECT_EQ(up, 3u);
  EXPECT_EQ(down, 4u);
  ASSERT_EQ(pair.Compare({{"x", Ramp({3, 8}, -0.5f)}}), 1u);
  ASSERT_TRAFFIC(pair, 2 * up, 2 * down);
  ASSERT_EQ(pair.Compare({{"x", Ramp({5, 8}, 0.25f)}}), 1u);
}

TEST(Device, TheBodyOfALoopIsARegionThatRunsInEachTurn) {
  const Pair pair([] { return WithLoop(5); });
  ASSERT_EQ(pair.regions(), 2u) << DescribeNodes(pair.model->graph());  // the body, and the nodes after the loop
  ASSERT_EQ(pair.Compare({{"x", Ramp({2, 8}, 0.125f)}}), 1u);
  EXPECT_EQ(pair.device.traffic().region_runs.load(), 6u);
  ASSERT_TRAFFIC(pair, 5 * 2 + 1, 5 * 2 + 1);  // the condition and the carried value in each turn
}

TEST(Device, AShapeThatDependsOnDataEndsARegion) {
  const Pair pair([] { return WithNonZero(); });
  ASSERT_EQ(pair.regions(), 2u) << DescribeNodes(pair.model->graph());
  ASSERT_EQ(pair.Compare({{"x", Ramp({2, 6}, 1.0f)}}), 1u);
  ASSERT_TRAFFIC(pair, 3, 2);  // x, its sum and the places; the sum and y
}

TEST(Device, AValueOfWhichOnlyTheShapeIsReadStaysThere) {
  const Pair pair([] { return OnlyTheShape(); });
  ASSERT_EQ(pair.regions(), 1u) << DescribeNodes(pair.model->graph());
  ASSERT_EQ(pair.Compare({{"x", Ramp({4, 6}, 1.0f)}}), 1u);
  ASSERT_TRAFFIC(pair, 1, 0);
}

TEST(Device, TwoSessionsRunAtOnce) {
  const Pair pair([] { return Bert(2); });
  const auto inputs = BertInputs(2, 7);
  const auto reference = std::move(Session::Create(pair.expected)).value();
  const Value want = (*reference->Run(inputs))[0];
  constexpr size_t kRuns = 20;
  const auto work = [&](MemoryBudget* budget, size_t* right) {
    auto session = std::move(Session::Create(pair.model, {.device_budget = budget})).value();
    for (size_t i = 0; i < kRuns; ++i) {
      const auto got = session->Run(inputs);
      if (got.ok() && SameBits((*got)[0], want)) ++*right;
    }
  };
  MemoryBudget budgets[2];
  size_t right[2] = {};
#ifdef __EMSCRIPTEN__  // one thread: one session after the other
  for (int i = 0; i < 2; ++i) work(&budgets[i], &right[i]);
#else
  std::thread other(work, &budgets[1], &right[1]);
  work(&budgets[0], &right[0]);
  other.join();
#endif
  EXPECT_EQ(right[0], kRuns);
  EXPECT_EQ(right[1], kRuns);
  ASSERT_TRAFFIC(pair, kBertUploads * 2 * kRuns, 2 * kRuns);
  EXPECT_GT(budgets[0].peak_bytes(), 0u);
  EXPECT_EQ(budgets[0].peak_bytes(), budgets[1].peak_bytes()) << "each has an arena of its own";
  EXPECT_EQ(budgets[0].used_bytes(), 0u) << "which goes with the session";
}

TEST(Device, WeightsAreUploadedOnceAndLeaveTheHost) {
  MemoryBudget weights;
  {
    const Pair pair([] { return Bert(2); }, {}, &weights);
    const size_t uploads = pair.device.traffic().weight_uploads;
    EXPECT_GT(uploads, 0u);
    EXPECT_GT(weights.used_bytes(), 2 * 4 * kBertHidden * kBertHidden * sizeof(float));
    EXPECT_LT(pair.model->resident_bytes(), pair.expected->resident_bytes() / 20) << "only small constants stay";
    pair.Compare(BertInputs(1, 3));
    pair.Compare(BertInputs(1, 3));
    EXPECT_EQ(pair.device.traffic().weight_uploads.load(), uploads);
  }
  EXPECT_EQ(weights.used_bytes(), 0u);
}

TEST(Device, ASessionWhoseDeviceBudgetIsTooSmallIsRefusedBeforeItRuns) {
  const Pair pair([] { return Bert(2); });
  MemoryBudget budget(32 << 10);
  const auto session = std::move(Session::Create(pair.model, {.device_budget = &budget})).value();
  ASSERT_TRUE(session->Run(BertInputs(1, 2)).ok());
  const size_t runs = pair.device.traffic().region_runs;
  const auto refused = session->Run(BertInputs(8, 64));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), StatusCode::kResourceExhausted);
  EXPECT_NE(refused.status().ToString().find("device memory: memory limit: needs "), std::string::npos)
      << refused.status().ToString();
  EXPECT_EQ(pair.device.traffic().region_runs.load(), runs);
  EXPECT_TRUE(session->Run(BertInputs(1, 2)).ok()) << "the session stays usable";
}

TEST(Device, ARegionThatIsPendingIsRunAgainUntilItIsDone) {
  const Pair pair([] { return WithLoop(3); }, {.pending_calls = 4});
  ASSERT_EQ(pair.Compare({{"x", Ramp({2, 8}, 0.125f)}}), 1u);
  EXPECT_EQ(pair.device.traffic().region_runs.load(), 4u);
  ASSERT_TRAFFIC(pair, 3 * 2 + 1, 3 * 2 + 1);
}

TEST(Device, ARunThatIsCancelledWhileARegionIsPendingLeavesTheSessionUsable) {
  const Pair pair([] { return Bert(1); }, {.pending_calls = 10});
  const auto session = std::move(Session::Create(pair.model)).value();
  int polls = 0;
  const auto stop = [&] { return pair.device.traffic().region_runs > 0 && ++polls > 3; };
  const auto cancelled = session->Run(BertInputs(1, 5), {.cancelled = stop, .profile = nullptr});
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.status().code(), StatusCode::kCancelled);
  EXPECT_EQ(pair.device.traffic().downloads.load(), 0u);
  const auto inputs = BertInputs(1, 5, /*first_id=*/3);
  const auto got = session->Run(inputs);
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  const auto reference = std::move(Session::Create(pair.expected)).value();
  ExpectSameBits((*got)[0], (*reference->Run(inputs))[0]);
  EXPECT_EQ(pair.device.traffic().uploads.load(), 2 * kBertUploads) << "the second run has read its own inputs";
}

TEST(Device, TheHostCannotReadItsMemory) {
#if defined(__EMSCRIPTEN__)
  auto memory = std::move(DeviceMemory::Allocate(64, nullptr)).value();
  {
    const DeviceMemory::Access access(memory.get());
    memory->buffer().data()[0] = 7;
  }
  EXPECT_NE(memory->buffer().data()[0], 7);
#elif __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "sanitizers handle the signal themselves";
#else
  auto memory = std::move(DeviceMemory::Allocate(64, nullptr)).value();
  EXPECT_EXIT(std::exit(memory->buffer().data()[0]), ::testing::KilledBySignal(SIGSEGV), "");
#endif
}

// Real models of shared/; skipped if that folder is missing.
class RealModel : public ::testing::TestWithParam<const char*> {};

TEST_P(RealModel, GivesTheSameBits) {
  auto loaded = LoadShared(GetParam());
  if (!loaded) GTEST_SKIP() << "no " << GetParam() << " under the shared folder";
  const Pair pair([] { return LoadShared(GetParam())->graph; });
  EXPECT_GE(pair.regions(), 1u) << DescribeNodes(pair.model->graph());
  RecordProperty("regions", static_cast<int>(pair.regions()));
  const std::vector<graph::Node>& nodes = pair.model->graph().nodes;
  const auto outside = std::count_if(nodes.begin(), nodes.end(), std::not_fn(backends::IsRegion));
  std::printf("%s: %zu regions, %zu nodes outside\n", GetParam(), pair.regions(), static_cast<size_t>(outside));
  std::vector<NamedValue> inputs;
  for (size_t i = 0; i < loaded->values.size(); ++i) inputs.push_back({loaded->names[i], loaded->values[i]});
  EXPECT_GE(pair.Compare(inputs), 1u);
}

INSTANTIATE_TEST_SUITE_P(Shared, RealModel,
                         ::testing::Values("tinybert-tribuo", "vespa-dummy_transformer", "zoo-mnist-12",
                                           "zoo-mobilenetv2-12", "silero_vad_16k_op15", "squeezenet-fp16"));

}  // namespace
}  // namespace onedge::testing
