// The merges of a sentencepiece BPE model, computed: it merges any two pieces that make a piece, highest score first.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "tokenizer/formats/sentencepiece_model.h"

namespace onedge::tokenizer {

// Two pieces that merge into a third: indexes into SentencePieceModel::pieces.
struct PieceMerge {
  uint32_t left, right, merged;
  uint16_t left_length, right_length;  // in code points
};

// In the order of transformers' generate_merges: by the score of the merged piece, then by the lengths, largest first.
// CorruptFile: a piece appears twice, or a normal piece has more than 512 bytes. ResourceExhausted: too many merges for
// the pieces of any language.
Status FindMerges(const SentencePieceModel& model, std::vector<PieceMerge>& merges);

}  // namespace onedge::tokenizer
