#include "tokenizer/image.h"

#include <cstring>

namespace onedge::tokenizer {
namespace {

constexpr std::string_view kMagic = "onedgtk1";
constexpr size_t kMagicStem = 7;  // without the version
constexpr uint32_t kMaxSections = 64;

struct SectionRecord {
  uint32_t section, index, offset, bytes;
};

}  // namespace

bool Image::IsImage(std::span<const uint8_t> bytes) {
  return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagicStem) == 0;
}

Result<std::unique_ptr<const Image>> Image::Parse(std::span<const uint8_t> bytes, std::shared_ptr<const void> owner) {
  if (!IsImage(bytes) || bytes.size() < 16) return CorruptFile("tokenizer.bin: not a compiled tokenizer");
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return Unsupported("tokenizer.bin: version '", static_cast<char>(bytes[kMagicStem]), "', this build reads '",
                       kMagic.back(), "'; pack the model again");
  }
  if (reinterpret_cast<uintptr_t>(bytes.data()) % 8 != 0) return Internal("tokenizer.bin: not aligned in memory");
  uint32_t count;
  std::memcpy(&count, bytes.data() + 8, 4);
  if (count > kMaxSections || 16 + size_t{count} * sizeof(SectionRecord) > bytes.size())
    return CorruptFile("tokenizer.bin: ", count, " sections do not fit its ", bytes.size(), " bytes");
  auto image = std::make_unique<Image>();
  image->bytes_ = bytes;
  image->owner_ = std::move(owner);
  return std::unique_ptr<const Image>(std::move(image));
}

Status Image::Corrupt(Section section, std::string_view what) {
  return CorruptFile("tokenizer.bin: section ", static_cast<uint32_t>(section), ": ", what);
}

Result<std::span<const uint8_t>> Image::Bytes(Section section, uint32_t index, size_t element) const {
  uint32_t count;
  std::memcpy(&count, bytes_.data() + 8, 4);
  for (uint32_t i = 0; i < count; ++i) {
    SectionRecord record;
    std::memcpy(&record, bytes_.data() + 16 + i * sizeof record, sizeof record);
    if (record.section != static_cast<uint32_t>(section) || record.index != index) continue;
    if (record.offset % 8 != 0 || record.offset > bytes_.size() || record.bytes > bytes_.size() - record.offset)
      return Corrupt(section, "reaches past the end of the file");
    if (record.bytes % element != 0) return Corrupt(section, "has a size that is not a multiple of its elements' size");
    return bytes_.subspan(record.offset, record.bytes);
  }
  return Corrupt(section, "is missing");
}

void ImageTables::AddBytes(Section section, std::span<const uint8_t> bytes) {
  tables_.push_back({section, {bytes.begin(), bytes.end()}});
}

}  // namespace onedge::tokenizer
