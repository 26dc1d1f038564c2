// Peak memory while 100 MB of weights are optimized and packed: at most 1.15 times the resident weights plus the
// largest tensor. All weights, raw and packed, are Buffers, which the MemoryBudget counts.
#include <gtest/gtest.h>

#include "backends/cpu/cpu_backend.h"
#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

constexpr int kLayers = 10;
constexpr int kWidth = 1600;
constexpr size_t kTensorBytes = size_t{kWidth} * kWidth * sizeof(float);

// x [batch, 1600] through ten linear layers; their weights are allocated under `budget`, as by a loader.
graph::Graph LinearLayers(MemoryBudget* budget) {
  testing::GraphBuilder builder;
  auto x = builder.Input("x", DType::kFloat32, {"batch", kWidth});
  for (int i = 0; i < kLayers; ++i) {
    Tensor weight = Tensor::Allocate(DType::kFloat32, {kWidth, kWidth}, budget).value();
    std::fill_n(weight.mutable_data<float>(), weight.element_count(), 0.5f / kWidth);
    x = builder.Node("MatMul", {x, builder.Constant(std::move(weight))});
    x = builder.Node("Add", {x, builder.Floats({kWidth}, std::vector<float>(kWidth, 0.25f))});
  }
  builder.Output(x, "y");
  return builder.Build();
}

TEST(PeakMemory, RawWeightsGoAsTheyArePacked) {
  const backends::cpu::CpuBackend cpu;
  MemoryBudget budget;
  const backends::Backend* const backends[] = {&cpu};
  const auto model = Model::Create(LinearLayers(&budget), {.backends = backends, .budget = &budget});
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const size_t resident = (*model)->resident_bytes();
  EXPECT_GE(resident, kLayers * kTensorBytes);
  EXPECT_LE(budget.peak_bytes(), resident + resident / 100 * 15 + kTensorBytes);
  EXPECT_LE(budget.used_bytes(), resident + resident / 100);

  auto session = std::move(Session::Create(*model)).value();
  const NamedValue inputs[] = {{"x", Tensor::FromValues<float>({1, kWidth}, std::vector<float>(kWidth, 1.0f)).value()}};
  const auto outputs = session->Run(inputs);
  ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
  // Each layer halves and adds a quarter: 1, 0.75, 0.625, ... towards 0.5.
  EXPECT_NEAR((*outputs)[0].tensor().data<float>()[7], 0.5f + 0.5f / 1024, 1e-5f);
}

}  // namespace
}  // namespace onedge::runtime
