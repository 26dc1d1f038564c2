#include "api/pack.h"

#include <algorithm>

#include "api/model_parts.h"
#include "onnx/externalize.h"
#include "onnx/inline_external_data.h"
#include "onnx/quantize_dynamic.h"
#include "package/writer.h"
#include "tasks/pipeline.h"
#include "tokenizer/image.h"

namespace onedge::api {
namespace {

// The model file with external data inside, quantized if requested.
Result<std::vector<uint8_t>> WholeModel(const PackRequest& request) {
  auto whole =
      onnx::InlineExternalData(request.model, [&](const std::string& location) -> Result<std::vector<uint8_t>> {
        if (!request.read_external) return NotFound("external data in '", location, "' is not given");
        return request.read_external(location);
      });
  if (whole.ok() && request.quantize_int8) whole = onnx::QuantizeDynamic(*whole);
  if (!whole.ok()) return std::move(whole).status().WithContext(request.model_name);
  return whole;
}

Result<std::shared_ptr<const Model>> Load(std::span<const uint8_t> onnx) {
  const auto loader = ModelLoader::Create({.total_bytes = onnx.size(), .digest = false});
  ONEDGE_RETURN_IF_ERROR(loader->Feed(onnx));
  return loader->Finish();
}

std::vector<package::SignatureValue> SignatureOf(const std::vector<ValueInfo>& infos) {
  std::vector<package::SignatureValue> values;
  for (const ValueInfo& info : infos) {
    auto& value = values.emplace_back(info.name, std::string(DTypeName(info.dtype)));
    if (!info.dims) continue;
    for (const Dim& dim : *info.dims) {
      if (dim.size >= 0) {
        value.shape.emplace_back(dim.size);
      } else {
        value.shape.emplace_back(dim.name.empty() ? "?" : dim.name);
      }
    }
  }
  return values;
}

// Writes the weights one after another, with zeros between them.
package::PartSource WeightsPart(const onnx::ExternalizedModel& model) {
  return {"weights.bin", [&model](const package::ByteSink& sink) -> Status {
            static constexpr uint8_t kZeros[64] = {};
            uint64_t at = 0;
            for (const auto& weight : model.weights) {
              for (; at < weight.offset; at += std::min<uint64_t>(sizeof kZeros, weight.offset - at)) {
                ONEDGE_RETURN_IF_ERROR(
                    sink({kZeros, static_cast<size_t>(std::min<uint64_t>(sizeof kZeros, weight.offset - at))}));
              }
              ONEDGE_RETURN_IF_ERROR(sink({weight.elements.bytes(), weight.elements.byte_size()}));
              at += weight.elements.byte_size();
            }
            return OkStatus();
          }};
}

}  // namespace

Result<std::string> Pack(PackRequest request, const std::function<Status(std::span<const uint8_t>)>& write) {
  package::Manifest& manifest = request.manifest;
  std::unique_ptr<const Tokenizer> tokenizer;
  if (!request.tokenizer_json.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(tokenizer, Tokenizer::Load(request.tokenizer_json));
    manifest.preprocessing.Set("tokenizer", std::string("tokenizer.json"));
  }
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<uint8_t> whole, WholeModel(request));
  {
    const auto loaded = Load(whole);
    if (!loaded.ok()) return loaded.status().WithContext(request.model_name);
    const Model& model = **loaded;
    ONEDGE_RETURN_IF_ERROR(tasks::Pipeline::Create(*model.parts().model, tokenizer.get(), manifest).status());
    manifest.inputs = SignatureOf(model.inputs());
    manifest.outputs = SignatureOf(model.outputs());
  }
  ONEDGE_ASSIGN_OR_RETURN(const onnx::ExternalizedModel model, onnx::ExternalizeWeights(whole));

  std::vector<package::PartSource> parts;
  std::vector<uint8_t> image;
  if (!request.tokenizer_json.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(image, tokenizer::CompileImage(request.tokenizer_json));
    parts.push_back(package::PartSource::FromBytes("tokenizer.bin", image));
    parts.push_back(package::PartSource::FromBytes("tokenizer.json", request.tokenizer_json));
  }
  parts.push_back(package::PartSource::FromBytes(
      "model.onnx", {reinterpret_cast<const uint8_t*>(model.model.data()), model.model.size()}));
  if (!model.weights.empty()) parts.push_back(WeightsPart(model));
  return package::WritePackage(manifest, parts, write);
}

}  // namespace onedge::api
