#include "tokenizer/pre_tokenized_text.h"

#include <algorithm>

namespace onedge::tokenizer {
namespace {

void MergeWithPrevious(std::vector<Match>& matches) {
  size_t count = 0;
  bool previous = false;
  for (const Match match : matches) {
    if (match.is_match && !previous && count > 0)
      matches[count - 1].end = match.end;
    else
      matches[count++] = match;
    previous = match.is_match;
  }
  matches.resize(count);
}

void MergeWithNext(std::vector<Match>& matches) {
  std::vector<Match> reversed;
  bool previous = false;
  for (auto match = matches.rbegin(); match != matches.rend(); ++match) {
    if (match->is_match && !previous && !reversed.empty())
      reversed.back().begin = match->begin;
    else
      reversed.push_back(*match);
    previous = match->is_match;
  }
  matches.assign(reversed.rbegin(), reversed.rend());
}

void MergeContiguous(std::vector<Match>& matches) {
  size_t count = 0;
  bool previous = false;
  for (const Match match : matches) {
    if (match.is_match == previous && count > 0)
      matches[count - 1].end = match.end;
    else
      matches[count++] = match;
    previous = match.is_match;
  }
  matches.resize(count);
}

}  // namespace

void ApplyBehavior(SplitBehavior behavior, std::vector<Match>& matches) {
  switch (behavior) {
    case SplitBehavior::kIsolated:
      return;
    case SplitBehavior::kRemoved:
      std::erase_if(matches, [](const Match& match) { return match.is_match; });
      return;
    case SplitBehavior::kMergedWithPrevious:
      return MergeWithPrevious(matches);
    case SplitBehavior::kMergedWithNext:
      return MergeWithNext(matches);
    case SplitBehavior::kContiguous:
      return MergeContiguous(matches);
  }
}

}  // namespace onedge::tokenizer
