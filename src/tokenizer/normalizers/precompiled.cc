// Precompiled: SentencePiece's character map: a double-array trie over bytes whose leaves point into a text of
// replacements. Layout (sentencepiece, normalizer.cc): u32 size of the trie in bytes, the trie's u32 units, the
// replacements, each ending in a NUL.
#include <algorithm>
#include <cstring>

#include "text/unicode/graphemes.h"
#include "tokenizer/flat_array.h"
#include "tokenizer/image.h"
#include "tokenizer/normalizers/normalizers.h"

namespace onedge::tokenizer {
namespace {

using unicode::ChangedChar;

class Precompiled final : public Normalizer {
 public:
  static NormalizerResult Parse(const Json& json, FlatArray<uint32_t> charsmap, size_t bytes);

  // Short grapheme clusters are looked up whole, then, like long ones, by character. The lookup takes the shortest key,
  // so a cluster that only begins with a key is replaced as a whole. Hugging Face does the same.
  Status Normalize(TextSlice in, AlignedText& out) const override {
    const std::string_view text = in.text();
    if (IsPlain(text)) return out.AppendRange(*in.source, in.begin, in.end), OkStatus();
    std::vector<ChangedChar> changed;
    bool modified = false;
    const auto replace = [&](std::string_view part) {
      const std::optional<std::string_view> replacement = Find(part);
      if (!replacement) return false;
      modified = true;
      AddReplacement(static_cast<int32_t>(unicode::CountCodePoints(part)), *replacement, changed);
      return true;
    };
    for (size_t i = 0; i < text.size();) {
      const size_t end = unicode::GraphemeEnd(text, i);
      if (end - i < kMaxCluster && replace(text.substr(i, end - i))) {
        i = end;
        continue;
      }
      for (; i < end; i += unicode::SequenceLength(text[i])) {
        if (!replace(text.substr(i, unicode::SequenceLength(text[i])))) changed.push_back({unicode::At(text, i), 0});
      }
    }
    if (!modified) return out.AppendRange(*in.source, in.begin, in.end), OkStatus();
    Rewriter rewriter(in, out);
    for (const ChangedChar& c : changed) rewriter.Emit(c.c, c.change);
    return OkStatus();
  }
  // Clusters end before ASCII, except CR LF and after the few characters that Chunker knows (MayEndChunk).
  CutSet KeptCuts() const override { return CutSet::Between(kAnyClass, kAscii & ~kLineBreaks); }

  bool MayDrop() const override { return true; }
  // A character dropped at the beginning is not counted (AddReplacement).
  bool ShiftsAlignments(std::string_view text) const override {
    const size_t cluster = unicode::GraphemeEnd(text, 0);
    std::optional<std::string_view> first = cluster < kMaxCluster ? Find(text.substr(0, cluster)) : std::nullopt;
    if (!first) first = Find(text.substr(0, unicode::SequenceLength(text[0])));
    return first && first->empty();
  }

 private:
  static constexpr size_t kMaxCluster = 6;  // bytes; a cluster up to this length is looked up whole

  // Whether `text` consists of ASCII characters that map to themselves, each a separate cluster.
  bool IsPlain(std::string_view text) const {
    return std::all_of(text.begin(), text.end(), [this](char c) { return plain_[static_cast<uint8_t>(c)]; });
  }

  // The replacement of the shortest key that `part` begins with.
  std::optional<std::string_view> Find(std::string_view part) const {
    size_t node = Offset(units_[0]);
    for (const char byte : part) {
      const uint8_t c = static_cast<uint8_t>(byte);
      if (c == 0) break;
      node ^= c;
      if (node >= units_.size()) break;
      const uint32_t unit = units_[node];
      if ((unit & 0x800000FF) != c) break;
      node ^= Offset(unit);
      if (node >= units_.size()) break;
      if (unit >> 8 & 1) {
        const size_t begin = units_[node] & 0x7FFFFFFF;
        if (begin >= replacements_.size() || unicode::IsContinuation(replacements_[begin])) return std::nullopt;
        return replacements_.substr(begin, replacements_.find('\0', begin) - begin);
      }
    }
    return std::nullopt;
  }
  static size_t Offset(uint32_t unit) { return size_t{unit >> 10} << ((unit & 0x200) >> 6); }

