// ServedPipeline: answers requests with a TinyPipeline, from bytes to bytes.
#pragma once

#include <string>

#include "contract/contract.h"
#include "tests/tasks/tiny_pipeline.h"

namespace onedge::contract {

class ServedPipeline {
 public:
  explicit ServedPipeline(tasks::TinyPipeline& tiny) : tiny_(tiny), pipeline_(tiny.pipeline().value()) {}

  std::unique_ptr<Call> Start(std::string_view route, std::string_view body, const Limits& limits = {},
                              std::optional<std::string_view> json_length = std::nullopt) {
    body_ = body;
    const Request request = {route, {reinterpret_cast<const uint8_t*>(body_.data()), body_.size()}, json_length};
    return Call::Start({"tiny", "1.2.3", &pipeline_}, request, limits);
  }
  Answer Ask(std::string_view route, std::string_view body, const Limits& limits = {},
             std::optional<std::string_view> json_length = std::nullopt) {
    const std::unique_ptr<Call> call = Start(route, body, limits, json_length);
    for (steps_ = 1; call->Step(tiny_.session()); ++steps_) {
    }
    return call->answer();
  }
  // The body of the answer; for a failure, after its status.
  std::string operator()(std::string_view route, std::string_view body, const Limits& limits = {}) {
    const Answer answer = Ask(route, body, limits);
    return answer.status == 200 ? answer.body : StrCat(answer.status, " ", answer.failure.message());
  }
  int steps() const { return steps_; }

 private:
  tasks::TinyPipeline& tiny_;
  tasks::Pipeline pipeline_;
  std::string body_;
  int steps_ = 0;
};

}  // namespace onedge::contract
