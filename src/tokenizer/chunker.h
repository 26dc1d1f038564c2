// Chunker: cuts a text into chunks, mostly words, that can be tokenized one by one (cuts.h has the conditions).
// Immutable after Make; several threads may use it at once.
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
  // For a text without added tokens that are searched in the original; without a normalizer also without those that are
  // searched in the normalized text. `normalizer` and `pre_tokenizer` may be null.
  static Chunker Make(const Normalizer* normalizer, const PreTokenizer* pre_tokenizer, const Model& model,
                      const AddedVocabulary& added);

  bool cuts() const { return cuts_; }
  // Whether the stages depend on the position of a chunk, so that the first and last chunk of a section are special.
  bool reads_place() const { return reads_place_; }
  // Whether a whole section is one split, and all its chunks one word.
  bool section_is_one_word() const { return section_is_one_word_; }

  // Whether `byte` is a chunk that has no tokens and is not a word.
  bool Drops(char byte) const { return drops_[static_cast<uint8_t>(byte)]; }

  // The end of the chunk that begins at `begin`. REQUIRES: well-formed UTF-8, begin < text.size() at the beginning of a
  // chunk.
  size_t End(std::string_view text, size_t begin) const;

 private:
  // A ninth class beside CharClass: bytes of kOther that may begin an ideograph that is a chunk of its own.
  static constexpr uint8_t kIdeograph = 8;

  uint8_t class_of_[256] = {};  // of each byte after normalization
  uint16_t stops_[9] = {};      // by the class of a byte: the classes before which a chunk may end
  bool drops_[256] = {};
  bool cuts_ = false;
  bool reads_place_ = false;
  bool section_is_one_word_ = false;
  bool ideographs_apart_ = false;
};

}  // namespace onedge::tokenizer
