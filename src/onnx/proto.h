// The messages of onnx.proto that a model's graph consists of, as plain structs, and their parsers. Names and meanings
// of fields are ONNX's (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Documentation strings, quantization
// annotations and node metadata are dropped. A tensor is decoded when it is found, so that no element is held twice.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "graph/type_info.h"
#include "onnx/tensor_decoder.h"

namespace onedge::onnx {

// AttributeProto.type.
enum class AttributeType : uint8_t {
  kUndefined = 0,
  kFloat = 1,
  kInt = 2,
  kString = 3,
  kTensor = 4,
  kGraph = 5,
  kFloats = 6,
  kInts = 7,
  kStrings = 8,
  kTensors = 9,
  kGraphs = 10,
  kSparseTensor = 11,
  kSparseTensors = 12,
  kTypeProto = 13,
  kTypeProtos = 14,
};

struct GraphProto;

struct AttributeProto {
  std::string name;
  std::string ref_attr_name;  // in a function's body: the attribute of the call that gives the value
  AttributeType type = AttributeType::kUndefined;
  float f = 0;
  int64_t i = 0;
  std::string s;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::vector<std::string> strings;
  std::vector<TensorEntry> tensors;    // `t`, `tensors`; sparse tensors made dense
  std::vector<GraphProto> graphs;      // `g`, `graphs`
  std::vector<graph::TypeInfo> types;  // `tp`, `type_protos`
};

struct NodeProto {
  std::string name;
  std::string domain;  // "" for "ai.onnx"
  std::string op_type;
  std::string overload;
  int64_t opset = 0;  // 0 until the imports are known
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<AttributeProto> attributes;
};

struct ValueInfoProto {
  std::string name;
  graph::TypeInfo type;
};

struct GraphProto {
  std::string name;
  std::vector<NodeProto> nodes;
  std::vector<TensorEntry> initializers;  // sparse ones made dense
  std::vector<ValueInfoProto> inputs;
  std::vector<ValueInfoProto> outputs;
  std::vector<ValueInfoProto> value_infos;
};

struct OpsetImport {
  std::string domain;  // "" for "ai.onnx"
  int64_t version = 0;
};

struct FunctionProto {
  std::string name;
  std::string domain;
  std::string overload;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> attributes;             // without a default
  std::vector<AttributeProto> attribute_defaults;  // attribute_proto
  std::vector<NodeProto> nodes;
  std::vector<OpsetImport> opset_imports;
};

// State that the parsers of one model share.
struct ParseContext {
  MemoryBudget* budget = nullptr;
  uint64_t max_dense_bytes = 0;      // for sparse tensors
  ExternalData* external = nullptr;  // null: tensors with external data are refused
  graph::SymbolTable* symbols = nullptr;
  std::map<std::string, int32_t, std::less<>> symbol_ids;
  size_t graph_depth = 0;

  graph::Dim SymbolicDim(std::string name);
};

// Deeper nesting of graphs, and of types, is refused: the parsers are recursive.
inline constexpr size_t kMaxGraphDepth = 16;
inline constexpr size_t kMaxTypeDepth = 16;

// Limit for lists that are searched linearly: attributes of a node, opset imports. A longer list means a broken file.
inline constexpr size_t kMaxListed = 1000;

// "ai.onnx" is spelled "" everywhere after the parsers.
std::string NormalDomain(std::string domain);

Status ParseNode(std::span<const uint8_t> bytes, ParseContext& context, NodeProto& node);
Status ParseAttribute(std::span<const uint8_t> bytes, ParseContext& context, AttributeProto& attribute);
Status ParseGraph(std::span<const uint8_t> bytes, ParseContext& context, GraphProto& graph);
Status ParseFunction(std::span<const uint8_t> bytes, ParseContext& context, FunctionProto& function);
Status ParseValueInfo(std::span<const uint8_t> bytes, ParseContext& context, ValueInfoProto& value_info);
Status ParseType(std::span<const uint8_t> bytes, ParseContext& context, graph::TypeInfo& type, size_t depth = 0);
Status ParseOpsetImport(std::span<const uint8_t> bytes, OpsetImport& opset);
Status ParseStringEntry(std::span<const uint8_t> bytes, std::pair<std::string, std::string>& entry);

}  // namespace onedge::onnx
