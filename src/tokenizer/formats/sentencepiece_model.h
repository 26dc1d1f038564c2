// A sentencepiece .model file: its pieces and the specifications that affect encoding. Views into the file.
// Format: sentencepiece_model.proto of https://github.com/google/sentencepiece
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace onedge::tokenizer {

struct SentencePieceModel {
  enum class ModelType : uint8_t { kUnigram = 1, kBpe = 2 };
  enum class PieceType : uint8_t { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };
  struct Piece {
    std::string_view text;
    float score = 0;
    PieceType type = PieceType::kNormal;
  };

  std::vector<Piece> pieces;
  // trainer_spec
  ModelType type = ModelType::kUnigram;
  bool byte_fallback = false;
  int32_t bos_id = -1, eos_id = -1, pad_id = -1;
  // normalizer_spec
  std::string_view precompiled_charsmap;
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;

  // The id of its only unknown piece.
  size_t unknown_id = 0;

  // Call it once. CorruptFile: not a sentencepiece model. Unsupported: word and character models, and white space as a
  // suffix.
  Status Parse(std::string_view file);
};

}  // namespace onedge::tokenizer
