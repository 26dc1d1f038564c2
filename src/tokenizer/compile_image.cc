// Writes the compiled image of a tokenizer.json; image.h has the layout.
#include <cstring>

#include "text/json.h"
#include "tokenizer/image.h"
#include "tokenizer/pipeline.h"

namespace onedge::tokenizer {
namespace {

// Copies a normalizer with a number instead of each charsmap, in the order in which the normalizers are read. Load
// limits the depth.
void CopyNormalizer(JsonValue normalizer, JsonWriter& out, uint64_t& next) {
  if (!normalizer.is_object()) {
    out.Copy(normalizer);
    return;
  }
  out.Object();
  for (JsonCursor member(normalizer); member.Next();) {
    out.Key(member.key());
    if (member.key() == "precompiled_charsmap" && member.value().is_string()) {
      out.Uint(next++);
    } else if (member.key() == "normalizers" && member.value().is_array()) {
      out.Array();
      for (JsonCursor stage(member.value()); stage.Next();) CopyNormalizer(stage.value(), out, next);
      out.End();
    } else {
      out.Copy(member.value());
    }
  }
  out.End();
}

// Copies a model without its vocabulary and merges.
void CopyModel(JsonValue model, JsonWriter& out) {
  out.Object();
  for (JsonCursor member(model); member.Next();) {
    out.Key(member.key());
    const bool table = member.key() == "vocab" || member.key() == "merges";
    if (table && member.value().is_array())
      out.Array().End();
    else if (member.key() == "vocab" && member.value().is_object())
      out.Object().End();
    else
      out.Copy(member.value());
  }
  out.End();
}

// `tokenizer_json` without the content of the tables.
Result<std::string> ConfigOf(std::span<const uint8_t> tokenizer_json) {
  ONEDGE_ASSIGN_OR_RETURN(const JsonDocument document,
                          JsonDocument::Parse(tokenizer_json, "tokenizer.json", nullptr, JsonNumbers::kSerde));
  JsonWriter config;
  config.Object();
  uint64_t next = 0;
  for (JsonCursor member(document.root()); member.Next();) {
    config.Key(member.key());
    if (member.key() == "model" && member.value().is_object())
      CopyModel(member.value(), config);
    else if (member.key() == "normalizer")
      CopyNormalizer(member.value(), config, next);
    else
      config.Copy(member.value());
  }
  config.End();
  return config.ToString();
}

}  // namespace

Result<std::vector<uint8_t>> CompileImage(std::span<const uint8_t> tokenizer_json) {
  ImageTables tables;
  ONEDGE_RETURN_IF_ERROR(Tokenizer::Pipeline::Load(tokenizer_json, nullptr, &tables, nullptr).status());
  ONEDGE_ASSIGN_OR_RETURN(const std::string config, ConfigOf(tokenizer_json));
  tables.Add(Section::kConfig, std::span<const char>(config));

  std::vector<uint8_t> image(16 + 16 * tables.tables().size());
  const uint32_t count = static_cast<uint32_t>(tables.tables().size());
  std::memcpy(image.data(), "onedgtk1", 8);
  std::memcpy(image.data() + 8, &count, 4);
  uint32_t charsmaps = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const ImageTables::Table& table = tables.tables()[i];
    image.resize((image.size() + 7) / 8 * 8);
    if (image.size() + table.bytes.size() > UINT32_MAX)
      return ResourceExhausted("tokenizer.json: its compiled image would be larger than 4 GiB");
    const uint32_t record[4] = {static_cast<uint32_t>(table.section),
                                table.section == Section::kCharsMap ? charsmaps++ : 0,
                                static_cast<uint32_t>(image.size()), static_cast<uint32_t>(table.bytes.size())};
    std::memcpy(image.data() + 16 + 16 * i, record, sizeof record);
    image.insert(image.end(), table.bytes.begin(), table.bytes.end());
  }
  return image;
}

}  // namespace onedge::tokenizer
