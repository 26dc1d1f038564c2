// The HTTP contract (docs/openapi.yaml) of every host: requests of text-embeddings-inference, OpenAI and the Open
// Inference Protocol v2 as bytes, their answers as bytes. There is no I/O here: a host reads the request, chooses the
// model, steps the call and sends the answer. A call belongs to one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "runtime/run_options.h"

namespace onedge::runtime {
class Session;
}
namespace onedge::tasks {
class Pipeline;
}

namespace onedge::contract {

struct Limits {
  uint64_t batch = UINT64_MAX;         // inputs of one request
  uint64_t tokens = UINT64_MAX;        // of one text, even if the model accepts more
  uint64_t batch_tokens = UINT64_MAX;  // of one request
};

// The model that answers. All members must outlive the call.
struct ServedModel {
  std::string_view name;
  std::string_view version;
  const tasks::Pipeline* pipeline;
};

struct Request {
  std::string_view route;  // "predict", "embed", "embed_all", "rerank", "tokenize", "decode", "embeddings", "infer"
  std::span<const uint8_t> body;                               // must live as long as the call
  std::optional<std::string_view> json_length = std::nullopt;  // the header Inference-Header-Content-Length
};

struct Answer {
  int status = 200;  // the HTTP status
  std::string content_type = "application/json";
  std::optional<size_t> json_length = std::nullopt;  // the header Inference-Header-Content-Length
  std::string body;                                  // of a failure: {"error", "error_type"}
  Status failure = {};                               // the error that the body of a failure describes
  bool memory = false;  // the run did not fit the memory: a host may free memory and start again
};

// The processing of one request. Several calls may share a session and take turns: while one is in the middle of a run,
// Step of the others does nothing. Dropping a call ends its run.
class Call {
 public:
  // Reads the request and tokenizes its texts. A refused request gives a call that already has its answer.
  static std::unique_ptr<Call> Start(const ServedModel& model, const Request& request, const Limits& limits);
  virtual ~Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Continues until `until` has passed: at least by one node of the model, and at most by one batch. Returns false once
  // the answer is complete.
  bool Step(runtime::Session& session, const runtime::RunOptions& options = {},
            runtime::Deadline until = DefaultSlice());
  static runtime::Deadline DefaultSlice() { return std::chrono::steady_clock::now() + kSlice; }
  const Answer& answer() const { return answer_; }
  // The number of tokens that run through the model; known after Start.
  virtual size_t tokens() const { return 0; }

 protected:
  Call() = default;
  // In the middle of a run.
  virtual bool running() const { return false; }
  // Does a part of the work. Returns false when `answer_` is complete.
  virtual Result<bool> Advance(runtime::Session& session, const runtime::RunOptions& options,
                               runtime::Deadline until) = 0;

  Answer answer_;
  bool done_ = false;  // `answer_` is complete

 private:
  // Short, so that a host that answers others in between is not held up for long; long beside the cost of a step.
  static constexpr std::chrono::milliseconds kSlice{12};

  void Fail(Status failure, int status);
};

// 422 for kInvalidArgument and kUnsupported, 404, 413 for kResourceExhausted, 499 for kCancelled, 503, 500.
int HttpStatusOf(StatusCode code);

// {"error", "error_type"}
std::string FailureBody(const Status& failure);

}  // namespace onedge::contract
