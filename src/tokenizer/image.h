// Image: the compiled form of a tokenizer.json. Its big tables are used in place. Layout, little endian:
// "onedgtk1", u32 number of sections, u32 zero; for each section u32 kind, u32 index, u32 offset, u32 bytes; then the
// sections, each at a multiple of 8. docs/tokenizer.md lists their content. An image is untrusted input and is checked.
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
  // `owner` keeps `bytes`, which are aligned to 8. CorruptFile: not an image, or cut off. Unsupported: another version.
  static Result<std::unique_ptr<const Image>> Parse(std::span<const uint8_t> bytes, std::shared_ptr<const void> owner);

  // The elements of a section. CorruptFile if the section is absent or its size is not a multiple of the element size.
  template <typename T>
  Result<std::span<const T>> Elements(Section section, uint32_t index = 0) const {
    ONEDGE_ASSIGN_OR_RETURN(const std::span<const uint8_t> bytes, Bytes(section, index, sizeof(T)));
    return std::span<const T>(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
  }
  // CorruptFile that names the section and its fault.
  static Status Corrupt(Section section, std::string_view what);

 private:
  Result<std::span<const uint8_t>> Bytes(Section section, uint32_t index, size_t element) const;

  std::span<const uint8_t> bytes_;
  std::shared_ptr<const void> owner_;
};

// Collects the tables for WriteImage while a tokenizer.json is read.
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

// The image of a tokenizer.json. Fails like Tokenizer::Load.
Result<std::vector<uint8_t>> CompileImage(std::span<const uint8_t> tokenizer_json);

}  // namespace onedge::tokenizer
