// Converts a sentencepiece model to the tokenizer.json of transformers' SpmConverter, or of T5Converter and
// LlamaConverter for models of these families.
#include <cmath>

#include "base/decimal.h"
#include "tokenizer/formats/converters.h"
#include "tokenizer/formats/piece_merges.h"
#include "tokenizer/formats/sentencepiece_model.h"

namespace onedge::tokenizer {
namespace {

using PieceType = SentencePieceModel::PieceType;

// The id of the token before or after a text, or kNone.
struct Around {
  static constexpr size_t kNone = SIZE_MAX;
  size_t begin = kNone, end = kNone;
};

constexpr size_t kT5ExtraIds = 100;  // T5Converter adds <extra_id_99> to <extra_id_0> if the model lacks them

bool IsControl(const SentencePieceModel& model, int32_t id) {
  return id >= 0 && static_cast<size_t>(id) < model.pieces.size() &&
         model.pieces[static_cast<size_t>(id)].type == PieceType::kControl;
}

// By content: T5 has <pad>, </s> and <unk> first and no token that begins a text; Llama, Mistral and Gemma are BPE with
// bytes and have one.
Status FindAround(const SentencePieceModel& model, std::string_view family, Around& around) {
  const bool has_bos = IsControl(model, model.bos_id), has_eos = IsControl(model, model.eos_id);
  const bool bpe = model.type == SentencePieceModel::ModelType::kBpe;
  bool t5 = family == "t5", llama = family == "llama";
  if (family.empty()) {
    t5 = !bpe && !has_bos && has_eos && model.pad_id == 0 && model.eos_id == 1 && model.unknown_id == 2;
    llama = bpe && model.byte_fallback && has_bos;
  }
  if ((t5 && !has_eos) || (llama && !has_bos))
    return Refuse(StatusCode::kInvalidArgument,
                  "family: this model has no control piece at the eos_id of t5, or the bos_id of llama");
  if (t5) around.end = static_cast<size_t>(model.eos_id);
  if (llama) around.begin = static_cast<size_t>(model.bos_id);
  return OkStatus();
}

void WriteBase64(std::string_view bytes, std::string& out) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : kAlphabet[bits >> (18 - 6 * k) & 63];
  }
}

// Digits and a power of ten that give exactly `score` also where the two are rounded on their own, as serde_json reads
// a tokenizer.json: the digits are those of a double. There are such digits for all but about 1 of 1,000 scores; the
// others are written with digits that only an exact reader takes for `score`.
void WriteScore(float score, std::string& out) {
  const double size = score < 0 ? -static_cast<double>(score) : score;
  if (score < 0) out += '-';
  if (size == 0) {
    out += "0.0";
    return;
  }
  double power = 1e22;  // the last power of ten that is a double
  for (int k = 22; k >= 0 && size * power >= 1; --k, power /= 10) {
    const double middle = std::floor(size * power);
    if (middle >= 0x1p63) continue;
    for (const double digits : {middle, std::nextafter(middle, 0.0), std::nextafter(middle, HUGE_VAL)}) {
      if (digits != std::floor(digits) || digits / power != size) continue;
      std::string text = std::to_string(static_cast<uint64_t>(digits));
      const size_t places = static_cast<size_t>(k);
      if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
      if (places > 0) text.insert(text.size() - places, ".");
      out += text;
      return;
    }
  }
  out += FormatNumber(size, 17);
}

// Calls write(text, score) for the pieces and then for T5's extra ids.
void ForEachPiece(const SentencePieceModel& model, size_t extra_ids, auto write) {
  for (const SentencePieceModel::Piece& piece : model.pieces) write(piece.text, piece.score);
  for (size_t i = extra_ids; i-- > 0;) write("<extra_id_" + std::to_string(i) + ">", 0.0f);
}

void WriteUnigram(const SentencePieceModel& model, size_t extra_ids, JsonText& out) {
  out.Raw(R"({"type":"Unigram","unk_id":)").Number(model.unknown_id).Raw(R"(,"vocab":[)");
  ForEachPiece(model, extra_ids, [&out](std::string_view text, float score) {
    out.Item().Raw("[").Quoted(text).Raw(",");
    WriteScore(score, out.text());
    out.Raw("]");
  });
}

Status WriteBpe(const SentencePieceModel& model, size_t extra_ids, JsonText& out) {
  std::vector<PieceMerge> merges;
  ONEDGE_RETURN_IF_ERROR(FindMerges(model, merges));
  out.Raw(R"({"type":"BPE","dropout":null,"fuse_unk":true,"ignore_merges":false,"continuing_subword_prefix":null,)"
          R"("end_of_word_suffix":null,"unk_token":)");
  out.Quoted(model.pieces[model.unknown_id].text).Raw(R"(,"vocab":{)");
  size_t next = 0;
  ForEachPiece(model, extra_ids,
               [&](std::string_view text, float) { out.Item().Quoted(text).Raw(":").Number(next++); });
  out.Raw(R"(},"merges":[)");
  for (const PieceMerge& merge : merges) {
    out.Item().Raw("[").Quoted(model.pieces[merge.left].text).Raw(",").Quoted(model.pieces[merge.right].text).Raw("]");
  }
  return OkStatus();
}

