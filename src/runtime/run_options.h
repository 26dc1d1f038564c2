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
  bool lowered;  // by the backend, rather than the portable kernel
  double micros;
};

class State;

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNoDeadline = Deadline::max();

struct RunOptions {
  // Polled between steps, also inside of subgraphs; true stops the run with kCancelled. The session stays usable.
  std::function<bool()> cancelled{};
  // Checked at the same places: a run that is not done by then fails with kDeadlineExceeded. The session stays usable.
  Deadline deadline = kNoDeadline;
  // The run reads the inputs of the state's pairs from it and leaves their outputs in it: these inputs are not given,
  // and these outputs are none. Unless the run ends well, values that grow are as they were. Outlives the run.
  State* state = nullptr;
  // Appended to, one entry a step, when not null.
  std::vector<StepProfile>* profile = nullptr;
};

}  // namespace onedge::runtime
