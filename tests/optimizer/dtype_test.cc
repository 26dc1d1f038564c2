// Fusions of models in float16 and float64.
#include <numbers>

#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using graph::ValueId;

constexpr DType kDTypes[] = {DType::kFloat32, DType::kFloat16, DType::kFloat64};

double Tolerance(DType dtype) { return dtype == DType::kFloat16 ? 8e-3 : dtype == DType::kFloat64 ? 1e-9 : 2e-6; }

struct Typed {
  explicit Typed(DType which, int64_t opset = 17) : builder(opset), dtype(which) {}
  ValueId Constant(const Tensor& tensor) { return builder.Constant(ToDType(tensor, dtype)); }
  ValueId Number(double value) {
    if (dtype != DType::kFloat64) return Constant(Tensor::FromValues<float>({}, std::vector{float(value)}).value());
    return builder.Constant(Tensor::FromValues<double>({}, std::vector{value}).value());
  }
  GraphBuilder builder;
  DType dtype;
};

template <typename Make>
Optimized RunTyped(DType dtype, const Shape& shape, const Make& make) {
  const runtime::NamedValue inputs[] = {{"x", ToDType(RandomFloats(shape, 1), dtype)}};
  return RunBoth(
      [&] {
        Typed typed(dtype, 13);
        std::vector<GraphBuilder::TestDim> dims = {"n"};
        for (size_t i = 1; i < shape.rank(); ++i) dims.push_back(static_cast<int>(shape[i]));
        typed.builder.Output(make(typed, typed.builder.Input("x", dtype, dims)), "y");
        return typed.builder.Build();
      },
      inputs);
}

TEST(FuseGelu, FiresForEveryFloat) {
  for (DType dtype : kDTypes) {
    const Optimized result = RunTyped(dtype, {40}, [](Typed& t, ValueId x) {
      GraphBuilder& b = t.builder;
      const auto erf = b.Node("Erf", {b.Node("Div", {x, t.Number(std::numbers::sqrt2)})});
      return b.Node("Mul", {t.Number(0.5), b.Node("Mul", {b.Node("Add", {t.Number(1), erf}), x})});
    });
    EXPECT_EQ(result.operators, (std::map<std::string, int>{{"Gelu", 1}})) << DTypeName(dtype);
    EXPECT_LT(result.largest_difference, Tolerance(dtype)) << DTypeName(dtype);
  }
}

TEST(FuseLayerNormalization, FiresForEveryFloatWhoseEpsilonAnAttributeHolds) {
  for (DType dtype : kDTypes) {
    for (double epsilon : {1.0 / 65536, 1e-5}) {
      const Optimized result = RunTyped(dtype, {3, 8}, [&](Typed& t, ValueId x) {
        GraphBuilder& b = t.builder;
        const std::vector<graph::Attribute> last = {{"axes", std::vector<int64_t>{-1}}};
        const auto difference = b.Node("Sub", {x, b.Node("ReduceMean", {x}, last)});
        const auto variance = b.Node("ReduceMean", {b.Node("Mul", {difference, difference})}, last);
        const auto deviation = b.Node("Sqrt", {b.Node("Add", {variance, t.Number(epsilon)})});
        const auto normal = b.Node("Div", {difference, deviation});
        const auto scaled = b.Node("Mul", {t.Constant(RandomFloats({8}, 3)), normal});
        return b.Node("Add", {scaled, t.Constant(RandomFloats({8}, 4))});
      });
      const bool fires = dtype != DType::kFloat64 || epsilon != 1e-5;
      EXPECT_EQ(result.operators.count("LayerNormalization"), fires ? 1u : 0u) << DTypeName(dtype) << " " << epsilon;
      EXPECT_LT(result.largest_difference, dtype == DType::kFloat16 ? 0.03 : Tolerance(dtype)) << DTypeName(dtype);
      if (!fires) EXPECT_NE(result.Reason("fuse-layer-normalization").find("is not exact"), std::string::npos);
    }
  }
}

TEST(FuseMatMulAdd, FiresForEveryFloat) {
  for (DType dtype : kDTypes) {
    const Optimized result = RunTyped(dtype, {3, 5}, [](Typed& t, ValueId x) {
      const auto product = t.builder.Node("MatMul", {x, t.Constant(RandomFloats({5, 7}, 2))});
      return t.builder.Node("Relu", {t.builder.Node("Add", {product, t.Constant(RandomFloats({7}, 3))})});
    });
    EXPECT_EQ(result.operators, (std::map<std::string, int>{{"Linear", 1}})) << DTypeName(dtype);
    EXPECT_LT(result.largest_difference, dtype == DType::kFloat16 ? 0.05 : Tolerance(dtype)) << DTypeName(dtype);
  }
}

TEST(FuseAttention, FiresForEveryFloat) {
  for (DType dtype : kDTypes) {
    const Optimized result = RunTyped(dtype, {2, 3, 4, 8}, [](Typed& t, ValueId x) {
      GraphBuilder& b = t.builder;
      const auto keys = b.Node("Transpose", {x}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}});
      const auto scores = b.Node("Div", {b.Node("MatMul", {x, keys}), t.Number(4)});
      return b.Node("MatMul", {b.Node("Softmax", {scores}, {{"axis", int64_t{-1}}}), x});
    });
    EXPECT_EQ(result.operators, (std::map<std::string, int>{{"ScaledDotProductAttention", 1}})) << DTypeName(dtype);
    EXPECT_LT(result.largest_difference, Tolerance(dtype)) << DTypeName(dtype);
  }
}

TEST(FuseAttention, TakesInTheScaleOfTheKeys) {
  const Optimized result = RunTyped(DType::kFloat32, {2, 3, 4, 8}, [](Typed& t, ValueId x) {
    GraphBuilder& b = t.builder;
    const auto keys = b.Node("Transpose", {x}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}});
    const auto scaled = b.Node("Mul", {keys, t.Number(0.6)});
    const auto scores = b.Node("MatMul", {b.Node("Mul", {x, t.Number(0.5)}), scaled});
    return b.Node("MatMul", {b.Node("Softmax", {scores}, {{"axis", int64_t{-1}}}), x});
  });
  EXPECT_EQ(result.operators, (std::map<std::string, int>{{"Mul", 1}, {"ScaledDotProductAttention", 1}}));
  EXPECT_LT(result.largest_difference, 2e-6);
}

}  // namespace
}  // namespace onedge::testing
