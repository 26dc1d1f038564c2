#include "tasks/text_classification.h"

#include "tasks/encode_options.h"

namespace onedge::tasks {

Result<TextClassification> TextClassification::Create(const runtime::Model& model,
                                                      const tokenizer::Tokenizer& tokenizer,
                                                      TextClassificationOptions options) {
  ONEDGE_RETURN_IF_ERROR(TextInputs::Check(model));
  if (options.labels.empty()) return InvalidArgument("text-classification needs labels; this model names none");
  return TextClassification(tokenizer, std::move(options));
}

Result<std::vector<LabelScore>> TextClassification::Run(runtime::Session& session, std::string_view text, size_t top_k,
                                                        const runtime::RunOptions& run_options) {
  ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Encoding encoding,
                          tokenizer_->Encode(text, UnpaddedEncodeOptions(*tokenizer_, options_.max_length)));
  ONEDGE_ASSIGN_OR_RETURN(const auto inputs, inputs_.Build(session.model(), encoding));
  ONEDGE_ASSIGN_OR_RETURN(const auto outputs, session.Run(inputs, run_options));
  ONEDGE_ASSIGN_OR_RETURN(const auto logits,
                          LogitsOf(outputs[0], session.model().outputs()[0].name, options_.labels.size()));
  return Rank(logits, options_.labels, options_.function, top_k);
}

}  // namespace onedge::tasks
