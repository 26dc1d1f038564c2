// fuse-qdq-conv: convolutions, sums and products between DequantizeLinears and QuantizeLinears.
#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using Operators = std::map<std::string, int>;
using graph::ValueId;

template <typename T>
Tensor Random(const Shape& shape, uint32_t seed, int low, int high) {
  std::mt19937 random(seed);
  Tensor tensor = Tensor::Allocate(kDTypeOf<T>, shape).value();
  for (int64_t i = 0; i < tensor.element_count(); ++i) {
    tensor.mutable_data<T>()[i] =
        static_cast<T>(low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1)));
  }
  return tensor;
}

Tensor Each(int64_t count, float first, float step) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(first + step * static_cast<float>(i));
  return Tensor::FromValues<float>({count}, values).value();
}

struct ConvCase {
  std::string limit = "";  // an operator after the Conv
  float highest = 6;       // of a Clip
  float bias_scale = 1;    // relative to the product of both scales
  uint8_t y_zero = 0;
  float y_scale = 6.0f / 255.0f;
  bool read_twice = false;
};

// x [1, 4, 9, 9] quantized, convolved with 6 filters [4, 3, 3] that have scales of their own, and quantized.
Optimized RunConv(const ConvCase& c) {
  const auto make = [&c] {
    GraphBuilder builder(17);
    const ValueId x = builder.Input("x", DType::kFloat32, {1, 4, 9, 9});
    const ValueId scale = builder.Floats({}, {0.02f});
    const ValueId zero = builder.Constant(Random<uint8_t>({}, 1, 100, 100));
    const ValueId floats =
        builder.Node("DequantizeLinear", {builder.Node("QuantizeLinear", {x, scale, zero}), scale, zero});
    const Tensor w_scales = Each(6, 0.004f, 0.001f);
    const ValueId w = builder.Node("DequantizeLinear",
                                   {builder.Constant(Random<int8_t>({6, 4, 3, 3}, 2, -127, 127)),
                                    builder.Constant(w_scales), builder.Constant(Random<int8_t>({6}, 3, 0, 0))},
                                   {{"axis", int64_t{0}}});
    std::vector<float> b_scales;
    for (int i = 0; i < 6; ++i) b_scales.push_back(0.02f * w_scales.data<float>()[i] * c.bias_scale);
    const ValueId b = builder.Node(
        "DequantizeLinear", {builder.Constant(Random<int32_t>({6}, 4, -3000, 3000)), builder.Floats({6}, b_scales)},
        {{"axis", int64_t{0}}});
    ValueId y = builder.Node("Conv", {floats, w, b}, {{"pads", std::vector<int64_t>{1, 1, 1, 1}}});
    if (c.read_twice) builder.Output(builder.Node("Neg", {y}), "z");
    if (c.limit == "Clip") {
      y = builder.Node("Clip", {y, builder.Floats({}, {0.0f}), builder.Floats({}, {c.highest})});
    } else if (!c.limit.empty()) {
      y = builder.Node(c.limit, {y});
    }
    const ValueId y_scale = builder.Floats({}, {c.y_scale});
    const ValueId y_zero = builder.Constant(Random<uint8_t>({}, 5, c.y_zero, c.y_zero));
    const ValueId bytes = builder.Node("QuantizeLinear", {y, y_scale, y_zero});
    builder.Output(builder.Node("DequantizeLinear", {bytes, y_scale, y_zero}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({1, 4, 9, 9}, 6)}};
  return RunBoth(make, inputs);
}

TEST(FuseQdqConv, AConvolutionIsOfIntegersAndWithinOneStep) {
  for (const ConvCase& c :
       {ConvCase{}, ConvCase{.limit = "Relu"}, ConvCase{.limit = "Clip"}, ConvCase{.y_zero = 128, .y_scale = 0.05f}}) {
    const Optimized result = RunConv(c);
    EXPECT_EQ(result.operators, (Operators{{"QuantizeLinear", 1}, {"QLinearConv", 1}, {"DequantizeLinear", 1}}))
        << c.limit;
    EXPECT_LE(result.largest_difference, 1.001 * static_cast<double>(c.y_scale));
  }
}

TEST(FuseQdqConv, HoldsBackForLimitsInsideTheRange) {
  const ConvCase cases[] = {{.limit = "Relu", .y_zero = 5}, {.limit = "Clip", .highest = 3}, {.limit = "Sigmoid"}};
  for (const ConvCase& c : cases) {
    const Optimized result = RunConv(c);
    EXPECT_EQ(result.operators.count("QLinearConv"), 0u) << c.limit;
    EXPECT_TRUE(result.same_bits || result.largest_difference <= 1.001 * static_cast<double>(c.y_scale));
  }
}

TEST(FuseQdqConv, HoldsBackForOtherReadersAndForABiasOfAnotherScale) {
  EXPECT_EQ(RunConv({.read_twice = true}).operators.count("QLinearConv"), 0u);
  const Optimized result = RunConv({.bias_scale = 1.01f});
  EXPECT_EQ(result.operators.count("QLinearConv"), 0u);
  EXPECT_TRUE(result.same_bits || result.largest_difference < 0.03);
}

struct TransposedCase {
  int64_t kernel, stride, pad_begin = 0, pad_end = 0, output_padding = 0, groups = 1;
  bool one_scale = false;
  bool unsigned_weights = false;  // with zero points
  int64_t dilation = 1;
};

// x [1, 8, 5, 6] quantized, and 6 filters.
Optimized RunTransposed(const TransposedCase& c) {
  const auto make = [&c] {
    GraphBuilder builder(17);
    const ValueId x = builder.Input("x", DType::kFloat32, {1, 8, "h", "w"});
    const ValueId scale = builder.Floats({}, {0.02f});
    const ValueId zero = builder.Constant(Random<uint8_t>({}, 1, 100, 100));
    const ValueId floats =
        builder.Node("DequantizeLinear", {builder.Node("QuantizeLinear", {x, scale, zero}), scale, zero});
    const int64_t filters = 6 / c.groups, scales = c.one_scale ? 1 : filters;
    const Tensor w_scales = Each(scales, 0.004f, 0.001f);
    const Shape shape = {8, filters, c.kernel, c.kernel}, zeros = {scales};
    const ValueId w = builder.Node(
        "DequantizeLinear",
        {builder.Constant(c.unsigned_weights ? Random<uint8_t>(shape, 2, 0, 255) : Random<int8_t>(shape, 2, -127, 127)),
         builder.Constant(w_scales),
         builder.Constant(c.unsigned_weights ? Random<uint8_t>(zeros, 3, 90, 170) : Random<int8_t>(zeros, 3, 0, 0))},
        {{"axis", int64_t{1}}});
    std::vector<float> b_scales;
    for (int64_t i = 0; i < 6; ++i) b_scales.push_back(0.02f * w_scales.data<float>()[i % scales]);
    const ValueId b = builder.Node(
        "DequantizeLinear", {builder.Constant(Random<int32_t>({6}, 4, -3000, 3000)), builder.Floats({6}, b_scales)},
        {{"axis", int64_t{0}}});
    const auto both = [](int64_t first, int64_t second) { return std::vector<int64_t>{first, first, second, second}; };
    const std::vector<int64_t> strides(2, c.stride), more(2, c.output_padding), dilations(2, c.dilation);
    const ValueId y = builder.Node("ConvTranspose", {floats, w, b},
                                   {{"strides", strides},
                                    {"pads", both(c.pad_begin, c.pad_end)},
                                    {"output_padding", more},
                                    {"dilations", dilations},
                                    {"group", c.groups}});
    const ValueId y_scale = builder.Floats({}, {0.05f});
    const ValueId y_zero = builder.Constant(Random<uint8_t>({}, 5, 128, 128));
    const ValueId bytes = builder.Node("QuantizeLinear", {y, y_scale, y_zero});
    builder.Output(builder.Node("DequantizeLinear", {bytes, y_scale, y_zero}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({1, 8, 5, 6}, 6)}};
  return RunBoth(make, inputs);
}

TEST(FuseQdqConv, ATransposedConvolutionIsOneOfThePlacesOfABlock) {
  for (const TransposedCase& c : {TransposedCase{.kernel = 2, .stride = 2},
                                  {.kernel = 3, .stride = 2, .pad_begin = 1, .pad_end = 1, .output_padding = 1},
                                  {.kernel = 4, .stride = 2, .pad_begin = 1, .pad_end = 1},
                                  {.kernel = 4, .stride = 2, .pad_begin = 2, .pad_end = 0},
                                  {.kernel = 5, .stride = 2, .pad_begin = 2, .pad_end = 1},
                                  {.kernel = 3, .stride = 3, .groups = 2},
                                  {.kernel = 2, .stride = 2, .groups = 2, .one_scale = true},
                                  {.kernel = 6, .stride = 3, .pad_begin = 1, .pad_end = 2, .unsigned_weights = true}}) {
    const Optimized result = RunTransposed(c);
    EXPECT_EQ(result.operators,
              (Operators{{"QuantizeLinear", 1}, {"QLinearConv", 1}, {"DepthToSpace", 1}, {"DequantizeLinear", 1}}))
        << c.kernel << " " << c.stride << " " << result.Reason("fuse-qdq-conv");
    EXPECT_LE(result.largest_difference, 1.001 * 0.05) << c.kernel << " " << c.stride;
  }
}

TEST(FuseQdqConv, HoldsBackForTransposedConvolutionsWithoutWholeBlocks) {
  for (const TransposedCase& c : {TransposedCase{.kernel = 3, .stride = 2},
                                  {.kernel = 2, .stride = 2, .dilation = 2},
                                  {.kernel = 1, .stride = 2, .output_padding = 1}}) {
    const Optimized result = RunTransposed(c);
    EXPECT_EQ(result.operators.count("ConvTranspose"), 1u) << c.kernel;
    EXPECT_TRUE(result.same_bits);
  }
}

TEST(FuseQdqConv, SumsAndProductsKeepTheirBits) {
  for (const std::string op : {"Add", "Mul"}) {
    const auto make = [&op] {
      GraphBuilder builder(17);
      std::vector<ValueId> floats;
      for (const auto& [name, value] : {std::pair("a", 0.02f), std::pair("b", 0.017f)}) {
        const ValueId x = builder.Input(name, DType::kFloat32, {"n", 37});
        const ValueId scale = builder.Floats({}, {value});
        const ValueId zero = builder.Constant(Random<uint8_t>({}, 1, 100, 100));
        floats.push_back(
            builder.Node("DequantizeLinear", {builder.Node("QuantizeLinear", {x, scale, zero}), scale, zero}));
      }
      const ValueId scale = builder.Floats({}, {0.03f});
      const ValueId zero = builder.Constant(Random<uint8_t>({}, 1, 120, 120));
      const ValueId bytes = builder.Node("QuantizeLinear", {builder.Node(op, floats), scale, zero});
      builder.Output(builder.Node("DequantizeLinear", {bytes, scale, zero}), "y");
      return builder.Build();
    };
    const runtime::NamedValue inputs[] = {{"a", RandomFloats({5, 37}, 3)}, {"b", RandomFloats({5, 37}, 4)}};
    const Optimized result = RunBoth(make, inputs);
    EXPECT_EQ(result.operators, (Operators{{"QuantizeLinear", 2}, {"QLinear" + op, 1}, {"DequantizeLinear", 1}}));
    EXPECT_TRUE(result.same_bits);
  }
}

}  // namespace
}  // namespace onedge::testing
