// onedge tokenize: splits lines of text into tokens.
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

#include "cli/commands.h"
#include "cli/tokenizer_file.h"
#include "text/json.h"

namespace onedge::cli {
namespace {

struct TokenizeOptions {
  TokenizerFile file;
  std::vector<std::string> texts;
  bool json = false;
  bool offsets = false;
  api::OffsetUnit offset_unit = api::OffsetUnit::kCodePoints;
};

void WriteInts(const char* key, const api::Encoding& encoding, auto member, JsonWriter& out) {
  out.Key(key).Array();
  for (const api::EncodedToken& token : encoding.tokens) out.Int(token.*member);
  out.End();
}

Status PrintJson(const api::Encoding& encoding, bool offsets) {
  JsonWriter out;
  out.Object();
  using api::EncodedToken;
  WriteInts("ids", encoding, &EncodedToken::id, out);
  out.Key("tokens").Array();
  for (const std::string& text : encoding.token_texts) out.Text(text);
  out.End();
  WriteInts("attention_mask", encoding, &EncodedToken::attention_mask, out);
  WriteInts("type_ids", encoding, &EncodedToken::type_id, out);
  WriteInts("special_tokens_mask", encoding, &EncodedToken::special_tokens_mask, out);
  WriteInts("word_ids", encoding, &EncodedToken::word_id, out);
  if (offsets) {
    out.Key("offsets").Array();
    for (const EncodedToken& token : encoding.tokens) out.Array().Uint(token.offset.begin).Uint(token.offset.end).End();
    out.End();
  }
  out.End();
  ONEDGE_ASSIGN_OR_RETURN(const std::string json, out.ToString());
  std::printf("%s\n", json.c_str());
  return OkStatus();
}

Status PrintForPeople(const api::Encoding& encoding, bool offsets) {
  std::string line;
  for (size_t i = 0; i < encoding.size(); ++i) {
    const auto& [begin, end] = encoding.tokens[i].offset;
    line += StrCat(i > 0 ? " " : "", encoding.token_texts[i], ":", encoding.tokens[i].id);
    if (offsets) line += StrCat("[", begin, ",", end, ")");
  }
  std::printf("%s\n", line.c_str());
  return OkStatus();
}

Status Tokenize(const TokenizeOptions& options) {
  ONEDGE_ASSIGN_OR_RETURN(const auto tokenizer, LoadTokenizer(options.file));
  api::EncodeOptions encode_options;
  encode_options.token_texts = true;
  encode_options.offset_unit = options.offset_unit;
  const auto print = [&](const std::string& text) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const api::Encoding encoding, tokenizer->Encode(text, encode_options));
    return options.json ? PrintJson(encoding, options.offsets) : PrintForPeople(encoding, options.offsets);
  };
  for (const std::string& text : options.texts) ONEDGE_RETURN_IF_ERROR(print(text));
  if (!options.texts.empty()) return OkStatus();
  for (std::string line; std::getline(std::cin, line);) ONEDGE_RETURN_IF_ERROR(print(line));
  return OkStatus();
}

}  // namespace

void AddTokenizeCommand(CLI::App& app, Status& result) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* command = app.add_subcommand("tokenize", "Turn lines on stdin, or --text, into tokens");
  command
      ->add_option("model", options->file.path,
                   ".onedge file, tokenizer.json, vocab.txt, sentencepiece model, or vocab.json with --merges")
      ->required();
  AddTokenizerOptions(*command, options->file);
  command->add_option("--text", options->texts, "a text (repeatable); otherwise lines are read from stdin");
  command->add_flag("--json", options->json, "one JSON document a text: ids, tokens, masks, word ids");
  command->add_flag("--offsets", options->offsets, "also print offsets into the text");
  using api::OffsetUnit;
  const std::map<std::string, OffsetUnit> units = {
      {"code_points", OffsetUnit::kCodePoints}, {"bytes", OffsetUnit::kBytes}, {"utf16", OffsetUnit::kUtf16}};
  command->add_option("--offset-unit", options->offset_unit, "code_points (default), bytes or utf16")
      ->transform(CLI::CheckedTransformer(units));
  command->callback([options, &result] { result = Tokenize(*options); });
}

}  // namespace onedge::cli
