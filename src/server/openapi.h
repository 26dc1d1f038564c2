// docs/openapi.yaml, part of the program.
#pragma once

#include <string_view>

namespace onedge::server {

extern const std::string_view kOpenApi;

}  // namespace onedge::server
