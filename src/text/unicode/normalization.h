// Unicode normalization forms, with the alignment that Hugging Face records for each resulting code point.
// Unicode 9, like the library that Hugging Face tokenizers uses.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/unicode/properties.h"

namespace onedge::unicode {

// A code point of the result. change = 0: it replaces the next code point of the source; 1: it is inserted after the
// previous one; -n: it replaces the next one, and n more of the source are removed. Together they cover the whole
// source once.
struct ChangedChar {
  char32_t c;
  int32_t change;
};

constexpr char32_t kHangulBase = 0xAC00, kHangulCount = 11172;

// Whether NFD changes `c` alone.
inline bool HasDecomposition(char32_t c) {
  if (c < 0xA0) return false;
  if (c - kHangulBase < kHangulCount) return true;
  if (c >= kDecompositionLimit) return false;
  constexpr uint32_t kMask = (1 << kDecompositionShift) - 1;
  return kDecompositionValues[(kDecompositionBlocks[c >> kDecompositionShift] << kDecompositionShift) + (c & kMask)] !=
         0;
}

// Appends the full canonical decomposition of `c`, or `c` itself.
void Decompose(char32_t c, std::vector<ChangedChar>& out);
// The same with compatibility decompositions.
void DecomposeCompatibly(char32_t c, std::vector<ChangedChar>& out);

// Each form refers only to what it needs, so that `onedge trim` drops the tables of the others.
struct Form {
  void (*decompose)(char32_t c, std::vector<ChangedChar>& out);
  bool composes;

  static const Form kNfc, kNfd, kNfkc, kNfkd;
};
inline constexpr Form Form::kNfc{Decompose, true};
inline constexpr Form Form::kNfd{Decompose, false};
inline constexpr Form Form::kNfkc{DecomposeCompatibly, true};
inline constexpr Form Form::kNfkd{DecomposeCompatibly, false};

// Sorts runs of combining marks into canonical order.
void Reorder(std::vector<ChangedChar>& chars);

// The normal form of well-formed UTF-8.
void Normalize(std::string_view text, const Form& form, std::vector<ChangedChar>& out);

}  // namespace onedge::unicode
