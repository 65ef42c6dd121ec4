"""Readers of the file formats that text has in Debian packages. Each takes a path and the source's options and yields
documents, each a list of raw paragraphs."""
import gzip
import html.parser
import re
import struct
import zlib


def _wrapped_paragraphs(text):
    """Paragraphs of hard-wrapped plain text: runs of lines between blank ones."""
    return [" ".join(block.split()) for block in re.split(r"\n[ \t]*\n", text)]


def text_book(path, options):
    """A plain-text book."""
    yield from _cut_book(path.read_text(encoding="utf-8"), options)


def _cut_book(text, options):
    """The text from the line that matches `start` to the one that matches `end`, less what matches `drop`, cut into
    chapters at the lines that match `chapter`."""
    text = text.replace("\r\n", "\n")
    start = re.search(options["start"], text, re.MULTILINE) if "start" in options else None
    text = text[start.start():] if start else text
    end = re.search(options["end"], text, re.MULTILINE) if "end" in options else None
    text = text[:end.start()] if end else text
    if "drop" in options:
        text = re.sub(options["drop"], "", text, flags=re.MULTILINE)
    for chapter in re.split(options.get("chapter", r"(?!)"), text, flags=re.MULTILINE):
        yield _wrapped_paragraphs(chapter)


class _Blocks(html.parser.HTMLParser):
    """The text of a page, cut at every block element; code, tables, headings and navigation are left out."""
    _BLOCKS = frozenset("p div li dd dt ul ol dl blockquote section article main body br hr td tr th".split())
    _SKIPPED = frozenset("pre script style table nav header footer head svg button form h1 h2 h3 h4 h5 h6 dt select "
                         "textarea math".split())

    def __init__(self, layout_tables):
        super().__init__(convert_charrefs=True)
        self._skipped = self._SKIPPED - {"table"} if layout_tables else self._SKIPPED
        self.paragraphs, self._text, self._skipping = [], [], []

    def _flush(self):
        self.paragraphs.append("".join(self._text))
        self._text = []

    def handle_starttag(self, tag, attrs):
        if tag in self._skipped:
            self._skipping.append(tag)
        if tag in self._BLOCKS or tag in self._skipped:
            self._flush()

    def handle_startendtag(self, tag, attrs):
        if tag in self._BLOCKS:
            self._flush()

    def handle_endtag(self, tag):
        if tag in self._skipping:
            del self._skipping[len(self._skipping) - 1 - self._skipping[::-1].index(tag):]
        if tag in self._BLOCKS or tag in self._skipped:
            self._flush()

    def handle_data(self, data):
        if not self._skipping:
            self._text.append(data)

    def finish(self):
        self.close()
        self._flush()
        return self.paragraphs


def html_page(path, options):
    """One document for each page; `layout_tables` says that tables hold the text, not data."""
    parser = _Blocks(options.get("layout_tables", False))
    parser.feed(path.read_text(encoding=options.get("encoding", "utf-8"), errors="replace"))
    yield parser.finish()


def wordnet(path, options):
    """A line for each synset of a data file (wndb(5WN)): its words, then the gloss with its examples. Synsets stand in
    the order of their meanings, so that a document is a few neighbours; names (capitals) are left out."""
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("  ") or " | " not in line:
            continue
        fields, gloss = line.split(" | ", 1)
        fields = fields.split(" ")
        count = int(fields[3], 16)
        words = [re.sub(r"\(\w+\)$", "", word).replace("_", " ") for word in fields[4:4 + 2 * count:2]]
        if any(word != word.lower() for word in words) or any(c.isdigit() for c in "".join(words)):
            continue
        examples = re.findall(r'"([^"]+)"', gloss)
        meaning = re.sub(r'\s*;?\s*"[^"]*"(\s*-[^;"]*)?', "", gloss).strip(" ;")
        line = f"{', '.join(words)}: {meaning}."
        for example in examples:
            example = example.strip()
            end = "" if example[-1:] in ".!?" else "."
            line += f" {example[:1].upper()}{example[1:]}{end}"
        lines.append(line)
    for i in range(0, len(lines), 16):
        yield lines[i:i + 16]


def dictd(path, options):
    """A dictionary for dictd: a headword in the first column, its text indented below or after it."""
    text = gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")
    yield from _cut_book(text, options)


