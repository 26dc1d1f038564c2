#include "api/model.h"

namespace onedge::api {

Model::~Model() = default;

Result<std::unique_ptr<Session>> Model::CreateSession(ThreadPool* threads) const {
  std::unique_ptr<Session> session(new Session());
  session->model_ = shared_from_this();
  runtime::SessionOptions options;
  options.threads = threads;
  ONEDGE_ASSIGN_OR_RETURN(session->session_, runtime::Session::Create(model_, options));

  ONEDGE_ASSIGN_OR_RETURN(session->pipeline_, tasks::Pipeline::Create(*model_, tokenizer_.get(), manifest_));
  return session;
}

}  // namespace onedge::api
