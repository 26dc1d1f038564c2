// Status and Result<T>: every fallible function of the core reports failure through them. The core never throws.
// A Status is one pointer wide. Both are value types; several threads may read a const Status.
#pragma once

#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/str_cat.h"

namespace onedge {

enum class StatusCode : unsigned char {
  kOk,
  kInvalidArgument,    // the caller's input is wrong: name, dtype, shape, option
  kCorruptFile,        // the bytes break the rules of their format
  kNotFound,           // a name, file part or label that does not exist
  kUnsupported,        // valid, but this build cannot do it: operator, dtype, attribute value
  kResourceExhausted,  // a memory budget or a size limit
  kCancelled,          // the caller asked to stop
  kDeadlineExceeded,   // the caller's deadline has passed
  kInternal,           // a broken invariant in onedge itself
};

// "INVALID_ARGUMENT" and so on: the spelling that JS, the command line and HTTP show.
std::string_view StatusCodeName(StatusCode code);

// trivial_abi: returned in a register, as the one pointer that it is; this saves a tenth of the wasm module's code.
class [[nodiscard]] [[clang::trivial_abi]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message);
  Status(const Status& other);
  Status(Status&& other) noexcept : failure_(std::exchange(other.failure_, nullptr)) {}
  Status& operator=(Status other) noexcept {
    std::swap(failure_, other.failure_);
    return *this;
  }
  ~Status() {
    if (failure_) Delete(failure_);
  }

  bool ok() const { return failure_ == nullptr; }
  StatusCode code() const { return failure_ ? failure_->code : StatusCode::kOk; }
  std::string_view message() const { return failure_ ? failure_->message : std::string_view(); }
  std::string_view node() const { return failure_ ? failure_->node : std::string_view(); }
  std::string_view op() const { return failure_ ? failure_->op : std::string_view(); }

  // Names the failing node and operator, unless an inner node is already named.
  Status WithNode(std::string_view node, std::string_view op) &&;
  // Puts `context` before the message: "context: message".
  Status WithContext(std::string_view context) &&;
  // "node 'x' (MatMul): message", for users.
  std::string ToString() const;

 private:
  struct Failure {
    StatusCode code;
    std::string message;
    std::string node;
    std::string op;
  };
  static void Delete(Failure* failure);

  Failure* failure_ = nullptr;  // owned
};

inline Status OkStatus() { return Status(); }

namespace internal {
// A separate function, so that all failures with the same combination of part types share its code.
template <StatusCode code, typename... Parts>
[[gnu::noinline]] Status Fail(Parts... parts) {
  return Status(code, StrCatParts(parts...));
}
}  // namespace internal

// InvalidArgument("input '", name, "': expected ", expected, ", got ", got)
template <typename... Parts>
Status InvalidArgument(const Parts&... parts) {
  return internal::Fail<StatusCode::kInvalidArgument>(internal::PartOf(parts)...);
}
template <typename... Parts>
Status CorruptFile(const Parts&... parts) {
  return internal::Fail<StatusCode::kCorruptFile>(internal::PartOf(parts)...);
}
template <typename... Parts>
Status NotFound(const Parts&... parts) {
  return internal::Fail<StatusCode::kNotFound>(internal::PartOf(parts)...);
}
template <typename... Parts>
Status Unsupported(const Parts&... parts) {
  return internal::Fail<StatusCode::kUnsupported>(internal::PartOf(parts)...);
}
template <typename... Parts>
Status ResourceExhausted(const Parts&... parts) {
  return internal::Fail<StatusCode::kResourceExhausted>(internal::PartOf(parts)...);
}
template <typename... Parts>
Status Cancelled(const Parts&... parts) {
  return internal::Fail<StatusCode::kCancelled>(internal::PartOf(parts)...);
}
template <typename... Parts>
Status DeadlineExceeded(const Parts&... parts) {
  return internal::Fail<StatusCode::kDeadlineExceeded>(internal::PartOf(parts)...);
}
template <typename... Parts>
Status Internal(const Parts&... parts) {
  return internal::Fail<StatusCode::kInternal>(internal::PartOf(parts)...);
}

namespace internal {
// Returns `failure`, or an Internal error if it is OK.
Status RequireFailure(Status failure);
}  // namespace internal

// A T, or the Status that explains its absence.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : ok_(true) { new (&value_) T(std::move(value)); }  // NOLINT: implicit on purpose
  Result(Status failure) : ok_(false) {                               // NOLINT: implicit on purpose
    new (&failure_) Status(internal::RequireFailure(std::move(failure)));
  }
  Result(Result&& other) noexcept : ok_(other.ok_) {
    if (ok_) {
      new (&value_) T(std::move(other.value_));
    } else {
      new (&failure_) Status(std::move(other.failure_));
    }
  }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      this->~Result();
      new (this) Result(std::move(other));
    }
    return *this;
  }
  ~Result() {
    if (ok_) {
      value_.~T();
    } else {
      failure_.~Status();
    }
  }

  bool ok() const { return ok_; }
  // OK if there is a value.
  Status status() const& { return ok_ ? Status() : failure_; }
  [[gnu::noinline]] Status status() && { return ok_ ? Status() : std::move(failure_); }

  // REQUIRES: ok().
  T& value() & { return Checked(value_); }
  const T& value() const& { return Checked(value_); }
  T&& value() && { return std::move(Checked(value_)); }
  T& operator*() & { return Checked(value_); }
  const T& operator*() const& { return Checked(value_); }
  T* operator->() { return &Checked(value_); }
  const T* operator->() const { return &Checked(value_); }

 private:
  template <typename U>
  U& Checked(U& value) const {
    ONEDGE_DCHECK(ok_);
    return value;
  }

  bool ok_;
  union {
    T value_;         // ok_
    Status failure_;  // !ok_
  };
};

}  // namespace onedge

#define ONEDGE_CONCAT_INNER(a, b) a##b
#define ONEDGE_CONCAT(a, b) ONEDGE_CONCAT_INNER(a, b)

// Returns the Status of `expression` from the function unless it is OK.
#define ONEDGE_RETURN_IF_ERROR(expression)                                                        \
  do {                                                                                            \
    if (::onedge::Status onedge_status = (expression); !onedge_status.ok()) return onedge_status; \
  } while (false)

// ONEDGE_ASSIGN_OR_RETURN(Tensor x, MakeTensor()): declares or assigns `x`, or returns the failure from the function.
#define ONEDGE_ASSIGN_OR_RETURN(target, expression) \
  ONEDGE_ASSIGN_OR_RETURN_INNER(ONEDGE_CONCAT(result_, __LINE__), target, expression)
#define ONEDGE_ASSIGN_OR_RETURN_INNER(result, target, expression) \
  auto result = (expression);                                     \
  if (!result.ok()) return std::move(result).status();            \
  target = std::move(result).value()
