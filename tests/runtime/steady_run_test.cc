// The heap memory of runs: none, once their plan is cached; in a Loop, no copies of a sequence that grows.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "backends/cpu/cpu_backend.h"
#include "runtime/session.h"
#include "tensor/half.h"
#include "tests/graph_builder.h"

namespace {
size_t allocations = 0;
size_t allocated_bytes = 0;
}  // namespace

void* operator new(size_t size) {
  ++allocations;
  allocated_bytes += size;
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

Tensor Halves(const Shape& shape, float value) {
  Tensor tensor = Tensor::Allocate(DType::kFloat16, shape).value();
  for (int64_t i = 0; i < tensor.element_count(); ++i) tensor.mutable_data<Float16>()[i] = ToFloat16(value);
  return tensor;
}

// Of float16: a layer of an encoder over [batch, 4, 8], with products of activations, and a layer norm.
graph::Graph HalfEncoder() {
  GraphBuilder builder(20);
  const auto x = builder.Input("x", DType::kFloat16, {"batch", 4, 8});
  const auto weight = builder.Constant(Halves({8, 8}, 0.25f));
  const auto row = builder.Constant(Halves({8}, 0.5f));
  const auto queries = builder.Node("Add", {builder.Node("MatMul", {x, weight}), row});
  const auto keys = builder.Node("Transpose", {x}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
  const auto scores = builder.Node("Softmax", {builder.Node("MatMul", {queries, keys})});
  auto y = builder.Node("Add", {builder.Node("MatMul", {scores, x}), x});
  y = builder.Node("LayerNormalization", {y, row, row});
  builder.Output(builder.Node("Gelu", {y}), "y");
  return builder.Build();
}

// Of float16: convolutions, pools and a softmax over [batch, 3, 8, 8].
graph::Graph HalfImageNetwork() {
  GraphBuilder builder(20);
  const std::vector<int64_t> two = {2, 2};
  const auto x = builder.Input("x", DType::kFloat16, {"batch", 3, 8, 8});
  const auto a = builder.Node("Relu", {builder.Node("Conv", {x, builder.Constant(Halves({4, 3, 3, 3}, 0.25f))})});
  const auto pooled = builder.Node("MaxPool", {a}, {{"kernel_shape", two}, {"strides", two}});
  const auto b = builder.Node("Conv", {pooled, builder.Constant(Halves({4, 4, 1, 1}, 0.5f))});
  const auto both = builder.Node("Concat", {b, pooled}, {{"axis", int64_t{1}}});
  const auto mean = builder.Node("Flatten", {builder.Node("GlobalAveragePool", {both})});
  builder.Output(builder.Node("Softmax", {mean}), "y");
  return builder.Build();
}

TEST(SteadyRun, HalvesAllocateNothing) {
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* const backends[] = {&cpu};
  const struct {
    const char* name;
    graph::Graph graph;
    Shape shape;
  } cases[] = {{"encoder", HalfEncoder(), {3, 4, 8}}, {"images", HalfImageNetwork(), {2, 3, 8, 8}}};
  for (const auto& [name, graph, shape] : cases) {
    auto model = Model::Create(graph, {.backends = backends});
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    auto session = std::move(Session::Create(*model)).value();
    const NamedValue inputs[] = {{"x", Halves(shape, 1.5f)}};
    for (int warm_up = 0; warm_up < 2; ++warm_up) ASSERT_TRUE(session->Run(inputs).ok());
    const size_t before = allocations;
    const bool ok = session->Run(inputs).ok();
    EXPECT_EQ(allocations, before) << name;
    EXPECT_TRUE(ok);
  }
}

// y = the sequence of `turns` times x, less its first element, which a Loop and a SequenceErase make.
graph::Graph GrowingSequence(int64_t turns) {
  GraphBuilder outer;
  const auto x = outer.Input("x", DType::kFloat32, {2});
  GraphBuilder body;
  body.Input("turn", DType::kInt64, {});
  const auto cond = body.Input("cond", DType::kBool, {});
  const auto list = body.Declare(body.Input("list", DType::kFloat32, {}),
                                 graph::TypeInfo::Sequence(graph::TypeInfo::Tensor(DType::kFloat32)));
  body.Output(body.Node("Identity", {cond}));
  body.Output(body.Node("SequenceInsert", {list, body.Capture(x)}));
  const auto start = outer.Node("SequenceEmpty", {}, {{"dtype", static_cast<int64_t>(DType::kFloat32)}});
  const auto list_out =
      outer.Node("Loop", {outer.Ints({}, {turns}), graph::kNoValue, start}, {{"body", body.BuildSubgraph()}});
  outer.Output(outer.Node("SequenceErase", {list_out, outer.Ints({}, {0})}), "y");
  return outer.Build();
}

// The bytes that a run with `turns` elements allocates.
size_t BytesOfGrowing(int64_t turns) {
  const auto model = Model::Create(GrowingSequence(turns));
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  const auto session = std::move(Session::Create(*model)).value();
  const NamedValue inputs[] = {{"x", Tensor::FromValues<float>({2}, std::vector<float>{1, 2}).value()}};
  const size_t before = allocated_bytes;
  const auto outputs = session->Run(inputs);
  const size_t bytes = allocated_bytes - before;
  EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
  EXPECT_EQ((*outputs)[0].sequence().elements.size(), static_cast<size_t>(turns) - 1);
  return bytes;
}

TEST(SteadyRun, ASequenceThatGrowsInALoopIsNotCopied) {
  const size_t bytes = BytesOfGrowing(500);
  EXPECT_LT(BytesOfGrowing(2000), 6 * bytes) << "4 times the turns; 16 times if each turn copied it";
}

}  // namespace
}  // namespace onedge::runtime
