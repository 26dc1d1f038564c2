// The Open Inference Protocol v2. The expected bytes are in this file.
#include <algorithm>

#include "tests/contract/served_pipeline.h"

namespace onedge::contract {
namespace {

using tasks::TinyPipeline;
using ::testing::HasSubstr;

std::string FromHex(std::string_view hex) {
  std::string bytes;
  int digits = 0, value = 0;
  for (char c : hex) {
    if (c == ' ') continue;
    value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    if (++digits % 2 == 0) {
      bytes += static_cast<char>(value);
      value = 0;
    }
  }
  return bytes;
}

struct Case {
  const char* datatype;
  DType dtype;
  int count;
  const char* json;
  const char* hex;  // little-endian
};
const Case kCases[] = {
    {"BOOL", DType::kBool, 3, "[true,false,true]", "01 00 01"},
    {"UINT8", DType::kUint8, 3, "[0,7,255]", "00 07 ff"},
    {"UINT16", DType::kUint16, 2, "[0,65535]", "0000 ffff"},
    {"UINT32", DType::kUint32, 2, "[1,4294967295]", "01000000 ffffffff"},
    {"UINT64", DType::kUint64, 2, "[1,18446744073709551615]", "0100000000000000 ffffffffffffffff"},
    {"INT8", DType::kInt8, 2, "[-128,127]", "80 7f"},
    {"INT16", DType::kInt16, 2, "[-32768,258]", "0080 0201"},
    {"INT32", DType::kInt32, 2, "[-1,2147483647]", "ffffffff ffffff7f"},
    {"INT64", DType::kInt64, 2, "[-2,9007199254740993]", "feffffffffffffff 0100000000002000"},
    {"FP16", DType::kFloat16, 4, "[1,-2,65504,0.333251953125]", "003c 00c0 ff7b 5535"},
    {"BF16", DType::kBfloat16, 2, "[1,-2.5]", "803f 20c0"},
    {"FP32", DType::kFloat32, 2, "[1.5,-0.25]", "0000c03f 000080be"},
    {"FP64", DType::kFloat64, 2, "[0.1,-1e300]", "9a9999999999b93f 9c7500883ce437fe"},
    {"BYTES", DType::kString, 3, R"(["a","é",""])", "01000000 61 02000000 c3a9 00000000"},
};

// Returns its inputs in_0, in_1, ... as out_0, out_1, ...
TinyPipeline Echo(std::initializer_list<DType> dtypes) {
  testing::GraphBuilder builder;
  int i = 0;
  for (DType dtype : dtypes) {
    const auto input = builder.Input(StrCat("in_", i), dtype, {"n"});
    builder.Output(builder.Node("Identity", {input}), StrCat("out_", i++));
  }
  return TinyPipeline(builder.Build(), "tensors");
}

std::string Input(const Case& one, std::string_view rest) {
  return StrCat(R"({"name": "in_0", "shape": [)", one.count, R"(], "datatype": ")", one.datatype, "\", ", rest, "}");
}

TEST(Infer, EveryDatatypeAsJson) {
  for (const Case& one : kCases) {
    TinyPipeline tiny = Echo({one.dtype});
    ServedPipeline ask(tiny);
    const std::string input = Input(one, StrCat(R"("data": )", one.json));
    EXPECT_EQ(ask("infer", StrCat(R"({"id": "7", "inputs": [)", input, "]}")),
              StrCat(R"({"model_name":"tiny","model_version":"1.2.3","id":"7","outputs":[{"name":"out_0","shape":[)",
                     one.count, R"(],"datatype":")", one.datatype, R"(","data":)", one.json, "}]}"));
  }
}

TEST(Infer, EveryDatatypeAsBinaryData) {
  for (const Case& one : kCases) {
    TinyPipeline tiny = Echo({one.dtype});
    ServedPipeline ask(tiny);
    const std::string binary = FromHex(one.hex);
    const std::string parameters = StrCat(R"("parameters": {"binary_data_size": )", binary.size(), "}");
    const std::string head =
        StrCat(R"({"inputs": [)", Input(one, parameters), R"(], "parameters": {"binary_data_output": true}})");
    const Answer answer = ask.Ask("infer", head + binary, {}, StrCat(head.size()));
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.content_type, "application/octet-stream");
    EXPECT_EQ(
        answer.body.substr(0, *answer.json_length),
        StrCat(R"({"model_name":"tiny","model_version":"1.2.3","outputs":[{"name":"out_0","shape":[)", one.count,
               R"(],"datatype":")", one.datatype, R"(","parameters":{"binary_data_size":)", binary.size(), "}}]}"));
    EXPECT_EQ(answer.body.substr(*answer.json_length), binary) << one.datatype;
  }
}

