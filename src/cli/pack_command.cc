// onedge pack: packs an .onnx model, its tokenizer and its labels into one .onedge file.
#include <cstdio>
#include <filesystem>

#include "api/pack.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/model_folder.h"
#include "cli/setting.h"
#include "cli/tokenizer_file.h"

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

// Reads a file in the folder of the model.
Result<std::vector<uint8_t>> ReadBeside(const std::string& model, const std::string& location) {
  const std::filesystem::path path = std::filesystem::path(location).lexically_normal();
  if (path.empty() || path.is_absolute() || *path.begin() == "..") {
    return CorruptFile("external data in '", location, "'; expected a file in the model's folder");
  }
  return ReadFile((std::filesystem::path(model).parent_path() / path).string());
}

Status AddSettings(const std::vector<std::string>& texts, api::Settings& settings) {
  for (const std::string& text : texts) {
    ONEDGE_ASSIGN_OR_RETURN(const api::Settings parsed, ParseSetting(text));
    for (const auto& entry : parsed.entries()) settings.Set(entry.name, entry.value);
  }
  return OkStatus();
}

Status Pack(const PackOptions& options) {
  api::Manifest manifest;
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
    ONEDGE_ASSIGN_OR_RETURN(const api::Settings* image, manifest.preprocessing.Nested("image"));
    api::Settings all = image ? *image : api::Settings();
    ONEDGE_RETURN_IF_ERROR(AddSettings(options.image_settings, all));
    manifest.preprocessing.Set("image", std::move(all));
  }
  if (options.max_length > 0) manifest.preprocessing.Set("max_length", static_cast<double>(options.max_length));
  std::vector<uint8_t> tokenizer;
  if (!options.tokenizer.path.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(tokenizer, ReadTokenizerJson(options.tokenizer));
  }
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<uint8_t> model, ReadFile(options.model));
  const api::PackRequest request = {
      .manifest = manifest,
      .model = model,
      .model_name = options.model,
      .tokenizer_json = tokenizer,
      .quantize_int8 = options.quantize == "int8",
      .read_external = [&](const std::string& location) { return ReadBeside(options.model, location); }};
  std::string digest;
  ONEDGE_RETURN_IF_ERROR(WriteFile(options.output, [&](const auto& write) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(digest, api::Pack(request, write));
    return OkStatus();
  }));
  std::fprintf(stderr, "%s: %s %s, %ju bytes, sha256:%s\n", options.output.c_str(), manifest.name.c_str(),
               manifest.version.c_str(), static_cast<uintmax_t>(std::filesystem::file_size(options.output)),
               digest.c_str());
  return OkStatus();
}

std::vector<std::string> TaskNames() {
  std::vector<std::string> names;
  for (std::string_view name : api::TaskNames()) names.emplace_back(name);
  names.emplace_back("tensors");
  return names;
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
  command->add_option("--task", options->task, "the model's task")->check(CLI::IsMember(TaskNames()))->required();
  command->add_option("--labels", options->labels, "a file with one label a line");
  command->add_option(
      "--config", options->config,
      "a folder with Hugging Face's config.json, tokenizer_config.json, preprocessor_config.json: labels, "
      "lengths, image sizes");
  command->add_option("--max-length", options->max_length, "the model's maximum number of tokens");
  command->add_option("--option", options->settings,
                      "NAME=VALUE, the default of an option of the task, e.g. pooling=cls (repeatable)");
  command->add_option("--image", options->image_settings,
                      "NAME=VALUE, a setting of the image preprocessing, e.g. width=224 (repeatable)");
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
