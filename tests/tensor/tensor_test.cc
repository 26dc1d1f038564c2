#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include "tensor/value.h"

namespace onedge {
namespace {

TEST(Shape, CountsAndStrides) {
  const Shape shape{2, 3, 4};
  EXPECT_EQ(shape.element_count(), 24);
  EXPECT_EQ(shape.element_count(1, 3), 12);
  EXPECT_EQ(Shape().element_count(), 1);
  EXPECT_EQ(shape.Strides(), (InlineVector<int64_t, 8>{12, 4, 1}));
  EXPECT_EQ(shape.ToString(), "[2, 3, 4]");
  EXPECT_EQ(Shape().ToString(), "[]");
}

TEST(Shape, CheckRefusesNegativeAndHuge) {
  EXPECT_EQ((Shape{2, -1}).Check().message(), "shape [2, -1] has a negative dimension");
  EXPECT_EQ((Shape{INT64_MAX, 2}).Check().message(),
            "shape [9223372036854775807, 2] has more elements than 63 bits can count");
  // A zero must not hide an overflow of its strides.
  EXPECT_EQ((Shape{0, INT64_MAX, INT64_MAX}).Check().message(),
            "shape [0, 9223372036854775807, 9223372036854775807] has more elements than 63 bits can count");
  EXPECT_TRUE((Shape{0, 5}).Check().ok());
}

TEST(Shape, BroadcastsAsNumpyDoes) {
  EXPECT_EQ(BroadcastShapes({2, 1, 4}, {3, 1}), (Shape{2, 3, 4}));
  EXPECT_EQ(BroadcastShapes({}, {5}), (Shape{5}));
  EXPECT_EQ(BroadcastShapes({0}, {1}), (Shape{0}));
  EXPECT_EQ(BroadcastShapes({2}, {3}), std::nullopt);
  EXPECT_EQ(BroadcastShapes({0}, {2}), std::nullopt);
}

TEST(Shape, AxesCountFromTheEndToo) {
  EXPECT_EQ(NormalizeAxis(-1, 3).value(), 2u);
  EXPECT_EQ(NormalizeAxis(0, 3).value(), 0u);
  EXPECT_EQ(NormalizeAxis(3, 3).status().message(), "axis: expected a value in [-3, 2] for rank 3, got 3");
  EXPECT_EQ(NormalizeAxis(0, 0).status().message(), "axis: expected a value in [0, -1] for rank 0, got 0");
  EXPECT_NE(NormalizeAxis(-4, 3, "axis of Softmax").status().message().find("axis of Softmax"), std::string_view::npos);
}

TEST(Tensor, FromValuesChecksTheCount) {
  const float values[] = {1, 2, 3, 4, 5, 6};
  const Result<Tensor> tensor = Tensor::FromValues<float>({2, 3}, values);
  ASSERT_TRUE(tensor.ok());
  EXPECT_EQ(tensor->byte_size(), 24u);
  EXPECT_EQ(tensor->values<float>()[5], 6);
  EXPECT_EQ(tensor->ToString(), "float32 [2, 3]");
  EXPECT_EQ(Tensor::FromValues<float>({7}, values).status().message(),
            "a float32 tensor of shape [7] needs 28 bytes, got 24");
}

TEST(Tensor, RefusesWhatCannotExist) {
  EXPECT_EQ(Tensor::Allocate(DType::kUndefined, {1}).status().message(), "a tensor of undefined dtype was asked for");
  EXPECT_EQ(Tensor::Allocate(DType::kFloat32, {-1}).status().message(), "shape [-1] has a negative dimension");
  EXPECT_EQ(Tensor::Allocate(DType::kFloat64, {INT64_MAX}).status().message(),
            "a float64 tensor of shape [9223372036854775807] exceeds the address space");
  EXPECT_EQ(Tensor::Allocate(DType::kString, {INT64_MAX}).status().message(),
            sizeof(size_t) == 4 ? "a string tensor of shape [9223372036854775807] exceeds the address space"
                                : "a string tensor of shape [9223372036854775807] is too large");
  EXPECT_EQ(Tensor::FromStrings({2}, {"one"}).status().message(),
            "a string tensor of shape [2] needs 2 strings, got 1");
  EXPECT_EQ(Tensor::FromBytes(DType::kString, {0}, {}).status().message(), "string tensors are not made from bytes");
}

TEST(Tensor, ViewsOfABufferMustFit) {
  const Buffer buffer = std::move(Buffer::Allocate(16, nullptr)).value();
  EXPECT_TRUE(Tensor::FromBuffer(DType::kFloat32, {2}, buffer, 8).ok());
  EXPECT_EQ(Tensor::FromBuffer(DType::kFloat32, {3}, buffer, 8).status().message(),
            "a float32 tensor of shape [3] needs 12 bytes, got 8");
  EXPECT_EQ(Tensor::FromBuffer(DType::kFloat32, {0}, buffer, 17).status().message(),
            "a float32 tensor of shape [0]: expected a start within 16 bytes, got byte 17");
}

TEST(Tensor, ReshapedSharesAndCloneDoesNot) {
  const int32_t values[] = {1, 2, 3, 4};
  Tensor tensor = std::move(Tensor::FromValues<int32_t>({4}, values)).value();
  const Tensor view = std::move(tensor.Reshaped({2, 2})).value();
  const Tensor copy = std::move(tensor.Clone()).value();
  tensor.mutable_data<int32_t>()[0] = 9;
  EXPECT_EQ(view.values<int32_t>()[0], 9);
  EXPECT_EQ(copy.values<int32_t>()[0], 1);
  EXPECT_EQ(tensor.Reshaped({3}).status().message(), "cannot view int32 [4] as shape [3]: 4 elements, not 3");
}

TEST(Tensor, IntegersWidenAndOthersDoNot) {
  const int8_t bytes[] = {-1, 2};
  EXPECT_EQ(Tensor::FromValues<int8_t>({2}, bytes).value().ToInt64s("axes").value(), (InlineVector<int64_t, 8>{-1, 2}));
  const float floats[] = {1};
  EXPECT_EQ(Tensor::FromValues<float>({1}, floats).value().ToInt64s("axes").status().message(),
            "axes: expected integers, got float32 [1]");
}

TEST(Tensor, EmptyTensorsHaveNoElements) {
  const Tensor tensor = std::move(Tensor::Allocate(DType::kFloat32, {0, 3})).value();
  EXPECT_TRUE(tensor.defined());
  EXPECT_EQ(tensor.element_count(), 0);
  EXPECT_EQ(tensor.byte_size(), 0u);
  EXPECT_FALSE(Tensor().defined());
  EXPECT_EQ(Tensor().element_count(), 0);
}

TEST(Value, KnowsWhatItHolds) {
  EXPECT_TRUE(Value().is_none());
  const Value tensor(std::move(Tensor::Allocate(DType::kInt64, {2})).value());
  EXPECT_TRUE(tensor.is_tensor());
  const Value sequence(Sequence{{tensor, Value()}});
  EXPECT_TRUE(sequence.is_sequence());
  EXPECT_EQ(sequence.ToString(), "sequence of 2");
  const Value map(Map{tensor.tensor(), {tensor, tensor}});
  EXPECT_TRUE(map.is_map());
  EXPECT_EQ(map.ToString(), "map of 2");
}

}  // namespace
}  // namespace onedge
