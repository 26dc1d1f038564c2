// The arguments of a run: inputs by name, and options. Plain values that programs over src/api see, too.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <vector>

#include "tensor/value.h"

namespace onedge::runtime {

struct NamedValue {
  std::string_view name;
  Value value;
};

// Time of one step of one run.
struct StepProfile {
  std::string_view node;
  std::string_view op_type;
  bool lowered;  // by the backend; false: the portable kernel
  double micros;
};

class State;

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNoDeadline = Deadline::max();

struct RunOptions {
  // Polled between steps, also inside subgraphs; true stops the run with kCancelled. The session stays usable.
  std::function<bool()> cancelled{};
  // Checked at the same places: a run that is not done in time fails with kDeadlineExceeded. The session stays usable.
  Deadline deadline = kNoDeadline;
  // The run takes the inputs of the state's pairs from it and stores their outputs in it: do not pass these inputs;
  // these outputs are empty. After a failed run, values that grow are unchanged. The state must outlive the run.
  State* state = nullptr;
  // If not null, one entry is appended for each step.
  std::vector<StepProfile>* profile = nullptr;
};

}  // namespace onedge::runtime
