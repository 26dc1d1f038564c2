// What a run takes: inputs by name, and options. Plain values that programs over src/api see, too.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "tensor/value.h"

namespace onedge::runtime {

struct NamedValue {
  std::string_view name;
  Value value;
};

// Time and memory of one step of one run.
struct StepProfile {
  std::string_view node;
  std::string_view op_type;
  bool lowered;  // by the backend, rather than the portable kernel
  double micros;
};

struct RunOptions {
  // Polled between steps; true stops the run with kCancelled. The session stays usable.
  std::function<bool()> cancelled;
  // Appended to, one entry a step, when not null.
  std::vector<StepProfile>* profile = nullptr;
};

}  // namespace onedge::runtime
