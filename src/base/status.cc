#include "base/status.h"

namespace onedge {

std::string_view StatusCodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "OK";
    case StatusCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case StatusCode::kCorruptFile:
      return "CORRUPT_FILE";
    case StatusCode::kNotFound:
      return "NOT_FOUND";
    case StatusCode::kUnsupported:
      return "UNSUPPORTED";
    case StatusCode::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case StatusCode::kCancelled:
      return "CANCELLED";
    case StatusCode::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case StatusCode::kInternal:
      return "INTERNAL";
  }
  return "INTERNAL";
}

Status::Status(StatusCode code, std::string message) {
  if (code != StatusCode::kOk) failure_ = new Failure{code, std::move(message), {}, {}};
}

Status::Status(const Status& other) : failure_(other.failure_ ? new Failure(*other.failure_) : nullptr) {}

void Status::Delete(Failure* failure) { delete failure; }

Status Status::WithNode(std::string_view node, std::string_view op) && {
  if (failure_ && failure_->op.empty()) {
    failure_->node = node;
    failure_->op = op;
  }
  return std::move(*this);
}

Status Status::WithContext(std::string_view context) && {
  if (failure_) failure_->message = StrCat(context, ": ", failure_->message);
  return std::move(*this);
}

std::string Status::ToString() const {
  if (ok()) return "OK";
  if (failure_->op.empty()) return failure_->message;
  return StrCat("node '", failure_->node, "' (", failure_->op, "): ", failure_->message);
}

Status internal::RequireFailure(Status failure) {
  return failure.ok() ? Internal("a Result was made from an OK Status") : std::move(failure);
}

}  // namespace onedge
