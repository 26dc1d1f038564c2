// widen-halves: which operators of 16-bit floats run in float32, and that their numbers stay.
#include "backends/cpu/cpu_backend.h"
#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using graph::ValueId;
using Operators = std::map<std::string, int>;

Tensor Half(const Shape& shape, uint32_t seed) { return ToDType(RandomFloats(shape, seed), DType::kFloat16); }

template <typename Build>
Optimized RunOnCpu(const Build& build, const Shape& shape) {
  const auto make = [&] {
    GraphBuilder builder(17);
    std::vector<GraphBuilder::TestDim> dims = {"n"};
    for (size_t i = 1; i < shape.size(); ++i) dims.push_back(static_cast<int>(shape[i]));
    build(builder, builder.Input("x", DType::kFloat16, dims));
    return builder.Build();
  };
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* backends[] = {&cpu};
  const runtime::NamedValue inputs[] = {{"x", Half(shape, 1)}};
  return RunBoth(make, inputs, backends);
}

TEST(WidenHalves, NormsAndSoftmaxKeepTheirBits) {
  const Optimized result = RunOnCpu(
      [](GraphBuilder& builder, ValueId x) {
        const ValueId norm =
            builder.Node("LayerNormalization", {x, builder.Constant(Half({12}, 2)), builder.Constant(Half({12}, 3))});
        const ValueId sum = builder.Node("Add", {norm, x});  // converts in pieces
        builder.Output(builder.Node("Softmax", {sum}), "y");
        builder.Output(builder.Node("ReduceMean", {sum}, {{"axes", std::vector<int64_t>{1}}}), "mean");
      },
      {3, 4, 12});
  EXPECT_EQ(result.operators,
            (Operators{{"LayerNormalization", 1}, {"Add", 1}, {"Softmax", 1}, {"ReduceMean", 1}, {"Cast", 5}}));
  EXPECT_TRUE(result.same_bits);
}

TEST(WidenHalves, ProductsOfTwoActivations) {
  const Optimized result = RunOnCpu(
      [](GraphBuilder& builder, ValueId x) {
        const ValueId w = builder.Node("MatMul", {x, builder.Constant(Half({6, 5}, 2))});  // has a kernel for f16
        const ValueId turned = builder.Node("Transpose", {x}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
        builder.Output(builder.Node("MatMul", {turned, w}), "y");
      },
      {2, 4, 6});
  EXPECT_EQ(result.operators, (Operators{{"MatMul", 2}, {"Transpose", 1}, {"Cast", 3}}));
  EXPECT_LT(result.largest_difference, 0.04);  // of values up to 30, where float16 has steps of 0.016
}

TEST(WidenHalves, PoolsWithoutConvolutions) {
  const Optimized result = RunOnCpu(
      [](GraphBuilder& builder, ValueId x) {
        const std::vector<int64_t> two = {2, 2};
        builder.Output(builder.Node("AveragePool", {x}, {{"kernel_shape", two}, {"strides", two}}), "y");
        builder.Output(builder.Node("MaxPool", {x}, {{"kernel_shape", two}}), "z");
      },
      {2, 3, 6, 8});
  EXPECT_EQ(result.operators, (Operators{{"AveragePool", 1}, {"MaxPool", 1}, {"Cast", 3}}));
  EXPECT_TRUE(result.same_bits);
}

TEST(WidenHalves, LeavesFloatsAlone) {
  const auto make = [] {
    GraphBuilder builder(17);
    builder.Output(builder.Node("Softmax", {builder.Input("x", DType::kFloat32, {"n", 5})}), "y");
    return builder.Build();
  };
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* backends[] = {&cpu};
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({2, 5}, 1)}};
  EXPECT_EQ(RunBoth(make, inputs, backends).operators, (Operators{{"Softmax", 1}}));
}

}  // namespace
}  // namespace onedge::testing
