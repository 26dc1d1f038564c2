// zero-shot-classification: scores how well the caller's own labels fit a text, with an entailment model.
// Source: transformers' ZeroShotClassificationPipeline.
#include "tasks/registry.h"
#include "tasks/scores.h"
#include "tasks/text_lines.h"
#include "tasks/text_task.h"

namespace onedge::tasks {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// The label that means that a hypothesis follows, or that it does not; labels.size() if absent.
size_t FindLabel(const std::vector<std::string>& labels, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) {
    for (size_t i = 0; i < labels.size(); ++i) {
      if (Lower(labels[i]) == name) return i;
    }
  }
  return labels.size();
}

}  // namespace

class ZeroShotClassification final : public TextTask {
 public:
  using TextTask::TextTask;

  InputForm form() const override { return {}; }

  void AddSettings(std::vector<Setting>& settings) override {
    TextTask::AddSettings(settings);
    settings.push_back({"top_k", &top_k_});
    settings.push_back({"candidate_labels", &candidate_labels_});
    settings.push_back({"hypothesis_template", &hypothesis_template_});
    settings.push_back({"multi_label", &multi_label_});
    settings.push_back({"output", &output_});
  }

  Status Check(BatchShape& shape) const override {
    ONEDGE_RETURN_IF_ERROR(CheckLabels());
    if (Entailment() == labels().size()) {
      return InvalidArgument("zero-shot-classification needs a model with a label 'entailment'");
    }
    return TextTask::Check(shape);
  }

  void Reserve(size_t inputs) override {
    logits_.resize(inputs);
    answers_.resize(inputs);
  }

  // A pair of the text and a hypothesis for each label.
  Status Encode(uint32_t input, std::vector<Sequence>& sequences) override {
    const size_t place = hypothesis_template_.find("{}");
    if (place == std::string::npos) {
      return InvalidArgument("'hypothesis_template': expected {} where the label goes, got '", hypothesis_template_,
                             "'");
    }
    if (candidate_labels_.empty()) return InvalidArgument("'candidate_labels': expected at least one label");
    if (ScoresEach() && Contradiction() == labels().size()) {
      return InvalidArgument("'multi_label', and a single candidate, need a model with a label 'contradiction'");
    }
    for (uint32_t slot = 0; slot < candidate_labels_.size(); ++slot) {
      std::string hypothesis = hypothesis_template_;
      hypothesis.replace(place, 2, candidate_labels_[slot]);
      ONEDGE_ASSIGN_OR_RETURN(tokenizer::Encoding pair, EncodeText(this->input(input).text, hypothesis));
      sequences.push_back({input, slot, std::move(pair)});
    }
    logits_[input].resize(candidate_labels_.size());
    return OkStatus();
  }

  // logits: float32 [labels]
  Status Consume(const Sequence& sequence, const ModelOutputs& outputs) override {
    ONEDGE_ASSIGN_OR_RETURN(const OutputRows logits, outputs.Rows(kLogits, output_));
    ONEDGE_RETURN_IF_ERROR(CheckCount(logits.all().size(), labels().size(), "a text"));
    ONEDGE_RETURN_IF_ERROR(CheckNumbers(logits.all()));
    logits_[sequence.input][sequence.slot].assign(logits.all().begin(), logits.all().end());
    return OkStatus();
  }

  Status Finish(uint32_t input) override {
    const size_t entailment = Entailment();
    const size_t against = Contradiction();
    const bool each = ScoresEach();
    std::vector<float> entailments;
    std::vector<double> scores;
    for (const std::vector<float>& logits : logits_[input]) {
      entailments.push_back(logits[entailment]);
      const float both[] = {each ? logits[against] : 0, logits[entailment]};
      if (each) scores.push_back(Softmax(both)[1]);
    }
    if (!each) scores = Softmax(entailments);
    for (uint32_t i : TopK(scores, top_k_)) answers_[input].push_back({i, static_cast<float>(scores[i])});
    return OkStatus();
  }

  // {sequence, labels, scores}
  void WriteJson(size_t input, AnswerWriter& json) const override {
    json.Object();
    json.Key("sequence").Text(this->input(input).text);
    json.Key("labels").Array();
    for (const Entry& entry : answers_[input]) json.Text(candidate_labels_[entry.label]);
    json.End();
    json.Key("scores").Array();
    for (const Entry& entry : answers_[input]) json.Score(entry.score);
    json.End();
    json.End();
  }

  AnswerForm answer_form() const override { return AnswerForm::kLabels; }
  std::vector<LabelScore> Labels(size_t input) const override {
    std::vector<LabelScore> labels;
    for (const Entry& entry : answers_[input]) labels.push_back({candidate_labels_[entry.label], entry.score});
    return labels;
  }

  bool WriteText(size_t input, std::string& out) const override {
    for (const Entry& entry : answers_[input]) {
      out += StrCat(Padded(candidate_labels_[entry.label], 12), " ", Fixed(entry.score), "\n");
    }
    return true;
  }

 private:
  struct Entry {
    uint32_t label;  // index of the candidate
    float score;
  };
  // Indices of labels; labels().size() without such a label.
  size_t Entailment() const { return FindLabel(labels(), {"entailment", "entail"}); }
  size_t Contradiction() const { return FindLabel(labels(), {"contradiction", "not_entailment"}); }
  // Each candidate by itself, against contradiction; otherwise against the others.
  bool ScoresEach() const { return multi_label_ || candidate_labels_.size() == 1; }

  uint64_t top_k_ = 0;  // 0: all
  std::vector<std::string> candidate_labels_;
  std::string hypothesis_template_ = "This example is {}.";
  bool multi_label_ = false;
  std::string output_;
  std::vector<std::vector<std::vector<float>>> logits_;  // for each input, by candidate
  std::vector<std::vector<Entry>> answers_;
};

template <>
std::unique_ptr<Task> Make<ZeroShotClassification>(const TaskContext& context) {
  return std::make_unique<ZeroShotClassification>(context);
}

}  // namespace onedge::tasks
