// JoinTypes: the common type of a value that has one of two types: the branches of an If, the turns of a Loop.
#pragma once

#include "ops/shape_context.h"

namespace onedge::ops {

// Keeps the parts on which both agree: dims that differ become unknown, and so does a rank that differs. Different
// kinds or dtypes are an error; `what` names the value. kUnknown joins with anything. An optional joins with the type
// of its element.
Result<TypeInfo> JoinTypes(const TypeInfo& a, const TypeInfo& b, std::string_view what);

// True if dims, dtypes and kinds are all equal.
bool SameType(const TypeInfo& a, const TypeInfo& b);

}  // namespace onedge::ops
