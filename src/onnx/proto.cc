#include "onnx/proto.h"

#include <algorithm>

#include "base/checked_math.h"
#include "onnx/sparse_tensor.h"

namespace onedge::onnx {
namespace {

// An element type from a TypeProto; 0 means "not given" and becomes kUndefined.
DType ElementType(MessageReader& in) {
  const int64_t number = in.Int();
  if (number == 0) return DType::kUndefined;
  const auto dtype = CheckedCast<int32_t>(number) ? DTypeFromOnnx(static_cast<int32_t>(number)) : std::nullopt;
  if (!dtype) in.Fail(Unsupported("element type ", number, " is not one that ONNX defines"));
  return dtype.value_or(DType::kUndefined);
}

Status ParseDim(std::span<const uint8_t> bytes, ParseContext& context, graph::Dim& dim) {
  MessageReader in(bytes, "TensorShapeProto.Dimension");
  while (in.Next()) {
    if (in.field() == 1) {
      // Some exporters write -1 for an unknown dimension.
      const int64_t value = in.Int();
      dim = value < 0 ? graph::Dim::Unknown() : graph::Dim::Known(value);
    } else if (in.field() == 2) {
      dim = context.SymbolicDim(in.String());
    }
  }
  return in.status();
}

Status ParseShape(std::span<const uint8_t> bytes, ParseContext& context, graph::Dims& dims) {
  MessageReader in(bytes, "TensorShapeProto");
  while (in.Next()) {
    if (in.field() != 1) continue;
    if (dims.size() == kMaxRank) in.Fail(CorruptFile("more than ", kMaxRank, " dims"));
    graph::Dim dim;
    in.Fail(ParseDim(in.Bytes(), context, dim));
    dims.push_back(dim);
  }
  return in.status();
}

Status ParseTensorType(std::span<const uint8_t> bytes, ParseContext& context, graph::TypeInfo& type) {
  MessageReader in(bytes, "TypeProto.Tensor");
  type = graph::TypeInfo::Tensor(DType::kUndefined);
  while (in.Next()) {
    if (in.field() == 1) type.dtype = ElementType(in);
    if (in.field() == 2) {
      graph::Dims dims;
      in.Fail(ParseShape(in.Bytes(), context, dims));
      type.dims = std::move(dims);
    }
  }
  return in.status();
}

// TypeProto.Sequence and Optional (elem_type = 1) and Map (key_type = 1, value_type = 2).
Status ParseContainerType(std::span<const uint8_t> bytes, graph::TypeInfo::Kind kind, ParseContext& context,
                          graph::TypeInfo& type, size_t depth) {
  const bool map = kind == graph::TypeInfo::Kind::kMap;
  MessageReader in(bytes, "TypeProto");
  graph::TypeInfo element;
  while (in.Next()) {
    if (map && in.field() == 1) type.dtype = ElementType(in);
    if (in.field() == (map ? 2u : 1u)) in.Fail(ParseType(in.Bytes(), context, element, depth + 1));
  }
  type.kind = kind;
  type.element = std::make_shared<const graph::TypeInfo>(std::move(element));
  return in.status();
}

// Files from before IR version 1 do not give the type: it follows from the one field that is present.
AttributeType GuessType(const AttributeProto& attribute, uint32_t last_field) {
  switch (last_field) {
    case 2:
      return AttributeType::kFloat;
    case 3:
      return AttributeType::kInt;
    case 4:
      return AttributeType::kString;
    case 5:
      return AttributeType::kTensor;
    case 6:
      return AttributeType::kGraph;
    case 7:
      return AttributeType::kFloats;
    case 8:
      return AttributeType::kInts;
    case 9:
      return AttributeType::kStrings;
    case 10:
      return AttributeType::kTensors;
    case 11:
      return AttributeType::kGraphs;
    default:
      return attribute.type;
  }
}

Status CheckAttribute(const AttributeProto& attribute) {
  if (!attribute.ref_attr_name.empty()) return OkStatus();
  size_t expected = 1, got = 1;
  switch (attribute.type) {
    case AttributeType::kUndefined:
      return CorruptFile("attribute '", attribute.name, "' has no type and no value");
    case AttributeType::kTensor:
    case AttributeType::kSparseTensor:
      got = attribute.tensors.size();
      break;
    case AttributeType::kGraph:
      got = attribute.graphs.size();
      break;
    case AttributeType::kTypeProto:
      got = attribute.types.size();
      break;
    default:
      break;
  }
  if (got == expected) return OkStatus();
  return CorruptFile("attribute '", attribute.name, "': expected one tensor, graph or type, got ", got);
}

}  // namespace

graph::Dim ParseContext::SymbolicDim(std::string name) {
  if (name.empty()) return graph::Dim::Unknown();
  const auto [entry, added] = symbol_ids.try_emplace(name, static_cast<int32_t>(symbols->names.size()));
  if (added) symbols->names.push_back(std::move(name));
  return graph::Dim::Symbol(entry->second);
}

std::string NormalDomain(std::string domain) { return domain == "ai.onnx" ? std::string() : domain; }

Status ParseType(std::span<const uint8_t> bytes, ParseContext& context, graph::TypeInfo& type, size_t depth) {
  if (depth > kMaxTypeDepth) return CorruptFile("types are nested more than ", kMaxTypeDepth, " deep");
  using Kind = graph::TypeInfo::Kind;
  MessageReader in(bytes, "TypeProto");
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        in.Fail(ParseTensorType(in.Bytes(), context, type));
        break;
      case 4:
        in.Fail(ParseContainerType(in.Bytes(), Kind::kSequence, context, type, depth));
        break;
      case 5:
        in.Fail(ParseContainerType(in.Bytes(), Kind::kMap, context, type, depth));
        break;
      case 7:
        in.Fail(Unsupported("opaque types"));
        break;
      // A sparse tensor becomes a dense one here.
      case 8:
        in.Fail(ParseTensorType(in.Bytes(), context, type));
        break;
      case 9:
        in.Fail(ParseContainerType(in.Bytes(), Kind::kOptional, context, type, depth));
        break;
      default:
        break;
    }
  }
  return in.status();
}

