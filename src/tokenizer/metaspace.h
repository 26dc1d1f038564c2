// Shared by the Metaspace pre-tokenizer and decoder: their members in tokenizer.json.
#pragma once

#include <cstdint>

#include "tokenizer/json.h"

namespace onedge::tokenizer {

enum class PrependScheme : uint8_t { kFirst, kNever, kAlways };

struct Metaspace {
  char32_t replacement = 0x2581;
  PrependScheme prepend_scheme = PrependScheme::kAlways;
  bool split = true;
};

Result<Metaspace> ParseMetaspace(const Json& json);

}  // namespace onedge::tokenizer
