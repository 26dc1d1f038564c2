#include "cli/batch/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace onedge::cli {

Progress::Progress() : terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::Show(uint64_t rows, double part) {
  if (first_part_ < 0) first_part_ = part;
  const Clock::time_point now = Clock::now();
  if (!terminal_ || now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  shown_ = true;
  const double seconds = std::max(std::chrono::duration<double>(now - start_).count(), 1e-3);
  std::fprintf(stderr, "\r\x1b[K%llu rows, %.0f rows/s", static_cast<unsigned long long>(rows),
               static_cast<double>(rows) / seconds);
  if (part > first_part_) {
    const auto left = static_cast<uint64_t>(seconds * (1 - part) / (part - first_part_));
    constexpr int kBar = 24;
    const int full = static_cast<int>(part * kBar);
    std::fprintf(stderr, "  [%.*s%.*s] %.0f %%, %llu:%02llu left", full, "########################", kBar - full,
                 "........................", part * 100, static_cast<unsigned long long>(left / 60),
                 static_cast<unsigned long long>(left % 60));
  }
  std::fflush(stderr);
}

}  // namespace onedge::cli
