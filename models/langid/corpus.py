#!/usr/bin/python3
"""Reads prose in many languages out of Debian's documentation and translation packages.

    corpus.py fetch DIR           downloads the packages named in packages.txt with apt and unpacks each into DIR/<package>/
    corpus.py build DIR OUT.tsv   extracts, cleans, splits and de-duplicates: lines of split, language, family, text

Markup, code, option names, paths and format specifiers are stripped, so that what is left is language. A paragraph's split
(train, dev, test) is decided by its *document* (the man page, help page or message domain; the same for all its translations), so
no held-out text is a neighbour, or a translation, of a training text. The families in OUT_OF_DOMAIN are held out entirely.
"""
import bz2
import collections
import gzip
import hashlib
import html
import math
import os
import re
import struct
import subprocess
import sys
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
DESCRIPTIONS = "cs da de es fi fr hu ja ko nl pl pt pt_BR ru sk sr sv uk zh_CN zh_TW".split()

# ISO 639-1 label -> Unicode script name prefixes of its letters.
LATIN, CYRILLIC = ("LATIN",), ("CYRILLIC",)
LANGUAGES = {
    **{code: LATIN for code in "ca cs da de en es et fi fr hr hu id it lt lv nl no pl pt ro sk sl sv tr vi".split()},
    **{code: CYRILLIC for code in "bg ru sr uk".split()},
    "ar": ("ARABIC",), "fa": ("ARABIC",), "he": ("HEBREW",), "el": ("GREEK",), "hi": ("DEVANAGARI",), "bn": ("BENGALI",),
    "ta": ("TAMIL",), "th": ("THAI",), "ka": ("GEORGIAN",), "ko": ("HANGUL", "CJK"), "ja": ("CJK", "HIRAGANA", "KATAKANA"),
    "zh": ("CJK",),
}
ALIASES = {"nb": "no", "nb_no": "no", "c": "en", "en_gb": "en", "en_us": "en", "pt_br": "pt", "pt_pt": "pt", "zh_cn": "zh", "zh_tw": "zh",
           "zh_hk": "zh", "sr_rs": "sr", "he_il": "he", "hu_hu": "hu", "cs_cz": "cs", "da_dk": "da", "de_de": "de", "el_gr": "el",
           "es_es": "es", "fa_ir": "fa", "fr_fr": "fr", "hr_hr": "hr", "id_id": "id", "it_it": "it", "ja_jp": "ja", "ko_kr": "ko",
           "nl_nl": "nl", "pl_pl": "pl", "ro_ro": "ro", "ru_ru": "ru", "sv_se": "sv", "tr_tr": "tr", "uk_ua": "uk", "vi_vn": "vi",
           "ar_ma": "ar", "bg_bg": "bg", "sk_sk": "sk"}
OUT_OF_DOMAIN = ("fortunes", "widelands")
# Characters kept for each language and family, so that no family dominates. Dense scripts get fewer for the same number
# of words.
FAMILY_LIMIT = {"wesnoth": 1_500_000, "fortunes": 200_000, "widelands": 200_000}
DEFAULT_LIMIT = 800_000
DENSE = {"ja": 0.5, "zh": 0.4, "ko": 0.6}


def language_of(code):
    code = code.lower().replace("-", "_")
    code = ALIASES.get(code, code)
    return code if code in LANGUAGES else None


# Fetch.

def fetch(root):
    with open(os.path.join(HERE, "packages.txt"), encoding="utf-8") as f:
        packages = [line.split("#")[0].strip() for line in f if line.split("#")[0].strip()]
    os.makedirs(os.path.join(root, "debs"), exist_ok=True)
    debs = os.path.join(root, "debs")
    subprocess.run(["apt-get", "-q", "download"] + packages, cwd=debs, check=True)
    for deb in sorted(os.listdir(debs)):
        if deb.endswith(".deb"):
            target = os.path.join(root, deb.split("_")[0])
            if not os.path.isdir(target):
                subprocess.run(["dpkg-deb", "-x", os.path.join(debs, deb), target], check=True)
    target = os.path.join(root, "descriptions")
    os.makedirs(target, exist_ok=True)
    indices = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)dists/$(RELEASE)/main/i18n", "Created-By: Packages",
                              "Component: main"], check=True, capture_output=True, text=True).stdout.split()[0]
    for code in DESCRIPTIONS:
        name = f"Translation-{code}.bz2"
        if not os.path.exists(os.path.join(target, name)):
            subprocess.run(["/usr/lib/apt/apt-helper", "download-file", f"{indices}/{name}", os.path.join(target, name)], check=True)


