"""BERT's tokenizer in Python: normalizer, pre-tokenizer, WordPiece, its training, and the tokenizer.json that describes it.

encode() gives the ids that Hugging Face `tokenizers` gives for the written tokenizer.json (check_tokenizer.mjs compares them):
NFC (decomposed text is common, and would be unknown), BertNormalizer {clean_text, handle_chinese_chars, lowercase; strip_accents
false}, BertPreTokenizer, WordPiece, [CLS] A [SEP].
"""
import collections
import heapq
import json
import unicodedata

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
PAD, UNK, CLS, SEP = range(4)
MAX_WORD = 100      # characters; a longer word is [UNK]
MAX_LENGTH = 128    # ids, [CLS] and [SEP] included

CJK = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF),
       (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


def _map_char(char):
    """What one character becomes: '' (dropped), itself, lower case, or with spaces around it where it stands alone."""
    point = ord(char)
    if char in "\t\n\r" or char.isspace() and char not in "\x1c\x1d\x1e\x1f":
        return " "
    if point in (0, 0xFFFD) or unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs"):
        return ""
    if any(low <= point <= high for low, high in CJK):
        return f" {char} "
    lower = "".join(c.lower() for c in char)
    category = unicodedata.category(char)
    if 33 <= point < 127 and not char.isalnum() or category.startswith("P"):
        return f" {lower} "
    return lower


class CharMap(dict):
    def __missing__(self, point):
        self[point] = _map_char(chr(point))
        return self[point]


_CHARS = CharMap()


def words_of(text):
    """Normalizer and pre-tokenizer in one: lower-cased words, with punctuation and CJK characters apart."""
    return unicodedata.normalize("NFC", text).translate(_CHARS).split(" ")


class WordPiece:
    def __init__(self, pieces):
        self.ids = {piece: i for i, piece in enumerate(pieces)}
        self.cache = {"": []}

    def encode_word(self, word):
        found = self.cache.get(word)
        if found is None:
            found = self.cache[word] = self._split(word)
        return found

    def _split(self, word):
        if len(word) > MAX_WORD:
            return [UNK]
        ids, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = self.ids.get(("##" if start else "") + word[start:end])
                if piece is not None:
                    break
            else:
                return [UNK]
            ids.append(piece)
            start = end
        return ids

    def encode(self, text, max_length=MAX_LENGTH):
        ids = [CLS]
        for word in words_of(text):
            ids += self.encode_word(word)
            if len(ids) >= max_length:
                break
        return ids[:max_length - 1] + [SEP]


def alphabet_of(counts):
    """Pieces of one character: letters and marks from 2 in 100,000, at the start and within a word; ideographs, which stand alone,
    from 10 in 100,000; Hangul syllables, each at its own place, from 5 in 100,000."""
    chars, places = collections.Counter(), collections.Counter()
    for word, n in counts.items():
        for i, char in enumerate(word):
            chars[char] += n
            places[("##" if i else "") + char] += n
    total = sum(chars.values())
    large = {p for p, n in places.items() if n >= 1e-4 * total and unicodedata.name(p[-1], "").startswith("CJK")}
    large |= {p for p, n in places.items() if n >= 5e-5 * total and unicodedata.name(p[-1], "").startswith("HANGUL")}
    small = {c for c, n in chars.items() if n >= 2e-5 * total and unicodedata.category(c)[0] in "LM"
             and not unicodedata.name(c, "CJK").startswith(("CJK", "HANGUL"))}
    return large | small | {"##" + c for c in small}


def train(counts_per_language, size, max_words=9000):
    """Learns pieces by merging the most frequent pairs (as Hugging Face's WordPieceTrainer does), every language weighing the same.

    counts_per_language: {language: Counter of words}. Ties are ordered by the pieces themselves, so that the result is deterministic.
    """
    weights, alphabet = collections.Counter(), set()
    for counts in counts_per_language.values():
        counts = collections.Counter({w: n for w, n in counts.items() if len(w) <= 30})
        alphabet |= alphabet_of(counts)
        common = counts.most_common(max_words)
        scale = 1e7 / sum(n * len(w) for w, n in common)
        for word, n in common:
            weights[word] += n * scale
    alphabet |= {prefix + c for prefix in ("", "##") for c in "abcdefghijklmnopqrstuvwxyz0123456789"}
    alphabet |= {c for c in map(chr, range(33, 127)) if not c.isalnum()} | set("«»“”„‘’…–—¿¡。、「」，：！？（）·।،؟؛")
    words, pair_weight, where = [], collections.Counter(), collections.defaultdict(set)
    for word, weight in sorted(weights.items()):
        symbols = [("##" if i else "") + c for i, c in enumerate(word)]
        if len(symbols) > 1 and all(s in alphabet for s in symbols):
            words.append((symbols, weight))
            for pair in zip(symbols, symbols[1:]):
                pair_weight[pair] += weight
                where[pair].add(len(words) - 1)
    pieces = SPECIALS + sorted(alphabet)
    known = set(pieces)
    queue = [(-w, pair) for pair, w in pair_weight.items()]
    heapq.heapify(queue)
    while len(pieces) < size and queue:
        weight, pair = heapq.heappop(queue)
        if abs(pair_weight[pair] + weight) > 1e-6:
            if pair_weight[pair] > 1e-6:
                heapq.heappush(queue, (-pair_weight[pair], pair))
            continue
        merged = pair[0] + pair[1][2:]
        if merged not in known:
            known.add(merged)
            pieces.append(merged)
        touched = set()
        for index in sorted(where.pop(pair)):
            symbols, weight = words[index]
            for old in zip(symbols, symbols[1:]):
                pair_weight[old] -= weight
                touched.add(old)
            i, fused = 0, []
            while i < len(symbols):
                if symbols[i:i + 2] == list(pair):
                    fused.append(merged)
                    i += 2
                else:
                    fused.append(symbols[i])
                    i += 1
            symbols[:] = fused
            for new in zip(symbols, symbols[1:]):
                pair_weight[new] += weight
                where[new].add(index)
                touched.add(new)
        for changed in touched:
            if pair_weight[changed] > 1e-6 and changed != pair:
                heapq.heappush(queue, (-pair_weight[changed], changed))
    return pieces


def tokenizer_json(pieces):
    special = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
               for i, t in enumerate(SPECIALS)]
    single = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
              {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]
    pair = single + [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
    return json.dumps({
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": MAX_LENGTH, "strategy": "LongestFirst", "stride": 0},
        "padding": None,
        "added_tokens": special,
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": False, "lowercase": True}]},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", "single": single, "pair": pair,
                           "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in (("[CLS]", CLS), ("[SEP]", SEP))}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": MAX_WORD,
                  "vocab": {piece: i for i, piece in enumerate(pieces)}},
    }, ensure_ascii=False, separators=(",", ":")) + "\n"
