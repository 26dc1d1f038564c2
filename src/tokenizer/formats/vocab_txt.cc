// Converts BERT's vocab.txt (a token a line; the id is the line number) like transformers' BertConverter.
#include "text/unicode/utf8.h"
#include "tokenizer/formats/converters.h"

namespace onedge::tokenizer {

Status ConvertVocabTxt(std::string_view file, bool lowercase, JsonText& out) {
  if (!unicode::IsWellFormed(file)) {
    return Refuse(
        StatusCode::kCorruptFile,
        "tokenizer: expected tokenizer.json, vocab.txt, vocab.json or a sentencepiece model, got neither UTF-8 "
        "text nor the start of such a model");
  }
  JsonText::Token special[] = {{"[UNK]"}, {"[SEP]"}, {"[CLS]"}, {"[PAD]"}, {"[MASK]"}};
  constexpr size_t kMissing = SIZE_MAX;
  for (JsonText::Token& token : special) token.id = kMissing;

  out.Raw(
      R"({"version":"1.0","normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,)"
      R"("lowercase":)");
  out.Bool(lowercase).Raw(
      R"(},"pre_tokenizer":{"type":"BertPreTokenizer"},"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},)"
      R"("model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",)"
      R"("max_input_chars_per_word":100,"vocab":{)");
  size_t lines = 0;
  for (size_t begin = 0; begin < file.size(); ++lines) {
    // The line ends of Python's text files: \n, \r\n and \r.
    const size_t end = std::min(file.find_first_of("\r\n", begin), file.size());
    const std::string_view content = file.substr(begin, end - begin);
    begin = end + (file.substr(end).starts_with("\r\n") ? 2 : 1);
    for (JsonText::Token& token : special) {
      if (content == token.content) token.id = lines;
    }
    out.Item().Quoted(content).Raw(":").Number(lines);
  }
  out.Raw(R"(}},"added_tokens":[)");
  for (JsonText::Token& token : special) {
    if (token.id == kMissing) {
      if (&token < special + 3)
        return Refuse(StatusCode::kCorruptFile,
                      "vocab.txt: expected a token a line, [UNK], [CLS] and [SEP] among them");
      token.id = lines++;
    }
    out.AddedToken(token.id, token.content, true);
  }
  out.Raw(R"(],"post_processor":)").Template("b0A0e0", "b0A0e0B1e1", special[2], special[1]);
  out.Raw("}");
  return OkStatus();
}

}  // namespace onedge::tokenizer
