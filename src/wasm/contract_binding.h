// The HTTP contract for the Worker: a request in, steps, an answer out. See api::Session::StartCall.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/model.h"
#include "wasm/handles.h"

namespace onedge::wasm {

// Answers requests to one model, in its own session; several calls may alternate.
class ContractHandle : public Counted {
 public:
  static constexpr char kType[] = "Contract";

  // `name`, `version`: the model's names in answers.
  static val Create(const std::shared_ptr<const api::Model>& model, const std::string& name,
                    const std::string& version);

  // Returns a number that identifies the call, or {error}. `json_length`: the header Inference-Header-Content-Length,
  // or null. `batch`, `tokens`, `batch_tokens`: see contract::Limits; Infinity: no limit.
  val Start(const std::string& route, const val& body, const val& json_length, double batch, double tokens,
            double batch_tokens);
  // The number of tokens that run through the model.
  double Tokens(size_t call) const { return static_cast<double>(calls_[call]->call->tokens()); }
  // Works for a few ms. Returns undefined while more work remains, also while another call is in the middle of a run.
  // Then returns the answer and deletes the call: {contentType, jsonLength, body}, where body is a Uint8Array, or
  // {error: {code, message, status, memory}}.
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
  std::vector<std::unique_ptr<State>> calls_;  // null: finished
};

}  // namespace onedge::wasm
