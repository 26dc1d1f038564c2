// fuse-embed-layer-normalization.
#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using graph::ValueId;
using Operators = std::map<std::string, int>;

struct EmbedCase {
  bool position_first = false;
  bool positions_of_batch = false;
  bool segments_of_one = false;
  std::vector<int64_t> ids = {3, 0, -1, 2, 1, 1};
};

Optimized RunEmbed(const EmbedCase& c) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto ids = builder.Input("ids", DType::kInt64, {"batch", "sequence"});
    const auto segments = c.segments_of_one ? builder.Input("segments", DType::kInt64, {1, "sequence"})
                                            : builder.Input("segments", DType::kInt64, {"batch", "sequence"});
    const auto positions = c.positions_of_batch ? builder.Input("positions", DType::kInt64, {"batch", "sequence"})
                                                : builder.Input("positions", DType::kInt64, {1, "sequence"});
    const auto rows = [&](int64_t entries, ValueId which, uint32_t seed) {
      return builder.Node("Gather", {builder.Constant(RandomFloats({entries, 8}, seed)), which},
                          {{"axis", int64_t{0}}});
    };
    const auto word = rows(8, ids, 2), segment = rows(8, segments, 3), position = rows(8, positions, 4);
    const auto sum = c.position_first ? builder.Node("Add", {builder.Node("Add", {word, position}), segment})
                                      : builder.Node("Add", {builder.Node("Add", {word, segment}), position});
    builder.Output(builder.Node("LayerNormalization",
                                {sum, builder.Constant(RandomFloats({8}, 5)), builder.Constant(RandomFloats({8}, 6))}),
                   "y");
    return builder.Build();
  };
  const auto longs = [](const Shape& shape, const std::vector<int64_t>& values) {
    return Tensor::FromValues<int64_t>(shape, values).value();
  };
  const runtime::NamedValue inputs[] = {
      {"ids", longs({2, 3}, c.ids)},
      {"segments", c.segments_of_one ? longs({1, 3}, {0, 0, 1}) : longs({2, 3}, {0, 0, 1, 0, 1, 1})},
      {"positions", c.positions_of_batch ? longs({2, 3}, {0, 1, 2, 5, 6, 7}) : longs({1, 3}, {0, 1, 2})}};
  return RunBoth(make, inputs);
}

TEST(FuseEmbedLayerNormalization, FiresAndKeepsEveryBitInEitherOrder) {
  for (bool position_first : {false, true}) {
    for (bool positions_of_batch : {false, true}) {
      const Optimized result = RunEmbed({position_first, positions_of_batch});
      EXPECT_EQ(result.operators, (Operators{{"EmbedLayerNormalization", 1}}));
      EXPECT_TRUE(result.same_bits) << result.largest_difference;
    }
  }
}

TEST(FuseEmbedLayerNormalization, HoldsBackForSegmentsOfAnotherShape) {
  const Optimized result = RunEmbed({.segments_of_one = true});
  EXPECT_EQ(result.operators.count("EmbedLayerNormalization"), 0u);
  EXPECT_TRUE(result.same_bits);
}

}  // namespace
}  // namespace onedge::testing
