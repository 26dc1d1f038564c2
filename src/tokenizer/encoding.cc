#include "tokenizer/encoding.h"

#include <algorithm>
#include <utility>

namespace onedge::tokenizer {
namespace {

// The windows of a text are combined with those of its pair, which multiplies them. More tokens than this are not a
// sensible request.
constexpr size_t kMaxCombinedTokens = size_t{1} << 26;

template <typename T>
std::vector<T> Cut(const std::vector<T>& values, size_t begin, size_t end) {
  if (values.empty()) return {};
  return {values.begin() + begin, values.begin() + end};
}

Encoding Cut(const Encoding& encoding, size_t begin, size_t end) {
  return {Cut(encoding.tokens, begin, end), Cut(encoding.token_texts, begin, end), {}};
}

template <typename T>
void Extend(std::vector<T>& values, const std::vector<T>& more) {
  values.insert(values.end(), more.begin(), more.end());
}

size_t TotalTokens(const Encoding& encoding) {
  size_t total = encoding.size();
  for (const Encoding& window : encoding.overflowing) total += TotalTokens(window);
  return total;
}

// Append without the size check. Windows combined with windows nest, as in Hugging Face's merge_with.
void AppendUnchecked(Encoding& encoding, const Encoding& other) {
  std::vector<Encoding> windows;
  windows.reserve((encoding.overflowing.size() + 1) * (other.overflowing.size() + 1) - 1);
  const auto join = [&windows](const Encoding& a, const Encoding& b) {
    windows.push_back(a);
    AppendUnchecked(windows.back(), b);
  };
  for (const Encoding& window : encoding.overflowing) {
    join(window, other);
    for (const Encoding& other_window : other.overflowing) join(window, other_window);
  }
  for (const Encoding& other_window : other.overflowing) join(encoding, other_window);
  Extend(encoding.tokens, other.tokens);
  Extend(encoding.token_texts, other.token_texts);
  encoding.overflowing = std::move(windows);
}

}  // namespace

std::vector<int32_t> Encoding::ids() const {
  std::vector<int32_t> ids;
  ids.reserve(size());
  for (const EncodedToken& token : tokens) ids.push_back(token.id);
  return ids;
}

Status Truncate(Encoding& encoding, size_t max_length, size_t stride, Direction direction) {
  const size_t size = encoding.size();
  if (max_length >= size) return OkStatus();
  if (max_length == 0) {
    Encoding all = std::move(encoding);
    encoding = Encoding();
    encoding.overflowing.push_back(std::move(all));
    return OkStatus();
  }
  if (stride >= max_length) {
    return InvalidArgument("truncation: expected a stride below the ", max_length, " tokens left for the text, got ",
                           stride, "; lower stride or raise max_length");
  }
  const size_t windows = 1 + (size - max_length + (max_length - stride) - 1) / (max_length - stride);
  if (windows > kMaxCombinedTokens / max_length) {
    return ResourceExhausted("truncation: ", size, " tokens in windows of ", max_length, " with stride ", stride,
                             " are too many");
  }
  Encoding first;
  for (size_t step = 0, i = 0; i < windows; ++i, step += max_length - stride) {
    const bool right = direction == Direction::kRight;
    const size_t begin = right ? step : size - step < max_length ? 0 : size - step - max_length;
    const size_t end = right ? std::min(step + max_length, size) : size - step;
    if (i == 0)
      first = Cut(encoding, begin, end);
    else
      first.overflowing.push_back(Cut(encoding, begin, end));
  }
  encoding = std::move(first);
  return OkStatus();
}

Status TruncatePair(Encoding& text, Encoding* pair, const Truncation& truncation) {
  const size_t max_length = truncation.max_length, stride = truncation.stride;
  const auto cut = [&](Encoding& encoding, size_t length) {
    return Truncate(encoding, length, stride, truncation.direction);
  };
  if (max_length == 0) {
    ONEDGE_RETURN_IF_ERROR(cut(text, 0));
    return pair ? cut(*pair, 0) : OkStatus();
  }
  const size_t total = text.size() + (pair ? pair->size() : 0);
  if (total <= max_length) return OkStatus();
  const size_t to_remove = total - max_length;
  if (truncation.strategy == TruncationStrategy::kLongestFirst) {
    if (!pair) return cut(text, max_length);
    const bool swapped = text.size() > pair->size();
    size_t shorter = std::min(text.size(), pair->size());
    size_t longer = shorter > max_length ? shorter : std::max(shorter, max_length - shorter);
    if (shorter + longer > max_length) {
      shorter = max_length / 2;
      longer = shorter + max_length % 2;
    }
    if (swapped) std::swap(shorter, longer);
    ONEDGE_RETURN_IF_ERROR(cut(text, shorter));
    return cut(*pair, longer);
  }
  const bool first = truncation.strategy == TruncationStrategy::kOnlyFirst;
  if (!first && !pair) return InvalidArgument("truncation: strategy only_second needs a pair, got a single text");
  Encoding& target = first ? text : *pair;
  if (target.size() <= to_remove) {
    return InvalidArgument("truncation: the ", first ? "first" : "second", " text has ", target.size(),
                           " tokens, too short to remove ", to_remove,
                           " as max_length asks; use longest_first or raise max_length");
  }
  return cut(target, target.size() - to_remove);
}

Status Append(Encoding& encoding, const Encoding& other) {
  const size_t ours = encoding.overflowing.size() + 1, theirs = other.overflowing.size() + 1;
  if (TotalTokens(encoding) > kMaxCombinedTokens / theirs || TotalTokens(other) > kMaxCombinedTokens / ours) {
    return ResourceExhausted("truncation: ", ours, " windows of the text with ", theirs,
                             " of the pair are too many; raise max_length or lower stride");
  }
  AppendUnchecked(encoding, other);
  return OkStatus();
}

void Pad(Encoding& encoding, size_t length, const Padding& padding, int8_t sequence_id) {
  for (Encoding& window : encoding.overflowing) Pad(window, length, padding, sequence_id);
  if (encoding.size() >= length) return;
  const size_t count = length - encoding.size();
  const bool left = padding.direction == Direction::kLeft;
  const bool with_texts = !encoding.token_texts.empty();
  const EncodedToken token{padding.pad_id, padding.pad_type_id, {}, -1, sequence_id, 0, 1};
  encoding.tokens.insert(left ? encoding.tokens.begin() : encoding.tokens.end(), count, token);
  std::vector<std::string>& texts = encoding.token_texts;
  if (with_texts) texts.insert(left ? texts.begin() : texts.end(), count, padding.pad_token);
}

size_t PaddedLength(const Padding& padding, size_t longest) {
  size_t length = padding.strategy == PaddingStrategy::kFixed ? padding.length : longest;
  if (padding.pad_to_multiple_of > 0 && length % padding.pad_to_multiple_of > 0) {
    length += padding.pad_to_multiple_of - length % padding.pad_to_multiple_of;
  }
  return length;
}

}  // namespace onedge::tokenizer
