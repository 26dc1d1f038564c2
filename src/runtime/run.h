// Run: one run of a Session, which advances with each Step. Until it ends, the session starts no other run. Destroying
// it ends it; the session stays usable. The session must outlive it. Used by one thread at a time.
#pragma once

#include <span>

#include "base/status.h"
#include "runtime/run_options.h"

namespace onedge::runtime {

enum class RunProgress : uint8_t {
  kMore,     // stopped at the deadline of Step; call Step again
  kPending,  // a backend works elsewhere; do other work, then call Step again
  kDone,     // outputs() are ready
};

class Session;

class Run {
 public:
  Run(Run&& other) noexcept;
  Run& operator=(Run&& other) noexcept;
  ~Run();

  // Runs the next node, then further ones until `until` has passed. A node is not interrupted, except between the nodes
  // of the subgraphs of Loop, If and SequenceMap. After a failure the run has ended.
  // REQUIRES: the run has not ended; otherwise the failure is kInvalidArgument.
  Result<RunProgress> Step(Deadline until = kNoDeadline);
  // Steps to the end.
  Status Finish();

  // In the model's order; valid until the session starts its next run: Clone those that must live longer. REQUIRES:
  // Step has returned kDone.
  std::span<const Value> outputs() const { return outputs_; }

 private:
  friend class Session;
  explicit Run(Session* session) : session_(session) {}

  Session* session_;  // null: the run has ended
  std::span<const Value> outputs_;
};

}  // namespace onedge::runtime
