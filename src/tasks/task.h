// Task: what a model does with texts or images, one run of it: settings, sequences for the model, what the model gave,
// answers. Each task is a class in a file of its own, and a line in registry.cc; docs/adding_a_task.md. Names are those
// of transformers.js and Hugging Face's pipelines.
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

// Which parts an input of a task has. Names in JSON; null: the task does not have that part.
struct InputForm {
  InputKind kind = InputKind::kTexts;
  const char* text = "text";
  const char* pair = nullptr;
  const char* texts = nullptr;  // required, where the task has it
  bool pair_required = false;
  bool ids = false;  // tokens may come in place of the text
};

// What goes through the model for an input: a text or a pair as tokens, or an image; of some tasks an input has
// several.
struct Sequence {
  uint32_t input;
  uint32_t slot = 0;  // 0, 1, ... within the input
  tokenizer::Encoding encoding = {};
};

// What a task has to work with. The model, tokenizer and labels outlive it.
struct TaskContext {
  std::string_view task = {};  // its name
  const runtime::Model* model = nullptr;
  const tokenizer::Tokenizer* tokenizer = nullptr;  // null where the package holds none
  const std::vector<std::string>* labels = nullptr;
  tokenizer::OffsetUnit unit = tokenizer::OffsetUnit::kCodePoints;  // of offsets in answers
  uint64_t max_tokens = UINT64_MAX;                                 // that the host allows a text, specials included
};

// What the model's inputs say about batches.
struct BatchShape {
  size_t length = 0;     // tokens that every text must have, which are padded to it; 0: any
  bool batches = false;  // several sequences at once
};

class Task {
 public:
  explicit Task(const TaskContext& context) : context_(context) {}
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  virtual InputForm form() const = 0;
  // In the order in which an error lists them. The members live in the task.
  virtual void AddSettings(std::vector<Setting>& settings) = 0;
  // Whether model and package have what the task needs. `shape`: what the model's inputs say.
  virtual Status Check(BatchShape& shape) const = 0;
  // After the manifest's settings are read, and again after those of a run.
  virtual Status CheckSettings() const { return OkStatus(); }

  // Once, before the others: room for the answers. `inputs` outlive the task, and fit its form.
  void Start(const std::vector<TaskInput>* inputs);
  virtual void Reserve(size_t inputs) = 0;
  // What goes through the model for this input.
  virtual Status Encode(uint32_t input, std::vector<Sequence>& sequences) = 0;
  // The model's inputs for a batch, each sequence padded to `length` tokens.
  virtual Status Build(std::span<const Sequence* const> batch, size_t length,
                       std::vector<runtime::NamedValue>& inputs) const = 0;
  // What the model gave for one of the sequences, in any order.
  virtual Status Consume(const Sequence& sequence, const ModelOutputs& outputs) = 0;
  // After all sequences of this input.
  virtual Status Finish(uint32_t) { return OkStatus(); }

  // The answer to an input. As docs/tasks.md says:
  virtual void WriteJson(size_t input, AnswerWriter& json) const = 0;
  // for people, a line an entry; false where there is only the JSON;
  virtual bool WriteText(size_t, std::string&) const { return false; }
  // where it is labels with scores, best first;
  virtual std::vector<LabelScore> Labels(size_t) const { return {}; }
  // and where it is vectors.
  virtual std::optional<VectorAnswer> Vectors(size_t) const { return std::nullopt; }

 protected:
  const TaskContext& context() const { return context_; }
  std::string_view name() const { return context_.task; }
  const runtime::Model& model() const { return *context_.model; }
  const tokenizer::Tokenizer& tokenizer() const { return *context_.tokenizer; }
  const std::vector<std::string>& labels() const { return *context_.labels; }
  const TaskInput& input(size_t i) const { return (*inputs_)[i]; }
  // kInvalidArgument where the package names no labels.
  Status CheckLabels() const;

 private:
  TaskContext context_;
  const std::vector<TaskInput>* inputs_ = nullptr;
};

// kInvalidArgument unless the input has the parts that the task takes, and no others.
Status CheckParts(std::string_view task, const InputForm& form, const TaskInput& input);

}  // namespace onedge::tasks
