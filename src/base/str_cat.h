// StrCat: joins strings, characters and numbers. It avoids iostreams, which would add 100 KB to the wasm module.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace onedge {

// The shortest decimal text that parses to the same double.
std::string NumberToString(double value);

namespace internal {
// Converts the parts to few types, so that calls with similar parts share their code: any literal, any integer and any
// floating-point number becomes one type each; strings and types with ToString() are passed by reference.
inline const char* PartOf(const char* part) { return part; }
inline char PartOf(char part) { return part; }
inline const char* PartOf(bool part) { return part ? "true" : "false"; }
inline const std::string_view* PartOf(const std::string_view& part) { return &part; }
inline const std::string* PartOf(const std::string& part) { return &part; }
template <std::integral T>
auto PartOf(T part) {
  using Wide = std::conditional_t<(std::is_signed_v<T> || sizeof(T) < 8), int64_t, uint64_t>;
  return static_cast<Wide>(part);
}
template <std::floating_point T>
double PartOf(T part) {
  return part;
}
template <typename T>
  requires requires(const T& t) { t.ToString(); }
const T* PartOf(const T& part) {
  return &part;
}

void Append(std::string& out, const char* part);
void Append(std::string& out, char part);
void Append(std::string& out, int64_t part);
void Append(std::string& out, uint64_t part);
void Append(std::string& out, double part);
void Append(std::string& out, const std::string_view* part);
void Append(std::string& out, const std::string* part);
template <typename T>
void Append(std::string& out, const T* part) {
  const std::string text = part->ToString();
  Append(out, &text);
}

template <typename... Parts>
[[gnu::noinline]] std::string StrCatParts(Parts... parts) {
  std::string out;
  (Append(out, parts), ...);
  return out;
}
}  // namespace internal

template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  return internal::StrCatParts(internal::PartOf(parts)...);
}

}  // namespace onedge
