// embedding: text to one vector.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/session.h"
#include "tasks/text_inputs.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tasks {

// How token vectors become one: their mean over the attention mask, the first token's, the last token's, or the
// maximum.
enum class Pooling { kMean, kCls, kLastToken, kMax };
Result<Pooling> ParsePooling(std::string_view name);  // "mean", "cls", "last_token", "max"

struct EmbeddingOptions {
  Pooling pooling = Pooling::kMean;
  bool normalize = true;  // to length 1
  size_t max_length = 0;  // tokens, specials included; 0: as the tokenizer says
};

class Embedding {
 public:
  // `tokenizer` outlives the task. The model's first output is float32 [1, tokens, dim], which is pooled, or [1, dim].
  static Result<Embedding> Create(const runtime::Model& model, const tokenizer::Tokenizer& tokenizer,
                                  const EmbeddingOptions& options);

  // float32 [dim]. Each text runs alone, unpadded, so that its vector never depends on others.
  Result<std::vector<float>> Run(runtime::Session& session, std::string_view text,
                                 const runtime::RunOptions& run_options = {});

 private:
  Embedding(const tokenizer::Tokenizer& tokenizer, const EmbeddingOptions& options)
      : tokenizer_(&tokenizer), options_(options) {}

  const tokenizer::Tokenizer* tokenizer_;
  EmbeddingOptions options_;
  TextInputs inputs_;
};

}  // namespace onedge::tasks
