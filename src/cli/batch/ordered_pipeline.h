// Three stages that overlap: one thread produces blocks, several work on them, the caller takes the results in the
// order of production. A ring of blocks bounds the memory.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/status.h"

namespace onedge::cli {

template <typename Block>
struct PipelineStages {
  std::function<Result<bool>(Block&)> produce;      // false: all blocks are produced
  std::function<void(size_t worker, Block&)> work;  // the result stays in the block
  std::function<Status(Block&)> consume;            // on the caller's thread
  std::function<void()> cancel;                     // after a failure: `produce` must not wait any longer
};

// Returns the first error of `consume`, or that of `produce` after the blocks before it.
template <typename Block>
Status RunOrderedPipeline(size_t workers, const PipelineStages<Block>& stages) {
  enum class Phase : uint8_t { kEmpty, kProduced, kDone };
  struct Slot {
    Phase phase = Phase::kEmpty;
    Block block;
  };
  std::vector<Slot> ring(2 * workers + 2);
  std::mutex mutex;
  std::condition_variable changed;
  uint64_t produced = 0, taken = 0, consumed = 0;  // blocks
  bool ended = false, stopped = false;
  Status failure;

  const auto produce = [&] {
    std::unique_lock lock(mutex);
    while (!stopped) {
      if (produced - consumed == ring.size()) {
        changed.wait(lock);
        continue;
      }
      Block& block = ring[produced % ring.size()].block;
      lock.unlock();
      const Result<bool> more = stages.produce(block);
      lock.lock();
      if (!more.ok()) failure = more.status();
      if (!more.ok() || !*more) break;
      ring[produced++ % ring.size()].phase = Phase::kProduced;
      changed.notify_all();
    }
    ended = true;
    changed.notify_all();
  };
  const auto work = [&](size_t worker) {
    std::unique_lock lock(mutex);
    for (;;) {
      while (taken == produced && !ended && !stopped) changed.wait(lock);
      if (stopped || taken == produced) return;
      Slot& slot = ring[taken++ % ring.size()];
      lock.unlock();
      stages.work(worker, slot.block);
      lock.lock();
      slot.phase = Phase::kDone;
      changed.notify_all();
    }
  };

  std::vector<std::thread> threads;
  threads.emplace_back(produce);
  for (size_t i = 0; i < workers; ++i) threads.emplace_back(work, i);
  Status status;
  {
    std::unique_lock lock(mutex);
    for (;;) {
      Slot& slot = ring[consumed % ring.size()];
      while (!(consumed == produced && ended) && slot.phase != Phase::kDone) changed.wait(lock);
      if (slot.phase != Phase::kDone) break;
      lock.unlock();
      status = stages.consume(slot.block);
      lock.lock();
      if (!status.ok()) break;
      slot.phase = Phase::kEmpty;
      ++consumed;
      changed.notify_all();
    }
    stopped = true;
    changed.notify_all();
  }
  if (!status.ok()) stages.cancel();
  for (std::thread& thread : threads) thread.join();
  return status.ok() ? failure : status;
}

}  // namespace onedge::cli
