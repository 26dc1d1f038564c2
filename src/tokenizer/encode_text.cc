// Tokenizes one text: cuts it into chunks and gets the tokens of each chunk from the stages or from the cache.
#include <algorithm>

#include "tokenizer/offset_converter.h"
#include "tokenizer/pipeline.h"

namespace onedge::tokenizer {
namespace {

constexpr size_t kMaxTextBytes = size_t{1} << 30;

class TextEncoder {
 public:
  // `sequence`: 0 for a text, 1 for its pair. `token_texts`: Encoding::token_texts, or null if not wanted.
  TextEncoder(const Tokenizer::Pipeline& pipeline, int8_t sequence, OffsetUnit unit,
              Tokenizer::Pipeline::ReadLimit limit, Workspace& workspace, std::vector<std::string>* token_texts)
      : pipeline_(pipeline),
        limit_(limit),
        unit_(unit),
        sequence_(sequence),
        token_texts_(token_texts),
        workspace_(workspace) {
    workspace.encoded_count = 0;
  }

  // Writes the tokens to workspace.encoded.
  Status Encode(std::string_view text) {
    const bool from_the_right = limit_.tokens != SIZE_MAX && limit_.direction == Direction::kLeft;
    if (pipeline_.chunker.cuts() && !from_the_right) return EncodeSections(text);
    workspace_.text.Assign(text);
    pipeline_.added.CutOriginal(workspace_.text);
    ONEDGE_RETURN_IF_ERROR(Prepare(/*find_added=*/true));
    size_t first = 0;
    if (from_the_right) {
      ONEDGE_ASSIGN_OR_RETURN(first, FirstSplit());
      limit_.tokens = SIZE_MAX;
    }
    return TokenizeSplits(text, first);
  }

 private:
  // Runs the stages before the model on workspace_.text. `find_added`: the text may hold added tokens that are searched
  // in the normalized text.
  Status Prepare(bool find_added) {
    PreTokenizedText& text = workspace_.text;
    if (pipeline_.normalizer) {
      Status status;
      text.RewriteSplits([this, &status](TextSlice in, AlignedText& out) {
        if (status.ok()) status = pipeline_.normalizer->Normalize(in, out);
      });
      ONEDGE_RETURN_IF_ERROR(std::move(status));
    }
    if (find_added) pipeline_.added.CutNormalized(text);
    return pipeline_.pre_tokenizer ? pipeline_.pre_tokenizer->PreTokenize(text) : OkStatus();
  }

  Status TokenizeSplit(const Split& split) {
    if (split.added_token == kNoToken)
      return pipeline_.model->Tokenize(workspace_.text.text(split), workspace_.model, workspace_.tokens);
    workspace_.tokens.push_back({split.added_token, 0, split.end - split.begin, /*literal=*/true});
    return OkStatus();
  }

  // The first split to tokenize under a limit from the right end.
  Result<size_t> FirstSplit() {
    size_t first = workspace_.text.splits().size();
    workspace_.tokens.clear();
    while (first > 0) {
      const Split& split = workspace_.text.splits()[--first];
      ONEDGE_RETURN_IF_ERROR(TokenizeSplit(split));
      if (workspace_.tokens.size() >= limit_.tokens && split.added_token == kNoToken) break;
    }
    return first;
  }

  // Tokenizes the splits of workspace_.text from `first` on. `part` is its original.
  Status TokenizeSplits(std::string_view part, size_t first = 0) {
    const PreTokenizedText& text = workspace_.text;
    OffsetConverter converter(part, unit_);
    cacheable_ = true;
    literal_ = false;
    for (size_t i = first; i < text.splits().size(); ++i) {
      const Split& split = text.splits()[i];
      workspace_.tokens.clear();
      ONEDGE_RETURN_IF_ERROR(TokenizeSplit(split));
      if (split.added_token != kNoToken) cacheable_ = false;
      for (const Token& token : workspace_.tokens) {
        Offset offset;
        if (token.begin < token.end) {
          const Span span = text.buffer().span(split.begin + token.begin, split.begin + token.end);
          offset.begin = units_ + converter.Convert(span.begin);
          offset.end = units_ + converter.Convert(span.end);
        } else {
          cacheable_ = false;
        }
        Add(token.id, offset, words_ + static_cast<uint32_t>(i - first));
        if (token_texts_) {
          const std::string_view slice = text.text(split).substr(token.begin, token.end - token.begin);
          token_texts_->emplace_back(token.literal ? slice : pipeline_.IdToToken(token.id).value_or(slice));
        }
        literal_ |= token.literal;
      }
      if (count() >= limit_.tokens && split.added_token == kNoToken) {
        done_ = true;
        break;
      }
    }
    return OkStatus();
  }

