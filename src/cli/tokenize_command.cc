// onedge tokenize: lines of text to tokens.
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/tokenizer_file.h"

namespace onedge::cli {
namespace {

struct TokenizeOptions {
  TokenizerFile file;
  std::vector<std::string> texts;
  bool json = false;
  bool offsets = false;
  tokenizer::OffsetUnit offset_unit = tokenizer::OffsetUnit::kCodePoints;
};

void AddInts(Json& json, yyjson_mut_val* object, const char* key, const tokenizer::Encoding& encoding, auto member) {
  yyjson_mut_val* array = yyjson_mut_obj_add_arr(json.doc(), object, key);
  for (const tokenizer::EncodedToken& token : encoding.tokens)
    yyjson_mut_arr_add_sint(json.doc(), array, token.*member);
}

void PrintJson(const tokenizer::Encoding& encoding, bool offsets) {
  Json json;
  yyjson_mut_val* object = json.Object();
  using tokenizer::EncodedToken;
  AddInts(json, object, "ids", encoding, &EncodedToken::id);
  yyjson_mut_val* tokens = yyjson_mut_obj_add_arr(json.doc(), object, "tokens");
  for (const std::string& text : encoding.token_texts) yyjson_mut_arr_append(tokens, json.Text(text));
  AddInts(json, object, "attention_mask", encoding, &EncodedToken::attention_mask);
  AddInts(json, object, "type_ids", encoding, &EncodedToken::type_id);
  AddInts(json, object, "special_tokens_mask", encoding, &EncodedToken::special_tokens_mask);
  AddInts(json, object, "word_ids", encoding, &EncodedToken::word_id);
  if (offsets) {
    yyjson_mut_val* pairs = yyjson_mut_obj_add_arr(json.doc(), object, "offsets");
    for (const EncodedToken& token : encoding.tokens) {
      yyjson_mut_val* pair = yyjson_mut_arr_add_arr(json.doc(), pairs);
      yyjson_mut_arr_add_uint(json.doc(), pair, token.offset.begin);
      yyjson_mut_arr_add_uint(json.doc(), pair, token.offset.end);
    }
  }
  std::printf("%s\n", json.ToString(object, false).c_str());
}

void PrintForPeople(const tokenizer::Encoding& encoding, bool offsets) {
  std::string line;
  for (size_t i = 0; i < encoding.size(); ++i) {
    const auto& [begin, end] = encoding.tokens[i].offset;
    line += StrCat(i > 0 ? " " : "", encoding.token_texts[i], ":", encoding.tokens[i].id);
    if (offsets) line += StrCat("[", begin, ",", end, ")");
  }
  std::printf("%s\n", line.c_str());
}

Status Tokenize(const TokenizeOptions& options) {
  ONEDGE_ASSIGN_OR_RETURN(const auto tokenizer, LoadTokenizer(options.file));
  tokenizer::EncodeOptions encode_options;
  encode_options.token_texts = true;
  encode_options.offset_unit = options.offset_unit;
  const auto print = [&](const std::string& text) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Encoding encoding, tokenizer->Encode(text, encode_options));
    options.json ? PrintJson(encoding, options.offsets) : PrintForPeople(encoding, options.offsets);
    return OkStatus();
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
  command->add_flag("--offsets", options->offsets, "with offsets into the text");
  using tokenizer::OffsetUnit;
  const std::map<std::string, OffsetUnit> units = {
      {"code_points", OffsetUnit::kCodePoints}, {"bytes", OffsetUnit::kBytes}, {"utf16", OffsetUnit::kUtf16}};
  command->add_option("--offset-unit", options->offset_unit, "code_points (as left out), bytes or utf16")
      ->transform(CLI::CheckedTransformer(units));
  command->callback([options, &result] { result = Tokenize(*options); });
}

}  // namespace onedge::cli
