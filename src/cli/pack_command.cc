// onedge pack: an .onnx model, its tokenizer and its labels into one .onedge file.
#include <cstdio>
#include <filesystem>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/model_folder.h"
#include "cli/setting.h"
#include "cli/tokenizer_file.h"
#include "onnx/externalize.h"
#include "onnx/inline_external_data.h"
#include "onnx/quantize_dynamic.h"
#include "package/writer.h"
#include "tasks/pipeline.h"
#include "tokenizer/image.h"

namespace onedge::cli {
namespace {

struct PackOptions {
  std::string model;
  std::string output;
  TokenizerFile tokenizer;
  std::string task;
  std::string labels;
  std::string config;
  uint64_t max_length = 0;
  std::vector<std::string> settings;
  std::vector<std::string> image_settings;
  std::string name;
  std::string version = "1.0.0";
  std::string license;
  std::string quantize;
};

// One label a line, in the order of the model's scores.
Result<std::vector<std::string>> ReadLabels(const std::string& path) {
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path));
  std::vector<std::string> labels;
  std::string line;
  for (uint8_t byte : bytes) {
    if (byte != '\n') {
      line.push_back(static_cast<char>(byte));
      continue;
    }
    if (line.ends_with('\r')) line.pop_back();
    labels.push_back(std::exchange(line, {}));
  }
  if (!line.empty()) labels.push_back(std::move(line));
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  if (labels.empty()) return InvalidArgument(path, ": holds no labels; expected one a line");
  return labels;
}

package::SignatureValue SignatureOf(const runtime::SignatureEntry& entry, const graph::SymbolTable& symbols) {
  package::SignatureValue value{entry.name, std::string(DTypeName(entry.type.dtype)), {}};
  if (!entry.type.dims) return value;
  for (const graph::Dim& dim : *entry.type.dims) {
    if (dim.known()) {
      value.shape.push_back(dim.value);
    } else {
      value.shape.push_back(dim.symbol >= 0 ? symbols.names[static_cast<size_t>(dim.symbol)] : std::string("?"));
    }
  }
  return value;
}

// Writes the weights one after the other, with zeros between them.
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

// The model file to pack: external data inside, quantized where that is asked for.
Result<std::vector<uint8_t>> ReadModel(const PackOptions& options) {
  ONEDGE_ASSIGN_OR_RETURN(std::vector<uint8_t> model, ReadFile(options.model));
  const std::filesystem::path folder = std::filesystem::path(options.model).parent_path();
  auto whole = onnx::InlineExternalData(model, [&](const std::string& location) -> Result<std::vector<uint8_t>> {
    const std::filesystem::path path = std::filesystem::path(location).lexically_normal();
    if (path.empty() || path.is_absolute() || *path.begin() == "..") {
      return CorruptFile("external data in '", location, "'; expected a file in the model's folder");
    }
    return ReadFile((folder / path).string());
  });
  if (whole.ok() && options.quantize == "int8") whole = onnx::QuantizeDynamic(*whole);
  if (!whole.ok()) return std::move(whole).status().WithContext(options.model);
  return whole;
}

Status AddSettings(const std::vector<std::string>& texts, package::Settings& settings) {
  for (const std::string& text : texts) {
    ONEDGE_ASSIGN_OR_RETURN(const package::Settings parsed, ParseSetting(text));
    for (const auto& entry : parsed.entries()) settings.Set(entry.name, entry.value);
  }
  return OkStatus();
}

