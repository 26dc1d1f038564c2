// A run whose plan is cached allocates nothing on the heap.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "backends/cpu/cpu_backend.h"
#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace {
size_t allocations = 0;
}

void* operator new(size_t size) {
  ++allocations;
  if (void* block = std::malloc(size)) return block;
  std::abort();
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { std::free(block); }

namespace onedge::runtime {
namespace {

using testing::GraphBuilder;

// A linear layer, GELU, a reshape, a sum and a softmax, over [batch, 8].
graph::Graph SmallNetwork() {
  GraphBuilder builder(20);
  const auto x = builder.Input("x", DType::kFloat32, {"batch", 8});
  const auto weight = builder.Floats({8, 8}, std::vector<float>(64, 0.25f));
  const auto bias = builder.Floats({8}, std::vector<float>(8, 0.5f));
  auto y = builder.Node("Add", {builder.Node("MatMul", {x, weight}), bias});
  y = builder.Node("Add", {builder.Node("Gelu", {y}), x});
  y = builder.Node("Reshape", {y, builder.Ints({3}, {0, 2, 4})});
  builder.Output(builder.Node("Softmax", {y}, {{"axis", int64_t{-1}}}), "y");
  return builder.Build();
}

TEST(SteadyRun, AllocatesNothing) {
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* const backends[] = {&cpu};
  for (const bool portable : {true, false}) {
    auto model = Model::Create(SmallNetwork(), {.backends = std::span(backends, portable ? 0 : 1)});
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    auto session = std::move(Session::Create(*model)).value();
    const NamedValue inputs[] = {{"x", Tensor::FromValues<float>({3, 8}, std::vector<float>(24, 1.5f)).value()}};
    for (int warm_up = 0; warm_up < 2; ++warm_up) ASSERT_TRUE(session->Run(inputs).ok());
    const size_t before = allocations;
    const bool ok = session->Run(inputs).ok();
    EXPECT_EQ(allocations, before) << (portable ? "portable kernels" : "CPU backend");
    EXPECT_TRUE(ok);
  }
}

}  // namespace
}  // namespace onedge::runtime
