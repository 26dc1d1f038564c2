#include "tokenizer/formats/piece_merges.h"

#include <algorithm>

#include "text/unicode/utf8.h"
#include "tokenizer/formats/converters.h"
#include "tokenizer/vocabulary.h"

namespace onedge::tokenizer {
namespace {

// Limits the cost of a hostile file. The longest pieces of real models have some 100 bytes, and real models have two to
// three times as many merges as pieces.
constexpr size_t kMaxPieceBytes = 512;
constexpr size_t kMaxMergesPerPiece = 16;

}  // namespace

Status FindMerges(const SentencePieceModel& model, std::vector<PieceMerge>& merges) {
  const std::vector<SentencePieceModel::Piece>& pieces = model.pieces;
  Vocabulary vocabulary;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (vocabulary.TokenToId(pieces[i].text)) return CorruptAt("sentencepiece model: piece ", i, " comes twice");
    ONEDGE_RETURN_IF_ERROR(vocabulary.Add(pieces[i].text, static_cast<int32_t>(i)));
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    const std::string_view text = pieces[i].text;
    if (text.size() > kMaxPieceBytes) {
      if (pieces[i].type != SentencePieceModel::PieceType::kNormal) continue;  // found whole, before any merge
      return CorruptAt("sentencepiece model: piece ", i, ": expected at most 512 bytes");
    }
    const uint32_t length = static_cast<uint32_t>(unicode::CountCodePoints(text));
    uint32_t left_length = 0;
    for (size_t cut = 0; (cut += unicode::SequenceLength(text[cut])) < text.size();) {
      ++left_length;
      const auto left = vocabulary.TokenToId(text.substr(0, cut));
      if (!left) continue;
      const auto right = vocabulary.TokenToId(text.substr(cut));
      if (!right) continue;
      merges.push_back({static_cast<uint32_t>(*left), static_cast<uint32_t>(*right), static_cast<uint32_t>(i),
                        static_cast<uint16_t>(left_length), static_cast<uint16_t>(length - left_length)});
    }
    if (merges.size() > kMaxMergesPerPiece * pieces.size() + 4 * kMaxPieceBytes)
      return Refuse(StatusCode::kResourceExhausted, "sentencepiece model: more than 16 merges for each of its pieces");
  }
  // Heap sort: a tenth of the code of std::sort.
  const auto before = [&pieces](const PieceMerge& a, const PieceMerge& b) {
    const float a_score = pieces[a.merged].score, b_score = pieces[b.merged].score;
    if (a_score != b_score) return a_score > b_score;
    if (a.left_length != b.left_length) return a.left_length > b.left_length;
    if (a.right_length != b.right_length) return a.right_length > b.right_length;
    return a.merged < b.merged;
  };
  std::make_heap(merges.begin(), merges.end(), before);
  std::sort_heap(merges.begin(), merges.end(), before);
  return OkStatus();
}

}  // namespace onedge::tokenizer
