// The results of the bindings: a value, or {error: {code, message, node, op}}, which the glue throws as an OnedgeError.
#pragma once

#include <emscripten/val.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace onedge::wasm {

using emscripten::val;

inline val ToJs(std::string_view text) { return val(std::string(text)); }

inline val Failure(const Status& status) {
  val error = val::object();
  error.set("code", ToJs(StatusCodeName(status.code())));
  error.set("message", ToJs(status.ToString()));
  error.set("node", ToJs(status.node()));
  error.set("op", ToJs(status.op()));
  val out = val::object();
  out.set("error", error);
  return out;
}

// Base of every handle that JS owns. Tests check that none is left alive.
struct Counted {
  static inline int live = 0;
  int owners = 1;  // in JS
  Counted() { ++live; }
  ~Counted() { --live; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
};

}  // namespace onedge::wasm
