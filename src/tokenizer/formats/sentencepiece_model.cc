#include "tokenizer/formats/sentencepiece_model.h"

#include <cmath>

#include "tokenizer/formats/converters.h"
#include "tokenizer/formats/wire.h"
#include "tokenizer/unicode/utf8.h"

namespace onedge::tokenizer {
namespace {

bool ParsePiece(std::string_view bytes, SentencePieceModel::Piece& piece) {
  WireMessage message(bytes);
  while (message.Next()) {
    if (message.field() == 1) piece.text = message.Bytes();
    if (message.field() == 2) piece.score = message.Float();
    if (message.field() == 3) {
      const uint64_t type = message.Varint();
      if (type < 1 || type > 6) return false;
      piece.type = static_cast<SentencePieceModel::PieceType>(type);
    }
  }
  return message.ok() && !piece.text.empty() && unicode::IsWellFormed(piece.text) && std::isfinite(piece.score);
}

Status ParseTrainer(std::string_view bytes, SentencePieceModel& model) {
  WireMessage message(bytes);
  uint64_t type = static_cast<uint64_t>(model.type);
  bool suffix = false;
  while (message.Next()) {
    const auto id = [&message] { return static_cast<int32_t>(message.Varint()); };
    switch (message.field()) {
      case 3:
        type = message.Varint();
        break;
      case 24:
        suffix = message.Varint() != 0;
        break;
      case 35:
        model.byte_fallback = message.Varint() != 0;
        break;
      case 41:
        model.bos_id = id();
        break;
      case 42:
        model.eos_id = id();
        break;
      case 43:
        model.pad_id = id();
        break;
    }
  }
  if (!message.ok()) return CorruptFile("sentencepiece model: trainer_spec is malformed");
  if (type != 1 && type != 2) {
    return Unsupported(
        "sentencepiece model: expected the model_type UNIGRAM or BPE, which tokenizer.json has, and no other");
  }
  if (suffix)
    return Unsupported("sentencepiece model: treat_whitespace_as_suffix, which tokenizer.json cannot express");
  model.type = static_cast<SentencePieceModel::ModelType>(type);
  return OkStatus();
}

Status ParseNormalizer(std::string_view bytes, SentencePieceModel& model) {
  WireMessage message(bytes);
  while (message.Next()) {
    if (message.field() == 2) model.precompiled_charsmap = message.Bytes();
    if (message.field() == 3) model.add_dummy_prefix = message.Varint() != 0;
    if (message.field() == 4) model.remove_extra_whitespaces = message.Varint() != 0;
    if (message.field() == 5) model.escape_whitespaces = message.Varint() != 0;
  }
  return message.ok() ? OkStatus() : CorruptFile("sentencepiece model: normalizer_spec is malformed");
}

}  // namespace

Status SentencePieceModel::Parse(std::string_view file) {
  WireMessage message(file);
  size_t unknown = 0;
  while (message.Next()) {
    if (message.field() == 1) {
      const size_t id = pieces.size();
      Piece& piece = pieces.emplace_back();
      if (!ParsePiece(message.Bytes(), piece)) {
        return CorruptAt("sentencepiece model: piece ", id,
                         ": expected a text in UTF-8, a finite score and a type from 1 to 6");
      }
      if (piece.type != PieceType::kUnknown) continue;
      unknown_id = id;
      ++unknown;
    }
    if (message.field() == 2) ONEDGE_RETURN_IF_ERROR(ParseTrainer(message.Bytes(), *this));
    if (message.field() == 3) ONEDGE_RETURN_IF_ERROR(ParseNormalizer(message.Bytes(), *this));
  }
  if (!message.ok()) {
    return CorruptAt("sentencepiece model: cut off or malformed at byte ", file.size() - message.left(), "");
  }
  if (unknown != 1) return CorruptAt("sentencepiece model: expected one unknown piece, got ", unknown, "");
  return OkStatus();
}

}  // namespace onedge::tokenizer
