#include "tokenizer/chunker.h"

#include "text/unicode/graphemes.h"
#include "text/unicode/properties.h"

namespace onedge::tokenizer {
namespace {

constexpr std::string_view kMetaspace = "\u2581";

// The normalized form of `byte`, one ASCII character.
std::string NormalizedForm(char byte, const Normalizer* normalizer) {
  const std::string text(1, byte);
  if (!normalizer) return text;
  AlignedText original, normalized;
  original.AssignOriginal(text);
  const TextSlice slice{&original, 0, 1, {.starts_text = false, .starts_section = false, .ends_section = false}};
  if (!normalizer->Normalize(slice, normalized).ok()) return "";
  return std::string(normalized.text());
}

// Whether a cut may follow `c`, a character that is not printable ASCII. False if `c` may be whitespace, may share a
// grapheme cluster with the next character, or may be the mark that replaces spaces.
bool MayEndChunk(char32_t c) { return !unicode::IsWhitespace(c) && !unicode::JoinsNext(c) && c != U'\u2581'; }

}  // namespace

Chunker Chunker::Make(const Normalizer* normalizer, const PreTokenizer* pre_tokenizer, const Model& model,
                      const AddedVocabulary& added) {
  Chunker chunker;
  for (int byte = 0; byte < 256; ++byte) chunker.class_of_[byte] = static_cast<uint8_t>(CharClass::kOther);
  std::string space;
  for (int byte = 0; byte < 128; ++byte) {
    const CharClass c = ClassOf(static_cast<uint8_t>(byte));
    if (c == CharClass::kOther) continue;
    const std::string form = NormalizedForm(static_cast<char>(byte), normalizer);
    if (form.size() == 1)
      chunker.class_of_[byte] = static_cast<uint8_t>(ClassOf(static_cast<uint8_t>(form[0])));
    else if (c == CharClass::kSpace && form == kMetaspace)
      chunker.class_of_[byte] = static_cast<uint8_t>(CharClass::kSpace);
    if (c == CharClass::kSpace) space = form;
  }

  CutSet kept = CutSet::All(), made;
  if (normalizer) kept = added.KeptCuts() & normalizer->KeptCuts();
  if (pre_tokenizer) {
    kept = kept & pre_tokenizer->KeptCuts();
    made = pre_tokenizer->MadeCuts();
  }
  if (pre_tokenizer ? pre_tokenizer->OnlyMarksSpaces() : space == kMetaspace) {
    // Without splits, the model's own tokens must end at the cut.
    const bool one_split = !normalizer || !added.LooksInNormalized();
    if (one_split && model.EndsTokensBefore(kMetaspace)) made = CutSet::Between(kNotWhitespace, kSpaces);
    chunker.section_is_one_word_ = true;
  } else if (space == kMetaspace) {
    made = {};  // a pre-tokenizer that cuts at spaces will not find any
  }
  // The characters before a space may disappear, so that the spaces become one run.
  if (normalizer && normalizer->MayDrop() && !(pre_tokenizer && pre_tokenizer->CutsSpacesOneByOne()))
    kept = kept.Without(CutSet::Between(kOthers, kAnyClass));
  const CutSet cuts = kept & made;
  chunker.cuts_ = !cuts.empty();
  for (int c = 0; c < 8; ++c) chunker.stops_[c] = cuts.After(static_cast<CharClass>(c));
  chunker.reads_place_ = (normalizer && normalizer->ReadsPlace()) || (pre_tokenizer && pre_tokenizer->ReadsPlace());
  chunker.ideographs_apart_ = normalizer && normalizer->SetsIdeographsApart() && chunker.cuts_ &&
                              (cuts.After(CharClass::kLetter) & kSpaces) && (cuts.After(CharClass::kSpace) & kLetters);
  if (chunker.ideographs_apart_) {
    for (int byte = 0xE3; byte < 0xF5; ++byte) chunker.class_of_[byte] = kIdeograph;
    chunker.stops_[kIdeograph] = chunker.stops_[static_cast<int>(CharClass::kOther)];
    for (uint16_t& stops : chunker.stops_) stops |= 1 << kIdeograph;
  }
  const CutSet around_spaces = CutSet::Between(kWhitespace, kAnyClass) | CutSet::Between(kAnyClass, kWhitespace);
  if (pre_tokenizer && pre_tokenizer->DropsWhitespace() && around_spaces.Without(cuts).empty()) {
    for (int byte = 0; byte < 128; ++byte)
      chunker.drops_[byte] = kWhitespace & ClassBit(static_cast<CharClass>(chunker.class_of_[byte]));
  }
  return chunker;
}

size_t Chunker::End(std::string_view text, size_t begin) const {
  ONEDGE_DCHECK(begin < text.size() && !unicode::IsContinuation(text[begin]));
  const auto class_of = [this, text](size_t i) { return class_of_[static_cast<uint8_t>(text[i])]; };
  const auto is_ideograph = [text](size_t i) { return unicode::IsChineseCharacter(unicode::At(text, i)); };
  constexpr auto kOther = static_cast<uint8_t>(CharClass::kOther);
  uint8_t before = class_of(begin);
  if (before == kIdeograph && is_ideograph(begin)) return begin + unicode::SequenceLength(text[begin]);
  for (size_t i = begin + 1; i < text.size(); ++i) {
    const uint8_t after = class_of(i);
    if (stops_[before] >> after & 1) {
      if (after == kIdeograph && is_ideograph(i)) return i;
      const uint8_t real = after == kIdeograph ? kOther : after;
      if ((stops_[before] >> real & 1) && (before < kOther || MayEndChunk(unicode::Before(text, i)))) return i;
    }
    before = after;
  }
  return text.size();
}

}  // namespace onedge::tokenizer
