#include "tokenizer/formats/json_text.h"

#include "text/json.h"

namespace onedge::tokenizer {

JsonText& JsonText::Raw(const char* json) {
  text_ += json;
  return *this;
}

JsonText& JsonText::Raw(std::string_view json) {
  text_ += json;
  return *this;
}

JsonText& JsonText::Quoted(std::string_view content) {
  AppendQuoted(text_, content);
  return *this;
}

JsonText& JsonText::Number(size_t number) {
  text_ += std::to_string(number);
  return *this;
}

JsonText& JsonText::Bool(bool value) { return Raw(value ? "true" : "false"); }

JsonText& JsonText::Item() {
  if (text_.back() != '[' && text_.back() != '{') text_ += ',';
  return *this;
}

void JsonText::AddedToken(size_t id, std::string_view content, bool special, bool lstrip, bool normalized) {
  Item().Raw(R"({"id":)").Number(id).Raw(R"(,"content":)").Quoted(content);
  Raw(R"(,"single_word":false,"rstrip":false,"lstrip":)").Bool(lstrip);
  Raw(R"(,"normalized":)").Bool(normalized).Raw(R"(,"special":)").Bool(special).Raw("}");
}

void JsonText::Parts(const char* parts, const Token& begin, const Token& end) {
  for (; *parts; parts += 2) {
    const bool text = *parts < 'a';
    Item().Raw(text ? R"({"Sequence":{"id":)" : R"({"SpecialToken":{"id":)");
    Quoted(text ? std::string_view(parts, 1) : (*parts == 'b' ? begin : end).content);
    Raw(R"(,"type_id":)").Raw(std::string_view(parts + 1, 1)).Raw("}}");
  }
}

void JsonText::Template(const char* single, const char* pair, const Token& begin, const Token& end) {
  Raw(R"({"type":"TemplateProcessing","single":[)").Parts(single, begin, end);
  Raw(R"(],"pair":[)").Parts(pair, begin, end);
  Raw(R"(],"special_tokens":{)");
  for (const Token* token : {&begin, &end}) {
    if (token->content.empty()) continue;
    Item().Quoted(token->content).Raw(R"(:{"id":)").Quoted(token->content);
    Raw(R"(,"ids":[)").Number(token->id).Raw(R"(],"tokens":[)").Quoted(token->content).Raw("]}");
  }
  Raw("}}");
}

}  // namespace onedge::tokenizer
