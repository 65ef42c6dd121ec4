"""What counts as plain English prose: folding to ASCII, and the tests that a paragraph passes or fails.

A profile says how strict: "book" keeps dialogue and short lines, "manual" keeps whole sentences and drops what talks in
identifiers, options and numbers, "gloss" is for one-line definitions."""
import re
import unicodedata
from typing import NamedTuple

_FOLDED = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u00b4": "'", "`": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "--", "\u2015": "--", "\u2212": "-",
    "\u2026": "...", "\u00a0": " ", "\u00ad": None, "\u200b": None, "\ufeff": None,
    "\u00e6": "ae", "\u00c6": "Ae", "\u0153": "oe", "\u0152": "Oe", "\u00df": "ss",
})  # yapf: disable
_STOP_WORDS = frozenset("""
    a an and are as at be been but by can do for from had has have he her him his i if in into is it its may my no
    not of on one or our she should so some such than that the their them then there these they this to up us was we
    were what when which who will with would you your
    """.split())
_PLAIN_WORD = re.compile(r"[A-Z]?[a-z]+(?:['-][A-Za-z]?[a-z]*)*|[AI]|[A-Z]{2,5}")
_SENTENCE_END = re.compile(r"[.!?][\"')]*$")
_SLURS = re.compile(r"nigger|\bdarkies|\bsquaw\b|\bnegro", re.IGNORECASE)


class Profile(NamedTuple):
    min_chars: int
    letter_share: float  # letters and spaces among all characters
    plain_word_share: float
    stop_word_share: float
    whole_sentences: bool


PROFILES = {
    "book": Profile(2, 0.5, 0.0, 0.0, False),
    "manual": Profile(60, 0.93, 0.95, 0.25, True),
    "gloss": Profile(20, 0.88, 0.8, 0.0, False),
}


def fold(text):
    """One line of ASCII: typographic marks become typewriter ones, accents go, white space becomes single spaces."""
    text = unicodedata.normalize("NFKD", text.translate(_FOLDED))
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"(?<=[\w!?.,;:'\"])\s*--+\s*(?=[\"']?\w)", " - ", text)
    text = re.sub(r"--+", "-", text)
    text = re.sub(r"\b_|_\b|(?<=\W)_(?=\W|$)", "", text)  # _emphasis_ of plain-text books
    return re.sub(r" ([,.;:!?])(?= |$)", r"\1", " ".join(text.split()))


def is_prose(text, profile):
    if not text.isascii() or len(text) < profile.min_chars or _SLURS.search(text):
        return False
    if sum(c.isalpha() or c == " " for c in text) < profile.letter_share * len(text):
        return False
    if not profile.whole_sentences and not profile.plain_word_share:
        return True
    words = [word.strip(".,;:!?\"'()[]") for word in text.split()]
    words = [word for word in words if word not in ("", "-")]
    plain = sum(_PLAIN_WORD.fullmatch(word) is not None for word in words)
    if not words or plain < profile.plain_word_share * len(words):
        return False
    if sum(word.lower() in _STOP_WORDS for word in words) < profile.stop_word_share * len(words):
        return False
    return not profile.whole_sentences or (_SENTENCE_END.search(text) is not None and
                                           (text[0].isupper() or text[0] in "\"'("))


def pages(paragraphs, page_chars=6000):
    """The paragraphs in order, cut into documents of about page_chars."""
    page, size = [], 0
    for paragraph in paragraphs:
        page.append(paragraph)
        size += len(paragraph)
        if size >= page_chars:
            yield page
            page, size = [], 0
    if page:
        yield page


def clean(documents, profile, min_document_chars=200):
    """Documents, each a list of paragraphs, folded, with only the paragraphs that are prose, and cut into pages."""
    for document in documents:
        kept = [text for text in map(fold, document) if is_prose(text, profile)]
        yield from (page for page in pages(kept) if sum(map(len, page)) >= min_document_chars)
