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
  size_t first = matches.size();  // joined matches are stored from the end
  bool previous = false;
  for (size_t i = matches.size(); i-- > 0;) {
    const Match match = matches[i];
    if (match.is_match && !previous && first < matches.size())
      matches[first].begin = match.begin;
    else
      matches[--first] = match;
    previous = match.is_match;
  }
  matches.erase(matches.begin(), matches.begin() + static_cast<ptrdiff_t>(first));
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
