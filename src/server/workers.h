// Threads that answer requests, each with sessions of its own over the shared weights, and the bounded queue before
// them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/metrics.h"
#include "server/reply.h"
#include "server/served_model.h"

namespace onedge::server {

// A request for the core.
struct Job {
  ServedModelPtr model;
  std::string route;  // its name in api::HttpRequest
  std::string body;
  std::optional<std::string> json_length;  // the header Inference-Header-Content-Length
  api::Deadline deadline = api::kNoDeadline;
  std::atomic<bool> cancelled = false;  // the client is gone
  std::chrono::steady_clock::time_point arrived = std::chrono::steady_clock::now();
  std::function<void(Reply)> respond;  // called once, on a thread of the workers
};

struct WorkerOptions {
  size_t sessions = 1;             // requests that run at the same time
  size_t threads_per_session = 1;  // of each run
  size_t queue = 1024;             // requests that may wait
  api::HttpLimits limits;
};

class Workers {
 public:
  Workers(const WorkerOptions& options, Metrics& metrics);
  // Answers what is in the queue first.
  ~Workers();

  // False: the queue is full.
  bool Submit(std::shared_ptr<Job> job);

 private:
  void Work();

  const WorkerOptions options_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> queue_;
  size_t busy_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace onedge::server
