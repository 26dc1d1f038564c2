// api::Session: runs a loaded model, on tensors or as its task. One run at a time; several Sessions of one Model run at
// once.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/session.h"
#include "tasks/embedding.h"
#include "tasks/image_classification.h"
#include "tasks/text_classification.h"

namespace onedge::api {

class Model;

class Session {
 public:
  // The model's raw inputs and outputs. See runtime::Session::Run.
  Result<std::span<const Value>> Run(std::span<const runtime::NamedValue> inputs,
                                     const runtime::RunOptions& options = {});

  // kUnsupported, naming the model's task, when it is another one. `top_k` 0: every label.
  Result<std::vector<tasks::LabelScore>> ClassifyText(std::string_view text, size_t top_k,
                                                      const runtime::RunOptions& options = {});
  Result<std::vector<tasks::LabelScore>> ClassifyImage(const tasks::Image& image, size_t top_k,
                                                       const runtime::RunOptions& options = {});
  // float32 [dim]
  Result<std::vector<float>> Embed(std::string_view text, const runtime::RunOptions& options = {});

  const Model& model() const { return *model_; }
  size_t arena_bytes() const { return session_->arena_bytes(); }

 private:
  friend class Model;
  Session() = default;

  std::shared_ptr<const Model> model_;
  std::unique_ptr<runtime::Session> session_;
  std::variant<std::monostate, tasks::TextClassification, tasks::ImageClassification, tasks::Embedding> task_;
};

}  // namespace onedge::api
