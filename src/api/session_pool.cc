#include "api/session_pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "api/model.h"
#include "base/thread_pool.h"

namespace onedge::api {

struct SessionPool::State {
  struct Slot {
    std::unique_ptr<ThreadPool> threads;  // before the session, which uses it until the end
    std::unique_ptr<Session> session;
    uint64_t leases = 0;
    bool busy = false;
  };
  struct Waiter {
    std::condition_variable served;
    Slot* slot = nullptr;  // set by the thread that returns a session
  };

  // The free session with the fewest leases; null if all are busy.
  Slot* Idlest() {
    Slot* best = nullptr;
    for (Slot& slot : slots) {
      if (!slot.busy && (!best || slot.leases < best->leases)) best = &slot;
    }
    return best;
  }

  mutable std::mutex mutex;
  std::vector<Slot> slots;
  std::deque<Waiter*> waiters;  // first come, first served
  size_t busy = 0;
};

SessionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), slot_(other.slot_), session_(other.session_) {}

SessionPool::Lease& SessionPool::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  if (pool_) pool_->Release(slot_);
  pool_ = std::exchange(other.pool_, nullptr);
  slot_ = other.slot_;
  session_ = other.session_;
  return *this;
}

SessionPool::Lease::~Lease() {
  if (pool_) pool_->Release(slot_);
}

Result<std::unique_ptr<SessionPool>> SessionPool::Create(std::shared_ptr<const Model> model,
                                                         const SessionPoolOptions& options) {
  if (options.sessions == 0) return InvalidArgument("session pool: expected at least 1 session, got 0");
  auto state = std::make_unique<State>();
  state->slots.resize(options.sessions);
  for (State::Slot& slot : state->slots) {
    if (options.threads_per_session != 1) slot.threads = ThreadPool::Create(options.threads_per_session);
    ONEDGE_ASSIGN_OR_RETURN(slot.session, model->CreateSession(slot.threads.get()));
  }
  return std::unique_ptr<SessionPool>(new SessionPool(std::move(state)));
}

SessionPool::SessionPool(std::unique_ptr<State> state) : state_(std::move(state)) {}
SessionPool::~SessionPool() { ONEDGE_DCHECK(state_->busy == 0 && state_->waiters.empty()); }

Result<SessionPool::Lease> SessionPool::Acquire(std::chrono::milliseconds wait) {
  std::unique_lock lock(state_->mutex);
  State::Slot* slot = state_->Idlest();
  if (slot) {
    ++state_->busy;
    slot->busy = true;
  } else if (wait > kNoWait) {
    State::Waiter waiter;
    state_->waiters.push_back(&waiter);
    const auto served = [&] { return waiter.slot != nullptr; };
    if (wait == kForever) {
      waiter.served.wait(lock, served);
    } else {
      waiter.served.wait_for(lock, wait, served);
    }
    slot = waiter.slot;
    if (!slot) std::erase(state_->waiters, &waiter);
  }
  if (!slot) {
    return ResourceExhausted("session pool: all ", state_->slots.size(), " sessions are busy",
                             wait > kNoWait ? StrCat(" after ", wait.count(), " ms") : "",
                             "; try again later, or make the pool larger");
  }
  ++slot->leases;
  return Lease(this, static_cast<size_t>(slot - state_->slots.data()), slot->session.get());
}

void SessionPool::Release(size_t index) {
  const std::lock_guard lock(state_->mutex);
  State::Slot& slot = state_->slots[index];
  if (state_->waiters.empty()) {
    slot.busy = false;
    --state_->busy;
    return;
  }
  // The session is passed on while it is busy, so that no new caller takes it first.
  State::Waiter* waiter = state_->waiters.front();
  state_->waiters.pop_front();
  waiter->slot = &slot;
  waiter->served.notify_one();
}

size_t SessionPool::sessions() const { return state_->slots.size(); }

size_t SessionPool::busy() const {
  const std::lock_guard lock(state_->mutex);
  return state_->busy;
}

size_t SessionPool::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waiters.size();
}

}  // namespace onedge::api
