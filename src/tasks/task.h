// Task: one run of a model on texts or images: settings, sequences for the model, the model's outputs, answers. Each
// task is a class in its own file and a line in registry.cc; see docs/adding_a_task.md. Names are those of
// transformers.js and Hugging Face's pipelines.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tasks/answer_writer.h"
#include "tasks/outputs.h"
#include "tasks/settings.h"
#include "tasks/task_input.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tasks {

enum class InputKind : uint8_t { kTexts, kImages };

// The parts of a task's input, by their names in JSON; null: the task does not have that part.
struct InputForm {
  InputKind kind = InputKind::kTexts;
  const char* text = "text";
  const char* pair = nullptr;
  const char* texts = nullptr;  // required if the task has it
  bool pair_required = false;
  bool ids = false;  // tokens may replace the text
};

// An input of the model: a text or a pair as tokens, or an image. For some tasks an input has several.
struct Sequence {
  uint32_t input;
  uint32_t slot = 0;  // 0, 1, ... within the input
  tokenizer::Encoding encoding = {};
};

inline constexpr std::string_view kTruncationCuts = "the option truncation: true cuts it";

// The environment of a task. The model, tokenizer and labels must outlive it.
struct TaskContext {
  std::string_view task = {};  // its name
  const runtime::Model* model = nullptr;
  const tokenizer::Tokenizer* tokenizer = nullptr;  // null if the package has none
  const std::vector<std::string>* labels = nullptr;
  tokenizer::OffsetUnit unit = tokenizer::OffsetUnit::kCodePoints;  // of offsets in answers
  uint64_t max_tokens = UINT64_MAX;                                 // the host's limit for a text, specials included
  std::string_view too_long = kTruncationCuts;                      // the end of the error for a longer text
};

// The batch shape that the model's inputs allow.
struct BatchShape {
  size_t length = 0;     // every text is padded to this many tokens; 0: any
  bool batches = false;  // several sequences at once
};

class Task {
 public:
  explicit Task(const TaskContext& context) : context_(context) {}
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  virtual InputForm form() const = 0;
  // In the order in which an error lists them. The task owns the members.
  virtual void AddSettings(std::vector<Setting>& settings) = 0;
  // Checks that model and package have everything that the task needs. `shape`: as the model's inputs allow.
  virtual Status Check(BatchShape& shape) const = 0;
  // Called after the manifest's settings are read, and again after those of a run.
  virtual Status CheckSettings() const { return OkStatus(); }

  // Called once, before the others: makes room for the answers. `inputs` must outlive the task and fit its form.
  void Start(const std::vector<TaskInput>* inputs);
  virtual void Reserve(size_t inputs) = 0;
  // The model's sequences for this input.
  virtual Status Encode(uint32_t input, std::vector<Sequence>& sequences) = 0;
  // The model's inputs for a batch, each sequence padded to `length` tokens.
  virtual Status Build(std::span<const Sequence* const> batch, size_t length,
                       std::vector<runtime::NamedValue>& inputs) const = 0;
  // The model's outputs for one of the sequences, in any order.
  virtual Status Consume(const Sequence& sequence, const ModelOutputs& outputs) = 0;
  // Called after all sequences of this input.
  virtual Status Finish(uint32_t) { return OkStatus(); }

  virtual AnswerForm answer_form() const { return AnswerForm::kJson; }
  // The answer to an input: as JSON (docs/tasks.md),
  virtual void WriteJson(size_t input, AnswerWriter& json) const = 0;
  // as text for people, one line for each entry (false if the task has only JSON),
  virtual bool WriteText(size_t, std::string&) const { return false; }
  // if it is labels with scores, best first;
  virtual std::vector<LabelScore> Labels(size_t) const { return {}; }
  // and as vectors, if the task has them.
  virtual std::optional<VectorAnswer> Vectors(size_t) const { return std::nullopt; }

 protected:
  const TaskContext& context() const { return context_; }
  std::string_view name() const { return context_.task; }
  const runtime::Model& model() const { return *context_.model; }
  const tokenizer::Tokenizer& tokenizer() const { return *context_.tokenizer; }
  const std::vector<std::string>& labels() const { return *context_.labels; }
  const TaskInput& input(size_t i) const { return (*inputs_)[i]; }
  // kInvalidArgument if the package has no labels.
  Status CheckLabels() const;

 private:
  TaskContext context_;
  const std::vector<TaskInput>* inputs_ = nullptr;
};

// kInvalidArgument unless the input has the parts that the task takes, and no others.
Status CheckParts(std::string_view task, const InputForm& form, const TaskInput& input);

}  // namespace onedge::tasks
