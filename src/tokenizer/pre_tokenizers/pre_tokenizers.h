// Declares the factories of all pre-tokenizers; one file each. stages.cc has the table.
#pragma once

#include <memory>

#include "tokenizer/stages.h"

namespace onedge::tokenizer {

using PreTokenizerResult = Result<std::unique_ptr<const PreTokenizer>>;

PreTokenizerResult ParseBertPreTokenizer(const Json& json);
PreTokenizerResult ParseByteLevel(const Json& json);
PreTokenizerResult ParseCharDelimiterSplit(const Json& json);
PreTokenizerResult ParseDigits(const Json& json);
PreTokenizerResult ParseFixedLength(const Json& json);
PreTokenizerResult ParseMetaspacePreTokenizer(const Json& json);
PreTokenizerResult ParsePunctuation(const Json& json);
PreTokenizerResult ParsePreTokenizerSequence(const Json& json);
PreTokenizerResult ParseSplit(const Json& json);
PreTokenizerResult ParseUnicodeScripts(const Json& json);
PreTokenizerResult ParseWhitespace(const Json& json);
PreTokenizerResult ParseWhitespaceSplit(const Json& json);

// "Removed", "Isolated", ...: the spelling of Hugging Face.
Result<SplitBehavior> ParseSplitBehavior(const Json& json);

}  // namespace onedge::tokenizer