TEST(Infer, InputsAndOutputsOfBothKindsAndNestedData) {
  TinyPipeline tiny = Echo({DType::kFloat32, DType::kInt64});
  ServedPipeline ask(tiny);
  const std::string head =
      R"({"inputs": [{"name": "in_1", "shape": [2], "datatype": "INT64", "parameters": {"binary_data_size": 16}},)"
      R"({"name": "in_0", "shape": [2], "datatype": "FP32", "data": [[1], [2]]}],)"
      R"("outputs": [{"name": "out_1", "parameters": {"binary_data": true}}, {"name": "out_0"}]})";
  const std::string binary = FromHex("0300000000000000 0400000000000000");
  const Answer answer = ask.Ask("infer", head + binary, {}, StrCat(head.size()));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body,
              HasSubstr(R"([{"name":"out_1","shape":[2],"datatype":"INT64","parameters":{"binary_data_size":16}},)"
                        R"({"name":"out_0","shape":[2],"datatype":"FP32","data":[1,2]}])"));
  EXPECT_EQ(answer.body.substr(*answer.json_length), binary);
}

TEST(Infer, NumbersGoToTheNearestHalf) {
  TinyPipeline tiny = Echo({DType::kFloat16});
  ServedPipeline ask(tiny);
  const auto half = [&](const char* number) {
    const std::string body = StrCat(R"({"inputs": [{"name": "in_0", "shape": [1], "datatype": "FP16", "data": [)",
                                    number, R"(]}], "parameters": {"binary_data_output": true}})");
    const Answer answer = ask.Ask("infer", body);
    return answer.body.substr(answer.json_length.value_or(0));
  };
  // 1 and its neighbour 1 + 2^-10: a tie between them goes to the even one. A number slightly above the tie is rounded
  // up; rounding to float32 first would lose the difference.
  EXPECT_EQ(half("1.00048828125"), FromHex("003c"));
  EXPECT_EQ(half("1.000488281250001"), FromHex("013c"));
  EXPECT_EQ(half("1.000488281249999"), FromHex("003c"));
  EXPECT_EQ(half("-1.00146484375"), FromHex("02bc"));
  EXPECT_EQ(half("65519.99"), FromHex("ff7b"));
  EXPECT_EQ(half("65520"), FromHex("007c"));
  EXPECT_EQ(half("1e300"), FromHex("007c"));
}

TEST(Infer, NaNAndInfinityAreNull) {
  TinyPipeline tiny = Echo({DType::kFloat32});
  ServedPipeline ask(tiny);
  const std::string head =
      R"({"inputs": [{"name": "in_0", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}]})";
  const Answer answer = ask.Ask("infer", head + FromHex("0000c07f 0000807f"), {}, StrCat(head.size()));
  EXPECT_THAT(answer.body, HasSubstr(R"("data":[null,null])"));
}

