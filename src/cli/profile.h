// `onedge run --profile`: the time of the runs of one command, node by node.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "api/session.h"

namespace onedge::cli {

class Profile {
 public:
  explicit Profile(bool wanted) : wanted_(wanted) {}

  // Calls `run` with options for the profile, and measures its time.
  template <typename Run>
  auto Measure(Run run) {
    api::RunOptions options;
    if (wanted_) options.profile = &steps_;
    const auto start = std::chrono::steady_clock::now();
    auto result = run(options);
    run_ms_ += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

  // A table on stderr, longest first; nothing without --profile. REQUIRES: the model still exists.
  void PrintTable() const;
  // Prints `answer`, a JSON document, to stdout; with the profile it becomes {"answer", "profile": {"run_ms",
  // "nodes"}}.
  Status PrintJson(const std::string& answer) const;

 private:
  bool wanted_;
  std::vector<api::StepProfile> steps_;
  double run_ms_ = 0;
};

}  // namespace onedge::cli
