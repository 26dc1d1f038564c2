// ImageTask: what the tasks over images have in common: how pixels become the model's inputs. Images run one by one.
#pragma once

#include "tasks/task.h"

namespace onedge::tasks {

class ImageTask : public Task {
 public:
  using Task::Task;

  InputForm form() const override { return {.kind = InputKind::kImages}; }
  void AddSettings(std::vector<Setting>& settings) override;
  // Labels, and a first input of float32.
  Status Check(BatchShape& shape) const override;
  Status CheckSettings() const override;
  Status Encode(uint32_t input, std::vector<Sequence>& sequences) override;
  // The pixels, and a pixel_mask of ones where the model takes one.
  Status Build(std::span<const Sequence* const> batch, size_t length,
               std::vector<runtime::NamedValue>& inputs) const override;

 private:
  ImagePreprocessing preprocessing_;
};

}  // namespace onedge::tasks
