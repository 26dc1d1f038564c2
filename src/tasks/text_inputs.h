// TextInputs: turns an Encoding into the tensors that a model of the BERT kind takes. Belongs to one session.
#pragma once

#include <vector>

#include "runtime/session.h"
#include "tokenizer/encoding.h"

namespace onedge::tasks {

class TextInputs {
 public:
  // Fails unless every input of the model is one of input_ids, attention_mask, token_type_ids, position_ids, of int64
  // or int32.
  static Status Check(const runtime::Model& model);

  // The model's inputs for one text, int64 or int32 [1, tokens] each. Valid until the next call.
  Result<std::span<const runtime::NamedValue>> Build(const runtime::Model& model, const tokenizer::Encoding& encoding);

 private:
  std::vector<runtime::NamedValue> inputs_;
};

}  // namespace onedge::tasks