// If white space is kept, a text is one split, as in LlamaConverter with legacy=true. Otherwise a split begins at each
// space, as in SpmConverter.
void WriteNormalizer(const SentencePieceModel& model, const char* space, JsonText& out) {
  out.Raw(R"({"type":"Sequence","normalizers":[)");
  if (!model.precompiled_charsmap.empty()) {
    out.Raw(R"({"type":"Precompiled","precompiled_charsmap":")");
    WriteBase64(model.precompiled_charsmap, out.text());
    out.Raw(R"("},)");
  }
  if (model.remove_extra_whitespaces) {
    out.Raw(R"({"type":"Strip","strip_left":false,"strip_right":true},{"type":"Replace","pattern":{"Regex":" {2,}")");
  } else {
    if (model.add_dummy_prefix) out.Raw(R"({"type":"Prepend","prepend":")").Raw(space).Raw(R"("},)");
    out.Raw(R"({"type":"Replace","pattern":{"String":" ")");
  }
  out.Raw(R"(},"content":")").Raw(space).Raw(R"("}]})");
}

void WriteMetaspace(const SentencePieceModel& model, const char* space, JsonText& out) {
  out.Raw(R"({"type":"Metaspace","split":true,"replacement":")").Raw(space);
  out.Raw(model.add_dummy_prefix ? R"(","prepend_scheme":"always"})" : R"(","prepend_scheme":"never"})");
}

void WriteDecoder(const SentencePieceModel& model, const char* space, JsonText& out) {
  if (model.remove_extra_whitespaces && !model.byte_fallback) return WriteMetaspace(model, space, out);
  out.Raw(R"({"type":"Sequence","decoders":[{"type":"Replace","content":" ","pattern":{"String":")").Raw(space);
  out.Raw(R"("}},{"type":"ByteFallback"},{"type":"Fuse"})");
  if (model.add_dummy_prefix) out.Raw(R"(,{"type":"Strip","content":" ","start":1,"stop":0})");
  out.Raw("]}");
}

}  // namespace

Status ConvertSentencePiece(std::string_view file, std::string_view family, JsonText& out) {
  SentencePieceModel model;
  ONEDGE_RETURN_IF_ERROR(model.Parse(file));
  Around around;
  ONEDGE_RETURN_IF_ERROR(FindAround(model, family, around));
  size_t extra_ids = around.end == Around::kNone ? 0 : kT5ExtraIds;
  for (const auto& piece : model.pieces) {
    if (piece.text.ends_with("<extra_id_0>")) extra_ids = 0;
  }

  out.Raw(R"({"version":"1.0","added_tokens":[)");
  size_t id = 0;
  ForEachPiece(model, extra_ids, [&](std::string_view text, float) {
    const PieceType type = id < model.pieces.size() ? model.pieces[id].type : PieceType::kControl;
    const bool special = type == PieceType::kControl || type == PieceType::kUnknown;
    if (special || type == PieceType::kUserDefined) out.AddedToken(id, text, special);
    ++id;
  });
  const char* space = model.escape_whitespaces ? "\xE2\x96\x81" : " ";
  out.Raw(R"(],"normalizer":)");
  WriteNormalizer(model, space, out);
  if (model.remove_extra_whitespaces) {
    out.Raw(R"(,"pre_tokenizer":)");
    WriteMetaspace(model, space, out);
  }
  if (around.end != Around::kNone) {
    out.Raw(R"(,"post_processor":)").Template("A0e0", "A0e0B0e0", {}, {model.pieces[around.end].text, around.end});
  } else if (around.begin != Around::kNone) {
    out.Raw(R"(,"post_processor":)").Template("b0A0", "b0A0b1B1", {model.pieces[around.begin].text, around.begin}, {});
  }
  out.Raw(R"(,"decoder":)");
  WriteDecoder(model, space, out);
  out.Raw(R"(,"model":)");
  if (model.type == SentencePieceModel::ModelType::kUnigram)
    WriteUnigram(model, extra_ids, out);
  else
    ONEDGE_RETURN_IF_ERROR(WriteBpe(model, extra_ids, out));
  out.Raw(R"(],"byte_fallback":)").Bool(model.byte_fallback).Raw("}}");
  return OkStatus();
}

}  // namespace onedge::tokenizer
