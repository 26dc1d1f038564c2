#include "server/reply.h"

#include "api/session.h"
#include "text/json.h"

namespace onedge::server {
namespace {

constexpr const char* kRetrySeconds = "1";

}  // namespace

Reply ErrorReply(int status, const Status& failure) {
  Reply reply{.status = status, .body = api::FailureBody(failure)};
  if (status == 429 || status == 503) reply.headers.emplace_back("retry-after", kRetrySeconds);
  return reply;
}

Reply UnavailableReply(std::string_view message) {
  Reply reply{.status = 503, .headers = {{"retry-after", kRetrySeconds}}};
  reply.body = R"({"error":)";
  AppendQuoted(reply.body, message);
  reply.body += R"(,"error_type":"UNAVAILABLE"})";
  return reply;
}

Reply ErrorReply(const Status& failure) { return ErrorReply(api::HttpStatusOf(failure.code()), failure); }

}  // namespace onedge::server
