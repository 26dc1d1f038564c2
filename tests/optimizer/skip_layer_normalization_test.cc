// fuse-skip-layer-normalization.
#include "base/str_cat.h"
#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using Operators = std::map<std::string, int>;

struct SkipCase {
  Shape skip = {2, 3, 8};
  std::vector<GraphBuilder::TestDim> skip_dims = {"batch", 3, 8};
  bool sum_is_read = false;
  Shape scale = {8};
  int64_t axis = -1;
};

Optimized RunSkip(const SkipCase& c) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {"batch", 3, 8});
    const auto sum = builder.Node("Add", {x, builder.Input("skip", DType::kFloat32, c.skip_dims)});
    builder.Output(
        builder.Node("LayerNormalization",
                     {sum, builder.Constant(RandomFloats(c.scale, 3)), builder.Constant(RandomFloats(c.scale, 4))},
                     {{"axis", c.axis}, {"epsilon", 0.001f}}),
        "y");
    if (c.sum_is_read) builder.Output(builder.Node("Exp", {sum}), "e");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({2, 3, 8}, 1)}, {"skip", RandomFloats(c.skip, 2)}};
  return RunBoth(make, inputs);
}

TEST(FuseSkipLayerNormalization, FiresAndKeepsEveryBit) {
  const Optimized result = RunSkip({});
  EXPECT_EQ(result.operators, (Operators{{"SkipLayerNormalization", 1}}));
  EXPECT_TRUE(result.same_bits);
}

TEST(FuseSkipLayerNormalization, GivesTheSumToOthersToo) {
  const Optimized result = RunSkip({.sum_is_read = true});
  EXPECT_EQ(result.operators, (Operators{{"Exp", 1}, {"SkipLayerNormalization", 1}}));
  EXPECT_TRUE(result.same_bits);
}

TEST(FuseSkipLayerNormalization, HoldsBackForSummandsThatBroadcastAndOtherAxes) {
  const SkipCase cases[] = {{.skip = {8}, .skip_dims = {8}},
                            {.skip = {2, 1, 8}, .skip_dims = {"batch", 1, 8}},
                            {.skip = {1, 3, 8}, .skip_dims = {"other", 3, 8}},
                            {.scale = {3, 8}, .axis = 1}};
  for (const SkipCase& c : cases) {
    const Optimized result = RunSkip(c);
    EXPECT_EQ(result.operators, (Operators{{"Add", 1}, {"LayerNormalization", 1}})) << StrCat(c.skip, " axis ", c.axis);
    EXPECT_TRUE(result.same_bits);
    EXPECT_NE(result.Reason("fuse-skip-layer-normalization").find("expected "), std::string::npos);
  }
}

}  // namespace
}  // namespace onedge::testing
