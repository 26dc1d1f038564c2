#include "server/workers.h"

#include <map>

namespace onedge::server {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

// The sessions of one thread, one for each model that is still served.
class Sessions {
 public:
  explicit Sessions(size_t threads) : threads_(threads == 1 ? nullptr : ThreadPool::Create(threads)) {}

  Result<api::Session*> Of(const ServedModelPtr& model) {
    std::erase_if(sessions_, [](const auto& entry) { return entry.second.model.expired(); });
    Entry& entry = sessions_[model.get()];
    if (!entry.session) {
      ONEDGE_ASSIGN_OR_RETURN(entry.session, model->model->CreateSession(threads_.get()));
      entry.model = model;
    }
    return entry.session.get();
  }

 private:
  struct Entry {
    std::weak_ptr<const ServedModel> model;
    std::unique_ptr<api::Session> session;
  };
  const std::unique_ptr<ThreadPool> threads_;
  std::map<const ServedModel*, Entry> sessions_;
};

Reply Answer(api::Session& session, const Job& job, const api::HttpLimits& limits, size_t& tokens) {
  const api::HttpRequest request{
      .route = job.route,
      .body = {reinterpret_cast<const uint8_t*>(job.body.data()), job.body.size()},
      .json_length = job.json_length,
  };
  const auto call = session.StartCall(job.model->name, job.model->version, request, limits);
  tokens = call->tokens();
  const api::RunOptions options{.cancelled = [&] { return job.cancelled.load(); }, .deadline = job.deadline};
  while (session.StepCall(*call, options)) {
    if (job.cancelled) return ErrorReply(499, Cancelled("the client disconnected"));
    if (Clock::now() > job.deadline)
      return ErrorReply(504, DeadlineExceeded("the request took longer than X-Request-Timeout allows"));
  }
  const api::HttpAnswer& answer = call->answer();
  Reply reply{.status = answer.status, .content_type = answer.content_type, .body = answer.body};
  if (answer.json_length)
    reply.headers.emplace_back("inference-header-content-length", std::to_string(*answer.json_length));
  if (reply.status == 503) reply.headers.emplace_back("retry-after", "1");
  return reply;
}

}  // namespace

Workers::Workers(const WorkerOptions& options, Metrics& metrics) : options_(options), metrics_(metrics) {
  for (size_t i = 0; i < options.sessions; ++i) threads_.emplace_back([this] { Work(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Workers::Submit(std::shared_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= options_.queue) return false;
    queue_.push_back(std::move(job));
    metrics_.SetQueued(queue_.size());
  }
  changed_.notify_one();
  return true;
}

void Workers::Work() {
  Sessions sessions(options_.threads_per_session);
  std::unique_lock lock(mutex_);
  for (;;) {
    while (queue_.empty() && !stopped_) changed_.wait(lock);
    if (queue_.empty()) return;
    const std::shared_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    metrics_.SetQueued(queue_.size());
    metrics_.SetBusy(++busy_);
    lock.unlock();
    const auto started = Clock::now();
    Reply reply;
    size_t tokens = 0;
    if (job->cancelled) {
      reply = ErrorReply(499, Cancelled("the client disconnected"));
    } else if (started > job->deadline) {
      reply = ErrorReply(504, DeadlineExceeded("the request waited longer than X-Request-Timeout allows"));
    } else if (const auto session = sessions.Of(job->model); session.ok()) {
      reply = Answer(**session, *job, options_.limits, tokens);
    } else {
      reply = ErrorReply(session.status());
    }
    metrics_.CountRun(job->model->Id(), Seconds(started - job->arrived), Seconds(Clock::now() - started), tokens);
    job->respond(std::move(reply));
    lock.lock();
    metrics_.SetBusy(--busy_);
  }
}

}  // namespace onedge::server
