#include "api/model.h"

#include "api/task_setup.h"

namespace onedge::api {

Model::~Model() = default;

Result<std::unique_ptr<Session>> Model::CreateSession(ThreadPool* threads) const {
  std::unique_ptr<Session> session(new Session());
  session->model_ = shared_from_this();
  runtime::SessionOptions options;
  options.threads = threads;
  ONEDGE_ASSIGN_OR_RETURN(session->session_, runtime::Session::Create(model_, options));

  const std::string& task = manifest_.task;
  const bool is_text = task == "text-classification" || task == "feature-extraction";
  if (is_text && !tokenizer_) return InvalidArgument("task '", task, "' needs a tokenizer.json in the package");
  if (task == "text-classification") {
    ONEDGE_ASSIGN_OR_RETURN(auto task_options, TextClassificationOptionsFrom(manifest_));
    ONEDGE_ASSIGN_OR_RETURN(session->task_,
                            tasks::TextClassification::Create(*model_, *tokenizer_, std::move(task_options)));
  } else if (task == "feature-extraction") {
    ONEDGE_ASSIGN_OR_RETURN(const auto task_options, EmbeddingOptionsFrom(manifest_));
    ONEDGE_ASSIGN_OR_RETURN(session->task_, tasks::Embedding::Create(*model_, *tokenizer_, task_options));
  } else if (task == "image-classification") {
    ONEDGE_ASSIGN_OR_RETURN(auto task_options, ImageClassificationOptionsFrom(manifest_));
    ONEDGE_ASSIGN_OR_RETURN(session->task_, tasks::ImageClassification::Create(*model_, std::move(task_options)));
  }
  return session;
}

}  // namespace onedge::api
