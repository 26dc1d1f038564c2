#include "tokenizer/added_vocabulary.h"

#include <algorithm>
#include <cstring>

#include "text/unicode/properties.h"

namespace onedge::tokenizer {
namespace {

bool IsWord(char32_t c) { return unicode::Flags(c) & unicode::kWord; }

// The start of the whitespace at the end of text[0, end).
size_t TrimmedEnd(std::string_view text, size_t end) {
  while (end > 0) {
    const char32_t c = unicode::Before(text, end);
    if (!unicode::IsWhitespace(c)) break;
    end -= unicode::EncodedLength(c);
  }
  return end;
}

// The end of the whitespace at the start of text[begin...].
size_t SkipWhitespace(std::string_view text, size_t begin) {
  while (begin < text.size() && unicode::IsWhitespace(unicode::At(text, begin)))
    begin += unicode::SequenceLength(text[begin]);
  return begin;
}

}  // namespace

Result<AddedVocabulary> AddedVocabulary::Parse(const Json& tokens, const Model& model, const Normalizer* normalizer) {
  AddedVocabulary added;
  ONEDGE_RETURN_IF_ERROR(tokens.ForEach([&](const Json& json) -> Status {
    AddedToken token;
    ONEDGE_ASSIGN_OR_RETURN(token.content, json.StringMember("content"));
    ONEDGE_ASSIGN_OR_RETURN(token.single_word, json.BoolMember("single_word"));
    ONEDGE_ASSIGN_OR_RETURN(token.lstrip, json.BoolMember("lstrip"));
    ONEDGE_ASSIGN_OR_RETURN(token.rstrip, json.BoolMember("rstrip"));
    ONEDGE_ASSIGN_OR_RETURN(token.normalized, json.BoolMember("normalized"));
    ONEDGE_ASSIGN_OR_RETURN(token.special, json.BoolMember("special"));
    ONEDGE_ASSIGN_OR_RETURN(const Json id, json.Member("id"));
    ONEDGE_RETURN_IF_ERROR(id.AsId().status());
    return added.Add(token, model, tokens.tables().memory);
  }));
  ONEDGE_RETURN_IF_ERROR(added.BuildMatcher(false, normalizer, added.original_, tokens.tables().memory));
  ONEDGE_RETURN_IF_ERROR(added.BuildMatcher(true, normalizer, added.normalized_, tokens.tables().memory));
  return added;
}

Status AddedVocabulary::Add(const AddedToken& token, const Model& model, MemoryReservation* memory) {
  if (token.content.empty()) return OkStatus();
  if (token.special && !IsSpecial(token.content)) {
    special_tokens_.push_back(token);
    ONEDGE_RETURN_IF_ERROR(special_.Add(token.content, 0, memory));
  }
  std::optional<int32_t> id = ids_.TokenToId(token.content);
  const bool known = id.has_value();
  if (!id) id = model.TokenToId(token.content);
  if (!id) {
    const size_t size = model.vocabulary_size();
    const size_t next =
        max_id_ >= 0 && (static_cast<size_t>(max_id_) >= size || size == 0) ? static_cast<size_t>(max_id_) + 1 : size;
    if (next > INT32_MAX) return ResourceExhausted("added_tokens: no id is left below 2^31 for '", token.content, "'");
    id = static_cast<int32_t>(next);
    ++added_size_;
  }
  const auto place =
      std::lower_bound(by_id_.begin(), by_id_.end(), *id, [](const Entry& entry, int32_t x) { return entry.id < x; });
  const bool taken = place != by_id_.end() && place->id == *id;
  if (taken && place->token == token) return OkStatus();
  if (taken)
    place->token = token;
  else
    by_id_.insert(place, {*id, token});
  if (!known) ONEDGE_RETURN_IF_ERROR(ids_.Add(token.content, *id, memory));
  max_id_ = std::max(max_id_, *id);
  if (!IsSpecial(token.content)) other_tokens_.push_back(token);
  return OkStatus();
}

Status AddedVocabulary::BuildMatcher(bool normalized, const Normalizer* normalizer, Matcher& matcher,
                                     MemoryReservation* memory) const {
  std::vector<std::string> patterns;
  std::vector<int32_t> indexes;
  const auto add = [&](const AddedToken& token) -> Status {
    if (token.normalized != normalized) return OkStatus();
    std::string pattern = token.content;
    if (normalized && normalizer) {
      AlignedText content, out;
      content.AssignOriginal(token.content);
      ONEDGE_RETURN_IF_ERROR(normalizer->Normalize({&content, 0, content.size()}, out));
      pattern = out.text();
    }
    if (pattern.empty()) return OkStatus();  // an empty content never matches
    if (token.single_word || token.lstrip || token.rstrip) matcher.inside = CutSet::All();
    for (size_t i = 1; i < pattern.size(); ++i) {
      const auto class_of = [&](size_t k) { return ClassBit(ClassOf(static_cast<uint8_t>(pattern[k]))); };
      matcher.inside = matcher.inside | CutSet::Between(class_of(i - 1), class_of(i));
    }
    patterns.push_back(std::move(pattern));
    indexes.push_back(IndexOf(*ids_.TokenToId(token.content)));
    return OkStatus();
  };
  for (const AddedToken& token : special_tokens_) ONEDGE_RETURN_IF_ERROR(add(token));
  for (const AddedToken& token : other_tokens_) ONEDGE_RETURN_IF_ERROR(add(token));
  if (patterns.empty()) return OkStatus();
  std::vector<Trie::Key> keys;
  for (size_t i = patterns.size(); i-- > 0;) {  // backwards: of equal patterns the first wins
    keys.push_back({patterns[i], indexes[i]});
    matcher.starts[static_cast<uint8_t>(patterns[i][0])] = true;
  }
  if (std::count(matcher.starts, matcher.starts + 256, true) == 1)
    matcher.only_start = static_cast<uint8_t>(patterns[0][0]);
  ONEDGE_ASSIGN_OR_RETURN(matcher.trie, Trie::Build(std::move(keys), memory));
  return OkStatus();
}

CutSet AddedVocabulary::KeptCuts() const { return CutSet::All().Without(normalized_.inside); }

void AddedVocabulary::Cut(const Matcher& matcher, PreTokenizedText& pre_tokenized) const {
  pre_tokenized.Resplit([&](std::string_view text, const auto& emit) {
    size_t done = 0;
    for (size_t i = 0; i < text.size() && !matcher.trie.empty();) {
      if (matcher.only_start >= 0) {
        const void* found = std::memchr(text.data() + i, matcher.only_start, text.size() - i);
        if (!found) break;
        i = static_cast<size_t>(static_cast<const char*>(found) - text.data());
      } else if (!matcher.starts[static_cast<uint8_t>(text[i])]) {
        ++i;
        continue;
      }
      int32_t index = Trie::kNoValue;
      size_t end = i;
      uint32_t node = Trie::kRoot;
      for (size_t k = i; k < text.size() && matcher.trie.Step(node, static_cast<uint8_t>(text[k]));) {
        ++k;
        if (const int32_t value = matcher.trie.value(node); value != Trie::kNoValue) {
          index = value;
          end = k;
        }
      }
      if (index == Trie::kNoValue) {
        ++i;
        continue;
      }
      const Entry& entry = by_id_[static_cast<size_t>(index)];
      size_t begin = i;
      i = end;
      if (entry.token.single_word && ((begin > 0 && IsWord(unicode::Before(text, begin))) ||
                                      (end < text.size() && IsWord(unicode::At(text, end))))) {
        continue;
      }
      if (entry.token.lstrip) begin = std::max(TrimmedEnd(text, begin), done);
      if (entry.token.rstrip) end = SkipWhitespace(text, end);
      if (done < begin) emit(done, begin);
      emit(begin, end, entry.id);
      done = end;
    }
    emit(done, text.size());
  });
}

int32_t AddedVocabulary::IndexOf(int32_t id) const {
  const auto place =
      std::lower_bound(by_id_.begin(), by_id_.end(), id, [](const Entry& entry, int32_t x) { return entry.id < x; });
  return place != by_id_.end() && place->id == id ? static_cast<int32_t>(place - by_id_.begin()) : -1;
}

std::optional<int32_t> AddedVocabulary::TokenToId(std::string_view token) const { return ids_.TokenToId(token); }

std::optional<std::string_view> AddedVocabulary::IdToToken(int32_t id) const {
  const int32_t index = IndexOf(id);
  if (index < 0) return std::nullopt;
  return by_id_[static_cast<size_t>(index)].token.content;
}

bool AddedVocabulary::IsSpecial(std::string_view token) const { return special_.TokenToId(token).has_value(); }

}  // namespace onedge::tokenizer
