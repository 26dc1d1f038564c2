// Writing the compiled image of a tokenizer.json; image.h has the layout.
#include <yyjson.h>

#include <cstdlib>
#include <cstring>

#include "tokenizer/image.h"
#include "tokenizer/pipeline.h"

namespace onedge::tokenizer {
namespace {

// Puts a number in place of each charsmap, in the order in which the normalizers are read.
void NumberCharsMaps(yyjson_mut_doc* document, yyjson_mut_val* normalizer, uint64_t& next) {
  if (yyjson_mut_val* charsmap = yyjson_mut_obj_get(normalizer, "precompiled_charsmap"); yyjson_mut_is_str(charsmap))
    yyjson_mut_set_uint(charsmap, next++);
  yyjson_mut_val* stage;
  size_t index, count;
  yyjson_mut_arr_foreach(yyjson_mut_obj_get(normalizer, "normalizers"), index, count, stage)
      NumberCharsMaps(document, stage, next);
}

// `tokenizer_json` without what the tables hold.
Result<std::string> ConfigOf(std::span<const uint8_t> tokenizer_json) {
  yyjson_doc* document =
      yyjson_read(reinterpret_cast<const char*>(tokenizer_json.data()), tokenizer_json.size(), YYJSON_READ_NOFLAG);
  yyjson_mut_doc* config = yyjson_doc_mut_copy(document, nullptr);
  yyjson_doc_free(document);
  if (!config) return ResourceExhausted("tokenizer.json: no memory for a copy");
  yyjson_mut_val* root = yyjson_mut_doc_get_root(config);
  yyjson_mut_val* model = yyjson_mut_obj_get(root, "model");
  if (yyjson_mut_val* vocabulary = yyjson_mut_obj_get(model, "vocab")) {
    if (yyjson_mut_is_obj(vocabulary)) yyjson_mut_obj_clear(vocabulary);
    if (yyjson_mut_is_arr(vocabulary)) yyjson_mut_arr_clear(vocabulary);
  }
  if (yyjson_mut_val* merges = yyjson_mut_obj_get(model, "merges"); yyjson_mut_is_arr(merges))
    yyjson_mut_arr_clear(merges);
  uint64_t next = 0;
  NumberCharsMaps(config, yyjson_mut_obj_get(root, "normalizer"), next);
  size_t length = 0;
  char* text = yyjson_mut_write(config, YYJSON_WRITE_NOFLAG, &length);
  yyjson_mut_doc_free(config);
  if (!text) return ResourceExhausted("tokenizer.json: no memory to write it without its tables");
  std::string written(text, length);
  std::free(text);
  return written;
}

}  // namespace

Result<std::vector<uint8_t>> CompileImage(std::span<const uint8_t> tokenizer_json) {
  ImageTables tables;
  ONEDGE_RETURN_IF_ERROR(Tokenizer::Pipeline::Load(tokenizer_json, nullptr, &tables).status());
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
