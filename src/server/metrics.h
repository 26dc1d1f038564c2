// The numbers of GET /metrics, since the start, through prometheus-cpp. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace onedge::server {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  void CountRequest(std::string_view route, std::string_view model, int status, double seconds);
  // The parts of an answer.
  void CountRun(std::string_view model, double queue_seconds, double run_seconds, size_t tokens);
  void SetQueued(size_t jobs);
  void SetBusy(size_t sessions);
  std::string Text() const;  // Prometheus' text format

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace onedge::server
