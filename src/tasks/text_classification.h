// text-classification: text to labels with scores.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/session.h"
#include "tasks/ranking.h"
#include "tasks/text_inputs.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tasks {

struct TextClassificationOptions {
  std::vector<std::string> labels;
  ScoreFunction function = ScoreFunction::kSoftmax;
  size_t max_length = 0;  // tokens, specials included; longer texts are cut. 0: as the tokenizer says
};

class TextClassification {
 public:
  // `tokenizer` outlives the task.
  static Result<TextClassification> Create(const runtime::Model& model, const tokenizer::Tokenizer& tokenizer,
                                           TextClassificationOptions options);

  // The `top_k` best labels (0: all) of one text. Each text runs alone, unpadded, so that its answer never depends on
  // others.
  Result<std::vector<LabelScore>> Run(runtime::Session& session, std::string_view text, size_t top_k,
                                      const runtime::RunOptions& run_options = {});

 private:
  TextClassification(const tokenizer::Tokenizer& tokenizer, TextClassificationOptions options)
      : tokenizer_(&tokenizer), options_(std::move(options)) {}

  const tokenizer::Tokenizer* tokenizer_;
  TextClassificationOptions options_;
  TextInputs inputs_;
};

}  // namespace onedge::tasks
