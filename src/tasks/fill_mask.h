// fill-mask: the tokens that fit where a text has the mask token.
#pragma once

#include "tasks/output_rows.h"
#include "tasks/task.h"

namespace onedge::tasks {

// The first mask token of a text. `options.mask_token`, or where it is empty [MASK] or <mask>. kInvalidArgument: the
// text has none.
Result<size_t> FindMask(const tokenizer::Encoding& encoding, const tokenizer::Tokenizer& tokenizer,
                        const TaskOptions& options);

// logits: float32 [vocabulary], at the mask. The `top_k` best of all tokens, or of options.targets.
Status FillMask(std::span<const float> logits, size_t mask, const tokenizer::Encoding& encoding,
                const tokenizer::Tokenizer& tokenizer, const TaskOptions& options, std::vector<Answer>& entries);

}  // namespace onedge::tasks