# Readers: each yields paragraphs.

def read_bytes(path):
    opener = gzip.open if path.endswith(".gz") else bz2.open if path.endswith(".bz2") else open
    with opener(path, "rb") as f:
        return f.read()


def read_text(path):
    data = read_bytes(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return ""


SKIPPED = re.compile(r"<(script|style|pre|code|screen|programlisting|synopsis|cmdsynopsis|tt|kbd|samp|head|nav|footer|info|"
                     r"literallayout|svg|math|credit|copyright|license)\b[^>]*>.*?</\1\s*>|<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^\[>]*(\[.*?\])?\s*>",
                     re.S | re.I)
INLINE = re.compile(r"</?(a|b|i|em|strong|span|u|font|acronym|emphasis|gui|guilabel|guibutton|guimenu|guimenuitem|link|ulink|xref|app|"
                    r"application|key|keycap|file|filename|cmd|sys|var|term|q|quote|guiseq|menuchoice|indexterm|input|output|sub|sup|"
                    r"dfn|cite|abbr|img|productname|package|systemitem|firstterm|br)\b[^>]*>", re.I)


def read_markup(path):
    text = SKIPPED.sub(" ", read_text(path))
    text = re.sub(r"\s+", " ", text)
    text = INLINE.sub("", text)
    for paragraph in re.split(r"<[^>]*>", text):
        yield html.unescape(paragraph)


def read_man(path):
    text = read_text(path)
    text = re.sub(r"^\.(nf|EX)\b.*?^\.(fi|EE)\b.*?$", "\n.P\n", text, flags=re.S | re.M)
    paragraph, skip_next = [], False
    for line in text.split("\n"):
        if line.startswith((".", "'")):
            macro = line[1:].split()[0] if line[1:].split() else ""
            if macro in ("I", "B", "BR", "IR", "RI", "RB", "IB", "BI", "SM"):
                continue
            yield " ".join(paragraph)
            paragraph, skip_next = [], macro == "TP"
            continue
        if skip_next:
            skip_next = False
            continue
        paragraph.append(re.sub(r"\\f[BI].*?\\f[PR1]|\\f.|\\[&,/%|^]|\\s[+-]?\d|\\\((..)|\\\[[^]]*\]", "", line).replace("\\ ", " ").replace("\\-", "-"))
    yield " ".join(paragraph)


def read_messages(path, source_language=False):
    """Translations of a compiled message catalogue (GNU gettext .mo); with source_language, the originals instead."""
    data = read_bytes(path)
    if len(data) < 20 or data[:4] not in (b"\xde\x12\x04\x95", b"\x95\x04\x12\xde"):
        return
    order = "<" if data[:4] == b"\xde\x12\x04\x95" else ">"
    count, originals, translations = struct.unpack(order + "3I", data[8:20])
    for i in range(count):
        length, start = struct.unpack_from(order + "2I", data, originals + 8 * i)
        source = data[start:start + length].split(b"\x04")[-1].split(b"\0")[0]
        length, start = struct.unpack_from(order + "2I", data, translations + 8 * i)
        target = data[start:start + length].split(b"\0")[0]
        if not source or source == target:
            continue
        try:
            message = (source if source_language else target).decode("utf-8")
        except UnicodeDecodeError:
            continue
        message = re.sub(r"\([_&~]?[A-Za-z]\)", "", message)
        message = re.sub(r"(?<!\w)[_&~](?=\w)|(?<=\w)[_&~](?=\w)", "", message)
        for paragraph in re.split(r"\n\s*\n|<br\s*/?>|</?p>|</?para>", message):
            yield html.unescape(re.sub(r"<[^>]*>", " ", paragraph))


def read_descriptions(path):
    """(package, paragraph) of a Translation-xx index."""
    for entry in read_text(path).split("\n\n"):
        package = re.match(r"Package: (\S+)", entry)
        description = re.search(r"^Description-[A-Za-z_]+: (.*(?:\n .*)*)", entry, re.M)
        if package and description:
            for paragraph in re.split(r"\n \.\n", description.group(1)):
                if not re.search(r"^  ", paragraph, re.M):     # a verbatim list
                    yield package.group(1), " ".join(paragraph.split())


def read_fortunes(path):
    for saying in re.split(r"^%.*$", re.sub(r"\x1b\[[\d;]*m", "", read_text(path)), flags=re.M):
        yield " ".join(re.sub(r"^\s*(--|—|~).*$", "", saying, flags=re.M).split())


# Which file is what.

def documents(root):
    """Yields (language, family, document, reader) for every file of use. document is the same for all translations."""
    for package in sorted(os.listdir(root)):
        top = os.path.join(root, package)
        if package in ("debs",) or not os.path.isdir(top):
            continue
        for folder, folders, files in os.walk(top):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)
                entry = classify(package, os.path.relpath(path, top), path)
                if entry and os.path.isfile(path):          # some manual pages are links to packages that were not unpacked
                    yield entry


