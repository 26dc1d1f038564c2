#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "onnx/externalize.h"
#include "tests/onnx/model_builder.h"

namespace onedge::onnx {
namespace {

using ::testing::HasSubstr;

void SetExternal(::onnx::TensorProto* tensor, const std::string& name, const std::vector<int64_t>& dims,
                 const std::string& location, const std::string& offset, const std::string& length) {
  tensor->set_name(name);
  tensor->set_data_type(1);
  for (int64_t dim : dims) tensor->add_dims(dim);
  tensor->set_data_location(::onnx::TensorProto::EXTERNAL);
  const auto add = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    auto* entry = tensor->add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  };
  add("location", location);
  add("offset", offset);
  add("length", length);
}

// "a" at 0 and "b" at 64 of weights.bin, and "c", a constant's tensor, in other.bin.
::onnx::ModelProto ExternalModel() {
  ::onnx::ModelProto model = EmptyModel();
  SetExternal(model.mutable_graph()->add_initializer(), "b", {3}, "weights.bin", "64", "12");
  SetExternal(model.mutable_graph()->add_initializer(), "a", {2, 2}, "weights.bin", "", "16");
  ::onnx::NodeProto* constant = AddNode(model.mutable_graph()->mutable_node(), "Constant", {}, {"c"});
  SetExternal(AddAttribute(constant, "value", ::onnx::AttributeProto::TENSOR)->mutable_t(), "", {1}, "dir/other.bin",
              "4", "");
  return model;
}

std::string Floats(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * 4);
}

std::string WeightsFile() {
  std::string file = Floats({1, 2, 3, 4});
  file.resize(64, 'p');
  return file + Floats({5, 6, 7}) + "rest";
}

TEST(ExternalData, PartsSayWhatIsNeeded) {
  Loader loader = Loader::Create();
  ASSERT_TRUE(loader.Feed(AsBytes(Serialize(ExternalModel()))).ok());
  const std::vector<ExternalPart> parts = loader.ExternalParts().value();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].location, "dir/other.bin");
  EXPECT_EQ(parts[0].begin, 4u);
  EXPECT_EQ(parts[0].end, 8u);
  EXPECT_EQ(parts[1].location, "weights.bin");
  EXPECT_EQ(parts[1].begin, 0u);
  EXPECT_EQ(parts[1].end, 76u);
}

TEST(ExternalData, ComesInPiecesOfEverySize) {
  for (size_t piece = 1; piece <= 90; ++piece) {
    for (bool sizes_known : {false, true}) {
      Loader loader = Loader::Create();
      ASSERT_TRUE(loader.Feed(AsBytes(Serialize(ExternalModel()))).ok());
      const std::string weights = WeightsFile();
      if (sizes_known) ASSERT_TRUE(loader.BeginExternal("weights.bin", weights.size()).ok());
      for (size_t i = 0; i < weights.size(); i += piece) {
        ASSERT_TRUE(loader.FeedExternal("weights.bin", i, AsBytes(std::string_view(weights).substr(i, piece))).ok());
      }
      ASSERT_TRUE(loader.FeedExternal("dir/other.bin", 0, AsBytes(Floats({8, 9}))).ok());
      const Result<Model> model = loader.Finish();
      ASSERT_TRUE(model.ok()) << model.status().ToString();
      EXPECT_EQ(FindConstant(model->graph, "a")->values<float>()[3], 4);
      EXPECT_EQ(FindConstant(model->graph, "b")->values<float>()[2], 7);
      EXPECT_EQ(FindConstant(model->graph, "c")->values<float>()[0], 9);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(FindConstant(model->graph, "b")->bytes()) % 64, 0u);
    }
  }
}

