#include "cli/tokenizer_file.h"

#include "cli/files.h"

namespace onedge::cli {
namespace {

// Calls use(bytes, FormatOptions) with the file and its companion.
auto WithFile(const TokenizerFile& file, const auto& use)
    -> decltype(use(std::span<const uint8_t>(), api::TokenizerFileOptions())) {
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(file.path));
  api::TokenizerFileOptions options;
  std::vector<uint8_t> merges;
  if (!file.merges.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(merges, ReadFile(file.merges));
    if (merges.empty()) return CorruptFile(file.merges, ": expected merges.txt, got an empty file");
  }
  options.merges = merges;
  options.family = file.family;
  if (file.cased) options.lowercase = false;
  auto result = use(bytes, options);
  if (!result.ok()) return std::move(result).status().WithContext(file.path);
  return result;
}

bool IsModel(const std::string& path) { return path.ends_with(".onedge") || path.ends_with(".onnx"); }

}  // namespace

void AddTokenizerOptions(CLI::App& command, TokenizerFile& file) {
  command.add_option("--merges", file.merges, "merges.txt, required by a vocab.json");
  command
      .add_option("--family", file.family, "family of a vocab.json or sentencepiece model, if its content is ambiguous")
      ->check(CLI::IsMember({"gpt2", "roberta", "clip", "t5", "llama", "sentencepiece"}));
  command.add_flag("--cased", file.cased, "a vocab.txt keeps case and accents");
}

Result<std::shared_ptr<const api::Tokenizer>> LoadTokenizer(const TokenizerFile& file) {
  if (IsModel(file.path)) {
    ONEDGE_ASSIGN_OR_RETURN(const std::shared_ptr<const api::Model> model, LoadModel(file.path));
    if (!model->tokenizer()) return NotFound(file.path, ": contains no tokenizer; pass a tokenizer.json");
    if (!file.merges.empty() || !file.family.empty() || file.cased)
      return InvalidArgument(file.path,
                             ": contains a tokenizer.json, to which --merges, --family and --cased do not apply");
    return std::shared_ptr<const api::Tokenizer>(model, model->tokenizer());
  }
  ONEDGE_ASSIGN_OR_RETURN(auto tokenizer, WithFile(file, [](std::span<const uint8_t> bytes, const auto& options) {
                            return api::LoadTokenizer(bytes, options);
                          }));
  return std::shared_ptr<const api::Tokenizer>(std::move(tokenizer));
}

Result<std::vector<uint8_t>> ReadTokenizerJson(const TokenizerFile& file) {
  return WithFile(file, [](std::span<const uint8_t> bytes, const auto& options) -> Result<std::vector<uint8_t>> {
    ONEDGE_ASSIGN_OR_RETURN(const std::string json, api::ToTokenizerJson(bytes, options));
    return std::vector<uint8_t>(json.begin(), json.end());
  });
}

}  // namespace onedge::cli
