#include "tokenizer/formats/sentencepiece_model.h"

#include <cmath>

#include "text/unicode/utf8.h"
#include "text/wire.h"
#include "tokenizer/formats/converters.h"

namespace onedge::tokenizer {
namespace {

// Field numbers.
enum { kPieces = 1, kTrainerSpec = 2, kNormalizerSpec = 3 };
enum { kText = 1, kPieceType = 3 };
enum { kModelType = 3, kWhitespaceAsSuffix = 24, kByteFallback = 35, kBosId = 41, kEosId = 42, kPadId = 43 };
enum { kCharsmap = 2, kDummyPrefix = 3, kExtraWhitespaces = 4, kEscapeWhitespaces = 5 };

// A message without repeated fields: the last value of each of its first fields, and the values given here for those
// that are absent. As in protobuf, a field of another wire type than expected counts as an unknown one.
struct Fields {
  static constexpr size_t kCount = 44;
  uint64_t numbers[kCount] = {};  // of varints
  float score = 0;                // field 2, of 32 bits
  std::string_view bytes[3];

  // False for a malformed message. Values from earlier messages stay unless they come again.
  bool Read(std::span<const uint8_t> message) {
    MessageReader in(message, "");
    while (in.Next()) {
      const uint32_t field = in.field();
      if (field >= kCount) continue;
      if (in.wire_type() == WireType::kVarint) numbers[field] = in.Uint();
      if (in.wire_type() == WireType::kBytes && field < 3) bytes[field] = AsText(in.Bytes());
      if (in.wire_type() == WireType::kFixed32 && field == 2) score = in.Float();
    }
    return in.status().ok();
  }
};

}  // namespace

Status SentencePieceModel::Parse(std::string_view file) {
  Fields trainer, normalizer;
  trainer.numbers[kModelType] = 1;
  trainer.numbers[kBosId] = 1;
  trainer.numbers[kEosId] = 2;
  trainer.numbers[kPadId] = UINT64_MAX;
  for (const int field : {kDummyPrefix, kExtraWhitespaces, kEscapeWhitespaces}) normalizer.numbers[field] = 1;

  MessageReader message(AsBytes(file), "");
  size_t unknown = 0;
  while (message.Next()) {
    if (message.wire_type() != WireType::kBytes) continue;
    bool well_formed = true;
    if (message.field() == kPieces) {
      Fields piece;
      piece.numbers[kPieceType] = 1;
      well_formed = piece.Read(message.Bytes());
      const uint64_t type = piece.numbers[kPieceType];
      const std::string_view text = piece.bytes[kText];
      if (!well_formed || text.empty() || !unicode::IsWellFormed(text) || !std::isfinite(piece.score) || type < 1 ||
          type > 6) {
        return CorruptAt("sentencepiece model: piece ", pieces.size(),
                         ": expected a text in UTF-8, a finite score and a type from 1 to 6");
      }
      if (type == static_cast<uint64_t>(PieceType::kUnknown)) {
        unknown_id = pieces.size();
        ++unknown;
      }
      pieces.push_back({text, piece.score, static_cast<PieceType>(type)});
    }
    if (message.field() == kTrainerSpec) well_formed = trainer.Read(message.Bytes());
    if (message.field() == kNormalizerSpec) well_formed = normalizer.Read(message.Bytes());
    if (!well_formed) return CorruptAt("sentencepiece model: field ", message.field(), " is malformed");
  }
  if (!message.status().ok())
    return CorruptAt("sentencepiece model: cut off or malformed at byte ", message.position(), "");
  if (unknown != 1) return CorruptAt("sentencepiece model: expected one unknown piece, got ", unknown, "");

  const uint64_t model_type = trainer.numbers[kModelType];
  if (model_type < 1 || model_type > 2) {
    return Refuse(
        StatusCode::kUnsupported,
        "sentencepiece model: expected the model_type UNIGRAM or BPE, which tokenizer.json has, and no other");
  }
  if (trainer.numbers[kWhitespaceAsSuffix])
    return Refuse(StatusCode::kUnsupported,
                  "sentencepiece model: treat_whitespace_as_suffix, which tokenizer.json cannot express");
  type = static_cast<ModelType>(model_type);
  byte_fallback = trainer.numbers[kByteFallback] != 0;
  bos_id = static_cast<int32_t>(trainer.numbers[kBosId]);
  eos_id = static_cast<int32_t>(trainer.numbers[kEosId]);
  pad_id = static_cast<int32_t>(trainer.numbers[kPadId]);
  precompiled_charsmap = normalizer.bytes[kCharsmap];
  add_dummy_prefix = normalizer.numbers[kDummyPrefix] != 0;
  remove_extra_whitespaces = normalizer.numbers[kExtraWhitespaces] != 0;
  escape_whitespaces = normalizer.numbers[kEscapeWhitespaces] != 0;
  return OkStatus();
}

}  // namespace onedge::tokenizer
