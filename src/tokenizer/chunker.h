// Chunker: cuts a text into chunks, mostly words, that can be tokenized one by one (cuts.h says when). Immutable after
// Make and safe to use from several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tokenizer/added_vocabulary.h"
#include "tokenizer/cuts.h"
#include "tokenizer/stages.h"

namespace onedge::tokenizer {

class Chunker {
 public:
  // A Chunker that never cuts.
  Chunker() = default;
  // For a text without the added tokens that are looked for in the original, nor, if there is no normalizer, those for
  // the normalized text. `normalizer` and `pre_tokenizer` may be null.
  static Chunker Make(const Normalizer* normalizer, const PreTokenizer* pre_tokenizer, const Model& model,
                      const AddedVocabulary& added);

  bool cuts() const { return cuts_; }
  // Whether the stages look at where a chunk lies, so that the first and last of a section are unlike the others.
  bool reads_place() const { return reads_place_; }
  // Whether a whole section is one split, and its chunks one word.
  bool section_is_one_word() const { return section_is_one_word_; }

  // Whether `byte` is a chunk that has no tokens and is no word.
  bool Drops(char byte) const { return drops_[static_cast<uint8_t>(byte)]; }

  // The end of the chunk that begins at `begin`. REQUIRES: well-formed UTF-8, begin < text.size() at the beginning of a
  // chunk.
  size_t End(std::string_view text, size_t begin) const;

 private:
  // A ninth class beside CharClass: bytes of kOther that may begin an ideograph which is a chunk of its own.
  static constexpr uint8_t kIdeograph = 8;

  uint8_t class_of_[256] = {};  // of each byte as normalized
  uint16_t stops_[9] = {};      // the classes before which a chunk may end, by the class of the byte before
  bool drops_[256] = {};
  bool cuts_ = false;
  bool reads_place_ = false;
  bool section_is_one_word_ = false;
  bool ideographs_apart_ = false;
};

}  // namespace onedge::tokenizer