TEST(ExternalData, RangesMayComeInAnyOrderAndTwice) {
  Loader loader = Loader::Create();
  ASSERT_TRUE(loader.Feed(AsBytes(Serialize(ExternalModel()))).ok());
  const std::string weights = WeightsFile();
  ASSERT_TRUE(loader.FeedExternal("dir/other.bin", 4, AsBytes(Floats({9}))).ok());
  ASSERT_TRUE(loader.FeedExternal("weights.bin", 60, AsBytes(std::string_view(weights).substr(60))).ok());
  ASSERT_TRUE(loader.FeedExternal("weights.bin", 0, AsBytes(std::string_view(weights).substr(0, 10))).ok());
  EXPECT_THAT(loader.FeedExternal("weights.bin", 12, AsBytes("xxxx")).ToString(),
              HasSubstr("byte 10 of tensor 'a' has not come yet"));
  ASSERT_TRUE(loader.FeedExternal("weights.bin", 4, AsBytes(std::string_view(weights).substr(4))).ok());
  const Model model = loader.Finish().value();
  EXPECT_EQ(FindConstant(model.graph, "a")->values<float>()[3], 4);
  EXPECT_EQ(FindConstant(model.graph, "b")->values<float>()[0], 5);
}

TEST(ExternalData, WhatIsMissingIsNamed) {
  Loader loader = Loader::Create();
  ASSERT_TRUE(loader.Feed(AsBytes(Serialize(ExternalModel()))).ok());
  ASSERT_TRUE(loader.FeedExternal("weights.bin", 0, AsBytes(std::string_view(WeightsFile()).substr(0, 70))).ok());
  ASSERT_TRUE(loader.FeedExternal("dir/other.bin", 0, AsBytes(Floats({8, 9}))).ok());
  EXPECT_THAT(
      loader.Finish().status().ToString(),
      HasSubstr("tensor 'b': its external data is missing: expected bytes 64 to 76 of 'weights.bin', got 6 bytes"));
  EXPECT_THAT(loader.FeedExternal("else.bin", 0, {}).ToString(),
              HasSubstr("no external data in 'else.bin'; it names 'dir/other.bin', 'weights.bin'"));
  EXPECT_THAT(loader.BeginExternal("weights.bin", 70).ToString(),
              HasSubstr("ends at byte 76 of 'weights.bin', which has only 70"));
}

std::string ErrorWith(const std::string& location, const std::string& offset, const std::string& length) {
  ::onnx::ModelProto model = EmptyModel();
  SetExternal(model.mutable_graph()->add_initializer(), "w", {4}, location, offset, length);
  return LoadError(model);
}

TEST(ExternalData, RangesThatLieAreNamed) {
  EXPECT_THAT(ErrorWith("w.bin", "0", "15"), HasSubstr("ask for 16 bytes of float32, its external data has 15"));
  EXPECT_THAT(ErrorWith("w.bin", "-1", "16"), HasSubstr("external data offset '-1' is not a number of bytes"));
  EXPECT_THAT(ErrorWith("w.bin", "99999999999999999999", "16"), HasSubstr("is not a number of bytes"));
  EXPECT_THAT(ErrorWith("w.bin", "9223372036854775807", "16"), HasSubstr("its external data is missing"));
  for (const char* location : {"../w.bin", "/etc/passwd", "", "a/../../b", "c:\\w.bin", "http://x/w.bin"}) {
    EXPECT_THAT(ErrorWith(location, "0", "16"), HasSubstr("not a relative path below the model's folder")) << location;
  }
}

TEST(ExternalData, HugeClaimsTakeNoMemoryBeforeTheBytesCome) {
  ::onnx::ModelProto model = EmptyModel();
  SetExternal(model.mutable_graph()->add_initializer(), "w", {int64_t{1} << 40}, "w.bin", "0", "");
  MemoryBudget budget;
  Loader loader = Loader::Create({.budget = &budget});
  ASSERT_TRUE(loader.Feed(AsBytes(Serialize(model))).ok());
  ASSERT_TRUE(loader.FeedExternal("w.bin", 0, AsBytes("abcd")).ok());
  EXPECT_LT(budget.peak_bytes(), size_t{4} << 20);
  EXPECT_EQ(loader.Finish().status().message(),
            "tensor 'w': its external data is missing: expected bytes 0 to 4398046511104 of 'w.bin', got 4 bytes; pass "
            "that file too");
}

TEST(ExternalData, DataFedWhileTheModelIsCutOffIsRefused) {
  Loader loader = Loader::Create();
  const std::string bytes = Serialize(ExternalModel());
  ASSERT_TRUE(loader.Feed(AsBytes(std::string_view(bytes).substr(0, bytes.size() - 3))).ok());
  EXPECT_THAT(loader.ExternalParts().status().ToString(), HasSubstr("cut off"));
}

