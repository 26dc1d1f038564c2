// An HTTP answer before it is sent.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace onedge::server {

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// {"error", "error_type"} with a status of its own; 429 and 503 get Retry-After.
Reply ErrorReply(int status, const Status& failure);
// The same with the status of the failure's code.
Reply ErrorReply(const Status& failure);
// 503, to be sent again later.
Reply UnavailableReply(std::string_view message);

}  // namespace onedge::server
