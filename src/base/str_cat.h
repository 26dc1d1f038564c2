// StrCat: joins strings, characters and numbers without iostreams, which would add 100 KB to the wasm module.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace onedge {

// The shortest decimal text that reads back as the same double.
std::string NumberToString(double value);

namespace internal {
inline void Append(std::string& out, std::string_view part) { out.append(part); }
inline void Append(std::string& out, const char* part) { out.append(part); }
inline void Append(std::string& out, char part) { out.push_back(part); }
inline void Append(std::string& out, bool part) { out.append(part ? "true" : "false"); }
template <std::integral T>
void Append(std::string& out, T part) {
  out.append(std::to_string(part));
}
template <std::floating_point T>
void Append(std::string& out, T part) {
  out.append(NumberToString(part));
}
template <typename T>
  requires requires(const T& t) { t.ToString(); }
void Append(std::string& out, const T& part) {
  out.append(part.ToString());
}
}  // namespace internal

template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  std::string out;
  (internal::Append(out, parts), ...);
  return out;
}

}  // namespace onedge
