// feature-extraction: one vector for a text, or one for each of its tokens.
#include "tasks/pooling.h"
#include "tasks/registry.h"
#include "tasks/text_task.h"

namespace onedge::tasks {

class FeatureExtraction final : public TextTask {
 public:
  using TextTask::TextTask;

  InputForm form() const override { return {.ids = true}; }

  void AddSettings(std::vector<Setting>& settings) override {
    TextTask::AddSettings(settings);
    pooler_.AddSettings(settings);
    settings.push_back({"normalize", &normalize_});
  }

  void Reserve(size_t inputs) override { vectors_.resize(inputs); }

  Status Consume(const Sequence& sequence, const ModelOutputs& outputs) override {
    return pooler_.Pool(outputs, sequence.encoding.size(), normalize_, vectors_[sequence.input]);
  }

  void WriteJson(size_t input, AnswerWriter& json) const override {
    const PooledVectors& vectors = vectors_[input];
    const size_t dim = vectors.rows == 0 ? 0 : vectors.values.size() / vectors.rows;
    json.Array();
    for (size_t row = 0; row < vectors.rows; ++row) {
      if (!pooler_.pools()) json.Array();
      for (size_t d = 0; d < dim; ++d) json.Score(vectors.values[row * dim + d]);
      if (!pooler_.pools()) json.End();
    }
    json.End();
  }

  AnswerForm answer_form() const override { return AnswerForm::kVectors; }
  std::optional<VectorAnswer> Vectors(size_t input) const override {
    return VectorAnswer{vectors_[input].values, vectors_[input].rows, pooler_.pools()};
  }

 private:
  Pooler pooler_;
  bool normalize_ = true;
  std::vector<PooledVectors> vectors_;
};

template <>
std::unique_ptr<Task> Make<FeatureExtraction>(const TaskContext& context) {
  return std::make_unique<FeatureExtraction>(context);
}

}  // namespace onedge::tasks
