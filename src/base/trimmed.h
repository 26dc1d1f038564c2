// `onedge trim` makes a module for given models: it puts an error in the place of the parts that they do not use.
#pragma once

#include <string_view>

namespace onedge {

// The end of that error's message, after the name of the part.
inline constexpr char kTrimmed[] =
    " is not in this module, which was trimmed to other models; run 'npx onedge trim' with this model, too, or use the "
    "full module";

// A function that trimming may leave out. A table of two, whose name begins with kPart: first, without a name, the
// function that reports that the part is missing, with "part '<name>'" and kTrimmed.
template <typename Function>
struct Part {
  std::string_view name;
  Function* function;
};

// The function of the part.
template <typename Function>
Function* Chosen(const Part<Function> (&part)[2]) {
  const Part<Function>* row = &part[1];
  asm("" : "+r"(row));  // The table may be another at run time: the compiler must not call the function directly.
  return row->function;
}

}  // namespace onedge