def r_strings(path, options):
    """The character vectors of an R lazy-load database: chunks of (size, zlib stream), each an XDR serialization
    (R Internals, 1.8). The strings are the lines of a book."""
    data, at = path.read_bytes(), 0
    while at + 4 < len(data):
        stream = zlib.decompressobj()
        value = stream.decompress(data[at + 4:])
        at = len(data) - len(stream.unused_data)
        yield from _cut_book("\n".join(_r_character_vector(value)), options)


def _r_character_vector(value):
    (version,) = struct.unpack_from(">i", value, 2)
    at = 14
    if version == 3:
        at += 4 + struct.unpack_from(">i", value, at)[0]
    flags, count = struct.unpack_from(">ii", value, at)
    at += 8
    strings = []
    if flags & 0xFF != 16:  # STRSXP
        return strings
    for _ in range(count):
        _, size = struct.unpack_from(">ii", value, at)
        at += 8
        strings.append(value[at:at + max(size, 0)].decode("utf-8", errors="replace"))
        at += max(size, 0)
    return strings


def sword_text(path, options):
    """A Bible module of the SWORD project (zText, blocks by book): .bzs lists (offset, size, unpacked size) of the zlib
    streams in .bzz, each a book in OSIS."""
    blocks, data = path.with_suffix(".bzs").read_bytes(), path.read_bytes()
    for offset, size, _ in struct.iter_unpack("<III", blocks):
        book = zlib.decompress(data[offset:offset + size]).decode("utf-8")
        book = re.sub(r"<(note|title|rdg)\b.*?</\1>", " ", book, flags=re.DOTALL)
        book = re.sub(r"<milestone[^>]*/>|</?(?:w|q|seg|hi|transChange|divineName)\b[^>]*>", "", book)
        for chapter in re.split(r"<chapter[^>]*>", book):
            chapter = re.sub(r"<(?:/?p|div|lg|/?l|lb)\b[^>]*(?:sID|eID|type=.x-p)[^>]*>|<p>|</p>", "\n\n", chapter)
            chapter = re.sub(r"<[^>]*>", " ", chapter)
            yield _wrapped_paragraphs(re.sub(r"[ \t]+([\u2019\u201d])", r"\1", chapter))


def brl_text(path, options):
    """The Bible Retrieval System's text (EC02): a big-endian table of windows, each the codes of compress(1) (LZW,
    block mode, at most 16 bits) without its header."""
    data = path.read_bytes()
    (count,) = struct.unpack_from(">i", data, 0x58)
    offsets = struct.unpack_from(f">{count + 1}i", data, 0x5C)
    text = b"".join(_unpack_lzw(data[start:end]) for start, end in zip(offsets, offsets[1:]))
    chapters = {}
    for chapter, verse in re.findall(r"^(\w+):\d+ (.*)$", text.decode("ascii", errors="replace"), re.MULTILINE):
        chapters.setdefault(chapter, []).append(verse)
    for verses in chapters.values():  # the text does not mark paragraphs: six verses make one
        yield [" ".join(verses[i:i + 6]) for i in range(0, len(verses), 6)]


def _unpack_lzw(codes):
    clear, first_free = 256, 257
    strings = [bytes([i]) for i in range(256)] + [b""]
    width, at, previous, out = 9, 0, None, []
    group_start = 0  # codes come in groups of 8, padded when the width changes
    bits = len(codes) * 8

    def align(position):
        group = width * 8
        return group_start + -(-(position - group_start) // group) * group

    while at + width <= bits:
        byte = at >> 3
        code = int.from_bytes(codes[byte:byte + 4], "little") >> (at & 7) & (1 << width) - 1
        at += width
        if code == clear:
            group_start = at = align(at)
            del strings[first_free:]
            width, previous = 9, None
            continue
        entry = strings[code] if code < len(strings) else previous + previous[:1]
        out.append(entry)
        if previous is not None and len(strings) < 1 << 16:
            strings.append(previous + entry[:1])
            if len(strings) == (1 << width) and width < 16:
                group_start = at = align(at)
                width += 1
        previous = entry
    return b"".join(out)


EXTRACTORS = {
    "text": text_book,
    "html": html_page,
    "wordnet": wordnet,
    "dictd": dictd,
    "r-strings": r_strings,
    "sword": sword_text,
    "brl": brl_text,
}
