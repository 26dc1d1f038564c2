// Image: the compiled form of a tokenizer.json, whose big tables are used where they lie. Layout, little endian:
// "onedgtk1", u32 number of sections, u32 zero; for each section u32 kind, u32 index, u32 offset, u32 bytes; then the
// sections, each at a multiple of 8. docs/tokenizer.md says what is in them. What an image says is checked, as any
// file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace onedge::tokenizer {

enum class Section : uint32_t {
  kConfig = 1,  // the tokenizer.json without the tables
  kVocabularyText,
  kVocabularyBegins,
  kVocabularyIds,
  kVocabularySlots,
  kTrie,
  kScores,
  kMerges,
  kMergeSlots,
  kCharsMap,  // of the index-th Precompiled normalizer
};

class Image {
 public:
  static bool IsImage(std::span<const uint8_t> bytes);
  // `owner` keeps `bytes`, which are aligned to 8. CorruptFile: not an image, or one that ends early. Unsupported: of
  // another version.
  static Result<std::unique_ptr<const Image>> Parse(std::span<const uint8_t> bytes, std::shared_ptr<const void> owner);

  // The elements of a section. CorruptFile where there is none, or no whole number of them.
  template <typename T>
  Result<std::span<const T>> Elements(Section section, uint32_t index = 0) const {
    ONEDGE_ASSIGN_OR_RETURN(const std::span<const uint8_t> bytes, Bytes(section, index, sizeof(T)));
    return std::span<const T>(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
  }
  // CorruptFile, saying what of the section is wrong.
  static Status Corrupt(Section section, std::string_view what);

 private:
  Result<std::span<const uint8_t>> Bytes(Section section, uint32_t index, size_t element) const;

  std::span<const uint8_t> bytes_;
  std::shared_ptr<const void> owner_;
};

// Takes the tables while a tokenizer.json is read, for WriteImage.
class ImageTables {
 public:
  template <typename T>
  void Add(Section section, std::span<const T> elements) {
    AddBytes(section, {reinterpret_cast<const uint8_t*>(elements.data()), elements.size_bytes()});
  }
  struct Table {
    Section section;
    std::vector<uint8_t> bytes;
  };
  const std::vector<Table>& tables() const { return tables_; }

 private:
  void AddBytes(Section section, std::span<const uint8_t> bytes);
  std::vector<Table> tables_;
};

// The image of a tokenizer.json. Fails where Tokenizer::Load does.
Result<std::vector<uint8_t>> CompileImage(std::span<const uint8_t> tokenizer_json);

}  // namespace onedge::tokenizer
