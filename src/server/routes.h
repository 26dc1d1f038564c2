// The routes of docs/openapi.yaml: the request to an answer, or to a job for the workers.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/metrics.h"
#include "server/reply.h"
#include "server/served_model.h"
#include "server/workers.h"

namespace onedge::server {

struct HttpRequest {
  std::string method;
  std::string target;                                        // path and query, as they were sent
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  // The first header of this name, in lower case.
  std::optional<std::string_view> Header(std::string_view name) const;
};

// Either `reply` or `job`.
struct Routed {
  std::string route = "none";  // its path with placeholders, for the metrics
  std::string model;           // name@version that answers; may be empty
  Reply reply;
  std::shared_ptr<Job> job;
};

struct RouteContext {
  const ServedModels* models;
  const Metrics* metrics;
  const WorkerOptions* workers;
  const std::vector<std::string>* api_keys;  // empty: everybody may send requests
  bool draining = false;                     // the server stops: it is not ready
};

Routed Route(HttpRequest request, const RouteContext& context);

}  // namespace onedge::server
