#!/usr/bin/env python3
"""Tests of the corpus's cleaning and readers, without packages or network. Run: models/house/corpus/corpus_test.py"""
import importlib.machinery
import importlib.util
import pathlib
import struct
import tempfile
import unittest
import zlib

import extract
import prose

ROOT = pathlib.Path(__file__).resolve().parents[3]


def load_script():
    loader = importlib.machinery.SourceFileLoader("house_corpus", str(ROOT / "scripts" / "house-corpus"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("house_corpus", loader))
    loader.exec_module(module)
    return module


house_corpus = load_script()
SENTENCE = "The river rose in the night, and by the morning it had taken the lower gate."


def documents_of(reader, data, suffix=".txt", options=None, beside=()):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"file{suffix}"
        path.write_bytes(data)
        for other_suffix, other in beside:
            path.with_suffix(other_suffix).write_bytes(other)
        return [list(document) for document in reader(path, options or {})]


class ProseTest(unittest.TestCase):

    def test_folds_typographic_marks_and_accents_to_ascii(self):
        self.assertEqual(prose.fold("\u201cCaf\u00e9\u201d \u2014 it\u2019s  so\u2026"), '"Cafe" - it\'s so...')

    def test_folds_dashes_of_typewriters(self):
        self.assertEqual(prose.fold('there it is!--it sounds'), "there it is! - it sounds")
        self.assertEqual(prose.fold('"you\'d never--"'), '"you\'d never-"')

    def test_drops_emphasis_marks_and_spaces_before_marks(self):
        self.assertEqual(prose.fold("my _own_ boat , friend"), "my own boat, friend")

    def test_manual_profile_keeps_sentences(self):
        self.assertTrue(prose.is_prose(SENTENCE, prose.PROFILES["manual"]))

    def test_manual_profile_drops_what_is_no_sentence(self):
        for text in ("The river rose.", SENTENCE[:-1], SENTENCE[:-1] + ":", "the" + SENTENCE[3:],
                     "Set max_wal_size and min_wal_size with ALTER SYSTEM, then call pg_reload_conf() to apply them.",
                     "Der Fluss stieg in der Nacht und am Morgen war das untere Tor schon lange nicht mehr zu sehen."):
            self.assertFalse(prose.is_prose(text, prose.PROFILES["manual"]), text)

    def test_book_profile_keeps_dialogue_and_drops_rules(self):
        self.assertTrue(prose.is_prose('"Oh! no," said she.', prose.PROFILES["book"]))
        self.assertFalse(prose.is_prose("* * * * *", prose.PROFILES["book"]))

    def test_no_profile_keeps_other_scripts(self):
        self.assertFalse(prose.is_prose("\u03b1\u03b2\u03b3 " + SENTENCE, prose.PROFILES["book"]))

    def test_pages_hold_every_paragraph_in_order(self):
        paragraphs = [str(i) * 10 for i in range(7)]
        pages = list(prose.pages(paragraphs, page_chars=25))
        self.assertEqual([len(page) for page in pages], [3, 3, 1])
        self.assertEqual(sum(pages, []), paragraphs)


class ExtractTest(unittest.TestCase):

    def test_text_book_is_cut_between_start_and_end_at_chapters(self):
        text = b"Header\r\n\r\nCHAPTER I\r\n\r\nOne\r\nline.\r\n\r\nTwo.\r\nCHAPTER II\r\nThree.\r\nEnd of it\r\n"
        documents = documents_of(extract.text_book, text, options={
            "start": "^One", "end": "^End of", "chapter": "^CHAPTER [IV]+$"})
        self.assertEqual([[p for p in document if p] for document in documents], [["One line.", "Two."], ["Three."]])

    def test_html_leaves_code_tables_and_headings_out(self):
        page = b"<h1>Title</h1><p>One <i>two</i><pre>code</pre><table><tr><td>x</table><li>Three<script>y</script>"
        (paragraphs,) = documents_of(extract.html_page, page)
        self.assertEqual([" ".join(p.split()) for p in paragraphs if p.strip()], ["One two", "Three"])

    def test_html_keeps_layout_tables_where_told(self):
        (paragraphs,) = documents_of(extract.html_page, b"<table><tr><td>Text</table>", options={"layout_tables": True})
        self.assertEqual([p for p in paragraphs if p], ["Text"])

    def test_wordnet_makes_a_line_of_words_gloss_and_examples(self):
        data = (b"  1 licence text | none\n"
                b'00001740 29 v 02 tan 0 bark_over 0 001 @ 1 v 0000 | make into leather; "tan hides"; "He tans well!"\n'
                b"00001741 18 n 01 Tanner 0 000 | a name\n")
        self.assertEqual(documents_of(extract.wordnet, data),
                         [["tan, bark over: make into leather. Tan hides. He tans well!"]])

    def test_r_strings_reads_a_character_vector(self):
        strings = [b"One", b"line.", b"", b"Two."]
        value = b"X\n" + struct.pack(">iii", 2, 0, 0) + struct.pack(">ii", 16, len(strings))
        value += b"".join(struct.pack(">ii", 9, len(s)) + s for s in strings)
        data = struct.pack(">i", len(value)) + zlib.compress(value)
        self.assertEqual(documents_of(extract.r_strings, data + data), [["One line.", "Two."]] * 2)

    def test_sword_text_drops_notes_and_marks(self):
        book = b'<chapter sID="a"/><div sID="g" type="x-p"/>In the<note n="1">or: a</note> <w>town</w>.<div eID="g"/>'
        packed = zlib.compress(book)
        blocks = struct.pack("<III", 0, len(packed), len(book))
        documents = documents_of(extract.sword_text, packed, ".bzz", beside=[(".bzs", blocks)])
        self.assertEqual([p for document in documents for p in document if p], ["In the town."])

    def test_brl_text_unpacks_codes_and_joins_verses(self):
        text = b"Ge1:1 aaaa\nGe1:2 b\nEx1:1 c\n"
        # The code of "aa" is 263: the decoder meets it before it has it.
        codes = list(text[:6]) + [ord("a"), 263] + list(text[9:])
        bits = sum(code << 9 * i for i, code in enumerate(codes))
        window = bits.to_bytes((9 * len(codes) + 7) // 8, "little")
        start = 0x5C + 8
        header = bytes(0x58) + struct.pack(">iii", 1, start, start + len(window))
        self.assertEqual(documents_of(extract.brl_text, header + window), [["aaaa b"], ["c"]])


class HouseCorpusTest(unittest.TestCase):

    def test_repeated_paragraphs_go_wherever_they_stand(self):
        other = SENTENCE.replace("night", "evening")
        documents = [[SENTENCE, "Oh!"], [SENTENCE.upper(), other, "Oh!"], [other]]
        documents = list(house_corpus.without_repeats(documents, set()))
        self.assertEqual(documents, [[SENTENCE, "Oh!"], [other, "Oh!"]])

    def test_about_one_document_in_a_hundred_is_held_out(self):
        held_out = sum(house_corpus.is_held_out([f"Document {i}"]) for i in range(10000))
        self.assertGreater(held_out, 70)
        self.assertLess(held_out, 130)

    def test_licence_off_the_list_or_unstated_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            unpacked = pathlib.Path(folder)
            (unpacked / "copyright").write_text("Files: *\nLicense: MIT\n")
            source = {"name": "s", "package": "p", "licence": "MIT", "copyright_file": "copyright",
                      "copyright_says": "Files: * License: MIT"}
            house_corpus.check_licence(source, unpacked)
            for change in ({"licence": "GPL-3.0-only"}, {"licence": "MIT OR GFDL-1.3"}, {"copyright_says": "ISC"}):
                with self.assertRaises(SystemExit):
                    house_corpus.check_licence({**source, **change}, unpacked)

    def test_changed_text_is_an_error_until_repinned(self):
        source = {"name": "s", "package": "p"}
        house_corpus.check_pin(source, [[SENTENCE]], "1.0", repin=True)
        house_corpus.check_pin(source, [[SENTENCE]], "1.1", repin=False)
        with self.assertRaises(SystemExit) as caught:
            house_corpus.check_pin(source, [["Other."]], "1.1", repin=False)
        self.assertIn("version 1.0", str(caught.exception))

    def test_manifest_is_pinned_and_allowed(self):
        for source in house_corpus.read_manifest():
            self.assertRegex(source["sha256"], "^[0-9a-f]{64}$")
            self.assertLessEqual(set(source["licence"].split(" OR ")), house_corpus.ALLOWED_LICENCES)
            self.assertIn(source["extractor"], extract.EXTRACTORS)
            self.assertIn(source["profile"], prose.PROFILES)


if __name__ == "__main__":
    unittest.main()
