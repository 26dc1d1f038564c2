// HTTP/1.1 over TCP and Unix sockets, on Boost.Beast: one thread reads requests and writes answers; workers make them.
// TLS is left to a proxy.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/metrics.h"
#include "server/served_model.h"
#include "server/workers.h"

namespace onedge::server {

struct ServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 8080;     // 0: any free one
  std::string socket_path;  // of a Unix socket, instead of host and port; empty: none
  std::vector<std::string> api_keys;
  uint64_t max_body_bytes = uint64_t{32} << 20;
  std::chrono::milliseconds read_timeout{30'000};  // for a whole request
  std::chrono::seconds write_timeout{30};          // for an answer
  std::chrono::seconds idle_timeout{75};           // between two requests of a connection
  std::chrono::seconds drain_timeout{30};          // after SIGTERM, for the requests that have begun
  bool log_requests = true;                        // one line of JSON for each on stderr; never a body
};

// Serves until SIGTERM or SIGINT, answers what it has, and returns. `started` gets the address. NotFound or
// InvalidArgument: the address cannot be used; the error says why.
Status RunServer(const ServerOptions& options, const ServedModels& models, const WorkerOptions& worker_options,
                 const std::function<void(const std::string& address)>& started);

}  // namespace onedge::server
