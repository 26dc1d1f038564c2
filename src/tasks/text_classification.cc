// text-classification: labels for a text, or for a pair of texts.
#include "tasks/label_scores.h"
#include "tasks/registry.h"
#include "tasks/text_task.h"

namespace onedge::tasks {

class TextClassification final : public TextTask {
 public:
  using TextTask::TextTask;

  InputForm form() const override { return {.pair = "text_pair", .ids = true}; }

  void AddSettings(std::vector<Setting>& settings) override {
    TextTask::AddSettings(settings);
    scores_.AddSettings(settings);
    settings.push_back({"output", &output_});
  }

  Status Check(BatchShape& shape) const override {
    ONEDGE_RETURN_IF_ERROR(CheckLabels());
    return TextTask::Check(shape);
  }

  void Reserve(size_t inputs) override { scores_.Reserve(inputs); }

  // logits: float32 [labels]
  Status Consume(const Sequence& sequence, const ModelOutputs& outputs) override {
    ONEDGE_ASSIGN_OR_RETURN(const OutputRows logits, outputs.Rows(kLogits, output_));
    return scores_.Rank(sequence.input, logits.all(), labels(), "a text");
  }

  void WriteJson(size_t input, AnswerWriter& json) const override { scores_.WriteJson(input, json); }
  AnswerForm answer_form() const override { return AnswerForm::kLabels; }
  std::vector<LabelScore> Labels(size_t input) const override { return scores_.Labels(input); }
  bool WriteText(size_t input, std::string& out) const override { return scores_.WriteText(input, out); }

 private:
  std::string output_;
  LabelScores scores_;
};

template <>
std::unique_ptr<Task> Make<TextClassification>(const TaskContext& context) {
  return std::make_unique<TextClassification>(context);
}

}  // namespace onedge::tasks
