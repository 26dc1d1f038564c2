#include "server/reply.h"

#include "api/session.h"

namespace onedge::server {
namespace {

constexpr const char* kRetrySeconds = "1";

}  // namespace

Reply ErrorReply(int status, const Status& failure) {
  Reply reply{.status = status, .body = api::FailureBody(failure)};
  if (status == 429 || status == 503) reply.headers.emplace_back("retry-after", kRetrySeconds);
  return reply;
}

Reply ErrorReply(const Status& failure) { return ErrorReply(api::HttpStatusOf(failure.code()), failure); }

}  // namespace onedge::server
