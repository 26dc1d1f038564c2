#include "onnx/value_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/onnx/model_builder.h"
#include "tests/support/tolerance.h"

namespace onedge::onnx {
namespace {

using ::testing::HasSubstr;

Tensor Floats(std::vector<float> values) {
  return Tensor::FromValues<float>({static_cast<int64_t>(values.size())}, values).value();
}

void ExpectSame(const Value& got, const Value& expected) {
  const auto why = conformance::Difference(got, expected, false);
  EXPECT_FALSE(why) << *why;
}

TEST(ValueCodec, TensorsReadByProtobuf) {
  ::onnx::TensorProto proto;
  ASSERT_TRUE(proto.ParseFromString(SerializeTensorProto(Floats({1, 2}), "x")));
  EXPECT_EQ(proto.name(), "x");
  EXPECT_EQ(proto.data_type(), 1);
  EXPECT_EQ(proto.dims(0), 2);
  EXPECT_EQ(proto.raw_data().size(), 8u);
  ::onnx::TensorProto strings;
  ASSERT_TRUE(strings.ParseFromString(SerializeTensorProto(Tensor::FromStrings({2}, {"a", ""}).value())));
  ASSERT_EQ(strings.string_data_size(), 2);
  EXPECT_EQ(strings.string_data(0), "a");
}

TEST(ValueCodec, EveryKindComesBack) {
  using graph::TypeInfo;
  const TypeInfo tensor_type = TypeInfo::Tensor(DType::kFloat32);
  const Value tensor(Floats({1, 2, 3}));
  ExpectSame(ParseValue(AsBytes(SerializeValue(tensor)), tensor_type).value(), tensor);

  const Value sequence(Sequence{{tensor, Value(Floats({}))}});
  ExpectSame(ParseValue(AsBytes(SerializeValue(sequence, "s")), TypeInfo::Sequence(tensor_type)).value(), sequence);
  const Value nested(Sequence{{sequence, sequence}});
  ExpectSame(ParseValue(AsBytes(SerializeValue(nested)), TypeInfo::Sequence(TypeInfo::Sequence(tensor_type))).value(),
             nested);

  const Value none;
  ExpectSame(ParseValue(AsBytes(SerializeValue(none)), TypeInfo::Optional(tensor_type)).value(), none);

  const int64_t keys[] = {5, -6};
  const Value map(Map{Tensor::FromValues<int64_t>({2}, keys).value(), {tensor, tensor}});
  ExpectSame(ParseValue(AsBytes(SerializeValue(map)), TypeInfo::Map(DType::kInt64, tensor_type)).value(), map);
  const Value words(Map{Tensor::FromStrings({1}, {"k"}).value(), {tensor}});
  ExpectSame(ParseValue(AsBytes(SerializeValue(words)), TypeInfo::Map(DType::kString, tensor_type)).value(), words);
}

TEST(ValueCodec, OptionalsHoldTensorsAndSequences) {
  const std::string tensor = SerializeTensorProto(Floats({4}));
  std::string optional;
  AppendInt(optional, 2, 1);
  AppendBytes(optional, 3, tensor);
  ExpectSame(ParseOptionalProto(AsBytes(optional)).value(), Value(Floats({4})));
  std::string sequence;
  AppendBytes(sequence, 3, tensor);
  std::string of_sequence;
  AppendInt(of_sequence, 2, 3);
  AppendBytes(of_sequence, 5, sequence);
  ExpectSame(ParseOptionalProto(AsBytes(of_sequence)).value(), Value(Sequence{{Value(Floats({4}))}}));
}

TEST(ValueCodec, MapsMustHaveAValueForEachKey) {
  std::string map;
  AppendInt(map, 2, 7);
  AppendInt(map, 3, 1);
  EXPECT_THAT(ParseMapProto(AsBytes(map)).status().ToString(), HasSubstr("1 keys and 0 values"));
  std::string floats;
  AppendInt(floats, 2, 1);
  EXPECT_THAT(ParseMapProto(AsBytes(floats)).status().ToString(), HasSubstr("expected int64 or string"));
}

TEST(Difference, FindsWhatIsNotTheSame) {
  using conformance::Difference;
  const auto differ = [](const Value& a, const Value& b) { return Difference(a, b, false).value_or(""); };
  EXPECT_EQ(differ(Floats({1, NAN, INFINITY}), Floats({1.0009f, NAN, INFINITY})), "");
  EXPECT_THAT(differ(Floats({1, 2}), Floats({1, 2.003f})), HasSubstr("element 1 is 2, expected 2.003"));
  EXPECT_THAT(differ(Floats({NAN}), Floats({1})), HasSubstr("element 0 is"));
  EXPECT_THAT(differ(Floats({INFINITY}), Floats({-INFINITY})), HasSubstr("1 of 1 elements differ"));
  EXPECT_THAT(differ(Floats({0}), Floats({1e-6f})), HasSubstr("differ"));
  EXPECT_THAT(differ(Floats({1}), Floats({1, 2})), HasSubstr("shape [1], expected [2]"));
  const int32_t one[] = {1};
  EXPECT_THAT(differ(Floats({1}), Tensor::FromValues<int32_t>({1}, one).value()),
              HasSubstr("dtype float32, expected int32"));
  EXPECT_THAT(differ(Floats({1}), Value()), HasSubstr("expected none"));
  EXPECT_THAT(differ(Value(Sequence{{Floats({1})}}), Value(Sequence{{Floats({2})}})), HasSubstr("sequence element 0"));
  EXPECT_THAT(differ(Tensor::FromStrings({1}, {"a"}).value(), Tensor::FromStrings({1}, {"b"}).value()),
              HasSubstr("string 0"));
  // The unused half of the last byte does not count.
  const uint8_t low[] = {0x21, 0x03}, high[] = {0x21, 0xf3}, other[] = {0x31, 0x03};
  const auto int4 = [](std::span<const uint8_t> bytes) { return Tensor::FromBytes(DType::kInt4, {3}, bytes).value(); };
  EXPECT_EQ(differ(int4(low), int4(high)), "");
  EXPECT_THAT(differ(int4(low), int4(other)), HasSubstr("element 1"));
}

}  // namespace
}  // namespace onedge::onnx
