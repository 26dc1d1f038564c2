// The merges of a sentencepiece BPE model, which has none: it merges whatever makes a piece, the highest score first.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "tokenizer/formats/sentencepiece_model.h"

namespace onedge::tokenizer {

// Two pieces that merge into a third; indexes of SentencePieceModel::pieces.
struct PieceMerge {
  uint32_t left, right, merged;
  uint16_t left_length, right_length;  // in code points
};

// In the order of transformers' generate_merges: by the merged piece's score, then by the lengths, the largest first.
// CorruptFile: a piece comes twice, or a normal one has more than 512 bytes. ResourceExhausted: so many merges that the
// pieces are none of a language.
Status FindMerges(const SentencePieceModel& model, std::vector<PieceMerge>& merges);

}  // namespace onedge::tokenizer
