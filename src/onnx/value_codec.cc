#include "onnx/value_codec.h"

#include "onnx/sparse_tensor.h"
#include "onnx/tensor_decoder.h"
#include "text/wire.h"

namespace onedge::onnx {
namespace {

constexpr size_t kMaxDepth = 16;

// SequenceProto.DataType and OptionalProto.DataType.
enum ElementKind : int64_t { kNone = 0, kTensor = 1, kSparseTensor = 2, kSequence = 3, kMap = 4, kOptional = 5 };

// Limit for a sparse value that is made dense.
constexpr uint64_t kMaxDenseBytes = 256 << 20;

Result<Value> ParseSequence(std::span<const uint8_t> bytes, MemoryBudget* budget, size_t depth);
Result<Value> ParseMap(std::span<const uint8_t> bytes, MemoryBudget* budget, size_t depth);
Result<Value> ParseOptional(std::span<const uint8_t> bytes, MemoryBudget* budget, size_t depth);

Result<Value> ParseElement(int64_t kind, std::span<const uint8_t> bytes, MemoryBudget* budget, size_t depth) {
  if (depth > kMaxDepth) return CorruptFile("values are nested more than ", kMaxDepth, " deep");
  switch (kind) {
    case kTensor:
    case kSparseTensor: {
      ONEDGE_ASSIGN_OR_RETURN(TensorEntry entry, kind == kTensor ? DecodeTensor(bytes, budget)
                                                                 : DecodeSparseTensor(bytes, budget, kMaxDenseBytes));
      return Value(std::move(entry.tensor));
    }
    case kSequence:
      return ParseSequence(bytes, budget, depth);
    case kMap:
      return ParseMap(bytes, budget, depth);
    default:
      return ParseOptional(bytes, budget, depth);
  }
}

Result<Value> ParseSequence(std::span<const uint8_t> bytes, MemoryBudget* budget, size_t depth) {
  Sequence sequence;
  MessageReader in(bytes, "SequenceProto");
  while (in.Next()) {
    // Fields 3 to 7 are the lists of tensors, sparse tensors, sequences, maps and optionals, in the order of
    // ElementKind.
    if (in.field() < 3 || in.field() > 7) continue;
    Result<Value> element = ParseElement(in.field() - 2, in.Bytes(), budget, depth + 1);
    if (element.ok()) sequence.elements.push_back(std::move(*element));
    in.Fail(std::move(element).status());
  }
  ONEDGE_RETURN_IF_ERROR(in.status());
  return Value(std::move(sequence));
}

Result<Value> ParseMap(std::span<const uint8_t> bytes, MemoryBudget* budget, size_t depth) {
  std::vector<int64_t> keys;
  std::vector<std::string> string_keys;
  int64_t key_type = 0;
  Value values{Sequence()};
  MessageReader in(bytes, "MapProto");
  while (in.Next()) {
    if (in.field() == 2) key_type = in.Int();
    if (in.field() == 3) in.Ints(keys);
    if (in.field() == 4) string_keys.push_back(in.String());
    if (in.field() == 5) {
      Result<Value> parsed = ParseElement(kSequence, in.Bytes(), budget, depth + 1);
      if (parsed.ok()) values = std::move(*parsed);
      in.Fail(std::move(parsed).status());
    }
  }
  ONEDGE_RETURN_IF_ERROR(in.status());
  const bool strings = key_type == static_cast<int64_t>(DType::kString);
  if (!strings && key_type != static_cast<int64_t>(DType::kInt64)) {
    return Unsupported("a map with keys of type ", key_type, ", expected int64 or string");
  }
  const size_t count = strings ? string_keys.size() : keys.size();
  Map map;
  map.values = values.sequence().elements;
  if (map.values.size() != count) return CorruptFile("a map has ", count, " keys and ", map.values.size(), " values");
  const Shape shape{static_cast<int64_t>(count)};
  ONEDGE_ASSIGN_OR_RETURN(map.keys, strings ? Tensor::FromStrings(shape, std::move(string_keys))
                                            : Tensor::FromValues<int64_t>(shape, keys, budget));
  return Value(std::move(map));
}

Result<Value> ParseOptional(std::span<const uint8_t> bytes, MemoryBudget* budget, size_t depth) {
  Value value;
  MessageReader in(bytes, "OptionalProto");
  while (in.Next()) {
    if (in.field() < 3 || in.field() > 7) continue;
    Result<Value> element = ParseElement(in.field() - 2, in.Bytes(), budget, depth + 1);
    if (element.ok()) value = std::move(*element);
    in.Fail(std::move(element).status());
  }
  ONEDGE_RETURN_IF_ERROR(in.status());
  return value;
}

ElementKind KindOf(const Value& value) {
  return value.is_tensor() ? kTensor : value.is_sequence() ? kSequence : value.is_map() ? kMap : kOptional;
}

}  // namespace

Result<Tensor> ParseTensorProto(std::span<const uint8_t> bytes, MemoryBudget* budget) {
  ONEDGE_ASSIGN_OR_RETURN(TensorEntry entry, DecodeTensor(bytes, budget));
  return std::move(entry.tensor);
}
Result<Value> ParseSequenceProto(std::span<const uint8_t> bytes, MemoryBudget* budget) {
  return ParseSequence(bytes, budget, 0);
}
Result<Value> ParseMapProto(std::span<const uint8_t> bytes, MemoryBudget* budget) { return ParseMap(bytes, budget, 0); }
Result<Value> ParseOptionalProto(std::span<const uint8_t> bytes, MemoryBudget* budget) {
  return ParseOptional(bytes, budget, 0);
}

Result<Value> ParseValue(std::span<const uint8_t> bytes, const graph::TypeInfo& type, MemoryBudget* budget) {
  switch (type.kind) {
    case graph::TypeInfo::Kind::kSequence:
      return ParseSequenceProto(bytes, budget);
    case graph::TypeInfo::Kind::kMap:
      return ParseMapProto(bytes, budget);
    case graph::TypeInfo::Kind::kOptional:
      return ParseOptionalProto(bytes, budget);
    case graph::TypeInfo::Kind::kTensor:
    case graph::TypeInfo::Kind::kUnknown:
      break;
  }
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, ParseTensorProto(bytes, budget));
  return Value(std::move(tensor));
}

