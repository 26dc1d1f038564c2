// Status and Result<T>: how every fallible function of the core reports failure. The core never throws.
// A Status is one pointer wide when OK. Both are value types; a const Status may be read from several threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/str_cat.h"

namespace onedge {

enum class StatusCode : unsigned char {
  kOk,
  kInvalidArgument,    // the caller's input is wrong: name, dtype, shape, option
  kCorruptFile,        // bytes that are not what their format says
  kNotFound,           // a name, file part or label that does not exist
  kUnsupported,        // valid, but this build cannot do it: operator, dtype, attribute value
  kResourceExhausted,  // a memory budget or a size limit
  kCancelled,          // the caller asked to stop
  kInternal,           // a broken invariant of ours
};

// "INVALID_ARGUMENT" and so on: the spelling that JS, the command line and HTTP show.
std::string_view StatusCodeName(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message);
  Status(const Status& other);
  Status& operator=(const Status& other);
  Status(Status&&) = default;
  Status& operator=(Status&&) = default;

  bool ok() const { return failure_ == nullptr; }
  StatusCode code() const { return failure_ ? failure_->code : StatusCode::kOk; }
  std::string_view message() const { return failure_ ? failure_->message : std::string_view(); }
  std::string_view node() const { return failure_ ? failure_->node : std::string_view(); }
  std::string_view op() const { return failure_ ? failure_->op : std::string_view(); }

  // Names the node and operator at fault, unless an inner one is named already.
  Status WithNode(std::string_view node, std::string_view op) &&;
  // Puts `context` before the message: "context: message".
  Status WithContext(std::string_view context) &&;
  // "node 'x' (MatMul): message", for people.
  std::string ToString() const;

 private:
  struct Failure {
    StatusCode code;
    std::string message;
    std::string node;
    std::string op;
  };
  std::unique_ptr<Failure> failure_;
};

inline Status OkStatus() { return Status(); }

// InvalidArgument("input '", name, "': expected ", expected, ", got ", got)
template <typename... Parts>
Status InvalidArgument(const Parts&... parts) {
  return Status(StatusCode::kInvalidArgument, StrCat(parts...));
}
template <typename... Parts>
Status CorruptFile(const Parts&... parts) {
  return Status(StatusCode::kCorruptFile, StrCat(parts...));
}
template <typename... Parts>
Status NotFound(const Parts&... parts) {
  return Status(StatusCode::kNotFound, StrCat(parts...));
}
template <typename... Parts>
Status Unsupported(const Parts&... parts) {
  return Status(StatusCode::kUnsupported, StrCat(parts...));
}
template <typename... Parts>
Status ResourceExhausted(const Parts&... parts) {
  return Status(StatusCode::kResourceExhausted, StrCat(parts...));
}
template <typename... Parts>
Status Cancelled(const Parts&... parts) {
  return Status(StatusCode::kCancelled, StrCat(parts...));
}
template <typename... Parts>
Status Internal(const Parts&... parts) {
  return Status(StatusCode::kInternal, StrCat(parts...));
}

// A T, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}          // NOLINT: implicit on purpose
  Result(Status failure) : state_(std::in_place_index<1>, std::move(failure)) {  // NOLINT: implicit on purpose
    if (std::get_if<1>(&state_)->ok()) state_.template emplace<1>(Internal("a Result was made from an OK Status"));
  }

  bool ok() const { return state_.index() == 0; }
  // OK when there is a value.
  Status status() const& { return ok() ? Status() : *std::get_if<1>(&state_); }
  Status status() && { return ok() ? Status() : std::move(*std::get_if<1>(&state_)); }

  // REQUIRES: ok(). A null dereference otherwise, which every host turns into a trap.
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace onedge

#define ONEDGE_CONCAT_INNER(a, b) a##b
#define ONEDGE_CONCAT(a, b) ONEDGE_CONCAT_INNER(a, b)

// Leaves the function with the Status of `expression` unless it is OK.
#define ONEDGE_RETURN_IF_ERROR(expression)                                                        \
  do {                                                                                            \
    if (::onedge::Status onedge_status = (expression); !onedge_status.ok()) return onedge_status; \
  } while (false)

// ONEDGE_ASSIGN_OR_RETURN(Tensor x, MakeTensor()): declares or assigns, or leaves the function with the failure.
#define ONEDGE_ASSIGN_OR_RETURN(target, expression) \
  ONEDGE_ASSIGN_OR_RETURN_INNER(ONEDGE_CONCAT(result_, __LINE__), target, expression)
#define ONEDGE_ASSIGN_OR_RETURN_INNER(result, target, expression) \
  auto result = (expression);                                     \
  if (!result.ok()) return std::move(result).status();            \
  target = std::move(result).value()
