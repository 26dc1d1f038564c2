// token-classification: a class for each token, or for each group of tokens that belong together.
#pragma once

#include <string_view>
#include <vector>

#include "tasks/output_rows.h"
#include "tasks/task.h"

namespace onedge::tasks {

// logits: float32 [tokens, labels] of the text's tokens. Entries are in the text's order, their offsets in bytes.
// Labels may begin with B-, I-, E- or S-; groups have the label without it. Source of the aggregation: transformers'
// TokenClassificationPipeline, but a group's word is the text itself.
Status ClassifyTokens(const OutputRows& logits, std::string_view text, const tokenizer::Encoding& encoding,
                      const tokenizer::Tokenizer& tokenizer, const std::vector<std::string>& labels,
                      const TaskOptions& options, std::vector<Answer>& entries);

}  // namespace onedge::tasks
