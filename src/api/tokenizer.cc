#include "api/tokenizer.h"

#include "tokenizer/formats/formats.h"
#include "tokenizer/image.h"

namespace onedge::api {
namespace {

tokenizer::FormatOptions FormatOptions(const TokenizerFileOptions& options) {
  return {.merges = options.merges, .lowercase = options.lowercase, .family = options.family};
}

}  // namespace

Result<std::unique_ptr<const Tokenizer>> LoadTokenizer(std::span<const uint8_t> file,
                                                       const TokenizerFileOptions& options,
                                                       std::shared_ptr<const void> owner) {
  if (!tokenizer::Image::IsImage(file)) return tokenizer::LoadFile(file, FormatOptions(options));
  if (owner) return Tokenizer::LoadImage(file, std::move(owner));
  return Tokenizer::LoadImage(std::vector<uint8_t>(file.begin(), file.end()));
}

Result<std::string> ToTokenizerJson(std::span<const uint8_t> file, const TokenizerFileOptions& options) {
  ONEDGE_RETURN_IF_ERROR(
      tokenizer::LoadFile(file, FormatOptions(options)).status());  // what does not load helps nobody
  return tokenizer::ToTokenizerJson(file, FormatOptions(options));
}

}  // namespace onedge::api
