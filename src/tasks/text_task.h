// TextTask: shared by the tasks over text: from texts to tokens, and from tokens to the model's inputs.
#pragma once

#include "tasks/task.h"

namespace onedge::tasks {

enum class TruncationSide : uint8_t { kDefault, kRight, kLeft };

class TextTask : public Task {
 public:
  using Task::Task;

  void AddSettings(std::vector<Setting>& settings) override;
  // Fails without a tokenizer. Fails unless every input of the model is one of input_ids, attention_mask,
  // token_type_ids, position_ids, of int64 or int32.
  Status Check(BatchShape& shape) const override;
  // The text, pair or tokens of the input, as one sequence.
  Status Encode(uint32_t input, std::vector<Sequence>& sequences) override;
  // int64 or int32 [batch, length] each.
  Status Build(std::span<const Sequence* const> batch, size_t length,
               std::vector<runtime::NamedValue>& inputs) const override;

 protected:
  // The maximum number of tokens of a text, specials included, by settings, tokenizer, model and host; SIZE_MAX: any.
  // `otherwise` is used if neither settings nor tokenizer set it.
  size_t MaxLength(size_t otherwise = SIZE_MAX) const;
  // Byte offsets, no padding, truncation to `max_length`.
  tokenizer::EncodeOptions EncodeOptions(size_t max_length) const;
  // A text that is too long is cut, or refused (kResourceExhausted) if `truncation` is false. kInvalidArgument: the
  // text, called `name`, has only tokens that the tokenizer adds to every text.
  Result<tokenizer::Encoding> EncodeText(std::string_view text, std::optional<std::string_view> pair,
                                         const char* name = "text") const;
  static Status CheckTokens(const tokenizer::Encoding& encoding, const char* name);

 private:
  bool CutsLeft() const;
  // Refused if too long, unless `truncation` is true.
  Result<tokenizer::Encoding> FromIds(std::span<const int32_t> ids) const;
  Status TooLong(size_t limit, size_t tokens) const;

  uint64_t max_length_ = 0;         // 0: the tokenizer's setting
  std::optional<bool> truncation_;  // none: texts are cut, token ids are not
  TruncationSide truncation_side_ = TruncationSide::kDefault;
};

}  // namespace onedge::tasks
