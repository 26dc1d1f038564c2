// Run: one run of a Session, which goes on with each Step. While it goes on the session starts no other. Dropping it
// ends it; the session stays usable. The session outlives it. Used by one thread at a time.
#pragma once

#include <span>

#include "base/status.h"
#include "runtime/run_options.h"

namespace onedge::runtime {

enum class RunProgress : uint8_t {
  kMore,     // stopped at the deadline of Step; call Step again
  kPending,  // a backend works elsewhere; call Step again, after other work
  kDone,     // outputs() are there
};

class Session;

class Run {
 public:
  Run(Run&& other) noexcept;
  Run& operator=(Run&& other) noexcept;
  ~Run();

  // Runs the next node, and then more of them until `until` has passed. A single node is never cut, except between the
  // nodes of the subgraphs of Loop, If and SequenceMap. After a failure the run has ended.
  // REQUIRES: the run goes on, else the failure is kInvalidArgument.
  Result<RunProgress> Step(Deadline until = kNoDeadline);
  // Steps to the end.
  Status Finish();

  // REQUIRES: Step has returned kDone. In the model's order; valid until the session starts its next run: Clone what
  // must live longer.
  std::span<const Value> outputs() const { return outputs_; }

 private:
  friend class Session;
  explicit Run(Session* session) : session_(session) {}

  Session* session_;  // null: the run has ended
  std::span<const Value> outputs_;
};

}  // namespace onedge::runtime
