// The table of routes: for each, the function that starts a call.
#pragma once

#include <memory>
#include <string_view>

#include "contract/request_body.h"

namespace onedge::contract {

// The input of a route.
struct RouteContext {
  const ServedModel& model;
  RequestBody& body;
  std::span<const uint8_t> binary;  // the bytes after the JSON in the request's body
  const Limits& limits;
};

struct Route {
  std::string_view name;
  Result<std::unique_ptr<Call>> (*start)(const RouteContext& context);
};

Result<std::unique_ptr<Call>> StartPredict(const RouteContext& context);
Result<std::unique_ptr<Call>> StartEmbed(const RouteContext& context);
Result<std::unique_ptr<Call>> StartEmbedAll(const RouteContext& context);
Result<std::unique_ptr<Call>> StartRerank(const RouteContext& context);
Result<std::unique_ptr<Call>> StartTokenize(const RouteContext& context);
Result<std::unique_ptr<Call>> StartDecode(const RouteContext& context);
Result<std::unique_ptr<Call>> StartEmbeddings(const RouteContext& context);
Result<std::unique_ptr<Call>> StartInfer(const RouteContext& context);

}  // namespace onedge::contract
