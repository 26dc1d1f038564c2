// api::SessionPool: several sessions over one copy of a model's weights, for a server whose requests come from several
// threads. Each session has its own threads and its own arena. Thread-safe.
#pragma once

#include <chrono>
#include <memory>

#include "api/session.h"
#include "base/status.h"

namespace onedge::api {

struct SessionPoolOptions {
  size_t sessions = 1;             // how many runs go on at once; at least 1
  size_t threads_per_session = 1;  // with the caller's own; 0: one for each core
};

class SessionPool {
 public:
  // A session that belongs to its holder alone, until the lease ends. Move-only. REQUIRES: the pool outlives it.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();
    Session& operator*() const { return *session_; }
    Session* operator->() const { return session_; }

   private:
    friend class SessionPool;
    Lease(SessionPool* pool, size_t slot, Session* session) : pool_(pool), slot_(slot), session_(session) {}

    SessionPool* pool_;  // null: moved from
    size_t slot_;
    Session* session_;
  };

  static constexpr std::chrono::milliseconds kNoWait{0};
  static constexpr std::chrono::milliseconds kForever = std::chrono::milliseconds::max();

  // InvalidArgument: no sessions. Errors of Model::CreateSession.
  static Result<std::unique_ptr<SessionPool>> Create(std::shared_ptr<const Model> model,
                                                     const SessionPoolOptions& options = {});
  // REQUIRES: no leases are left, and nobody waits.
  ~SessionPool();

  // A free session; of several the one that has had the fewest leases. If all are busy, waits up to `wait`: those who
  // wait are served in the order in which they came. ResourceExhausted when none becomes free in time.
  Result<Lease> Acquire(std::chrono::milliseconds wait = kForever);

  size_t sessions() const;
  size_t busy() const;     // sessions that are leased now
  size_t waiting() const;  // calls of Acquire that wait now

 private:
  struct State;
  explicit SessionPool(std::unique_ptr<State> state);
  void Release(size_t slot);

  std::unique_ptr<State> state_;
};

}  // namespace onedge::api