TEST(Infer, WhatCannotBeIsRefused) {
  TinyPipeline tiny = Echo({DType::kFloat32, DType::kInt64});
  ServedPipeline ask(tiny);
  const std::string fp32 = R"({"name": "in_0", "shape": [2], "datatype": "FP32", "data": [1, 2]})";
  const std::string int64 = R"({"name": "in_1", "shape": [2], "datatype": "INT64", "data": [3, 4]})";
  const auto infer = [&](const std::string& inputs, std::string_view more = "") {
    return ask("infer", StrCat(R"({"inputs": [)", inputs, "]", more, "}"));
  };
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = fp32;
    changed.replace(changed.find(from), from.size(), to);
    return infer(changed + ", " + int64);
  };
  EXPECT_EQ(ask("infer", "{}"), "422 inputs: expected an array of tensors");
  EXPECT_THAT(infer(fp32), HasSubstr("in_1"));
  EXPECT_EQ(infer(fp32 + "," + fp32), "422 input 'in_0' is given twice");
  EXPECT_EQ(infer("{}"), "422 inputs: expected a name for each tensor");
  EXPECT_THAT(with("FP32", "FP8"), HasSubstr("422 input 'in_0': datatype: expected one of BOOL, UINT8"));
  EXPECT_THAT(with("FP32", "FP64"), HasSubstr("in_0"));
  EXPECT_EQ(with("[2]", "[3]"), "422 input 'in_0': data: expected 3 elements of FP32 for its shape, got 2");
  EXPECT_EQ(with("[2]", "[-2]"), "422 input 'in_0': shape: expected an array of sizes");
  EXPECT_EQ(with("[2]", "[4294967296, 4294967296]"), "422 input 'in_0': shape: too many elements");
  EXPECT_EQ(with("[1, 2]", R"(["a", "b"])"), "422 input 'in_0': expected numbers for FP32");
  EXPECT_EQ(with(R"("data": [1, 2])", R"("x": 1)"), "422 input 'in_0': expected data, or binary_data_size");
  EXPECT_EQ(with(R"("data": [1, 2])", R"("parameters": {"binary_data_size": 8})"),
            "422 input 'in_0': binary_data_size: expected at most the 0 bytes that are left, got 8");
  std::string deep = "1";
  for (int i = 0; i < 100; ++i) deep = "[" + deep + "]";
  EXPECT_THAT(with("[1, 2]", deep), HasSubstr("nested more than"));
  const auto integers = [&](const char* data) {
    return infer(fp32 + R"(, {"name": "in_1", "shape": [1], "datatype": "INT64", "data": [)" + data + "]}");
  };
  EXPECT_EQ(integers("1.5"), "422 input 'in_1': expected integers for INT64");
  EXPECT_EQ(integers("9223372036854775808"), "422 input 'in_1': expected integers in its range for INT64");
  EXPECT_THAT(infer(fp32 + "," + int64, R"(, "outputs": [{"name": "nothing"}])"),
              HasSubstr("422 outputs: unknown output \"nothing\"; available: out_0, out_1"));
  EXPECT_THAT(infer(fp32 + "," + int64, R"(, "outputs": [{"name": "out_0", "parameters": {"classification": 2}}])"),
              HasSubstr("classification extension"));
  EXPECT_EQ(infer(fp32 + "," + int64, R"(, "id": 7)"), "422 id: expected a string");
  EXPECT_EQ(ask.Ask("infer", "{}", {}, "9999").status, 400);
  EXPECT_EQ(ask.Ask("infer", "{}", {}, "-1").status, 400);
  EXPECT_EQ(ask.Ask("infer", StrCat(R"({"inputs": [)", fp32, ",", int64, "]}"), {}).status, 200);
}

TEST(Infer, BinaryDataThatDoesNotFitIsRefused) {
  const auto ask = [](DType dtype, const char* datatype, size_t size, std::string bytes) {
    TinyPipeline tiny = Echo({dtype});
    const std::string head = StrCat(R"({"inputs": [{"name": "in_0", "shape": [1], "datatype": ")", datatype,
                                    R"(", "parameters": {"binary_data_size": )", size, "}}]}");
    const Answer answer = ServedPipeline(tiny).Ask("infer", head + bytes, {}, StrCat(head.size()));
    return StrCat(answer.status, " ", answer.failure.message());
  };
  EXPECT_EQ(ask(DType::kString, "BYTES", 5, FromHex("05000000 61")),
            "422 input 'in_0': element 0 of BYTES is longer than its data");
  EXPECT_EQ(ask(DType::kString, "BYTES", 2, "ab"), "422 input 'in_0': element 0 of BYTES is longer than its data");
  EXPECT_EQ(ask(DType::kBool, "BOOL", 1, FromHex("02")), "422 input 'in_0': expected bytes 0 or 1 for BOOL");
  EXPECT_THAT(ask(DType::kInt32, "INT32", 3, "abc"), HasSubstr("in 4 bytes each for its shape, got 3 bytes"));
  EXPECT_EQ(ask(DType::kInt8, "INT8", 1, "ab"), "422 inputs: expected 1 bytes of binary data after the JSON, got 2");
}

