// JsonText: a tokenizer.json as the converters write it, from front to back. Every call is a small one and leaves no
// temporary behind: the converters are cold code, and in the WebAssembly module calls are what they cost. Not a
// JsonWriter, whose tree would take several times the memory of the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace onedge::tokenizer {

class JsonText {
 public:
  std::string& text() { return text_; }

  JsonText& Raw(const char* json);
  JsonText& Raw(std::string_view json);
  // A JSON string with its quotes. REQUIRES: well-formed UTF-8.
  JsonText& Quoted(std::string_view content);
  JsonText& Number(size_t number);
  JsonText& Bool(bool value);
  // The comma before an item of a list or object, unless it is the first.
  JsonText& Item();

  // An entry of added_tokens.
  void AddedToken(size_t id, std::string_view content, bool special, bool lstrip = false, bool normalized = false);

  struct Token {
    std::string_view content;
    size_t id = 0;
  };
  // A TemplateProcessing. A template is pairs of characters: A, B (the texts), b (the token `begin`) or e (`end`), and
  // its type id.
  void Template(const char* single, const char* pair, const Token& begin, const Token& end);

 private:
  void Parts(const char* parts, const Token& begin, const Token& end);

  std::string text_;
};

}  // namespace onedge::tokenizer
