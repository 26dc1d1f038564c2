// Declares the factories of all post-processors; one file each. stages.cc has the table.
#pragma once

#include <memory>

#include "tokenizer/stages.h"

namespace onedge::tokenizer {

using PostProcessorResult = Result<std::unique_ptr<const PostProcessor>>;

PostProcessorResult ParseBertProcessing(const Json& json);
PostProcessorResult ParseByteLevelProcessing(const Json& json);
PostProcessorResult ParsePostProcessorSequence(const Json& json);
PostProcessorResult ParseRobertaProcessing(const Json& json);
PostProcessorResult ParseTemplateProcessing(const Json& json);

// A token that a post-processor adds.
struct SpecialToken {
  int32_t id;
  std::string text;
};
// From ["[SEP]", 102].
Result<SpecialToken> ParseSpecialTokenPair(const Json& json);

// Sets the type of the encoding's tokens, not of its windows'.
void SetTypeIds(Encoding& encoding, int32_t type_id);
// These put `token` before or after `encoding` and each of its windows.
void PrependSpecial(Encoding& encoding, const SpecialToken& token, int32_t type_id, bool with_texts);
void AppendSpecial(Encoding& encoding, const SpecialToken& token, int32_t type_id, bool with_texts);

}  // namespace onedge::tokenizer