Status Pack(const PackOptions& options) {
  package::Manifest manifest;
  manifest.name = options.name.empty() ? std::filesystem::path(options.model).stem().string() : options.name;
  manifest.version = options.version;
  manifest.license = options.license;
  manifest.task = options.task;
  if (!options.config.empty()) ONEDGE_RETURN_IF_ERROR(ReadModelFolder(options.config, manifest));
  if (!options.labels.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(manifest.labels, ReadLabels(options.labels));
  }
  ONEDGE_RETURN_IF_ERROR(AddSettings(options.settings, manifest.postprocessing));
  if (!options.image_settings.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(const package::Settings* image, manifest.preprocessing.Nested("image"));
    package::Settings all = image ? *image : package::Settings();
    ONEDGE_RETURN_IF_ERROR(AddSettings(options.image_settings, all));
    manifest.preprocessing.Set("image", std::move(all));
  }
  if (options.max_length > 0) manifest.preprocessing.Set("max_length", static_cast<double>(options.max_length));
  std::vector<uint8_t> tokenizer;
  std::unique_ptr<const tokenizer::Tokenizer> loaded_tokenizer;
  if (!options.tokenizer.path.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(tokenizer, ReadTokenizerJson(options.tokenizer));
    ONEDGE_ASSIGN_OR_RETURN(loaded_tokenizer, tokenizer::Tokenizer::Load(tokenizer));
    manifest.preprocessing.Set("tokenizer", std::string("tokenizer.json"));
  }
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadModel(options));
  {
    auto loaded = LoadModel(bytes);
    if (!loaded.ok()) return std::move(loaded).status().WithContext(options.model);
    const auto& model = *loaded;
    ONEDGE_RETURN_IF_ERROR(tasks::Pipeline::Create(model->runtime_model(), loaded_tokenizer.get(), manifest).status());
    for (const auto& input : model->runtime_model().inputs()) {
      manifest.inputs.push_back(SignatureOf(input, model->runtime_model().symbols()));
    }
    for (const auto& output : model->runtime_model().outputs()) {
      manifest.outputs.push_back(SignatureOf(output, model->runtime_model().symbols()));
    }
  }
  ONEDGE_ASSIGN_OR_RETURN(const onnx::ExternalizedModel model, onnx::ExternalizeWeights(bytes));

  std::vector<package::PartSource> parts;
  std::vector<uint8_t> image;
  if (!tokenizer.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(image, tokenizer::CompileImage(tokenizer));
    parts.push_back(package::PartSource::FromBytes("tokenizer.bin", image));
    parts.push_back(package::PartSource::FromBytes("tokenizer.json", tokenizer));
  }
  parts.push_back(package::PartSource::FromBytes(
      "model.onnx", {reinterpret_cast<const uint8_t*>(model.model.data()), model.model.size()}));
  if (!model.weights.empty()) parts.push_back(WeightsPart(model));
  std::string digest;
  ONEDGE_RETURN_IF_ERROR(WriteFile(options.output, [&](const auto& write) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(digest, package::WritePackage(manifest, parts, write));
    return OkStatus();
  }));
  std::fprintf(stderr, "%s: %s %s, %ju bytes, sha256:%s\n", options.output.c_str(), manifest.name.c_str(),
               manifest.version.c_str(), static_cast<uintmax_t>(std::filesystem::file_size(options.output)),
               digest.c_str());
  return OkStatus();
}

}  // namespace

void AddPackCommand(CLI::App& app, Status& result) {
  auto options = std::make_shared<PackOptions>();
  CLI::App* command = app.add_subcommand("pack", "Put a model, its tokenizer and its labels into one .onedge file");
  command->add_option("model", options->model, ".onnx file")->required();
  command->add_option("-o,--output", options->output, ".onedge file to write")->required();
  command->add_option("--tokenizer", options->tokenizer.path,
                      "its tokenizer.json, vocab.txt, sentencepiece model, or vocab.json with --merges");
  AddTokenizerOptions(*command, options->tokenizer);
  command->add_option("--task", options->task, "what the model does")
      ->check(CLI::IsMember({"text-classification", "token-classification", "question-answering", "fill-mask",
                             "feature-extraction", "zero-shot-classification", "sentence-similarity", "text-ranking",
                             "image-classification", "object-detection", "tensors"}))
      ->required();
  command->add_option("--labels", options->labels, "a file with one label a line");
  command->add_option(
      "--config", options->config,
      "a folder with Hugging Face's config.json, tokenizer_config.json, preprocessor_config.json: labels, "
      "lengths, image sizes");
  command->add_option("--max-length", options->max_length, "tokens that the model takes");
  command->add_option(
      "--option", options->settings,
      "NAME=VALUE, what an option of the task is unless a run says otherwise, e.g. pooling=cls (repeatable)");
  command->add_option("--image", options->image_settings,
                      "NAME=VALUE, how images are prepared, e.g. width=224 (repeatable)");
  command->add_option("--name", options->name, "name of the package; default: the file's");
  command->add_option("--version", options->version, "semantic version")->capture_default_str();
  command->add_option("--license", options->license, "SPDX identifier of the weights' licence");
  command
      ->add_option("--quantize", options->quantize,
                   "int8: products with constant weights and embedding tables in 8 bits")
      ->check(CLI::IsMember({"int8"}));
  command->callback([options, &result] { result = Pack(*options); });
}

}  // namespace onedge::cli