  static void AddReplacement(int32_t old_count, std::string_view replacement, std::vector<ChangedChar>& changed) {
    for (const char* p = replacement.data(); p != replacement.data() + replacement.size();)
      changed.push_back({unicode::Next(p), 0});
    const int32_t difference = static_cast<int32_t>(unicode::CountCodePoints(replacement)) - old_count;
    for (int32_t i = 0; i < difference; ++i) changed[changed.size() - 1 - static_cast<size_t>(i)].change = 1;
    if (difference < 0 && !changed.empty()) changed.back().change += difference;
  }

  FlatArray<uint32_t> charsmap_;  // the whole map, unless a compiled image holds it
  std::span<const uint32_t> units_;
  std::string_view replacements_;  // each ends in a NUL, the last one too
  bool plain_[256] = {};
};

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = Base64Value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count));
  }
  return bytes;
}

// `charsmap`: whole words, zero after its `bytes`.
NormalizerResult Precompiled::Parse(const Json& json, FlatArray<uint32_t> charsmap, size_t bytes) {
  const uint32_t trie_bytes = charsmap.empty() ? 0 : charsmap[0];
  if (trie_bytes == 0 || trie_bytes % 4 != 0 || bytes < 4 || trie_bytes > bytes - 4)
    return json.Expected(StrCat("a character map whose trie fits in its ", bytes, " bytes; it"));
  auto normalizer = std::make_unique<Precompiled>();
  normalizer->units_ = charsmap.view().subspan(1, trie_bytes / 4);
  const std::span<const uint32_t> rest = charsmap.view().subspan(1 + trie_bytes / 4);
  normalizer->replacements_ = {reinterpret_cast<const char*>(rest.data()), rest.size_bytes()};
  if (!normalizer->replacements_.ends_with('\0') || !unicode::IsWellFormed(normalizer->replacements_))
    return json.Expected("replacements in UTF-8; it");
  normalizer->charsmap_ = std::move(charsmap);
  for (char c = 0; c < 0x7F; ++c) normalizer->plain_[static_cast<uint8_t>(c)] = c != '\r' && !normalizer->Find({&c, 1});
  return std::unique_ptr<const Normalizer>(std::move(normalizer));
}

}  // namespace

NormalizerResult ParsePrecompiled(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json member, json.Member("precompiled_charsmap"));
  if (const Image* image = json.tables().from) {
    ONEDGE_ASSIGN_OR_RETURN(const uint64_t index, member.AsCount());
    ONEDGE_ASSIGN_OR_RETURN(const std::span<const uint32_t> charsmap,
                            image->Elements<uint32_t>(Section::kCharsMap, static_cast<uint32_t>(index)));
    return Precompiled::Parse(member, FlatArray<uint32_t>(charsmap), charsmap.size_bytes());
  }
  ONEDGE_ASSIGN_OR_RETURN(const std::string_view text, member.AsString());
  MemoryReservation decoded(json.tables().memory ? json.tables().memory->budget() : nullptr);
  ONEDGE_RETURN_IF_ERROR(decoded.Grow(text.size() * 3 / 4));
  const std::optional<std::string> bytes = DecodeBase64(text);
  if (!bytes) return member.Expected("base64");
  if (json.tables().memory) ONEDGE_RETURN_IF_ERROR(json.tables().memory->Grow(bytes->size() + 4));
  std::vector<uint32_t> charsmap(bytes->size() / 4 + 1);  // with a NUL after the last replacement
  std::memcpy(charsmap.data(), bytes->data(), bytes->size());
  if (json.tables().to) json.tables().to->Add(Section::kCharsMap, std::span<const uint32_t>(charsmap));
  return Precompiled::Parse(member, FlatArray<uint32_t>(std::move(charsmap)), bytes->size());
}

}  // namespace onedge::tokenizer
