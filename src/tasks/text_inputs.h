// TextInputs: turns Encodings into the tensors that a model of the BERT kind takes.
#pragma once

#include <vector>

#include "runtime/session.h"
#include "tokenizer/encoding.h"

namespace onedge::tasks {

// What the model's inputs say about batches of texts.
struct TextShape {
  size_t length = 0;     // tokens that every text must have, which are padded to it; 0: any
  bool batches = false;  // several texts at once
};

struct TextInputs {
  // Fails unless every input of the model is one of input_ids, attention_mask, token_type_ids, position_ids, of int64
  // or int32.
  static Status Check(const runtime::Model& model, TextShape& shape);

  // The model's inputs, int64 or int32 [texts, length] each, padded with `pad_id`.
  static Status Build(const runtime::Model& model, std::span<const tokenizer::Encoding* const> texts, size_t length,
                      int32_t pad_id, std::vector<runtime::NamedValue>& inputs);
};

}  // namespace onedge::tasks
