// The tokenizer of a command: a package's, or a separate file with options of the command line.
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

// Adds --merges, --family and --cased; the command adds `path` itself.
void AddTokenizerOptions(CLI::App& command, TokenizerFile& file);

// `path` may also be an .onedge package.
Result<std::shared_ptr<const api::Tokenizer>> LoadTokenizer(const TokenizerFile& file);
// The bytes of its tokenizer.json. A tokenizer that does not load is refused.
Result<std::vector<uint8_t>> ReadTokenizerJson(const TokenizerFile& file);

}  // namespace onedge::cli
