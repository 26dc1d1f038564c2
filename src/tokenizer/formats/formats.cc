#include "tokenizer/formats/formats.h"

#include <algorithm>

#include "base/trimmed.h"
#include "tokenizer/formats/converters.h"

namespace onedge::tokenizer {
namespace {

enum class Format : uint8_t { kTokenizerJson, kVocabJson, kVocabTxt, kSentencePiece };
constexpr std::string_view kBlank = " \t\r\n";

std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// True if the value of the first member is a number: true for every vocabulary, false at the top level of
// tokenizer.json.
bool IsVocabulary(std::string_view json) {
  const auto skip = [&json](std::string_view what) {
    const size_t begin = json.find_first_not_of(kBlank);
    json.remove_prefix(begin == std::string_view::npos ? json.size() : begin);
    if (json.empty() || what.find(json[0]) == std::string_view::npos) return false;
    json.remove_prefix(1);
    return true;
  };
  if (!skip("{") || !skip("\"")) return false;
  size_t end = 0;
  while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
  json.remove_prefix(std::min(end, json.size()));
  return skip("\"") && skip(":") && skip("0123456789");
}

Format FormatOf(std::string_view file) {
  const size_t first = file.find_first_not_of(kBlank);
  if (first != std::string_view::npos && file[first] == '{')
    return IsVocabulary(file) ? Format::kVocabJson : Format::kTokenizerJson;
  // A message that begins with a piece that begins with its text, each shorter than 128 bytes: field 1 of field 1.
  if (file.size() > 3 && file[0] == '\n' && file[2] == '\n' && file[3] + 2 <= file[1]) return Format::kSentencePiece;
  return Format::kVocabTxt;
}

Status CheckOptions(Format format, const FormatOptions& options) {
  if (format == Format::kVocabJson && options.merges.empty())
    return Refuse(StatusCode::kInvalidArgument,
                  "vocab.json: its merges.txt is missing; give it too (merges, --merges)");
  if (format != Format::kVocabJson && !options.merges.empty())
    return Refuse(StatusCode::kInvalidArgument, "merges: expected with a vocab.json only, got another file");
  if (format != Format::kVocabTxt && options.lowercase)
    return Refuse(StatusCode::kInvalidArgument, "lowercase: expected with a vocab.txt only, got another file");
  if (options.family.empty()) return OkStatus();
  constexpr std::string_view kFamilies[] = {"gpt2", "roberta", "clip", "t5", "llama", "sentencepiece"};
  for (int i = 0; i < 6; ++i) {
    if (kFamilies[i] == options.family && format == (i < 3 ? Format::kVocabJson : Format::kSentencePiece))
      return OkStatus();
  }
  return Refuse(
      StatusCode::kInvalidArgument,
      "family: expected gpt2, roberta or clip with a vocab.json, or t5, llama or sentencepiece with a sentencepiece "
      "model");
}

Status ConvertOther(Format format, std::span<const uint8_t> file, const FormatOptions& options, JsonText& out) {
  if (format == Format::kVocabJson) return ConvertVocabJson(file, AsText(options.merges), options.family, out);
  if (format == Format::kVocabTxt) return ConvertVocabTxt(AsText(file), options.lowercase.value_or(true), out);
  return ConvertSentencePiece(AsText(file), options.family, out);
}

Status MissingFormats(Format, std::span<const uint8_t>, const FormatOptions&, JsonText&) {
  return Unsupported("part 'tokenizer formats'", kTrimmed);
}
constexpr Part<decltype(ConvertOther)> kPartFormats[] = {{"", MissingFormats}, {"tokenizer formats", ConvertOther}};

// Writes the tokenizer.json of `file`; OK with nothing written if `file` already is one.
Status Convert(std::span<const uint8_t> file, const FormatOptions& options, JsonText& out) {
  const Format format = FormatOf(AsText(file));
  ONEDGE_RETURN_IF_ERROR(CheckOptions(format, options));
  return format == Format::kTokenizerJson ? OkStatus() : Chosen(kPartFormats)(format, file, options, out);
}

}  // namespace

Status Refuse(StatusCode code, const char* message) { return Status(code, message); }

Status CorruptAt(const char* what, size_t number, const char* rest) {
  JsonText message;
  return Status(StatusCode::kCorruptFile, std::move(message.Raw(what).Number(number).Raw(rest).text()));
}

Result<std::string> ToTokenizerJson(std::span<const uint8_t> file, const FormatOptions& options) {
  JsonText out;
  ONEDGE_RETURN_IF_ERROR(Convert(file, options, out));
  return out.text().empty() ? std::string(AsText(file)) : std::move(out.text());
}

Result<std::unique_ptr<const Tokenizer>> LoadFile(std::span<const uint8_t> file, const FormatOptions& options) {
  JsonText out;
  ONEDGE_RETURN_IF_ERROR(Convert(file, options, out));
  if (out.text().empty()) return Tokenizer::Load(file);
  auto tokenizer = Tokenizer::Load({reinterpret_cast<const uint8_t*>(out.text().data()), out.text().size()});
  if (!tokenizer.ok()) return std::move(tokenizer).status().WithContext("converted");
  return tokenizer;
}

}  // namespace onedge::tokenizer
