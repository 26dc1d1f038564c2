// Real models, read by the loader and by protobuf: both must see the same graph and the same weights.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>

#include "tests/onnx/model_builder.h"

namespace onedge::onnx {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::string bytes(static_cast<size_t>(fs::file_size(path)), '\0');
  std::FILE* file = std::fopen(path.string().c_str(), "rb");
  EXPECT_TRUE(file) << path;
  EXPECT_EQ(std::fread(bytes.data(), 1, bytes.size(), file), bytes.size());
  std::fclose(file);
  return bytes;
}

// The elements of a TensorProto with raw_data, float_data, int64_data or (8 and 32 bits) int32_data, as protobuf gives
// them.
std::string ElementsOf(const ::onnx::TensorProto& tensor) {
  if (tensor.has_raw_data()) return tensor.raw_data();
  if (tensor.int32_data_size() > 0) {
    std::string bytes;
    const size_t width = tensor.data_type() == ::onnx::TensorProto::INT32 ? 4 : 1;
    for (int32_t value : tensor.int32_data()) bytes.append(reinterpret_cast<const char*>(&value), width);
    return bytes;
  }
  if (tensor.float_data_size() > 0) {
    return std::string(reinterpret_cast<const char*>(tensor.float_data().data()),
                       static_cast<size_t>(tensor.float_data_size()) * 4);
  }
  return std::string(reinterpret_cast<const char*>(tensor.int64_data().data()),
                     static_cast<size_t>(tensor.int64_data_size()) * 8);
}

TEST(RealModels, AreReadAsProtobufReadsThem) {
  const fs::path folder = "../shared/data/models";
  if (!fs::exists(folder)) GTEST_SKIP() << "the folder ../shared/data/models does not exist";
  size_t models = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().filename().string());
    const std::string bytes = ReadFile(entry.path() / "model.onnx");
    const Result<Model> model = LoadInPieces(bytes, 65536, {.model_bytes = bytes.size()});
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    ::onnx::ModelProto proto;
    ASSERT_TRUE(proto.ParseFromString(bytes));
    ++models;

    std::map<std::string, const ::onnx::NodeProto*> by_output;
    size_t nodes = 0;
    for (const ::onnx::NodeProto& node : proto.graph().node()) {
      if (node.op_type() == "Constant") continue;
      ++nodes;
      for (const std::string& output : node.output()) {
        if (!output.empty()) by_output[output] = &node;
      }
    }
    ASSERT_EQ(model->graph.nodes.size(), nodes);
    for (const graph::Node& node : model->graph.nodes) {
      const ::onnx::NodeProto* original = nullptr;
      for (graph::ValueId id : node.outputs) {
        if (id != graph::kNoValue) original = by_output[model->graph.values[static_cast<size_t>(id)].name];
      }
      ASSERT_TRUE(original);
      EXPECT_EQ(node.op_type, original->op_type());
      EXPECT_EQ(node.attributes.size(), static_cast<size_t>(original->attribute_size()));
      ASSERT_EQ(node.inputs.size(), static_cast<size_t>(original->input_size()));
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        const std::string name =
            node.inputs[i] == graph::kNoValue ? "" : model->graph.values[static_cast<size_t>(node.inputs[i])].name;
        EXPECT_EQ(name, original->input(static_cast<int>(i)));
      }
    }
    for (const ::onnx::TensorProto& tensor : proto.graph().initializer()) {
      const Tensor* loaded = FindConstant(model->graph, tensor.name());
      ASSERT_TRUE(loaded) << tensor.name();
      EXPECT_EQ(static_cast<int>(loaded->dtype()), tensor.data_type());
      EXPECT_EQ(AsText({loaded->bytes(), loaded->byte_size()}), ElementsOf(tensor)) << tensor.name();
    }
  }
  EXPECT_GT(models, 0u);
}

}  // namespace
}  // namespace onedge::onnx
