// How the tasks encode text: special tokens, no padding, no offsets, cut to what the model takes.
#pragma once

#include "tokenizer/tokenizer.h"

namespace onedge::tasks {

// `max_length` in tokens, specials included; 0: as tokenizer.json says.
tokenizer::EncodeOptions UnpaddedEncodeOptions(const tokenizer::Tokenizer& tokenizer, size_t max_length);

}  // namespace onedge::tasks
