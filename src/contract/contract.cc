#include "contract/contract.h"

#include <algorithm>

#include "base/trimmed.h"
#include "contract/routes.h"
#include "runtime/session.h"

namespace onedge::contract {
namespace {

// `onedge trim` writes this over the functions of the routes that it leaves out.
Result<std::unique_ptr<Call>> StartTrimmed(const RouteContext&) { return Unsupported("this route", kTrimmed); }

constexpr Route kRoutes[] = {
    {"predict", StartPredict},       {"embed", StartEmbed},       {"embed_all", StartEmbedAll},
    {"rerank", StartRerank},         {"tokenize", StartTokenize}, {"decode", StartDecode},
    {"embeddings", StartEmbeddings}, {"infer", StartInfer},       {"", StartTrimmed},
};

// A request that was refused before any work.
class RefusedCall final : public Call {
  Result<bool> Advance(runtime::Session&, const runtime::RunOptions&, runtime::Deadline) override { return false; }
};

// The number of bytes of JSON at the start of the body.
Result<size_t> JsonLength(const Request& request) {
  if (!request.json_length) return request.body.size();
  const std::string_view text = *request.json_length;
  uint64_t length = 0;
  const bool digits = !text.empty() && text.size() < 16 &&
                      std::ranges::all_of(
                          text,
                          [&](char c) {
                            length = length * 10 + static_cast<uint64_t>(c - '0');
                            return c >= '0' && c <= '9';
                          });
  if (digits && length <= request.body.size()) return static_cast<size_t>(length);
  return InvalidArgument("inference-header-content-length: expected at most the ", request.body.size(),
                         " bytes of the body, got '", text, "'");
}

}  // namespace

std::unique_ptr<Call> Call::Start(const ServedModel& model, const Request& request, const Limits& limits) {
  const auto refuse = [](Status failure, int status) {
    std::unique_ptr<Call> call = std::make_unique<RefusedCall>();
    call->Fail(std::move(failure), status);
    return call;
  };
  const auto route = std::ranges::find(kRoutes, request.route, &Route::name);
  if (route == std::end(kRoutes) || request.route.empty())
    return refuse(NotFound("unknown route '", request.route, "'"), 404);
  const Result<size_t> length = JsonLength(request);
  if (!length.ok()) return refuse(length.status(), 400);
  Result<RequestBody> body = RequestBody::Parse(request.body.first(*length));
  if (!body.ok()) return refuse(body.status(), 400);
  Result<std::unique_ptr<Call>> call = route->start({model, *body, request.body.subspan(*length), limits});
  if (!call.ok()) return refuse(call.status(), HttpStatusOf(call.status().code()));
  return std::move(*call);
}

bool Call::Step(runtime::Session& session, const runtime::RunOptions& options, runtime::Deadline until) {
  if (done_) return false;
  if (session.running() && !running()) return true;  // another call is in the middle of a run
  const Result<bool> more = Advance(session, options, until);
  if (more.ok() && *more) return true;
  done_ = true;
  if (!more.ok()) {
    answer_.memory = more.status().code() == StatusCode::kResourceExhausted;
    Fail(more.status(), HttpStatusOf(more.status().code()));
  }
  return false;
}

void Call::Fail(Status failure, int status) {
  done_ = true;
  answer_.status = status;
  answer_.body = FailureBody(failure);
  answer_.failure = std::move(failure);
}

int HttpStatusOf(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kUnsupported:
      return 422;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kResourceExhausted:
      return 413;
    case StatusCode::kCancelled:
      return 499;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kCorruptFile:
      return 503;
    case StatusCode::kInternal:
      break;
  }
  return 500;
}

std::string FailureBody(const Status& failure) {
  JsonWriter json;
  json.Object();
  json.Key("error").Text(failure.ToString());
  json.Key("error_type").Text(StatusCodeName(failure.code()));
  json.End();
  const Result<std::string> text = json.ToString();
  // A message quotes the request, which may not be UTF-8.
  return text.ok() ? *text : R"({"error":"the request holds text that is not UTF-8","error_type":"INVALID_ARGUMENT"})";
}

}  // namespace onedge::contract
