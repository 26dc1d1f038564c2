#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using Operators = std::map<std::string, int>;
using graph::ValueId;
using Attributes = std::vector<graph::Attribute>;

template <typename T>
Tensor Bytes(const Shape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  Tensor tensor = Tensor::Allocate(kDTypeOf<T>, shape).value();
  for (int64_t i = 0; i < tensor.element_count(); ++i) tensor.mutable_data<T>()[i] = static_cast<T>(random());
  return tensor;
}

Tensor Scales(int64_t count) {
  Tensor scales = Tensor::Allocate(DType::kFloat32, count == 1 ? Shape() : Shape{count}).value();
  for (int64_t i = 0; i < count; ++i) scales.mutable_data<float>()[i] = 0.01f + 0.001f * static_cast<float>(i);
  return scales;
}

// x [n, 6] quantized, times a matrix [6, 5] (or [5, 6]) of bytes, as tools for static quantization write it.
struct QdqCase {
  std::string op = "MatMul";
  Attributes attributes = {};
  Tensor weight = Bytes<int8_t>({6, 5}, 1);
  Tensor scale = Scales(5);
  int64_t axis = 1;
  std::optional<Tensor> zero_point = std::nullopt;
  bool bias = false;
  bool read_twice = false;
};

Optimized RunQdq(const QdqCase& c) {
  const auto make = [&c] {
    GraphBuilder builder(17);
    const ValueId x = builder.Input("x", DType::kFloat32, {"n", 6});
    const ValueId scale = builder.Floats({}, {0.02f});
    const ValueId zero = builder.Constant(Tensor::FromValues<uint8_t>({}, std::vector<uint8_t>{128}).value());
    const ValueId bytes = builder.Node("QuantizeLinear", {x, scale, zero});
    const ValueId floats = builder.Node("DequantizeLinear", {bytes, scale, zero});
    std::vector<ValueId> weight = {builder.Constant(c.weight), builder.Constant(c.scale)};
    if (c.zero_point) weight.push_back(builder.Constant(*c.zero_point));
    std::vector<ValueId> inputs = {floats, builder.Node("DequantizeLinear", weight, {{"axis", c.axis}})};
    if (c.bias) inputs.push_back(builder.Constant(RandomFloats({5}, 7)));
    builder.Output(builder.Node(c.op, inputs, c.attributes), "y");
    if (c.read_twice) builder.Output(builder.Node("Neg", {floats}), "z");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({3, 6}, 3)}};
  return RunBoth(make, inputs);
}

TEST(FuseQdq, AProductIsOfIntegers) {
  for (const QdqCase& c : {QdqCase{}, QdqCase{.scale = Scales(1)}, QdqCase{.axis = -1},
                           QdqCase{.weight = Bytes<uint8_t>({6, 5}, 2), .zero_point = Bytes<uint8_t>({5}, 4)}}) {
    const Optimized result = RunQdq(c);
    EXPECT_EQ(result.operators, (Operators{{"QuantizeLinear", 1}, {"MatMulInteger", 1}, {"Cast", 1}, {"Mul", 1}}));
    EXPECT_LT(result.largest_difference, 1e-4);
  }
}

TEST(FuseQdq, AGemmMayTransposeItsWeightAndAddABias) {
  const QdqCase cases[] = {{.op = "Gemm", .bias = true},
                           {.op = "Gemm",
                            .attributes = {{"transB", int64_t{1}}},
                            .weight = Bytes<int8_t>({5, 6}, 1),
                            .axis = 0,
                            .bias = true}};
  for (const QdqCase& c : cases) {
    const Optimized result = RunQdq(c);
    EXPECT_EQ(result.operators,
              (Operators{{"QuantizeLinear", 1}, {"MatMulInteger", 1}, {"Cast", 1}, {"Mul", 1}, {"Add", 1}}));
    EXPECT_LT(result.largest_difference, 1e-4);
  }
}

TEST(FuseQdq, OthersMayReadTheActivation) {
  const Optimized result = RunQdq({.read_twice = true});
  EXPECT_EQ(
      result.operators,
      (Operators{
          {"QuantizeLinear", 1}, {"DequantizeLinear", 1}, {"MatMulInteger", 1}, {"Cast", 1}, {"Mul", 1}, {"Neg", 1}}));
  EXPECT_LT(result.largest_difference, 1e-4);
}

TEST(FuseQdq, HoldsBackForScalesOfRowsAndScaledGemms) {
  const Optimized rows = RunQdq({.scale = Scales(6), .axis = 0});
  EXPECT_EQ(rows.operators.count("MatMulInteger"), 0u);
  EXPECT_TRUE(rows.same_bits);
  const Optimized scaled = RunQdq({.op = "Gemm", .attributes = {{"alpha", 0.5f}}, .bias = true});
  EXPECT_EQ(scaled.operators.count("MatMulInteger"), 0u);
  EXPECT_TRUE(scaled.same_bits);
}

}  // namespace
}  // namespace onedge::testing
