// Sequence: applies pre-tokenizers one after another, each to the splits of the one before.
#include <algorithm>

#include "tokenizer/pre_tokenizers/pre_tokenizers.h"

namespace onedge::tokenizer {
namespace {

class PreTokenizerSequence final : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(std::vector<std::unique_ptr<const PreTokenizer>> stages) : stages_(std::move(stages)) {}

  Status PreTokenize(PreTokenizedText& text) const override {
    for (const auto& stage : stages_) ONEDGE_RETURN_IF_ERROR(stage->PreTokenize(text));
    return OkStatus();
  }
  CutSet KeptCuts() const override {
    CutSet kept = CutSet::All();
    for (const auto& stage : stages_) kept = kept & stage->KeptCuts();
    return kept;
  }
  CutSet MadeCuts() const override {
    CutSet made;
    for (const auto& stage : stages_) made = made | stage->MadeCuts();
    return made;
  }
  bool CutsSpacesOneByOne() const override {
    return std::all_of(stages_.begin(), stages_.end(), [](const auto& stage) { return stage->CutsSpacesOneByOne(); });
  }
  bool ReadsPlace() const override {
    return std::any_of(stages_.begin(), stages_.end(), [](const auto& stage) { return stage->ReadsPlace(); });
  }

 private:
  std::vector<std::unique_ptr<const PreTokenizer>> stages_;
};

}  // namespace

PreTokenizerResult ParsePreTokenizerSequence(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json list, json.Member("pretokenizers"));
  std::vector<std::unique_ptr<const PreTokenizer>> stages;
  ONEDGE_RETURN_IF_ERROR(list.ForEach([&](const Json& element) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(stages.emplace_back(), ParsePreTokenizer(element));
    return OkStatus();
  }));
  return std::unique_ptr<const PreTokenizer>(std::make_unique<PreTokenizerSequence>(std::move(stages)));
}

}  // namespace onedge::tokenizer
