#include "tasks/encode_options.h"

namespace onedge::tasks {

tokenizer::EncodeOptions UnpaddedEncodeOptions(const tokenizer::Tokenizer& tokenizer, size_t max_length) {
  tokenizer::EncodeOptions options;
  options.offsets = false;
  options.padding = tokenizer::Padding::Off();
  if (max_length > 0) {
    tokenizer::Truncation truncation = tokenizer.truncation();
    truncation.strategy = tokenizer::TruncationStrategy::kLongestFirst;
    truncation.max_length = max_length;
    truncation.stride = 0;
    options.truncation = truncation;
  }
  return options;
}

}  // namespace onedge::tasks
