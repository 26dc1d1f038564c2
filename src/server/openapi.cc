#include "server/openapi.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

namespace onedge::server {
namespace {

constexpr char kText[] = {
#embed "../../docs/openapi.yaml"
};

}  // namespace

const std::string_view kOpenApi(kText, sizeof kText);

}  // namespace onedge::server