Status ParseValueInfo(std::span<const uint8_t> bytes, ParseContext& context, ValueInfoProto& value_info) {
  MessageReader in(bytes, "ValueInfoProto");
  Status type_status;
  while (in.Next()) {
    if (in.field() == 1) value_info.name = in.String();
    if (in.field() == 2) type_status = ParseType(in.Bytes(), context, value_info.type);
  }
  in.Fail(std::move(type_status).WithContext(StrCat("value '", value_info.name, "'")));
  return in.status();
}

Status ParseAttribute(std::span<const uint8_t> bytes, ParseContext& context, AttributeProto& attribute) {
  MessageReader in(bytes, "AttributeProto");
  Status part_status;  // reported with the name, which may arrive later
  uint32_t last_field = 0;
  while (in.Next()) {
    const uint32_t field = in.field();
    switch (field) {
      case 1:
        attribute.name = in.String();
        continue;
      case 2:
        attribute.f = in.Float();
        break;
      case 3:
        attribute.i = in.Int();
        break;
      case 4:
        attribute.s = in.String();
        break;
      case 5:
      case 10: {
        Result<TensorEntry> tensor = DecodeTensor(in.Bytes(), context.budget, context.external);
        if (tensor.ok()) attribute.tensors.push_back(std::move(*tensor));
        if (part_status.ok()) part_status = std::move(tensor).status();
        break;
      }
      case 6:
      case 11: {
        Status parsed = ParseGraph(in.Bytes(), context, attribute.graphs.emplace_back());
        if (part_status.ok()) part_status = std::move(parsed);
        break;
      }
      case 7:
        in.Floats(attribute.floats);
        break;
      case 8:
        in.Ints(attribute.ints);
        break;
      case 9:
        attribute.strings.push_back(in.String());
        break;
      case 14:
      case 15: {
        Status parsed = ParseType(in.Bytes(), context, attribute.types.emplace_back());
        if (part_status.ok()) part_status = std::move(parsed);
        break;
      }
      case 20: {
        const int64_t type = in.Int();
        if (type < 0 || type > 14) in.Fail(Unsupported("attribute '", attribute.name, "' has unknown type ", type));
        attribute.type = static_cast<AttributeType>(type);
        continue;
      }
      case 21:
        attribute.ref_attr_name = in.String();
        continue;
      case 22:
      case 23: {
        Result<TensorEntry> tensor = DecodeSparseTensor(in.Bytes(), context.budget, context.max_dense_bytes);
        if (tensor.ok()) attribute.tensors.push_back(std::move(*tensor));
        if (part_status.ok()) part_status = std::move(tensor).status();
        break;
      }
      default:
        continue;
    }
    last_field = field;
    if (!part_status.ok()) break;
  }
  if (!part_status.ok()) in.Fail(std::move(part_status).WithContext(StrCat("attribute '", attribute.name, "'")));
  if (attribute.type == AttributeType::kUndefined) attribute.type = GuessType(attribute, last_field);
  if (in.status().ok()) in.Fail(CheckAttribute(attribute));
  return in.status();
}

