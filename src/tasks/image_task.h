// ImageTask: shared by the tasks over images: the conversion of pixels to the model's inputs. Images run one by one.
#pragma once

#include "tasks/task.h"

namespace onedge::tasks {

class ImageTask : public Task {
 public:
  using Task::Task;

  InputForm form() const override { return {.kind = InputKind::kImages}; }
  void AddSettings(std::vector<Setting>& settings) override;
  // Requires labels, and a first input of float32.
  Status Check(BatchShape& shape) const override;
  Status CheckSettings() const override;
  Status Encode(uint32_t input, std::vector<Sequence>& sequences) override;
  // The pixels, and a pixel_mask of ones if the model takes one.
  Status Build(std::span<const Sequence* const> batch, size_t length,
               std::vector<runtime::NamedValue>& inputs) const override;

 private:
  ImagePreprocessing preprocessing_;
};

}  // namespace onedge::tasks
