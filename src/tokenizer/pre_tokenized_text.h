// PreTokenizedText: a text between normalization and the model, cut into splits (Hugging Face's PreTokenizedString).
// Splits are ranges of one buffer, so cutting copies nothing. Not thread-safe: each text that is being encoded has one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/aligned_text.h"

namespace onedge::tokenizer {

constexpr int32_t kNoToken = -1;

struct Split {
  uint32_t begin;  // byte position in the buffer
  uint32_t end;
  int32_t added_token = kNoToken;  // the id if the split is an added token; stages do not touch it
};

// A match or a stretch between matches. They are in the order of the text.
struct Match {
  uint32_t begin;
  uint32_t end;
  bool is_match;
};

// The treatment of the delimiters that a split finds.
enum class SplitBehavior : uint8_t { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

// Joins and drops `matches` in place, according to `behavior`.
void ApplyBehavior(SplitBehavior behavior, std::vector<Match>& matches);

class PreTokenizedText {
 public:
  // Starts over with the original text as one split.
  void Assign(std::string_view original, Place place = {}) {
    place_ = place;
    buffer_.AssignOriginal(original);
    splits_.assign(1, Split{0, buffer_.size()});
  }

  const AlignedText& buffer() const { return buffer_; }
  const std::vector<Split>& splits() const { return splits_; }
  std::string_view text(const Split& split) const {
    return buffer_.text().substr(split.begin, split.end - split.begin);
  }

  // Cuts each split that is not an added token. cut(text, emit) calls emit(begin, end[, added_token]) for each part, in
  // bytes of `text`. Empty parts are dropped.
  template <typename Cut>
  void Resplit(const Cut& cut) {
    next_.clear();
    for (const Split& split : splits_) {
      if (split.added_token != kNoToken) {
        next_.push_back(split);
        continue;
      }
      cut(text(split), [&](size_t begin, size_t end, int32_t added_token = kNoToken) {
        if (begin < end) {
          next_.push_back(
              {split.begin + static_cast<uint32_t>(begin), split.begin + static_cast<uint32_t>(end), added_token});
        }
      });
    }
    splits_.swap(next_);
  }

  // Resplits at the code points with is_delimiter(c) true, each a separate match.
  template <typename Predicate>
  void SplitByCodePoint(SplitBehavior behavior, const Predicate& is_delimiter) {
    std::vector<Match>& matches = matches_;
    Resplit([&](std::string_view text, const auto& emit) {
      matches.clear();
      uint32_t last = 0;
      const char* const start = text.data();
      for (const char* p = start; p != start + text.size();) {
        const uint32_t begin = static_cast<uint32_t>(p - start);
        if (!is_delimiter(unicode::Next(p))) continue;
        if (last < begin) matches.push_back({last, begin, false});
        last = static_cast<uint32_t>(p - start);
        matches.push_back({begin, last, true});
      }
      if (last < text.size()) matches.push_back({last, static_cast<uint32_t>(text.size()), false});
      ApplyBehavior(behavior, matches);
      for (const Match& match : matches) emit(match.begin, match.end);
    });
  }

  // Rewrites each split that is not an added token: rewrite(slice, out) appends its new form to `out`. All splits stay,
  // also those that become empty.
  template <typename Rewrite>
  void RewriteSplits(const Rewrite& rewrite) {
    scratch_.Clear();
    for (Split& split : splits_) {
      const uint32_t begin = scratch_.size();
      if (split.added_token != kNoToken)
        scratch_.AppendRange(buffer_, split.begin, split.end);
      else
        rewrite(TextSlice{&buffer_, split.begin, split.end, place_}, scratch_);
      split.begin = begin;
      split.end = scratch_.size();
    }
    buffer_.Swap(scratch_);
  }

 private:
  Place place_;
  AlignedText buffer_;
  AlignedText scratch_;
  std::vector<Split> splits_;
  std::vector<Split> next_;
  std::vector<Match> matches_;
};

}  // namespace onedge::tokenizer