def classify(package, relative, path):
    if package == "descriptions":
        code = language_of(re.sub(r"Translation-|\.bz2", "", relative))
        return code and (code, "descriptions", None, lambda: read_descriptions(path))
    match = re.search(r"([^/]+)/LC_MESSAGES/([^/]+)\.mo$", relative)
    if match:
        family = "wesnoth" if package.startswith("wesnoth") else "widelands" if package.startswith("widelands") else \
            "messages-office" if package.startswith("libreoffice") else "messages"
        domain = f"{family}/{match.group(2)}"
        if match.group(1) == "de":           # the originals are English; one catalogue of each domain is enough
            return [("de", family, domain, lambda: read_messages(path)), ("en", family, domain, lambda: read_messages(path, True))]
        code = language_of(match.group(1)) if match.group(1) != "en_GB" else None
        return code and (code, family, domain, lambda: read_messages(path))
    match = re.search(r"usr/share/man/([^/.]+)(?:\.[^/]*)?/man./([^/]+)\.gz$", relative)
    if match:
        code = language_of(match.group(1))
        return code and (code, "man", "man/" + match.group(2), lambda: read_man(path))
    match = re.search(r"usr/share/help/([^/]+)/(.+\.(?:page|xml|docbook))$", relative)
    if match:
        code = language_of(match.group(1))
        return code and (code, "help-gnome", "help/" + match.group(2), lambda: read_markup(path))
    match = re.search(r"usr/share/libreoffice/help/([^/]+)/(text/.+\.html)$", relative)
    if match:
        code = language_of(match.group(1))
        return code and (code, "help-office", "office/" + match.group(2), lambda: read_markup(path))
    match = re.search(r"usr/share/gimp/2.0/help/([^/]+)/(.+\.html)$", relative)
    if match:
        code = language_of(match.group(1))
        return code and (code, "help-gimp", "gimp/" + match.group(2), lambda: read_markup(path))
    match = re.search(r"usr/share/doc/HTML/([^/]+)/(.+\.docbook)$", relative)
    if match:
        code = language_of(match.group(1))
        return code and (code, "manuals", "kde/" + match.group(2), lambda: read_markup(path))
    if package.startswith("fortunes"):
        if "/games/fortunes" in relative and not re.search(r"\.(dat|u8)$|bofh|hints|/off/", relative):
            code = re.sub(r"fortunes-?(min|mario)?", "", package) or "en"
            code = "pt" if code == "br" else language_of(code)         # fortunes-br is Brazilian, not Breton
            return code and (code, "fortunes", "fortunes/" + relative, lambda: read_fortunes(path))
        return None
    if relative.endswith((".html", ".html.gz")) and "_sources" not in relative:
        for pattern in (r"\.([a-z]{2}(?:-[a-z]{2})?)\.html", r"/html/([a-z]{2}(?:-[A-Z]{2})?)/", r"developers-reference/([a-z]{2})/",
                        r"debian-edu-doc-(?:legacy-)?([a-z]{2}(?:-[a-z]{2})?)/"):
            match = re.search(pattern, relative)
            if match and language_of(match.group(1)):
                document = package.split("-")[0] + "/" + re.sub(r"\.[a-z-]+\.html|\.html", "", os.path.basename(relative))
                return language_of(match.group(1)), "manuals", document, lambda: read_markup(path)
    return None


