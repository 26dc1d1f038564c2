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
  bool position_leads = false;  // position + word rather than word + position
  Shape scale = {8}, bias = {8};
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
    const auto sum = c.position_leads   ? builder.Node("Add", {builder.Node("Add", {position, word}), segment})
                     : c.position_first ? builder.Node("Add", {builder.Node("Add", {word, position}), segment})
                                        : builder.Node("Add", {builder.Node("Add", {word, segment}), position});
    builder.Output(builder.Node("LayerNormalization", {sum, builder.Constant(RandomFloats(c.scale, 5)),
                                                       builder.Constant(RandomFloats(c.bias, 6))}),
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

TEST(FuseEmbedLayerNormalization, FindsThePositionsWhereverTheyStand) {
  const Optimized result = RunEmbed({.position_leads = true});
  EXPECT_EQ(result.operators, (Operators{{"EmbedLayerNormalization", 1}}));
  EXPECT_TRUE(result.same_bits) << result.largest_difference;
}

TEST(FuseEmbedLayerNormalization, HoldsBackForScalesAndBiasesThatAreNotVectors) {
  for (const Shape& shape : {Shape{1}, Shape{1, 1, 8}, Shape{3, 8}}) {
    for (bool of_scale : {true, false}) {
      EmbedCase c;
      (of_scale ? c.scale : c.bias) = shape;
      const Optimized result = RunEmbed(c);
      EXPECT_EQ(result.operators.count("EmbedLayerNormalization"), 0u) << StrCat(shape);
      EXPECT_TRUE(result.same_bits) << StrCat(shape);
    }
  }
}

// Positions as PyTorch exports them: a constant [1, entries], sliced to the length of the sequence.
struct SlicedCase {
  int64_t entries = 8;
  int64_t start = 0;
  bool of_sequence = true;  // false: the end is an input
  int64_t sequence = 3;
};

graph::Graph Sliced(const SlicedCase& c) {
  GraphBuilder builder;
  const auto ids = builder.Input("ids", DType::kInt64, {"batch", "sequence"});
  const auto segments = builder.Input("segments", DType::kInt64, {"batch", "sequence"});
  const auto length = builder.Node("Gather", {builder.Node("Shape", {ids}), builder.Ints({}, {1})});
  const auto shifted = builder.Node("Add", {length, builder.Ints({}, {0})});
  const auto end = c.of_sequence ? builder.Node("Unsqueeze", {shifted, builder.Ints({1}, {0})})
                                 : builder.Input("end", DType::kInt64, {1});
  std::vector<int64_t> all;
  for (int64_t i = 0; i < c.entries; ++i) all.push_back(i);
  const auto positions = builder.Node("Slice", {builder.Ints({1, c.entries}, all), builder.Ints({1}, {c.start}), end,
                                                builder.Ints({1}, {1}), builder.Ints({1}, {1})});
  const auto rows = [&](ValueId which, uint32_t seed) {
    return builder.Node("Gather", {builder.Constant(RandomFloats({8, 8}, seed)), which});
  };
  const auto sum = builder.Node("Add", {builder.Node("Add", {rows(ids, 2), rows(segments, 3)}), rows(positions, 4)});
  builder.Output(builder.Node("LayerNormalization",
                              {sum, builder.Constant(RandomFloats({8}, 5)), builder.Constant(RandomFloats({8}, 6))}),
                 "y");
  return builder.Build();
}

std::vector<runtime::NamedValue> SlicedInputs(const SlicedCase& c) {
  const std::vector<int64_t> ones(static_cast<size_t>(2 * c.sequence), 1);
  const Tensor ids = Tensor::FromValues<int64_t>({2, c.sequence}, ones).value();
  std::vector<runtime::NamedValue> inputs = {{"ids", ids}, {"segments", ids}};
  if (!c.of_sequence) inputs.push_back({"end", Tensor::FromValues<int64_t>({1}, std::vector{c.sequence}).value()});
  return inputs;
}

TEST(FuseEmbedLayerNormalization, FiresForPositionsThatAreSlicedToTheSequence) {
  for (int64_t sequence : {1, 3, 8}) {
    const SlicedCase c = {.sequence = sequence};
    const Optimized result = RunBoth([&] { return Sliced(c); }, SlicedInputs(c));
    EXPECT_EQ(result.operators.count("EmbedLayerNormalization"), 1u);
    EXPECT_EQ(result.operators.count("LayerNormalization"), 0u);
    EXPECT_TRUE(result.same_bits) << result.largest_difference;
  }
}

TEST(FuseEmbedLayerNormalization, FailsForALongerSequenceAsTheModelDoes) {
  const SlicedCase c = {.sequence = 9};
  for (bool optimize : {false, true}) {
    auto model = runtime::Model::Create(Sliced(c), {.optimize = optimize}).value();
    auto session = std::move(runtime::Session::Create(model)).value();
    EXPECT_EQ(session->Run(SlicedInputs(c)).status().code(), StatusCode::kInvalidArgument) << optimize;
  }
}

TEST(FuseEmbedLayerNormalization, HoldsBackForPositionsThatMayBroadcastOrAreOfAnotherLength) {
  for (const SlicedCase& c : {SlicedCase{.entries = 1}, SlicedCase{.of_sequence = false}}) {
    const Optimized result = RunBoth([&] { return Sliced(c); }, SlicedInputs(c));
    EXPECT_EQ(result.operators.count("EmbedLayerNormalization"), 0u);
    EXPECT_TRUE(result.same_bits);
  }
}

TEST(FuseEmbedLayerNormalization, NamesTheIndexAsItWasGiven) {
  const auto error = [](int64_t id) {
    auto model = runtime::Model::Create(Sliced({})).value();
    auto session = std::move(runtime::Session::Create(model)).value();
    const Tensor ids = Tensor::FromValues<int64_t>({1, 1}, std::vector{id}).value();
    const runtime::NamedValue inputs[] = {{"ids", ids}, {"segments", ids}};
    return std::string(session->Run(inputs).status().message());
  };
  EXPECT_EQ(error(-9), "input 0: expected indices in [-8, 8), got -9");
  EXPECT_EQ(error(8), "input 0: expected indices in [-8, 8), got 8");
  EXPECT_EQ(error(-8), "");
}

TEST(FuseEmbedLayerNormalization, HoldsBackForSegmentsOfAnotherShape) {
  const Optimized result = RunEmbed({.segments_of_one = true});
  EXPECT_EQ(result.operators.count("EmbedLayerNormalization"), 0u);
  EXPECT_TRUE(result.same_bits);
}

}  // namespace
}  // namespace onedge::testing
