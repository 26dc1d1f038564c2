#include "onnx/externalize.h"

#include "base/checked_math.h"
#include "onnx/tensor_decoder.h"
#include "text/wire.h"

namespace onedge::onnx {
namespace {

constexpr uint32_t kModelGraph = 7, kGraphInitializer = 5;
constexpr uint64_t kAlignment = 64;

// Copies the current field unchanged.
void CopyField(MessageReader& in, std::string& out) {
  AppendTag(out, in.field(), in.wire_type());
  switch (in.wire_type()) {
    case WireType::kVarint:
      AppendVarint(out, in.Uint());
      break;
    case WireType::kBytes: {
      const std::string_view bytes = AsText(in.Bytes());
      AppendVarint(out, bytes.size());
      out.append(bytes);
      break;
    }
    case WireType::kFixed32: {
      const uint32_t bits = std::bit_cast<uint32_t>(in.Float());
      out.append(reinterpret_cast<const char*>(&bits), sizeof bits);
      break;
    }
    case WireType::kFixed64: {
      const uint64_t bits = std::bit_cast<uint64_t>(in.Double());
      out.append(reinterpret_cast<const char*>(&bits), sizeof bits);
      break;
    }
  }
}

// Fields of TensorProto that hold elements: float_data, int32_data, string_data, int64_data, raw_data, double_data,
// uint64_data.
bool HoldsElements(uint32_t field) { return (field >= 4 && field <= 7) || (field >= 9 && field <= 11); }

void AppendEntry(std::string& out, std::string_view key, std::string_view value) {
  std::string entry;
  AppendBytes(entry, 1, key);
  AppendBytes(entry, 2, value);
  AppendBytes(out, 13, entry);
}

Result<std::string> RewriteGraph(std::span<const uint8_t> graph, std::string_view location, size_t min_bytes,
                                 ExternalizedModel& result) {
  std::string out;
  MessageReader in(graph, "GraphProto");
  while (in.Next()) {
    if (in.field() != kGraphInitializer) {
      CopyField(in, out);
      continue;
    }
    const std::span<const uint8_t> bytes = in.Bytes();
    ONEDGE_RETURN_IF_ERROR(in.status());
    ONEDGE_ASSIGN_OR_RETURN(TensorEntry entry, DecodeTensor(bytes, nullptr));
    if (entry.tensor.dtype() == DType::kString || entry.tensor.byte_size() < min_bytes) {
      CopyField(in, out);
      continue;
    }
    const uint64_t offset = AlignUp(result.weights_bytes, kAlignment);
    std::string tensor;
    MessageReader fields(bytes, "TensorProto");
    while (fields.Next()) {
      if (!HoldsElements(fields.field()) && fields.field() != 14) CopyField(fields, tensor);
    }
    ONEDGE_RETURN_IF_ERROR(fields.status());
    AppendEntry(tensor, "location", location);
    AppendEntry(tensor, "offset", StrCat(offset));
    AppendEntry(tensor, "length", StrCat(entry.tensor.byte_size()));
    AppendInt(tensor, 14, 1);
    AppendBytes(out, kGraphInitializer, tensor);
    result.weights_bytes = offset + entry.tensor.byte_size();
    result.weights.push_back({std::move(entry.name), offset, std::move(entry.tensor)});
  }
  ONEDGE_RETURN_IF_ERROR(in.status());
  return out;
}

}  // namespace

Result<ExternalizedModel> ExternalizeWeights(std::span<const uint8_t> model, std::string_view location,
                                             size_t min_bytes) {
  ExternalizedModel result;
  bool graph_seen = false;
  MessageReader in(model, "ModelProto");
  while (in.Next()) {
    if (in.field() != kModelGraph) {
      CopyField(in, result.model);
      continue;
    }
    const std::span<const uint8_t> bytes = in.Bytes();
    ONEDGE_RETURN_IF_ERROR(in.status());
    if (std::exchange(graph_seen, true)) return CorruptFile("the file has two graphs");
    ONEDGE_ASSIGN_OR_RETURN(const std::string graph, RewriteGraph(bytes, location, min_bytes, result));
    AppendBytes(result.model, kModelGraph, graph);
  }
  ONEDGE_RETURN_IF_ERROR(in.status());
  if (!graph_seen) return CorruptFile("the file has no graph; is it an ONNX model?");
  return result;
}

}  // namespace onedge::onnx