# Cleaning.

NOISE = re.compile(r"(?:https?|ftp|file|mailto|git|irc)://?\S*|www\.\S+|\S+@\S+|%\d*\$?[-+0#]*\d*\.?\d*(?:l|ll|z|h)*[a-zA-Z]|[$]\{?\w+\}?|\{[^}]*\}|"
                   r"\S*[\\=<>|{}^#*+~_/@`]\S*|(?<!\w)--?[A-Za-z]\S*|(?<!\S)\S+\(\d\w?\)|(?<!\w)[\w.-]+\.(?:conf|txt|html|org|com|net|xml|py|sh|so|gz|deb)\b")
CAMEL = re.compile(r"(?<!\w)\w*[a-z]+[A-Z]\w*")
ENGLISH = set("the and this that with from which you your these used using when not should any are can be will is of it was have".split())


def clean(paragraph):
    text = unicodedata.normalize("NFC", paragraph)
    text = NOISE.sub(" ", text)
    text = CAMEL.sub(" ", text)
    text = re.sub(r"\(\s*[,;]?\s*\)|\[\s*\]|[“”«»\"'‘’„]\s*[“”«»\"'‘’“]", " ", text)
    text = re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"\s+", " ", text))
    return text.strip(" -–—•·,;:")


SCRIPT_OF = {}


def script_of(char):
    if char not in SCRIPT_OF:
        SCRIPT_OF[char] = unicodedata.name(char, "?").split(" ")[0].split("-")[0] if char.isalpha() else ""
    return SCRIPT_OF[char]


def acceptable(text, code):
    """Is it prose, in the language's script, and not an untranslated English leftover?"""
    if not 3 <= len(text) <= 3000:
        return False
    scripts = collections.Counter(script_of(c) for c in text)
    letters = sum(n for s, n in scripts.items() if s)
    visible = sum(1 for c in text if not c.isspace() and not unicodedata.category(c).startswith("M"))
    if letters < 3 or letters < 0.7 * visible:
        return False
    if sum(scripts[s] for s in LANGUAGES[code]) < (0.97 if LANGUAGES[code] == LATIN else 0.75) * letters:
        return False
    if code == "ja" and scripts["HIRAGANA"] + scripts["KATAKANA"] < 0.1 * letters:
        return False
    if code == "ko" and scripts["HANGUL"] < 0.6 * letters:
        return False
    if code == "uk" and re.search("[ыэъё]", text) or code == "ru" and re.search("[іїєґ]", text) or code == "bg" and re.search("[ыэёіїє]", text):
        return False
    if LANGUAGES[code] == LATIN and code != "en":
        words = re.findall(r"[a-z]+", text.lower())
        if sum(word in ENGLISH for word in words) > 0.15 * len(words):
            return False
    return True


def split_of(document):
    bucket = int(hashlib.sha256(document.encode()).hexdigest()[:8], 16) % 100
    return "test" if bucket < 9 else "dev" if bucket < 12 else "train"


def fingerprint(text):
    return hash("".join(c for c in text.lower() if c.isalpha()))