TEST(Infer, ParametersOfAnotherTypeAreRefusedByName) {
  TinyPipeline tiny = Echo({DType::kUint8});
  ServedPipeline ask(tiny);
  const auto infer = [&](std::string_view more) {
    return ask("infer",
               StrCat(R"({"inputs": [{"name": "in_0", "shape": [1], "datatype": "UINT8", "data": [7]}], )", more, "}"));
  };
  EXPECT_EQ(infer(R"("parameters": {"binary_data_output": "true"})"),
            R"(422 parameters: binary_data_output: expected true or false, got "true")");
  EXPECT_EQ(infer(R"("parameters": {"binary_data_output": 1})"),
            "422 parameters: binary_data_output: expected true or false, got 1");
  EXPECT_EQ(infer(R"("outputs": [{"name": "out_0", "parameters": {"binary_data": 0}}])"),
            "422 output 'out_0': parameters: binary_data: expected true or false, got 0");
  EXPECT_EQ(infer(R"("parameters": ["binary_data_output"])"),
            R"(422 parameters: expected an object, got ["binary_data_output"])");
  EXPECT_THAT(infer(R"("parameters": {"binary_data_output": null})"), HasSubstr(R"("data":[7])"));
}

// zeros = sin(sin(... x)) * 0: a run of more than `count` nodes, unless they are fused.
TinyPipeline Zeros(int count) {
  testing::GraphBuilder builder;
  auto y = builder.Input("x", DType::kFloat32, {"n"});
  for (int i = 0; i < count; ++i) y = builder.Node("Sin", {y});
  builder.Output(builder.Node("Mul", {y, builder.Floats({1}, {0})}), "zeros");
  return TinyPipeline(builder.Build(), "tensors");
}

constexpr runtime::Deadline kPast{};  // a step is one node

TEST(Infer, ARunGoesOnStepByStep) {
  TinyPipeline tiny = Zeros(20);
  ServedPipeline ask(tiny);
  const std::string body = R"({"inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "data": [1, 2]}]})";
  const std::unique_ptr<Call> call = ask.Start("infer", body);
  int steps = 1;
  while (call->Step(tiny.session(), {}, kPast)) ++steps;
  EXPECT_GT(steps, 5);
  EXPECT_THAT(call->answer().body, HasSubstr(R"("data":[0,0])"));
}

TEST(Infer, CallsOfASessionWaitForTheRunInTheMiddle) {
  TinyPipeline tiny = Zeros(20);
  ServedPipeline one(tiny), two(tiny), three(tiny);
  const auto body = [](int elements) {
    std::string data;
    for (int i = 0; i < elements; ++i) data += StrCat(i == 0 ? "" : ",", i);
    return StrCat(R"({"inputs": [{"name": "x", "shape": [)", elements, R"(], "datatype": "FP32", "data": [)", data,
                  "]}]}");
  };
  const std::unique_ptr<Call> calls[] = {one.Start("infer", body(1)), two.Start("infer", body(2)),
                                         three.Start("infer", body(3))};
  bool more = true;
  for (int step = 0; more; ++step) {
    ASSERT_LT(step, 1000);
    more = false;
    for (const auto& call : calls) more |= call->Step(tiny.session(), {}, kPast);
  }
  EXPECT_THAT(calls[0]->answer().body, HasSubstr(R"("data":[0])"));
  EXPECT_THAT(calls[1]->answer().body, HasSubstr(R"("data":[0,0])"));
  EXPECT_THAT(calls[2]->answer().body, HasSubstr(R"("data":[0,0,0])"));
}

TEST(Infer, ACallThatIsDroppedEndsItsRun) {
  TinyPipeline tiny = Zeros(20);
  ServedPipeline ask(tiny), other(tiny);
  const std::string body = R"({"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}]})";
  std::unique_ptr<Call> call = ask.Start("infer", body);
  EXPECT_TRUE(call->Step(tiny.session(), {}, kPast));
  EXPECT_TRUE(tiny.session().running());
  call.reset();
  EXPECT_FALSE(tiny.session().running());
  EXPECT_EQ(other.Ask("infer", body).status, 200);
}

TEST(Infer, MemoryThatIsNotThereIsSaidSo) {
  MemoryBudget budget(1 << 16);
  testing::GraphBuilder builder;
  builder.Output(builder.Node("Identity", {builder.Input("in_0", DType::kUint8, {"n"})}), "out_0");
  TinyPipeline tiny(builder.Build(), "tensors", {}, &budget);
  const std::string head =
      R"({"inputs": [{"name": "in_0", "shape": [100000], "datatype": "UINT8", "parameters": {"binary_data_size": 100000}}]})";
  const Answer answer = ServedPipeline(tiny).Ask("infer", head + std::string(100000, '\0'), {}, StrCat(head.size()));
  EXPECT_EQ(answer.status, 413);
  EXPECT_TRUE(answer.memory);
}

}  // namespace
}  // namespace onedge::contract
