// sentence-similarity: the cosines between the vector of one text and those of other texts.
#include "tasks/index_scores.h"
#include "tasks/pooling.h"
#include "tasks/registry.h"
#include "tasks/text_task.h"

namespace onedge::tasks {

class SentenceSimilarity final : public TextTask {
 public:
  using TextTask::TextTask;

  InputForm form() const override { return {.text = "source_sentence", .texts = "sentences"}; }

  void AddSettings(std::vector<Setting>& settings) override {
    TextTask::AddSettings(settings);
    pooler_.AddSettings(settings);
    scores_.AddSettings(settings);
  }

  void Reserve(size_t inputs) override {
    vectors_.resize(inputs);
    scores_.Reserve(inputs);
  }

  // Slot 0 is the source sentence.
  Status Encode(uint32_t input, std::vector<Sequence>& sequences) override {
    const TaskInput& given = this->input(input);
    uint32_t slot = 0;
    ONEDGE_ASSIGN_OR_RETURN(tokenizer::Encoding source, EncodeText(given.text, std::nullopt, "source_sentence"));
    sequences.push_back({input, slot++, std::move(source)});
    for (const std::string& text : *given.texts) {
      ONEDGE_ASSIGN_OR_RETURN(tokenizer::Encoding sentence, EncodeText(text, std::nullopt, "sentence"));
      sequences.push_back({input, slot++, std::move(sentence)});
    }
    vectors_[input].resize(slot);
    return OkStatus();
  }

  Status Consume(const Sequence& sequence, const ModelOutputs& outputs) override {
    return pooler_.Pool(outputs, sequence.encoding.size(), true, vectors_[sequence.input][sequence.slot]);
  }

  Status Finish(uint32_t input) override {
    const std::vector<PooledVectors>& vectors = vectors_[input];
    std::vector<double> scores;
    for (size_t i = 1; i < vectors.size(); ++i) scores.push_back(DotProduct(vectors[0].values, vectors[i].values));
    scores_.Rank(input, scores);
    return OkStatus();
  }

  void WriteJson(size_t input, AnswerWriter& json) const override {
    scores_.WriteJson(input, this->input(input), json);
  }
  bool WriteText(size_t input, std::string& out) const override {
    return scores_.WriteText(input, this->input(input), out);
  }

 private:
  Pooler pooler_;
  IndexScores scores_;
  std::vector<std::vector<PooledVectors>> vectors_;  // for each input, by slot
};

template <>
std::unique_ptr<Task> Make<SentenceSimilarity>(const TaskContext& context) {
  return std::make_unique<SentenceSimilarity>(context);
}

}  // namespace onedge::tasks
