// The test data of the tokenizer: where it lies and how it is read. A test whose folder is absent reports that it
// skips.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/image.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tokenizer {

inline std::optional<std::string> ReadFile(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return std::nullopt;
  std::string content;
  char block[1 << 16];
  for (size_t count; (count = std::fread(block, 1, sizeof block, file)) > 0;) content.append(block, count);
  std::fclose(file);
  return content;
}

// The folder of shared test data: $ONEDGE_SHARED, or shared beside the repository. Tests run in the repository's root.
inline std::string SharedFolder() {
  if (const char* folder = std::getenv("ONEDGE_SHARED")) return folder;
  return "../shared";
}

inline std::string TokenizerPath(const std::string& name) {
  return SharedFolder() + "/data/tokenizers/" + name + "/tokenizer.json";
}

// One field of each token.
template <typename T>
std::vector<T> Field(const Encoding& encoding, T EncodedToken::* field) {
  std::vector<T> values;
  for (const EncodedToken& token : encoding.tokens) values.push_back(token.*field);
  return values;
}

inline std::span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline Result<std::unique_ptr<const Tokenizer>> LoadTokenizer(std::string_view json) {
  return Tokenizer::Load(BytesOf(json));
}

// Like LoadTokenizer, through the compiled image.
inline Result<std::unique_ptr<const Tokenizer>> LoadCompiled(std::string_view json) {
  ONEDGE_ASSIGN_OR_RETURN(std::vector<uint8_t> image, CompileImage(BytesOf(json)));
  return Tokenizer::LoadImage(std::move(image));
}

}  // namespace onedge::tokenizer