def shingles(text, code):
    """Hashes of overlapping 6-word runs (16 characters where words are not spaced): what near-duplicates share."""
    units, size = (list(text), 16) if code in ("ja", "zh", "th") else (re.findall(r"\w+", text.lower()), 6)
    return {hash(tuple(units[i:i + size])) for i in range(max(1, len(units) - size + 1))}


def build(root, out):
    groups = collections.defaultdict(list)
    for entry in documents(root):
        for code, family, document, reader in (entry if isinstance(entry, list) else [entry]):
            groups[code, family].append((hashlib.sha256((document or "").encode()).hexdigest(), document, reader))
    rows, seen = [], set()
    for (code, family), entries in sorted(groups.items()):
        limit = FAMILY_LIMIT.get(family, DEFAULT_LIMIT) * DENSE.get(code, 1)
        taken = 0
        for _, document, reader in sorted(entries, key=lambda e: e[:2]):
            if taken > limit:
                break
            for item in reader():
                if document is None:                       # package descriptions: a document is a package
                    package, paragraph = item
                    key = "package/" + re.sub(r"^lib|[\d.].*$|-.*$", "", package)
                    if taken > limit or int(hashlib.sha256(package.encode()).hexdigest()[:4], 16) % 3:
                        continue
                else:
                    key, paragraph = document, item
                if len(paragraph) > 20000:
                    continue
                text = clean(paragraph)
                if not acceptable(text, code):
                    continue
                mark = (code, fingerprint(text))
                if mark in seen:
                    continue
                seen.add(mark)
                taken += len(text)
                rows.append(("ood" if family in OUT_OF_DOMAIN else split_of(key), code, family, text))
        print(f"{code} {family}: {len(entries)} documents, {taken} characters", file=sys.stderr, flush=True)
    rows = drop_english(drop_shared(rows))
    with open(out, "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")
    print(collections.Counter(row[0] for row in rows), file=sys.stderr)


def drop_english(rows, rounds=3):
    """Drops untranslated paragraphs: those that the English part has word for word, or whose words are on average twice as likely
    in English as in the language that the file claims. The likelihoods are unigrams of this corpus; each round counts anew, as the
    leftovers themselves blur them."""
    words_of = re.compile(r"[^\W\d_]+").findall
    latin = [row for row in rows if LANGUAGES[row[1]] == LATIN]
    words = [words_of(row[3].lower()) for row in latin]
    english = {fingerprint(row[3]) for row in latin if row[1] == "en"}
    kept = [row[1] == "en" or fingerprint(row[3]) not in english for row in latin]
    for _ in range(rounds):
        counts = collections.defaultdict(collections.Counter)
        for row, own, keep in zip(latin, words, kept):
            if keep:
                counts[row[1]].update(own)
        totals = {code: sum(c.values()) for code, c in counts.items()}
        en = counts["en"]
        for i, (row, own) in enumerate(zip(latin, words)):
            if kept[i] and row[1] != "en" and own:
                theirs, shift = counts[row[1]], math.log(totals[row[1]] / totals["en"])
                kept[i] = sum(math.log((en[w] + 0.5) / (theirs[w] + 0.5)) for w in own) / len(own) + shift <= math.log(2)
    kept = iter(kept)
    return [row for row in rows if LANGUAGES[row[1]] != LATIN or next(kept)]


def drop_shared(rows):
    """Drops a held-out paragraph if half or more of its shingles also occur in training paragraphs."""
    held = collections.defaultdict(set)
    for split, code, _, text in rows:
        if split != "train":
            held[code] |= shingles(text, code)
    shared = collections.defaultdict(set)
    for split, code, _, text in rows:
        if split == "train":
            shared[code] |= shingles(text, code) & held[code]
    kept = []
    for row in rows:
        if row[0] != "train":
            marks = shingles(row[3], row[1])
            if 2 * len(marks & shared[row[1]]) >= len(marks):
                continue
        kept.append(row)
    return kept


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "fetch":
        fetch(sys.argv[2])
    elif len(sys.argv) == 4 and sys.argv[1] == "build":
        build(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
