// `onedge trim` makes a module for given models: it puts an error in the place of the parts that they do not use.
#pragma once

namespace onedge {

// The end of that error's message, after the name of the part.
inline constexpr char kTrimmed[] =
    " is not in this module, which was trimmed to other models; run 'npx onedge trim' with this model, too, or use the "
    "full module";

}  // namespace onedge
