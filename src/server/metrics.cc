#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace onedge::server {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                          0.1,    0.25,  0.5,    1,     2.5,  5,     10};

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter().Name("onedge_requests_total").Help("Answers").Register(registry);
  prometheus::Family<prometheus::Histogram>& request_seconds = prometheus::BuildHistogram()
                                                                   .Name("onedge_request_duration_seconds")
                                                                   .Help("From the request to its answer")
                                                                   .Register(registry);
  prometheus::Family<prometheus::Histogram>& queue_seconds = prometheus::BuildHistogram()
                                                                 .Name("onedge_queue_duration_seconds")
                                                                 .Help("Requests waiting for a session")
                                                                 .Register(registry);
  prometheus::Family<prometheus::Histogram>& run_seconds = prometheus::BuildHistogram()
                                                               .Name("onedge_run_duration_seconds")
                                                               .Help("Runs of a model for one request")
                                                               .Register(registry);
  prometheus::Family<prometheus::Counter>& tokens =
      prometheus::BuildCounter().Name("onedge_tokens_total").Help("Tokens that models were run on").Register(registry);
  prometheus::Gauge& queued = prometheus::BuildGauge()
                                  .Name("onedge_queued_requests")
                                  .Help("Requests that wait for a session")
                                  .Register(registry)
                                  .Add({});
  prometheus::Gauge& busy = prometheus::BuildGauge()
                                .Name("onedge_busy_sessions")
                                .Help("Sessions that answer a request")
                                .Register(registry)
                                .Add({});
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::CountRequest(std::string_view route, std::string_view model, int status, double seconds) {
  const std::string path(route);
  families_->requests.Add({{"route", path}, {"model", std::string(model)}, {"status", std::to_string(status)}})
      .Increment();
  families_->request_seconds.Add({{"route", path}}, kSeconds).Observe(seconds);
}

void Metrics::CountRun(std::string_view model, double queue_seconds, double run_seconds, size_t tokens) {
  const prometheus::Labels labels = {{"model", std::string(model)}};
  families_->queue_seconds.Add(labels, kSeconds).Observe(queue_seconds);
  families_->run_seconds.Add(labels, kSeconds).Observe(run_seconds);
  families_->tokens.Add(labels).Increment(static_cast<double>(tokens));
}

void Metrics::SetQueued(size_t jobs) { families_->queued.Set(static_cast<double>(jobs)); }
void Metrics::SetBusy(size_t sessions) { families_->busy.Set(static_cast<double>(sessions)); }

std::string Metrics::Text() const { return prometheus::TextSerializer().Serialize(families_->registry.Collect()); }

}  // namespace onedge::server