  Status EncodeSections(std::string_view text) {
    if (workspace_.cache_unit != unit_) workspace_.cache.Clear();
    workspace_.cache_unit = unit_;
    text_end_ = text.data() + text.size();
    workspace_.sections.Assign(text);
    pipeline_.added.CutOriginal(workspace_.sections);
    // Without a normalizer both kinds are searched in the same text, and none remains in the sections.
    if (!pipeline_.normalizer) pipeline_.added.CutNormalized(workspace_.sections);
    for (const Split& section : workspace_.sections.splits()) {
      const std::string_view part = text.substr(section.begin, section.end - section.begin);
      if (section.added_token == kNoToken) {
        ONEDGE_RETURN_IF_ERROR(EncodeSection(part, section.begin == 0));
        if (done_) break;
      } else {
        AddToken(section.added_token, part);
      }
    }
    return OkStatus();
  }

  void AddToken(int32_t id, std::string_view part) {
    const uint32_t length = OffsetConverter(part, unit_).Convert(static_cast<uint32_t>(part.size()));
    Add(id, {units_, units_ + length}, words_++);
    if (token_texts_) token_texts_->emplace_back(part);
    units_ += length;
  }

  Status EncodeSection(std::string_view section, bool starts_text) {
    const Chunker& chunker = pipeline_.chunker;
    // A split that continues from chunk to chunk is read whole.
    const Tokenizer::Pipeline::ReadLimit limit = limit_;
    if (chunker.section_is_one_word()) limit_.tokens = SIZE_MAX;
    const uint32_t words_before = words_;
    if (pipeline_.normalizer && pipeline_.normalizer->ShiftsAlignments(section))
      return EncodeNewChunk(section, {.starts_text = starts_text});
    bool any_words = false;
    for (size_t begin = 0; begin < section.size() && !done_;) {
      if (chunker.Drops(section[begin])) {
        ++begin;
        ++units_;
        continue;
      }
      const size_t end = chunker.End(section, begin);
      const Place place{.starts_text = starts_text && begin == 0,
                        .starts_section = begin == 0,
                        .ends_section = end == section.size()};
      const bool inner = !chunker.reads_place() || (!place.starts_section && !place.ends_section);
      ONEDGE_RETURN_IF_ERROR(EncodeChunk(section.substr(begin, end - begin), place, inner));
      begin = end;
      any_words |= words_ != words_before;
      if (chunker.section_is_one_word()) words_ = words_before;
    }
    limit_ = limit;
    if (chunker.section_is_one_word() && any_words) {
      ++words_;
      done_ = count() >= limit_.tokens;
    }
    return OkStatus();
  }

  Status EncodeChunk(std::string_view chunk, Place place, bool may_be_cached) {
    if (!may_be_cached || chunk.size() > ChunkCache::kMaxBytes) return EncodeNewChunk(chunk, place);
    const ChunkCache::Key key = ChunkCache::KeyOf(chunk, text_end_);
    ChunkCache::Found found;
    if (workspace_.cache.Find(key, found)) {
      if (found.literal && token_texts_) return EncodeNewChunk(chunk, place);
      return AddFound(found), OkStatus();
    }
    const size_t first = count();
    const uint32_t units = units_, words = words_;
    ONEDGE_RETURN_IF_ERROR(EncodeNewChunk(chunk, place));
    if (!cacheable_ || done_ || count() - first > UINT8_MAX || words_ - words > UINT8_MAX) return OkStatus();
    workspace_.chunk_tokens.clear();
    for (size_t i = first; i < count(); ++i) {
      const EncodedToken& token = workspace_.encoded[i];
      workspace_.chunk_tokens.push_back({token.id, static_cast<uint8_t>(token.offset.begin - units),
                                         static_cast<uint8_t>(token.offset.end - units),
                                         static_cast<uint8_t>(static_cast<uint32_t>(token.word_id) - words)});
    }
    workspace_.cache.Insert(key, workspace_.chunk_tokens, words_ - words, units_ - units, literal_);
    return OkStatus();
  }

