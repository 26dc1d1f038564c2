// Converts vocab.json with merges.txt: byte-level BPE, like transformers' GPT2Converter, RobertaConverter and
// CLIPConverter.
#include "text/unicode/utf8.h"
#include "tokenizer/formats/converters.h"
#include "tokenizer/json.h"

namespace onedge::tokenizer {
namespace {

struct Special {
  std::string_view content;
  bool lstrip = false;
  bool normalized = true;
};
constexpr Special kGpt2[] = {{"<|endoftext|>"}};
constexpr Special kRoberta[] = {{"<s>"}, {"</s>"}, {"<unk>"}, {"<pad>"}, {"<mask>", /*lstrip=*/true}};
constexpr Special kClip[] = {{"<|startoftext|>"}, {"<|endoftext|>", false, /*normalized=*/false}};

struct Family {
  std::string_view name;
  std::span<const Special> special;
  std::string_view begin, end;  // around a text
  const char* model;            // members of the model
  // Normalizer, pre-tokenizer and post-processor, divided where the ids of `begin` and `end` go.
  const char* stages[3];
};

#define ONEDGE_BYTE_LEVEL R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true})"
constexpr Family kFamilies[] = {
    {"gpt2",
     kGpt2,
     {},
     {},
     R"("unk_token":null,"end_of_word_suffix":"")",
     {R"("pre_tokenizer":)" ONEDGE_BYTE_LEVEL R"(,"post_processor":{"type":"ByteLevel","add_prefix_space":true,)"
      R"("trim_offsets":false,"use_regex":true})"}},
    {"roberta",
     kRoberta,
     "<s>",
     "</s>",
     R"("unk_token":null,"end_of_word_suffix":"")",
     {R"("pre_tokenizer":)" ONEDGE_BYTE_LEVEL R"(,"post_processor":{"type":"RobertaProcessing","trim_offsets":true,)"
      R"("add_prefix_space":false,"cls":["<s>",)",
      R"(],"sep":["</s>",)", "]}"}},
    {"clip",
     kClip,
     "<|startoftext|>",
     "<|endoftext|>",
     R"("unk_token":"<|endoftext|>","end_of_word_suffix":"</w>")",
     {R"("normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},)"
      R"({"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]},)"
      R"("pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":)"
      R"("'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"},"behavior":"Removed","invert":true},)" ONEDGE_BYTE_LEVEL
      R"(]},"post_processor":{"type":"RobertaProcessing","trim_offsets":false,)"
      R"("add_prefix_space":false,"cls":["<|startoftext|>",)",
      R"(],"sep":["<|endoftext|>",)", "]}"}},
};
#undef ONEDGE_BYTE_LEVEL

// Null if words end in </w> but the vocabulary is not CLIP's.
const Family* FamilyOf(const Json& vocabulary, std::string_view name) {
  const auto has = [&vocabulary](const char* token) { return vocabulary.Find(token).has_value(); };
  if (name.empty()) {
    name = "gpt2";
    if (has("<s>") && has("</s>") && has("<mask>")) name = "roberta";
    if (has("a</w>")) {
      if (!has("<|startoftext|>")) return nullptr;
      name = "clip";
    }
  }
  const Family* family = kFamilies;
  while (family->name != name) ++family;
  return family;
}

// Reads one "a b" a line, after an optional "#version: ..." line.
Status WriteMerges(std::string_view file, JsonText& out) {
  if (!unicode::IsWellFormed(file)) return Refuse(StatusCode::kCorruptFile, "merges.txt: expected UTF-8");
  size_t number = 0;
  for (size_t begin = 0; begin < file.size();) {
    const size_t end = std::min(file.find('\n', begin), file.size());
    std::string_view line = file.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    const size_t space = line.find(' ');
    if (space == 0 || space >= line.size() - 1 || line.find(' ', space + 1) != std::string_view::npos)
      return CorruptAt("merges.txt: line ", number, ": expected two tokens with one space between them");
    out.Item().Raw("[").Quoted(line.substr(0, space)).Raw(",").Quoted(line.substr(space + 1)).Raw("]");
  }
  return OkStatus();
}

}  // namespace

Status ConvertVocabJson(std::span<const uint8_t> file, std::string_view merges, std::string_view name, JsonText& out) {
  ONEDGE_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(file, "vocab.json"));
  const Json vocabulary(document.root(), "vocab.json");
  const Family* family = FamilyOf(vocabulary, name);
  if (!family) {
    return Refuse(
        StatusCode::kUnsupported,
        "vocab.json: its words end in </w>, but it has no <|startoftext|> and so is not CLIP's, the one such family "
        "that "
        "is read; family 'clip' insists");
  }
  out.Raw(R"({"version":"1.0","added_tokens":[)");
  size_t next = vocabulary.size();
  size_t begin = SIZE_MAX, end = SIZE_MAX;
  for (const Special& special : family->special) {
    size_t id = next;
    if (const auto known = vocabulary.Find(special.content)) {
      ONEDGE_ASSIGN_OR_RETURN(id, known->AsId());
      if (special.content == family->begin) begin = id;
      if (special.content == family->end) end = id;
    } else {
      ++next;
    }
    out.AddedToken(id, special.content, true, special.lstrip, special.normalized);
  }
  out.Raw("],").Raw(family->stages[0]);
  if (!family->begin.empty()) {
    if (begin == SIZE_MAX || end == SIZE_MAX)
      return Refuse(StatusCode::kCorruptFile,
                    "vocab.json: the tokens that begin and end a text in this family are missing");
    out.Number(begin).Raw(family->stages[1]).Number(end).Raw(family->stages[2]);
  }
  out.Raw(R"(,"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},)"
          R"("model":{"type":"BPE","dropout":null,"continuing_subword_prefix":"","fuse_unk":false,)");
  out.Raw(family->model).Raw(R"(,"vocab":)").Raw({reinterpret_cast<const char*>(file.data()), file.size()});
  out.Raw(R"(,"merges":[)");
  ONEDGE_RETURN_IF_ERROR(WriteMerges(merges, out));
  out.Raw("]}}");
  return OkStatus();
}

}  // namespace onedge::tokenizer
