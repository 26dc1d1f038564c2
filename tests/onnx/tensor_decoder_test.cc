#include "onnx/tensor_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "onnx/sparse_tensor.h"
#include "onnx/value_codec.h"
#include "tests/onnx/model_builder.h"

namespace onedge::onnx {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string what;
  ::onnx::TensorProto proto;
  std::string expected;  // the elements' bytes
};

template <typename T>
std::string BytesOf(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

::onnx::TensorProto Header(int type, const std::vector<int64_t>& dims) {
  ::onnx::TensorProto proto;
  proto.set_name("t");
  proto.set_data_type(type);
  for (int64_t dim : dims) proto.add_dims(dim);
  return proto;
}

// The typed array of every element type, with the bytes that it encodes, according to the comments of onnx.proto.
std::vector<Case> TypedCases() {
  std::vector<Case> cases;
  const auto add = [&](std::string what, ::onnx::TensorProto proto, std::string expected) {
    cases.push_back({std::move(what), std::move(proto), std::move(expected)});
  };
  {
    auto proto = Header(1, {3});
    for (float value : {1.5f, -0.0f, 3e38f}) proto.add_float_data(value);
    add("float32", proto, BytesOf<float>({1.5f, -0.0f, 3e38f}));
  }
  {
    auto proto = Header(14, {1});
    for (float value : {1.5f, -2.f}) proto.add_float_data(value);
    add("complex64", proto, BytesOf<float>({1.5f, -2.f}));
  }
  {
    auto proto = Header(11, {2});
    for (double value : {1e300, -0.1}) proto.add_double_data(value);
    add("float64", proto, BytesOf<double>({1e300, -0.1}));
  }
  {
    auto proto = Header(7, {3});
    for (int64_t value : {int64_t{-1}, INT64_MAX, INT64_MIN}) proto.add_int64_data(value);
    add("int64", proto, BytesOf<int64_t>({-1, INT64_MAX, INT64_MIN}));
  }
  {
    auto proto = Header(13, {2});
    for (uint64_t value : {uint64_t{0}, UINT64_MAX}) proto.add_uint64_data(value);
    add("uint64", proto, BytesOf<uint64_t>({0, UINT64_MAX}));
  }
  {
    auto proto = Header(12, {2});
    for (uint64_t value : {uint64_t{7}, uint64_t{UINT32_MAX}}) proto.add_uint64_data(value);
    add("uint32", proto, BytesOf<uint32_t>({7, UINT32_MAX}));
  }
  const auto int32_case = [&](std::string what, int type, std::vector<int64_t> dims, std::vector<int32_t> data,
                              std::string expected) {
    auto proto = Header(type, dims);
    for (int32_t value : data) proto.add_int32_data(value);
    add(std::move(what), proto, std::move(expected));
  };
  int32_case("int32", 6, {3}, {-1, INT32_MAX, INT32_MIN}, BytesOf<int32_t>({-1, INT32_MAX, INT32_MIN}));
  int32_case("uint8", 2, {2}, {0, 255}, BytesOf<uint8_t>({0, 255}));
  int32_case("int8", 3, {2}, {-128, 127}, BytesOf<int8_t>({-128, 127}));
  int32_case("uint16", 4, {2}, {1, 65535}, BytesOf<uint16_t>({1, 65535}));
  int32_case("int16", 5, {2}, {-32768, 5}, BytesOf<int16_t>({-32768, 5}));
  int32_case("bool", 9, {3}, {0, 1, 5}, BytesOf<uint8_t>({0, 1, 1}));
  int32_case("float16", 10, {2}, {0x3c00, 0xfbff}, BytesOf<uint16_t>({0x3c00, 0xfbff}));
  int32_case("bfloat16", 16, {1}, {0x3f80}, BytesOf<uint16_t>({0x3f80}));
  int32_case("float8e4m3fn", 17, {2}, {0x7e, 0xff}, BytesOf<uint8_t>({0x7e, 0xff}));
  int32_case("int4, two in a byte, an odd number", 22, {3}, {0x21, 0x03}, BytesOf<uint8_t>({0x21, 0x03}));
  int32_case("uint4", 21, {2}, {0xf1}, BytesOf<uint8_t>({0xf1}));
  int32_case("a scalar", 6, {}, {42}, BytesOf<int32_t>({42}));
  int32_case("nothing", 6, {0, 5}, {}, "");
  return cases;
}

std::string BytesOf(const Tensor& tensor) { return std::string(AsText({tensor.bytes(), tensor.byte_size()})); }

TEST(TensorDecoder, ReadsEveryTypedArray) {
  for (const Case& test : TypedCases()) {
    const Result<Tensor> tensor = ParseTensorProto(AsBytes(Serialize(test.proto)));
    ASSERT_TRUE(tensor.ok()) << test.what << ": " << tensor.status().ToString();
    EXPECT_EQ(BytesOf(*tensor), test.expected) << test.what;
    EXPECT_EQ(static_cast<int>(tensor->dtype()), test.proto.data_type());
  }
}

TEST(TensorDecoder, RawDataGivesTheSame) {
  for (Case test : TypedCases()) {
    const std::string typed = test.expected;
    ::onnx::TensorProto raw = Header(test.proto.data_type(), {test.proto.dims().begin(), test.proto.dims().end()});
    raw.set_raw_data(typed);
    const Result<Tensor> tensor = ParseTensorProto(AsBytes(Serialize(raw)));
    ASSERT_TRUE(tensor.ok()) << test.what << ": " << tensor.status().ToString();
    EXPECT_EQ(BytesOf(*tensor), typed) << test.what;
  }
}

// The fields of a message, each with its tag.
std::vector<std::string> FieldsOf(std::string_view bytes) {
  std::vector<std::string> fields;
  MessageReader in(AsBytes(bytes), "Test");
  while (in.Next()) {
    std::string& field = fields.emplace_back();
    AppendTag(field, in.field(), in.wire_type());
    switch (in.wire_type()) {
      case WireType::kVarint:
        AppendVarint(field, in.Uint());
        break;
      case WireType::kBytes: {
        const std::string payload = in.String();
        AppendVarint(field, payload.size());
        field += payload;
        break;
      }
      case WireType::kFixed32: {
        const float value = in.Float();
        field.append(reinterpret_cast<const char*>(&value), 4);
        break;
      }
      case WireType::kFixed64: {
        const double value = in.Double();
        field.append(reinterpret_cast<const char*>(&value), 8);
        break;
      }
    }
  }
  return fields;
}

TEST(TensorDecoder, FieldsMayComeInAnyOrder) {
  std::mt19937 random(7);
  for (const Case& test : TypedCases()) {
    // Two or more dims would change their order.
    if (test.proto.dims_size() > 1) continue;
    std::vector<std::string> fields = FieldsOf(Serialize(test.proto));
    for (int round = 0; round < 20; ++round) {
      std::shuffle(fields.begin(), fields.end(), random);
      std::string bytes;
      for (const std::string& field : fields) bytes += field;
      const Result<Tensor> tensor = ParseTensorProto(AsBytes(bytes));
      ASSERT_TRUE(tensor.ok()) << test.what << ": " << tensor.status().ToString();
      ASSERT_EQ(BytesOf(*tensor), test.expected) << test.what;
    }
  }
}

TEST(TensorDecoder, TypedArraysMayBeUnpackedOrInSeveralRuns) {
  std::string bytes;
  AppendInt(bytes, 1, 4);
  AppendInt(bytes, 2, 6);
  AppendInt(bytes, 5, -1);
  AppendBytes(bytes, 5, std::string_view("\x02\x80\x01", 3));
  AppendInt(bytes, 5, 3);
  EXPECT_EQ(BytesOf(ParseTensorProto(AsBytes(bytes)).value()), BytesOf<int32_t>({-1, 2, 128, 3}));
  std::string floats;
  AppendInt(floats, 1, 2);
  AppendInt(floats, 2, 1);
  for (float value : {0.5f, -3.f}) {
    AppendTag(floats, 4, WireType::kFixed32);
    floats.append(reinterpret_cast<const char*>(&value), 4);
  }
  EXPECT_EQ(BytesOf(ParseTensorProto(AsBytes(floats)).value()), BytesOf<float>({0.5f, -3.f}));
}

TEST(TensorDecoder, InitializersGiveTheSameForEveryPieceSize) {
  for (const Case& test : TypedCases()) {
    ::onnx::ModelProto model = EmptyModel();
    *model.mutable_graph()->add_initializer() = test.proto;
    const std::string bytes = Serialize(model);
    for (size_t piece = 1; piece <= 12; ++piece) {
      const Result<Model> loaded = LoadInPieces(bytes, piece);
      ASSERT_TRUE(loaded.ok()) << test.what << ": " << loaded.status().ToString();
      ASSERT_EQ(BytesOf(*FindConstant(loaded->graph, "t")), test.expected) << test.what << ", pieces of " << piece;
    }
  }
}

std::string ErrorOf(const ::onnx::TensorProto& proto) {
  return ParseTensorProto(AsBytes(Serialize(proto))).status().ToString();
}

TEST(TensorDecoder, DimsThatLieAreNamed) {
  auto proto = Header(1, {2, 3});
  proto.set_raw_data(std::string(20, 'x'));
  EXPECT_THAT(
      ErrorOf(proto),
      HasSubstr("tensor 't': its dims [2, 3] ask for 6 elements of float32, 24 bytes; raw_data holds 20 bytes"));
  auto missing = Header(1, {2, 3});
  EXPECT_THAT(ErrorOf(missing), HasSubstr("no data field holds 0 bytes"));
  auto few = Header(6, {3});
  few.add_int32_data(1);
  EXPECT_THAT(ErrorOf(few), HasSubstr("ask for 3 elements of int32, 12 bytes; int32_data holds 4 bytes"));
  auto strings = Header(8, {3});
  strings.add_string_data("a");
  EXPECT_THAT(ErrorOf(strings), HasSubstr("ask for 3 strings, it has 1"));
}

TEST(TensorDecoder, ImpossibleDimsAndTypesAreNamed) {
  EXPECT_THAT(ErrorOf(Header(1, {-3})), HasSubstr("dim 0 is negative: -3"));
  EXPECT_THAT(ErrorOf(Header(1, {INT64_MAX, 4})), HasSubstr("more elements than 63 bits can count"));
  EXPECT_THAT(ErrorOf(Header(1, {int64_t{1} << 62})), HasSubstr("ask for"));
  EXPECT_THAT(ErrorOf(Header(1, std::vector<int64_t>(65, 1))), HasSubstr("more than 64 dims"));
  EXPECT_THAT(ErrorOf(Header(99, {1})), HasSubstr("data type 99 is not one that ONNX defines"));
  EXPECT_THAT(ErrorOf(Header(0, {1})), HasSubstr("data type 0"));
  EXPECT_THAT(ErrorOf(::onnx::TensorProto()), HasSubstr("no data type"));
}

TEST(TensorDecoder, ElementsInTheWrongPlaceAreNamed) {
  auto wrong_array = Header(7, {1});
  wrong_array.add_int32_data(1);
  EXPECT_THAT(ErrorOf(wrong_array), HasSubstr("int64 elements in int32_data, expected them in int64_data or raw_data"));
  auto both = Header(1, {1});
  both.add_float_data(1);
  both.set_raw_data("abcd");
  EXPECT_THAT(ErrorOf(both), HasSubstr("elements in both float_data and raw_data"));
  auto large = Header(2, {1});
  large.add_int32_data(256);
  EXPECT_THAT(ErrorOf(large), HasSubstr("256 in int32_data does not fit uint8"));
  auto segment = Header(1, {1});
  segment.mutable_segment()->set_begin(0);
  EXPECT_THAT(ErrorOf(segment), HasSubstr("in segments"));
  auto raw_strings = Header(8, {1});
  raw_strings.set_raw_data("abcd");
  EXPECT_EQ(ParseTensorProto(AsBytes(Serialize(raw_strings))).status().message(),
            "tensor: tensor: string elements in raw_data, expected them in string_data or raw_data");
}

TEST(TensorDecoder, WrongWireTypesAreNamed) {
  std::string bytes;
  AppendInt(bytes, 9, 1);
  EXPECT_THAT(ParseTensorProto(AsBytes(bytes)).status().ToString(),
              HasSubstr("field 9 has wire type varint, expected length-delimited"));
  std::string type;
  AppendBytes(type, 2, "x");
  EXPECT_THAT(ParseTensorProto(AsBytes(type)).status().ToString(), HasSubstr("field 2 has wire type length-delimited"));
}

TEST(SparseTensor, BecomesDense) {
  ::onnx::SparseTensorProto sparse;
  SetRaw<float>(sparse.mutable_values(), "s", 1, {2}, {5, 7});
  SetRaw<int64_t>(sparse.mutable_indices(), "", 7, {2}, {1, 5});
  sparse.add_dims(2);
  sparse.add_dims(3);
  const TensorEntry linear = DecodeSparseTensor(AsBytes(Serialize(sparse)), nullptr, 1000).value();
  EXPECT_EQ(linear.name, "s");
  EXPECT_EQ(BytesOf(linear.tensor), BytesOf<float>({0, 5, 0, 0, 0, 7}));
  SetRaw<int64_t>(sparse.mutable_indices(), "", 7, {}, {0, 1, 1, 2});
  sparse.mutable_indices()->clear_dims();
  sparse.mutable_indices()->add_dims(2);
  sparse.mutable_indices()->add_dims(2);
  EXPECT_EQ(BytesOf(DecodeSparseTensor(AsBytes(Serialize(sparse)), nullptr, 1000).value().tensor),
            BytesOf<float>({0, 5, 0, 0, 0, 7}));

  EXPECT_THAT(DecodeSparseTensor(AsBytes(Serialize(sparse)), nullptr, 23).status().ToString(),
              HasSubstr("more than 23 bytes"));
  sparse.set_dims(1, 2);
  EXPECT_THAT(DecodeSparseTensor(AsBytes(Serialize(sparse)), nullptr, 1000).status().ToString(),
              HasSubstr("index 2 is outside dim 1"));
  sparse.set_dims(0, INT64_MAX);
  EXPECT_EQ(DecodeSparseTensor(AsBytes(Serialize(sparse)), nullptr, 1000).status().message(),
            "shape [9223372036854775807, 2] has more elements than 63 bits can count");
  sparse.mutable_indices()->set_data_type(6);
  EXPECT_EQ(DecodeSparseTensor(AsBytes(Serialize(sparse)), nullptr, 1000).status().message(),
            "tensor: its dims [2, 2] ask for 4 elements of int32, 16 bytes; raw_data holds 32 bytes");
}

}  // namespace
}  // namespace onedge::onnx