  Status EncodeNewChunk(std::string_view chunk, Place place) {
    workspace_.text.Assign(chunk, place);
    ONEDGE_RETURN_IF_ERROR(Prepare(/*find_added=*/pipeline_.normalizer != nullptr));
    ONEDGE_RETURN_IF_ERROR(TokenizeSplits(chunk));
    words_ += static_cast<uint32_t>(workspace_.text.splits().size());
    units_ += OffsetConverter(chunk, unit_).Convert(static_cast<uint32_t>(chunk.size()));
    return OkStatus();
  }

  void AddFound(const ChunkCache::Found& found) {
    uint32_t added = found.count;
    // Reading stops at the end of the word that reaches the limit.
    if (limit_.tokens != SIZE_MAX) {
      for (uint32_t i = 1; i < added; ++i) {
        if (count() + i >= limit_.tokens && found.tokens[i].word != found.tokens[i - 1].word) added = i;
      }
    }
    EncodedToken* out = Reserve(added);
    for (uint32_t i = 0; i < added; ++i) {
      const ChunkCache::CachedToken& token = found.tokens[i];
      out[i] = Encoded(token.id, {units_ + token.begin, units_ + token.end}, words_ + token.word);
      if (token_texts_) token_texts_->emplace_back(pipeline_.IdToToken(token.id).value_or(std::string_view()));
    }
    workspace_.encoded_count += added;
    done_ = count() >= limit_.tokens && found.words > 0;
    words_ += found.words;
    units_ += found.units;
  }

  size_t count() const { return workspace_.encoded_count; }
  EncodedToken Encoded(int32_t id, Offset offset, uint32_t word) const {
    return {id, sequence_, offset, static_cast<int32_t>(word), sequence_, 1, 0};
  }
  void Add(int32_t id, Offset offset, uint32_t word) {
    Reserve(1)[0] = Encoded(id, offset, word);
    ++workspace_.encoded_count;
  }
  // Makes room for `more` tokens after the present ones.
  EncodedToken* Reserve(size_t more) {
    std::vector<EncodedToken>& encoded = workspace_.encoded;
    if (encoded.size() < count() + more) encoded.resize(2 * (count() + more) + 64);
    return encoded.data() + count();
  }

  using ReadLimit = Tokenizer::Pipeline::ReadLimit;
  const Tokenizer::Pipeline& pipeline_;
  ReadLimit limit_;
  const OffsetUnit unit_;
  const int8_t sequence_;
  std::vector<std::string>* const token_texts_;
  Workspace& workspace_;
  const char* text_end_ = nullptr;
  uint32_t units_ = 0;     // in the text before the current chunk
  uint32_t words_ = 0;     // splits before the current chunk
  bool cacheable_ = true;  // state of the last chunk
  bool literal_ = false;   // in the last chunk: some token is literal
  bool done_ = false;      // the limit is reached
};

}  // namespace

Result<Encoding> Tokenizer::Pipeline::EncodeText(std::string_view text, int8_t sequence, const EncodeOptions& options,
                                                 ReadLimit limit, Workspace& workspace) const {
  if (text.size() > kMaxTextBytes) {
    return InvalidArgument("text: expected at most ", kMaxTextBytes, " bytes, got ", text.size(),
                           "; encode it in parts");
  }
  Encoding encoding;
  TextEncoder encoder(*this, sequence, options.offset_unit, limit, workspace,
                      WithTokenTexts(options) ? &encoding.token_texts : nullptr);
  std::vector<uint32_t> source;  // the source position of each byte of a repaired text
  if (unicode::IsWellFormed(text)) {
    ONEDGE_RETURN_IF_ERROR(encoder.Encode(text));
  } else {
    const std::string repaired = unicode::Repair(text, source);
    ONEDGE_RETURN_IF_ERROR(encoder.Encode(repaired));
  }
  const auto end = workspace.encoded.begin() + workspace.encoded_count;
  encoding.tokens.reserve(workspace.encoded_count + (post_processor ? post_processor->AddedTokens(true) : 0));
  encoding.tokens.assign(workspace.encoded.begin(), end);
  if (!source.empty() && options.offset_unit == OffsetUnit::kBytes) {
    for (EncodedToken& token : encoding.tokens) token.offset = {source[token.offset.begin], source[token.offset.end]};
  }
  return encoding;
}

}  // namespace onedge::tokenizer
