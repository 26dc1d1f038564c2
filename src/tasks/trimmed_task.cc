// The task that `onedge trim` puts in the place of those that it leaves out: its check is an error.
#include "base/trimmed.h"
#include "tasks/registry.h"

namespace onedge::tasks {

class TrimmedTask final : public Task {
 public:
  using Task::Task;

  InputForm form() const override { return {}; }
  void AddSettings(std::vector<Setting>&) override {}
  Status Check(BatchShape&) const override { return Trimmed(); }

  // Not called: Check comes first.
  void Reserve(size_t) override {}
  Status Encode(uint32_t, std::vector<Sequence>&) override { return Trimmed(); }
  Status Build(std::span<const Sequence* const>, size_t, std::vector<runtime::NamedValue>&) const override {
    return Trimmed();
  }
  Status Consume(const Sequence&, const ModelOutputs&) override { return Trimmed(); }
  void WriteJson(size_t, AnswerWriter&) const override {}

 private:
  Status Trimmed() const { return Unsupported("task '", name(), "'", kTrimmed); }
};

template <>
std::unique_ptr<Task> Make<TrimmedTask>(const TaskContext& context) {
  return std::make_unique<TrimmedTask>(context);
}

}  // namespace onedge::tasks
