// The HTTP contract as the Worker sees it: a request in, steps, an answer out. See api::Session::StartCall.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/model.h"
#include "wasm/handles.h"

namespace onedge::wasm {

// Answers requests over one model, with a session of its own; several calls may go on in turns.
class ContractHandle : public Counted {
 public:
  static constexpr char kType[] = "Contract";

  // `name`, `version`: what answers call the model.
  static val Create(const std::shared_ptr<const api::Model>& model, const std::string& name,
                    const std::string& version);

  // A number that names the call. `json_length`: the header Inference-Header-Content-Length, or null. `limits`: the
  // most inputs of a request, tokens of a text and tokens of a request; Infinity: any.
  val Start(const std::string& route, const val& body, const val& json_length, double batch, double tokens,
            double batch_tokens);
  // Tokens that go through the model.
  double Tokens(size_t call) const { return static_cast<double>(calls_[call]->call->tokens()); }
  // undefined while there is more to do, then the answer, and the call is gone: {contentType, jsonLength, body}, where
  // body is a Uint8Array, or {error: {code, message, status, memory}}.
  val Step(size_t call);
  void Stop(size_t call) { calls_[call].reset(); }

 private:
  struct State {
    std::string json_length;
    std::vector<uint8_t> body;
    std::unique_ptr<api::HttpCall> call;
  };

  std::string name_, version_;
  std::unique_ptr<api::Session> session_;
  std::vector<std::unique_ptr<State>> calls_;  // those that go on; the others are null
};

}  // namespace onedge::wasm
