// BPE: starts with the characters of a split and repeatedly merges the neighbours that come earliest in the list of
// merges, until no neighbours merge.
#include <algorithm>

#include "tokenizer/models/merge_table.h"
#include "tokenizer/models/models.h"
#include "tokenizer/models/workspace.h"
#include "tokenizer/vocabulary.h"

namespace onedge::tokenizer {
namespace {

using Symbol = ModelWorkspace::Symbol;
using Candidate = ModelWorkspace::Candidate;

class Bpe final : public Model {
 public:
  static ModelResult Parse(const Json& json);

  Status Tokenize(std::string_view sequence, ModelWorkspace& workspace, std::vector<Token>& out) const override {
    if (sequence.empty()) return OkStatus();
    if (ignore_merges_) {
      if (const auto id = vocabulary_.TokenToId(sequence)) {
        out.push_back({*id, 0, static_cast<uint32_t>(sequence.size())});
        return OkStatus();
      }
    }
    std::vector<Symbol>& symbols = workspace.symbols;
    symbols.clear();
    ONEDGE_RETURN_IF_ERROR(Begin(sequence, symbols));
    if (symbols.size() <= kFewSymbols)
      MergeFew(symbols);
    else
      MergeMany(symbols, workspace.candidates);
    uint32_t position = 0;  // the pieces of dropped characters have no length here either, as in Hugging Face
    for (const Symbol& symbol : symbols) {
      if (symbol.length == 0) continue;
      const uint32_t end = std::min(position + symbol.length, static_cast<uint32_t>(sequence.size()));
      out.push_back({symbol.id, position, end});
      position = end;
    }
    return OkStatus();
  }

  bool EndsTokensBefore(std::string_view mark) const override;

  std::optional<int32_t> TokenToId(std::string_view token) const override { return vocabulary_.TokenToId(token); }
  std::optional<std::string_view> IdToToken(int32_t id) const override { return vocabulary_.IdToToken(id); }
  size_t vocabulary_size() const override { return vocabulary_.size(); }

 private:
  static constexpr size_t kFewSymbols = 24;
  static constexpr char32_t kDirectIds = 0x180;  // the byte alphabet and Latin: ids without a hash

  Status ParseMerges(const Json& json);
  Status AddMerge(const Json& json, std::string_view left, std::string_view right, uint32_t rank);

  std::optional<int32_t> CharacterId(std::string_view character, bool first, bool last) const {
    if (prefix_.empty() && suffix_.empty()) {
      const char32_t c = unicode::At(character, 0);
      if (c < kDirectIds) return direct_ids_[c] == kNoToken ? std::nullopt : std::optional<int32_t>(direct_ids_[c]);
      return vocabulary_.TokenToId(character);
    }
    return vocabulary_.TokenToId(StrCat(first ? "" : prefix_, character, last ? suffix_ : ""));
  }

  // The characters of the split, with substitutes for those that the vocabulary lacks.
  Status Begin(std::string_view sequence, std::vector<Symbol>& symbols) const;
  // Both do the same merges in the same order. MergeFew searches for the earliest merge each time, which is faster for
  // the symbols of one word; the other uses a heap.
  void MergeFew(std::vector<Symbol>& symbols) const;
  void MergeMany(std::vector<Symbol>& symbols, std::vector<Candidate>& heap) const;

