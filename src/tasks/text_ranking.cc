// text-ranking: ranks texts by how well they answer a query. A cross-encoder reads the query and a text together and
// returns one score.
#include "tasks/index_scores.h"
#include "tasks/registry.h"
#include "tasks/scores.h"
#include "tasks/text_task.h"

namespace onedge::tasks {

class TextRanking final : public TextTask {
 public:
  using TextTask::TextTask;

  InputForm form() const override { return {.text = "query", .texts = "texts"}; }

  void AddSettings(std::vector<Setting>& settings) override {
    TextTask::AddSettings(settings);
    scores_.AddSettings(settings);
    AddScoreFunction(settings, &function_);
    settings.push_back({"output", &output_});
  }

  void Reserve(size_t inputs) override {
    logits_.resize(inputs);
    scores_.Reserve(inputs);
  }

  Status Encode(uint32_t input, std::vector<Sequence>& sequences) override {
    const TaskInput& given = this->input(input);
    uint32_t slot = 0;
    for (const std::string& text : *given.texts) {
      ONEDGE_ASSIGN_OR_RETURN(tokenizer::Encoding pair, EncodeText(given.text, text, "query"));
      sequences.push_back({input, slot++, std::move(pair)});
    }
    logits_[input].resize(slot);
    return OkStatus();
  }

  // logits: float32 [1]
  Status Consume(const Sequence& sequence, const ModelOutputs& outputs) override {
    ONEDGE_ASSIGN_OR_RETURN(const OutputRows logits, outputs.Rows(kLogits, output_));
    Status status = CheckCount(logits.all().size(), 1, "a text");
    if (!status.ok()) {
      return InvalidArgument(status.message(), ": ranking needs a cross-encoder, which gives one score for a pair");
    }
    ONEDGE_RETURN_IF_ERROR(CheckNumbers(logits.all()));
    logits_[sequence.input][sequence.slot] = logits.data[0];
    return OkStatus();
  }

  Status Finish(uint32_t input) override {
    const std::vector<float>& logits = logits_[input];
    scores_.Rank(
        input, function_ == ScoreFunction::kNone ? std::vector<double>(logits.begin(), logits.end()) : Sigmoid(logits));
    return OkStatus();
  }

  void WriteJson(size_t input, AnswerWriter& json) const override {
    scores_.WriteJson(input, this->input(input), json);
  }
  bool WriteText(size_t input, std::string& out) const override {
    return scores_.WriteText(input, this->input(input), out);
  }

 private:
  ScoreFunction function_ = ScoreFunction::kDefault;
  std::string output_;
  IndexScores scores_;
  std::vector<std::vector<float>> logits_;  // for each input, by slot
};

template <>
std::unique_ptr<Task> Make<TextRanking>(const TaskContext& context) {
  return std::make_unique<TextRanking>(context);
}

}  // namespace onedge::tasks
