// ONEDGE_DCHECK(condition): checks a "REQUIRES" of a function. In the checked builds (ONEDGE_CHECKED: the sanitizers
// and Debug) a violation ends the process and prints file, line and condition. In all other builds it does nothing: the
// core never aborts, and outside input is checked with a Status.
#pragma once

#if defined(ONEDGE_CHECKED)
namespace onedge::internal {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);
}
#define ONEDGE_DCHECK(...) \
  ((__VA_ARGS__) ? static_cast<void>(0) : ::onedge::internal::CheckFailed(__FILE__, __LINE__, #__VA_ARGS__))
#else
#define ONEDGE_DCHECK(...) static_cast<void>(sizeof(!(__VA_ARGS__)))  // compiled, not evaluated
#endif
