// image-classification: labels for an image.
#include "tasks/image_task.h"
#include "tasks/label_scores.h"
#include "tasks/registry.h"

namespace onedge::tasks {

class ImageClassification final : public ImageTask {
 public:
  using ImageTask::ImageTask;

  void AddSettings(std::vector<Setting>& settings) override {
    scores_.AddSettings(settings);
    settings.push_back({"output", &output_});
    ImageTask::AddSettings(settings);
  }

  void Reserve(size_t inputs) override { scores_.Reserve(inputs); }

  // logits: float32 [labels]
  Status Consume(const Sequence& sequence, const ModelOutputs& outputs) override {
    ONEDGE_ASSIGN_OR_RETURN(const OutputRows logits, outputs.Rows(kLogits, output_));
    return scores_.Rank(sequence.input, logits.all(), labels(), "an image");
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
std::unique_ptr<Task> Make<ImageClassification>(const TaskContext& context) {
  return std::make_unique<ImageClassification>(context);
}

}  // namespace onedge::tasks
