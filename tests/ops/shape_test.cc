// Shape and Size.
#include "op_tester.h"

namespace onedge::ops {
namespace {

const Tensor kX = MakeTensor<float>({3, 4, 5}, std::vector<float>(60));

std::vector<int64_t> ShapeOf(std::optional<int64_t> start, std::optional<int64_t> end) {
  OpTester tester("Shape", 21);
  if (start) tester.Attr("start", *start);
  if (end) tester.Attr("end", *end);
  const Value y = tester.In(kX).RunOne();
  const auto values = y.tensor().values<int64_t>();
  return {values.begin(), values.end()};
}

TEST(Shape, GivesAllDimensions) {
  ExpectTensor<int64_t>(OpTester("Shape", 1).In(kX).RunOne(), {3}, {3, 4, 5});
  ExpectTensor<int64_t>(OpTester("Shape", 13).In(MakeScalar(1.0f)).RunOne(), {0}, {});
}

TEST(Shape, RangesCountFromTheEndAndAreClamped) {
  EXPECT_EQ(ShapeOf(1, std::nullopt), (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(ShapeOf(-1, std::nullopt), (std::vector<int64_t>{5}));
  EXPECT_EQ(ShapeOf(std::nullopt, -1), (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(ShapeOf(1, 2), (std::vector<int64_t>{4}));
  EXPECT_EQ(ShapeOf(-10, 10), (std::vector<int64_t>{3, 4, 5}));
  EXPECT_EQ(ShapeOf(2, 1), (std::vector<int64_t>{}));
}

TEST(Shape, HasNoRangeBeforeOpset15) {
  EXPECT_NE(OpTester("Shape", 13).Attr("start", 1).In(kX).Error().find("attribute 'start'"), std::string::npos);
}

TEST(Shape, TakesStrings) {
  ExpectTensor<int64_t>(OpTester("Shape").In(MakeStrings({1, 2}, {"a", "b"})).RunOne(), {2}, {1, 2});
}

TEST(Size, CountsElements) {
  ExpectTensor<int64_t>(OpTester("Size").In(kX).RunOne(), {}, {60});
  ExpectTensor<int64_t>(OpTester("Size").In(MakeTensor<float>({0, 3}, {})).RunOne(), {}, {0});
}

// Shapes with symbols, as at load.
ShapeContext::Output InferOne(std::string op_type, std::vector<ShapeContext::Input> inputs,
                              std::vector<graph::Attribute> attributes = {}) {
  graph::Node node;
  node.op_type = std::move(op_type);
  node.opset = 21;
  node.attributes = std::move(attributes);
  node.inputs.resize(inputs.size());
  node.outputs.resize(1);
  EXPECT_TRUE(ResolveOp(node).ok()) << ResolveOp(node).ToString();
  std::vector<ShapeContext::Output> outputs(1);
  ShapeContext ctx(inputs, outputs);
  const Status status = node.op->InferShapes(ctx);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return outputs[0];
}

const Dim kBatch = Dim::Symbol(0);
const Dim kSeq = Dim::Symbol(1);
const TypeInfo kHidden = TypeInfo::Tensor(DType::kFloat32, Dims{kBatch, kSeq, Dim::Known(384)});

TEST(ShapeChain, SymbolsPassThroughShapeGatherUnsqueezeConcatAndReshape) {
  const auto shape = InferOne("Shape", {{&kHidden}});
  EXPECT_EQ(*shape.shape_value, (Dims{kBatch, kSeq, Dim::Known(384)}));

  const Tensor one = MakeScalar<int64_t>(1);
  const TypeInfo scalar = TypeInfo::Tensor(DType::kInt64, Dims{});
  const auto seq = InferOne("Gather", {{&shape.type, nullptr, &*shape.shape_value}, {&scalar, &one}});
  EXPECT_EQ(*seq.shape_value, (Dims{kSeq}));
  EXPECT_EQ(*seq.type.dims, Dims{});

  const Tensor zero = MakeTensor<int64_t>({1}, {0});
  const TypeInfo vector = TypeInfo::Tensor(DType::kInt64, Dims{Dim::Known(1)});
  const auto unsqueezed = InferOne("Unsqueeze", {{&seq.type, nullptr, &*seq.shape_value}, {&vector, &zero}});
  EXPECT_EQ(*unsqueezed.shape_value, (Dims{kSeq}));

  const Tensor heads = MakeTensor<int64_t>({2}, {12, -1});
  const TypeInfo pair = TypeInfo::Tensor(DType::kInt64, Dims{Dim::Known(2)});
  const auto wanted = InferOne("Concat", {{&unsqueezed.type, nullptr, &*unsqueezed.shape_value}, {&pair, &heads}},
                               {{"axis", int64_t{0}}});
  EXPECT_EQ(*wanted.shape_value, (Dims{kSeq, Dim::Known(12), Dim::Unknown()}));

  const TypeInfo x = TypeInfo::Tensor(DType::kFloat32, Dims{kSeq, Dim::Known(384)});
  const auto reshaped = InferOne("Reshape", {{&x}, {&wanted.type, nullptr, &*wanted.shape_value}});
  EXPECT_EQ(*reshaped.type.dims, (Dims{kSeq, Dim::Known(12), Dim::Known(32)}));
}

TEST(ShapeChain, ReshapeInfersASymbolWhereTheOthersCancel) {
  const Tensor wanted = MakeTensor<int64_t>({3}, {0, -1, 384});
  const TypeInfo type = TypeInfo::Tensor(DType::kInt64, Dims{Dim::Known(3)});
  EXPECT_EQ(*InferOne("Reshape", {{&kHidden}, {&type, &wanted}}).type.dims, (Dims{kBatch, kSeq, Dim::Known(384)}));
  const Tensor flat = MakeTensor<int64_t>({2}, {-1, 384});
  EXPECT_EQ(*InferOne("Reshape", {{&kHidden}, {&type, &flat}}).type.dims, (Dims{Dim::Unknown(), Dim::Known(384)}));
}

TEST(ShapeChain, SliceKeepsASymbolThatItDoesNotCut) {
  const TypeInfo one = TypeInfo::Tensor(DType::kInt64, Dims{Dim::Known(1)});
  const Tensor zero = MakeTensor<int64_t>({1}, {0});
  const Tensor end = MakeTensor<int64_t>({1}, {std::numeric_limits<int64_t>::max()});
  const Tensor axis = MakeTensor<int64_t>({1}, {1});
  EXPECT_EQ(*InferOne("Slice", {{&kHidden}, {&one, &zero}, {&one, &end}, {&one, &axis}}).type.dims,
            (Dims{kBatch, kSeq, Dim::Known(384)}));
  const Tensor two = MakeTensor<int64_t>({1}, {2});
  EXPECT_EQ(*InferOne("Slice", {{&kHidden}, {&one, &zero}, {&one, &two}, {&one, &axis}}).type.dims,
            (Dims{kBatch, Dim::Unknown(), Dim::Known(384)}));
}

TEST(ShapeChain, ExpandAndConstantOfShapeTakeSymbols) {
  const TypeInfo type = TypeInfo::Tensor(DType::kInt64, Dims{Dim::Known(2)});
  const Dims elements = {kBatch, kSeq};
  EXPECT_EQ(*InferOne("ConstantOfShape", {{&type, nullptr, &elements}}).type.dims, elements);
  const TypeInfo x = TypeInfo::Tensor(DType::kFloat32, Dims{Dim::Known(1), kSeq});
  EXPECT_EQ(*InferOne("Expand", {{&x}, {&type, nullptr, &elements}}).type.dims, elements);
}

}  // namespace
}  // namespace onedge::ops
