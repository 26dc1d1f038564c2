// Sequence: applies post-processors one after another.
#include "tokenizer/post_processors/post_processors.h"

namespace onedge::tokenizer {
namespace {

class PostProcessorSequence final : public PostProcessor {
 public:
  explicit PostProcessorSequence(std::vector<std::unique_ptr<const PostProcessor>> stages)
      : stages_(std::move(stages)) {}

  size_t AddedTokens(bool pair) const override {
    size_t added = 0;
    for (const auto& stage : stages_) added += stage->AddedTokens(pair);
    return added;
  }
  bool ReadsTokenTexts() const override {
    for (const auto& stage : stages_) {
      if (stage->ReadsTokenTexts()) return true;
    }
    return false;
  }
  Status Process(std::vector<Encoding>& encodings, bool add_special_tokens, bool with_texts) const override {
    for (const auto& stage : stages_) ONEDGE_RETURN_IF_ERROR(stage->Process(encodings, add_special_tokens, with_texts));
    return OkStatus();
  }

 private:
  std::vector<std::unique_ptr<const PostProcessor>> stages_;
};

}  // namespace

PostProcessorResult ParsePostProcessorSequence(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json list, json.Member("processors"));
  std::vector<std::unique_ptr<const PostProcessor>> stages;
  ONEDGE_RETURN_IF_ERROR(list.ForEach([&](const Json& element) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(stages.emplace_back(), ParsePostProcessor(element));
    return OkStatus();
  }));
  return std::unique_ptr<const PostProcessor>(std::make_unique<PostProcessorSequence>(std::move(stages)));
}

}  // namespace onedge::tokenizer
