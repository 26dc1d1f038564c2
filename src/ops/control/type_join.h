// What is known of a value that has one of two types: the branches of an If, the turns of a Loop.
#pragma once

#include "ops/shape_context.h"

namespace onedge::ops {

// Keeps what both agree on: dims that differ become unknown, ranks that differ are dropped. Fails
// when kinds or dtypes differ; `what` names the value. kUnknown joins with anything. An optional
// joins with the type of its element.
Result<TypeInfo> JoinTypes(const TypeInfo& a, const TypeInfo& b, std::string_view what);

// True when dims, dtypes and kinds are all equal.
bool SameType(const TypeInfo& a, const TypeInfo& b);

}  // namespace onedge::ops
