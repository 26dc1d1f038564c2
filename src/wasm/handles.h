// Handle<T>: registers the functions of a class for JS as separate Embind functions: 'Type.method' takes the object's
// address first, 'Type::function' makes a handle or returns {error}. js/handles.js builds classes from them. Embind's
// own class_ and smart_ptr would add 10 KB to the glue.
#pragma once

#include <emscripten/bind.h>

#include <memory>
#include <string>

#include "wasm/result.h"

namespace onedge::wasm {

template <typename T>
val JsObject(T* handle) {
  return val::module_property(T::kType).new_(reinterpret_cast<uintptr_t>(handle));
}

// The JS object that owns `handle` from now on.
template <typename T>
val Own(std::unique_ptr<T> handle) {
  return JsObject(handle.release());
}

// Another JS object that owns `handle`. The handle is deleted with its last owner.
template <typename T>
val Share(T* handle) {
  ++handle->owners;
  return JsObject(handle);
}

template <auto method>
struct MethodOf;
template <typename T, typename Return, typename... Args, Return (T::*method)(Args...)>
struct MethodOf<method> {
  static Return Call(uintptr_t self, Args... args) {
    return (reinterpret_cast<T*>(self)->*method)(std::forward<Args>(args)...);
  }
};
template <typename T, typename Return, typename... Args, Return (T::*method)(Args...) const>
struct MethodOf<method> {
  static Return Call(uintptr_t self, Args... args) {
    return (reinterpret_cast<const T*>(self)->*method)(std::forward<Args>(args)...);
  }
};

// `type`, `separator` and `member`, joined. Not inlined: it is called for each function.
[[gnu::noinline]] inline std::string NameOf(const char* type, const char* separator, const char* member) {
  return std::string(type).append(separator).append(member);
}

template <typename T>
class Handle {
 public:
  Handle() {
    emscripten::function(
        NameOf(T::kType, ".", "delete").c_str(), +[](uintptr_t self) {
          T* handle = reinterpret_cast<T*>(self);
          if (--handle->owners == 0) delete handle;
        });
  }
  template <auto method>
  const Handle& Method(const char* name) const {
    emscripten::function(NameOf(T::kType, ".", name).c_str(), &MethodOf<method>::Call);
    return *this;
  }
  template <auto function>
  const Handle& Function(const char* name) const {
    emscripten::function(NameOf(T::kType, "::", name).c_str(), function);
    return *this;
  }
};

}  // namespace onedge::wasm
