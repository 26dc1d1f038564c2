// fuse-rms-normalization.
#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using graph::ValueId;
using Operators = std::map<std::string, int>;

enum class Form { kDivide, kReciprocal, kOneOver, kProduct, kScaleFirst };

struct RmsCase {
  Form form = Form::kDivide;
  float exponent = 2;
  int64_t axis = -1;
  Shape scale = {8};
  DType dtype = DType::kFloat32;
  double epsilon = 1.0 / 65536;
  bool shared = false;  // the normalized rows are an output, too
};

Optimized RunRms(const RmsCase& c, int64_t opset = 13) {
  const auto make = [&] {
    GraphBuilder builder(opset);
    const auto number = [&](double value) {
      if (c.dtype == DType::kFloat64)
        return builder.Constant(Tensor::FromValues<double>({}, std::vector{value}).value());
      return builder.Constant(ToDType(Tensor::FromValues<float>({}, std::vector{float(value)}).value(), c.dtype));
    };
    const auto x = builder.Input("x", c.dtype, {"n", 3, 8});
    const auto square =
        c.form == Form::kProduct ? builder.Node("Mul", {x, x}) : builder.Node("Pow", {x, number(c.exponent)});
    const auto mean = opset < 18 ? builder.Node("ReduceMean", {square}, {{"axes", std::vector<int64_t>{c.axis}}})
                                 : builder.Node("ReduceMean", {square, builder.Ints({1}, {c.axis})});
    const auto deviation = builder.Node("Sqrt", {builder.Node("Add", {mean, number(c.epsilon)})});
    ValueId normal;
    if (c.form == Form::kReciprocal) {
      normal = builder.Node("Mul", {builder.Node("Reciprocal", {deviation}), x});
    } else if (c.form == Form::kOneOver || c.form == Form::kScaleFirst) {
      normal = builder.Node("Mul", {x, builder.Node("Div", {number(1), deviation})});
    } else {
      normal = builder.Node("Div", {x, deviation});
    }
    const auto scale = builder.Constant(ToDType(RandomFloats(c.scale, 3), c.dtype));
    builder.Output(
        c.form == Form::kScaleFirst ? builder.Node("Mul", {scale, normal}) : builder.Node("Mul", {normal, scale}), "y");
    if (c.shared) builder.Output(normal, "normal");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", ToDType(RandomFloats({2, 3, 8}, 1), c.dtype)}};
  return RunBoth(make, inputs);
}

TEST(FuseRMSNormalization, FiresOnEverySpelling) {
  for (Form form : {Form::kDivide, Form::kReciprocal, Form::kOneOver, Form::kProduct, Form::kScaleFirst}) {
    for (int64_t opset : {13, 18}) {
      for (int64_t axis : {-1, 2}) {
        const Optimized result = RunRms({.form = form, .axis = axis}, opset);
        EXPECT_EQ(result.operators, (Operators{{"RMSNormalization", 1}})) << static_cast<int>(form);
        EXPECT_LT(result.largest_difference, 2e-6) << static_cast<int>(form);
      }
    }
  }
}

TEST(FuseRMSNormalization, FiresForEveryFloatWhoseEpsilonAnAttributeHolds) {
  EXPECT_EQ(RunRms({.dtype = DType::kFloat16}).operators, (Operators{{"RMSNormalization", 1}}));
  EXPECT_LT(RunRms({.dtype = DType::kFloat16}).largest_difference, 0.01);
  EXPECT_EQ(RunRms({.dtype = DType::kFloat64}).operators, (Operators{{"RMSNormalization", 1}}));
  EXPECT_LT(RunRms({.dtype = DType::kFloat64}).largest_difference, 1e-12);
  const Optimized inexact = RunRms({.dtype = DType::kFloat64, .epsilon = 1e-6});
  EXPECT_EQ(inexact.operators.count("RMSNormalization"), 0u);
  EXPECT_EQ(inexact.Reason("fuse-rms-normalization"), "epsilon 1e-06 is not exact as an attribute, which is float32");
}

TEST(FuseRMSNormalization, HoldsBackForAnotherAxisExponentOrReaderAndForAScaleThatBroadcastsTheResult) {
  EXPECT_EQ(RunRms({.exponent = 3}).operators.count("RMSNormalization"), 0u);
  EXPECT_EQ(RunRms({.axis = 1}).operators.count("RMSNormalization"), 0u);
  EXPECT_EQ(RunRms({.scale = {5, 1, 1, 8}}).operators.count("RMSNormalization"), 0u);
  const Optimized shared = RunRms({.shared = true});
  EXPECT_EQ(shared.operators.count("RMSNormalization"), 0u);
  EXPECT_EQ(shared.Reason("fuse-rms-normalization"), "value 'normal' is an output of the graph");
}

TEST(FuseRMSNormalization, TakesAScaleOfOneOrOfSeveralRows) {
  for (const Shape& scale : {Shape{1}, Shape{3, 8}, Shape{1, 1, 8}}) {
    const Optimized result = RunRms({.scale = scale});
    EXPECT_EQ(result.operators, (Operators{{"RMSNormalization", 1}})) << StrCat(scale);
    EXPECT_LT(result.largest_difference, 2e-6) << StrCat(scale);
  }
}

}  // namespace
}  // namespace onedge::testing
