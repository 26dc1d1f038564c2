// ThreadPoolHandle: HostThreads for js/threads. Only in the modules with threads.
#pragma once

#ifdef __EMSCRIPTEN_SHARED_MEMORY__
#include <memory>

#include "base/host_threads_wasm.h"
#include "wasm/handles.h"

namespace onedge::wasm {

class ThreadPoolHandle : public Counted {
 public:
  static constexpr char kType[] = "ThreadPool";

  // See HostThreads.
  static val Create(size_t threads, bool may_sleep) {
    std::shared_ptr<HostThreads> made = HostThreads::Create(threads, may_sleep);
    if (!made) return Failure(ResourceExhausted("threads: no memory for the stacks of ", threads - 1, " threads"));
    auto handle = std::make_unique<ThreadPoolHandle>();
    handle->threads_ = std::move(made);
    return Own(std::move(handle));
  }
  val WordsOf(size_t index) const {
    val words = val::array();
    for (const uintptr_t word : threads_->WordsOf(index)) words.call<void>("push", static_cast<double>(word));
    return words;
  }
  size_t FailedWord() const { return threads_->failed_word(); }

  std::shared_ptr<ThreadPool> pool() const { return {threads_, threads_->pool()}; }

 private:
  std::shared_ptr<HostThreads> threads_;
};

}  // namespace onedge::wasm
#endif