  Vocabulary vocabulary_;
  MergeTable merges_;
  std::vector<int32_t> direct_ids_;
  std::string prefix_, suffix_, unknown_;
  bool has_unknown_ = false, fuse_unknown_ = false, byte_fallback_ = false, ignore_merges_ = false;
  std::optional<int32_t> unknown_id_;
  int32_t byte_ids_[256];
};

Status Bpe::Begin(std::string_view sequence, std::vector<Symbol>& symbols) const {
  const auto add = [&symbols](int32_t id, uint32_t length) {
    const int32_t index = static_cast<int32_t>(symbols.size());
    if (index > 0) symbols.back().next = index;
    symbols.push_back({id, length, index - 1, -1});
  };
  uint32_t unknown_length = 0;  // of an unknown token that is not added yet
  for (size_t i = 0; i < sequence.size();) {
    const uint32_t length = unicode::SequenceLength(sequence[i]);
    const std::string_view character = sequence.substr(i, length);
    const bool first = i == 0, last = i + length == sequence.size();
    i += length;
    if (const auto id = CharacterId(character, first, last)) {
      if (unknown_length > 0) add(*unknown_id_, unknown_length);
      unknown_length = 0;
      add(*id, length);
      continue;
    }
    if (byte_fallback_) {
      const std::string whole = StrCat(first ? "" : prefix_, character, last ? suffix_ : "");
      const auto known = [this](char byte) { return byte_ids_[static_cast<uint8_t>(byte)] != kNoToken; };
      if (std::all_of(whole.begin(), whole.end(), known)) {
        for (const char byte : whole) add(byte_ids_[static_cast<uint8_t>(byte)], 1);
        continue;
      }
    }
    if (!has_unknown_) continue;
    if (!unknown_id_)
      return InvalidArgument("BPE: the unknown token '", unknown_, "' is needed but not in the vocabulary");
    if (unknown_length > 0 && !fuse_unknown_) {
      add(*unknown_id_, unknown_length);
      unknown_length = 0;
    }
    unknown_length += length;
  }
  if (unknown_length > 0) add(*unknown_id_, unknown_length);
  return OkStatus();
}

void Bpe::MergeFew(std::vector<Symbol>& symbols) const {
  const MergeTable::Merge* merges[kFewSymbols];  // of each symbol with the next; null: they do not merge
  size_t count = symbols.size();
  if (count < 2) return;
  for (size_t i = 0; i + 1 < count; ++i) merges[i] = merges_.Find(symbols[i].id, symbols[i + 1].id);
  for (;;) {
    size_t best = count;
    uint32_t best_rank = UINT32_MAX;
    for (size_t i = 0; i + 1 < count; ++i) {
      if (merges[i] && merges[i]->rank < best_rank) {
        best = i;
        best_rank = merges[i]->rank;
      }
    }
    if (best == count) break;
    symbols[best].id = merges[best]->merged;
    symbols[best].length += symbols[best + 1].length;
    --count;
    for (size_t i = best + 1; i < count; ++i) {
      symbols[i] = symbols[i + 1];
      merges[i - 1] = merges[i];
    }
    if (best > 0) merges[best - 1] = merges_.Find(symbols[best - 1].id, symbols[best].id);
    if (best + 1 < count) merges[best] = merges_.Find(symbols[best].id, symbols[best + 1].id);
  }
  symbols.resize(count);
}

void Bpe::MergeMany(std::vector<Symbol>& symbols, std::vector<Candidate>& heap) const {
  heap.clear();
  const auto find = [this, &symbols](int32_t position) -> const MergeTable::Merge* {
    const Symbol& left = symbols[static_cast<size_t>(position)];
    return left.next < 0 ? nullptr : merges_.Find(left.id, symbols[static_cast<size_t>(left.next)].id);
  };
  const auto consider = [&](int32_t position) {
    const MergeTable::Merge* merge = find(position);
    if (!merge) return;
    heap.push_back({merge->rank, position, merge->merged});
    std::push_heap(heap.begin(), heap.end());
  };
  for (int32_t i = 0; i + 1 < static_cast<int32_t>(symbols.size()); ++i) consider(i);
  while (!heap.empty()) {
    const Candidate top = heap.front();
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
    Symbol& left = symbols[static_cast<size_t>(top.position)];
    if (left.length == 0 || left.next < 0) continue;
    // The neighbours may have changed since. The candidate is valid if they still make the same token.
    const MergeTable::Merge* merge = find(top.position);
    if (!merge || merge->merged != top.merged) continue;
    Symbol& right = symbols[static_cast<size_t>(left.next)];
    left.id = top.merged;
    left.length += right.length;
    right.length = 0;
    left.next = right.next;
    if (right.next >= 0) symbols[static_cast<size_t>(right.next)].previous = top.position;
    if (left.previous >= 0) consider(left.previous);
    consider(top.position);
  }
}

bool Bpe::EndsTokensBefore(std::string_view mark) const {
  // The result depends on more than the cut's neighbours if the model looks at the first or last character or the whole
  // split, or if a mark may become part of an unknown token.
  if (!prefix_.empty() || !suffix_.empty() || ignore_merges_ || !vocabulary_.TokenToId(mark)) return false;
  const auto holds_mark_inside = [mark](std::string_view token) {
    while (token.starts_with(mark)) token.remove_prefix(mark.size());
    return token.find(mark) != std::string_view::npos;
  };
  for (const MergeTable::Merge& merge : merges_.merges()) {
    if (holds_mark_inside(vocabulary_.IdToToken(merge.merged).value_or(""))) return false;
  }
  return true;
}

Status Bpe::AddMerge(const Json& json, std::string_view left, std::string_view right, uint32_t rank) {
  const std::optional<int32_t> left_id = vocabulary_.TokenToId(left), right_id = vocabulary_.TokenToId(right);
  if (!left_id || !right_id)
    return json.Expected(StrCat("two tokens of the vocabulary, which '", left_id ? right : left, "' is not; it"));
  if (right.size() < prefix_.size()) return json.Expected("a right side that begins with continuing_subword_prefix");
  const std::string merged = StrCat(left, right.substr(prefix_.size()));
  const std::optional<int32_t> merged_id = vocabulary_.TokenToId(merged);
  if (!merged_id)
    return json.Expected(StrCat("a merge that makes a token of the vocabulary, which '", merged, "' is not; it"));
  merges_.Add({*left_id, *right_id, rank, *merged_id});
  return OkStatus();
}

Status Bpe::ParseMerges(const Json& list) {
  if (list.tables().from) {
    ONEDGE_ASSIGN_OR_RETURN(merges_, MergeTable::View(*list.tables().from));
    return OkStatus();
  }
  if (list.size() >= MergeTable::kMaxMerges)
    return list.Expected(StrCat("fewer than ", MergeTable::kMaxMerges, " merges"));
  ONEDGE_RETURN_IF_ERROR(merges_.Reserve(list.size(), list.tables().memory));
  uint32_t rank = 0;
  return list.ForEach([&](const Json& json) -> Status {
    if (json.is_array()) {
      std::vector<std::string_view> sides;
      ONEDGE_RETURN_IF_ERROR(json.ForEach([&](const Json& side) -> Status {
        ONEDGE_ASSIGN_OR_RETURN(sides.emplace_back(), side.AsString());
        return OkStatus();
      }));
      if (sides.size() != 2) return json.Expected("two tokens");
      return AddMerge(json, sides[0], sides[1], rank++);
    }
    ONEDGE_ASSIGN_OR_RETURN(const std::string_view line, json.AsString());
    if (rank == 0 && line.starts_with("#version")) return OkStatus();
    const size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
      return json.Expected("two tokens with one space between them");
    }
    return AddMerge(json, line.substr(0, space), line.substr(space + 1), rank++);
  });
}

ModelResult Bpe::Parse(const Json& json) {
  auto model = std::make_unique<Bpe>();
  if (const auto dropout = json.Find("dropout")) {
    ONEDGE_ASSIGN_OR_RETURN(const double rate, dropout->AsNumber());
    if (rate != 0) return dropout->Unsupported("dropout other than 0, which makes results random,");
  }
  const auto read = [&json](const char* name, std::string& out) -> Status {
    if (const auto member = json.Find(name)) {
      ONEDGE_ASSIGN_OR_RETURN(out, member->AsString());
    }
    return OkStatus();
  };
  ONEDGE_RETURN_IF_ERROR(read("continuing_subword_prefix", model->prefix_));
  ONEDGE_RETURN_IF_ERROR(read("end_of_word_suffix", model->suffix_));
  ONEDGE_RETURN_IF_ERROR(read("unk_token", model->unknown_));
  model->has_unknown_ = json.Find("unk_token").has_value();
  ONEDGE_ASSIGN_OR_RETURN(model->fuse_unknown_, json.BoolMember("fuse_unk", false));
  ONEDGE_ASSIGN_OR_RETURN(model->byte_fallback_, json.BoolMember("byte_fallback", false));
  ONEDGE_ASSIGN_OR_RETURN(model->ignore_merges_, json.BoolMember("ignore_merges", false));
  ONEDGE_ASSIGN_OR_RETURN(const Json vocabulary, json.Member("vocab"));
  ONEDGE_ASSIGN_OR_RETURN(model->vocabulary_, Vocabulary::Parse(vocabulary));
  ONEDGE_ASSIGN_OR_RETURN(const Json merges, json.Member("merges"));
  ONEDGE_RETURN_IF_ERROR(model->ParseMerges(merges));
  if (json.tables().to) model->merges_.Store(*json.tables().to);
  if (model->has_unknown_) model->unknown_id_ = model->vocabulary_.TokenToId(model->unknown_);
  model->direct_ids_.assign(kDirectIds, kNoToken);
  for (char32_t c = 0; c < kDirectIds; ++c) {
    std::string character;
    unicode::Append(character, c);
    model->direct_ids_[c] = model->vocabulary_.TokenToId(character).value_or(kNoToken);
  }
  for (int byte = 0; byte < 256; ++byte)
    model->byte_ids_[byte] = model->vocabulary_.TokenToId(ByteToken(static_cast<uint8_t>(byte))).value_or(kNoToken);
  return std::unique_ptr<const Model>(std::move(model));
}

}  // namespace

std::string ByteToken(uint8_t byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return StrCat("<0x", kDigits[byte >> 4], kDigits[byte & 15], ">");
}

ModelResult ParseBpe(const Json& json) { return Bpe::Parse(json); }

}  // namespace onedge::tokenizer