Status ParseNode(std::span<const uint8_t> bytes, ParseContext& context, NodeProto& node) {
  MessageReader in(bytes, "NodeProto");
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        node.inputs.push_back(in.String());
        break;
      case 2:
        node.outputs.push_back(in.String());
        break;
      case 3:
        node.name = in.String();
        break;
      case 4:
        node.op_type = in.String();
        break;
      case 5:
        in.Fail(ParseAttribute(in.Bytes(), context, node.attributes.emplace_back()));
        break;
      case 7:
        node.domain = NormalDomain(in.String());
        break;
      case 8:
        node.overload = in.String();
        break;
      default:
        break;
    }
  }
  if (node.attributes.size() > kMaxListed)
    in.Fail(CorruptFile("node '", node.name, "' has more than ", kMaxListed, " attributes"));
  if (in.status().ok() && node.op_type.empty()) in.Fail(CorruptFile("node '", node.name, "' has no op_type"));
  return Status(in.status()).WithNode(node.name, node.op_type);
}

Status ParseGraph(std::span<const uint8_t> bytes, ParseContext& context, GraphProto& graph) {
  if (context.graph_depth == kMaxGraphDepth)
    return CorruptFile("graphs are nested more than ", kMaxGraphDepth, " deep");
  ++context.graph_depth;
  MessageReader in(bytes, "GraphProto");
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        in.Fail(ParseNode(in.Bytes(), context, graph.nodes.emplace_back()));
        break;
      case 2:
        graph.name = in.String();
        break;
      case 5:
      case 15: {
        Result<TensorEntry> tensor = in.field() == 5
                                         ? DecodeTensor(in.Bytes(), context.budget, context.external)
                                         : DecodeSparseTensor(in.Bytes(), context.budget, context.max_dense_bytes);
        if (tensor.ok()) graph.initializers.push_back(std::move(*tensor));
        in.Fail(std::move(tensor).status());
        break;
      }
      case 11:
        in.Fail(ParseValueInfo(in.Bytes(), context, graph.inputs.emplace_back()));
        break;
      case 12:
        in.Fail(ParseValueInfo(in.Bytes(), context, graph.outputs.emplace_back()));
        break;
      case 13:
        in.Fail(ParseValueInfo(in.Bytes(), context, graph.value_infos.emplace_back()));
        break;
      default:
        break;
    }
  }
  --context.graph_depth;
  return in.status();
}

Status ParseFunction(std::span<const uint8_t> bytes, ParseContext& context, FunctionProto& function) {
  MessageReader in(bytes, "FunctionProto");
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        function.name = in.String();
        break;
      case 4:
        function.inputs.push_back(in.String());
        break;
      case 5:
        function.outputs.push_back(in.String());
        break;
      case 6:
        function.attributes.push_back(in.String());
        break;
      case 7:
        in.Fail(ParseNode(in.Bytes(), context, function.nodes.emplace_back()));
        break;
      case 9:
        in.Fail(ParseOpsetImport(in.Bytes(), function.opset_imports.emplace_back()));
        break;
      case 10:
        function.domain = NormalDomain(in.String());
        break;
      case 11:
        in.Fail(ParseAttribute(in.Bytes(), context, function.attribute_defaults.emplace_back()));
        break;
      case 13:
        function.overload = in.String();
        break;
      default:
        break;
    }
  }
  if (std::max({function.opset_imports.size(), function.attributes.size(), function.attribute_defaults.size()}) >
      kMaxListed) {
    in.Fail(CorruptFile("function '", function.name, "' has more than ", kMaxListed, " opset imports or attributes"));
  }
  return in.status();
}

Status ParseOpsetImport(std::span<const uint8_t> bytes, OpsetImport& opset) {
  MessageReader in(bytes, "OperatorSetIdProto");
  while (in.Next()) {
    if (in.field() == 1) opset.domain = NormalDomain(in.String());
    if (in.field() == 2) opset.version = in.Int();
  }
  if (in.status().ok() && opset.version < 1) {
    in.Fail(CorruptFile("opset ", opset.version, " of domain '", opset.domain, "' does not exist"));
  }
  return in.status();
}

Status ParseStringEntry(std::span<const uint8_t> bytes, std::pair<std::string, std::string>& entry) {
  MessageReader in(bytes, "StringStringEntryProto");
  while (in.Next()) {
    if (in.field() == 1) entry.first = in.String();
    if (in.field() == 2) entry.second = in.String();
  }
  return in.status();
}

}  // namespace onedge::onnx