TEST(ExternalizeWeights, TheModelLoadsToTheSameGraph) {
  ::onnx::ModelProto proto = ExampleModel();
  std::vector<float> large(1000);
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<float>(i);
  SetRaw<float>(proto.mutable_graph()->add_initializer(), "large", 1, {10, 100}, large);
  ::onnx::TensorProto* typed = proto.mutable_graph()->add_initializer();
  typed->set_name("typed");
  typed->set_data_type(10);
  typed->set_doc_string("kept");
  typed->add_dims(40);
  for (int i = 0; i < 40; ++i) typed->add_int32_data(i);
  const std::string original = Serialize(proto);

  const Result<ExternalizedModel> rewritten = ExternalizeWeights(AsBytes(original));
  ASSERT_TRUE(rewritten.ok()) << rewritten.status().ToString();
  ASSERT_EQ(rewritten->weights.size(), 2u);
  std::string file(static_cast<size_t>(rewritten->weights_bytes), '\0');
  for (const ExternalizedModel::Weight& weight : rewritten->weights) {
    EXPECT_EQ(weight.offset % 64, 0u);
    std::memcpy(file.data() + weight.offset, weight.elements.bytes(), weight.elements.byte_size());
  }
  EXPECT_EQ(file.size(), 4032u + 80);

  // Protobuf reads it as the same message, except for the places of the two tensors.
  ::onnx::ModelProto parsed;
  ASSERT_TRUE(parsed.ParseFromString(rewritten->model));
  EXPECT_EQ(parsed.graph().initializer(3).external_data(0).value(), "weights.bin");
  EXPECT_EQ(parsed.graph().initializer(4).doc_string(), "kept");
  for (int i : {3, 4}) *parsed.mutable_graph()->mutable_initializer(i) = proto.graph().initializer(i);
  EXPECT_EQ(Serialize(parsed), original);

  Loader loader = Loader::Create();
  ASSERT_TRUE(loader.Feed(AsBytes(rewritten->model)).ok());
  ASSERT_TRUE(loader.BeginExternal("weights.bin", file.size()).ok());
  ASSERT_TRUE(loader.FeedExternal("weights.bin", 0, AsBytes(file)).ok());
  const Result<Model> loaded = loader.Finish();
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(Dump(loaded->graph), Dump(Load(AsBytes(original)).value().graph));
}

TEST(ExternalizeWeights, UnknownFieldsStay) {
  std::string tensor = Serialize([] {
    ::onnx::TensorProto proto;
    SetRaw<float>(&proto, "w", 1, {32}, std::vector<float>(32, 1.f));
    return proto;
  }());
  AppendBytes(tensor, 900, "tensor's");
  std::string graph;
  AppendBytes(graph, 5, tensor);
  AppendTag(graph, 901, WireType::kFixed32);
  graph += "abcd";
  std::string model;
  AppendInt(model, 1, 8);
  AppendTag(model, 902, WireType::kFixed64);
  model += "abcdefgh";
  AppendBytes(model, 7, graph);
  AppendInt(model, 903, -1);
  const ExternalizedModel rewritten = ExternalizeWeights(AsBytes(model)).value();
  EXPECT_THAT(rewritten.model, HasSubstr("tensor's"));
  EXPECT_THAT(rewritten.model, HasSubstr("abcdefgh"));
  ASSERT_EQ(rewritten.weights.size(), 1u);
  // Only the weights are removed: the file grew by the entries and shrank by the 128 bytes and their header.
  EXPECT_LT(rewritten.model.size(), model.size());
}

TEST(ExternalizeWeights, BrokenModelsAreRefused) {
  EXPECT_EQ(ExternalizeWeights(AsBytes("")).status().message(), "the file has no graph; is it an ONNX model?");
  EXPECT_EQ(ExternalizeWeights(AsBytes("<html>")).status().message(),
            "ModelProto: field 7 has wire type 4 (group end), which is not supported");
  const Status external = ExternalizeWeights(AsBytes(Serialize(ExternalModel()))).status();
  EXPECT_THAT(external.ToString(), HasSubstr("external data is not possible here"));
}

}  // namespace
}  // namespace onedge::onnx
