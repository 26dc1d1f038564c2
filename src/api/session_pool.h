// api::SessionPool: several sessions with one copy of a model's weights, for a server with requests from several
// threads. Each session has its own threads and its own arena. Thread-safe.
#pragma once

#include <chrono>
#include <memory>

#include "api/session.h"
#include "base/status.h"

namespace onedge::api {

struct SessionPoolOptions {
  size_t sessions = 1;             // simultaneous runs; at least 1
  size_t threads_per_session = 1;  // including the caller's own; 0: one for each core
};

class SessionPool {
 public:
  // A session for its holder alone, until the lease ends. Move-only. REQUIRES: the pool outlives it.
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

    SessionPool* pool_;  // null after a move
    size_t slot_;
    Session* session_;
  };

  static constexpr std::chrono::milliseconds kNoWait{0};
  static constexpr std::chrono::milliseconds kForever = std::chrono::milliseconds::max();

  // InvalidArgument: no sessions. Otherwise the errors of Model::CreateSession.
  static Result<std::unique_ptr<SessionPool>> Create(std::shared_ptr<const Model> model,
                                                     const SessionPoolOptions& options = {});
  // REQUIRES: all leases have ended, and no thread waits.
  ~SessionPool();

  // A free session: of several, the one with the fewest leases so far. If all are busy, waits up to `wait`; waiting
  // callers are served in order. ResourceExhausted if none becomes free in time.
  Result<Lease> Acquire(std::chrono::milliseconds wait = kForever);

  size_t sessions() const;
  size_t busy() const;     // leased sessions
  size_t waiting() const;  // waiting calls of Acquire

 private:
  struct State;
  explicit SessionPool(std::unique_ptr<State> state);
  void Release(size_t slot);

  std::unique_ptr<State> state_;
};

}  // namespace onedge::api
