// The tokenizer that a command is given: a package's, or a file of its own with what the command line says of it.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "api/tokenizer.h"

namespace onedge::cli {

struct TokenizerFile {
  std::string path;
  std::string merges;  // path of a merges.txt, or ""
  std::string family;
  bool cased = false;
};

// --merges, --family and --cased; `path` is the command's own.
void AddTokenizerOptions(CLI::App& command, TokenizerFile& file);

// `path` may also be an .onedge package.
Result<std::shared_ptr<const api::Tokenizer>> LoadTokenizer(const TokenizerFile& file);
// The bytes of its tokenizer.json; what does not load is refused.
Result<std::vector<uint8_t>> ReadTokenizerJson(const TokenizerFile& file);

}  // namespace onedge::cli
