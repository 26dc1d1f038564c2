// One line on a terminal: rows, rate, time left.
#pragma once

#include <chrono>
#include <cstdint>

namespace onedge::cli {

class Progress {
 public:
  Progress();
  ~Progress();

  // `part`: of the whole, from 0 to 1; negative: unknown.
  void Show(uint64_t rows, double part);

 private:
  using Clock = std::chrono::steady_clock;

  const bool terminal_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_;
  double first_part_ = -1;
  bool shown_ = false;
};

}  // namespace onedge::cli