std::string SerializeTensorProto(const Tensor& tensor, std::string_view name) {
  std::string out;
  for (int64_t dim : tensor.shape()) AppendInt(out, 1, dim);
  AppendInt(out, 2, static_cast<int64_t>(tensor.dtype()));
  if (tensor.dtype() == DType::kString) {
    for (const std::string& text : tensor.strings()) AppendBytes(out, 6, text);
  }
  if (!name.empty()) AppendBytes(out, 8, name);
  if (tensor.dtype() != DType::kString) AppendBytes(out, 9, AsText({tensor.bytes(), tensor.byte_size()}));
  return out;
}

std::string SerializeValue(const Value& value, std::string_view name) {
  if (value.is_tensor()) return SerializeTensorProto(value.tensor(), name);
  std::string out;
  if (!name.empty()) AppendBytes(out, 1, name);
  if (value.is_sequence()) {
    const auto& elements = value.sequence().elements;
    const ElementKind kind = elements.empty() ? kTensor : KindOf(elements.front());
    AppendInt(out, 2, kind);
    for (const Value& element : elements)
      AppendBytes(out, static_cast<uint32_t>(KindOf(element)) + 2, SerializeValue(element));
  } else if (value.is_map()) {
    const Map& map = value.map();
    AppendInt(out, 2, static_cast<int64_t>(map.keys.dtype()));
    if (map.keys.dtype() == DType::kString) {
      for (const std::string& key : map.keys.strings()) AppendBytes(out, 4, key);
    } else {
      for (int64_t key : map.keys.values<int64_t>()) AppendInt(out, 3, key);
    }
    AppendBytes(out, 5, SerializeValue(Value(Sequence{map.values})));
  }
  return out;
}

}  // namespace onedge::onnx
