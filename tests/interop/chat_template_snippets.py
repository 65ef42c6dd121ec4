"""Small templates that exercise one rule of Jinja or Python each, and a generator of random expressions."""
import random

# Names that every snippet can use.
CONTEXT = {
    "n": 7, "m": -3, "zero": 0, "big": 2**53 + 1, "f": 2.5, "g": -0.125, "yes": True, "no": False, "nil": None,
    "s": "Hello World", "t": "  padded\t\n", "e": "", "u": "Grüße, Ωmega ПРИВЕТ 漢字 🙂!", "q": "it's \"quoted\"\\\n",
    "xs": [3, 1, 2], "ys": ["b", "A", "c", "a"], "es": [], "nested": [[1, [2, 3]], {"k": [None, True]}],
    "d": {"b": 2, "a": 1, "C": 3}, "items": {"keys": "own", "values": 1, "x": {"y": {"z": "deep"}}},
    "users": [{"name": "Ann", "age": 30, "tags": ["x"]}, {"name": "bob", "age": 25, "tags": []},
              {"name": "Cid", "age": 30}],
    "a": 1, "b": "B", "html": "<b class='x'>&\"</b>", "x": "outer", "numbers": [0, 1.5, -2, 10, 3],
    "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U1"},
                 {"role": "assistant", "content": "A1"}, {"role": "user", "content": "U2"}],
}

LITERALS = r"""
{{ 1 }}|{{ -1 }}|{{ 1_000 }}|{{ 0x1F }}|{{ 0o17 }}|{{ 0b101 }}|{{ 00 }}|{{ 1.5 }}|{{ 1e3 }}|{{ 1.0e-7 }}|{{ 1e16 }}|{{ 123456789012345678.0 }}
{{ 0.1 + 0.2 }}|{{ 1e22 }}|{{ 5e-324 }}|{{ 1.7976931348623157e308 }}|{{ 100000000000000000.0 }}|{{ 0.0001 }}|{{ 0.00001 }}
{{ true }}|{{ True }}|{{ none }}|{{ None }}|{{ false }}|{{ 'a' "b" 'c' }}|{{ 'it\'s' }}|{{ "tab\tnl\n\x41\u00e9\U0001F600\101" }}|{{ 'a\qb' }}|{{ 'a\éb' }}|{{ 'a\漢b' }}|{{ 'a\🙂b' }}
{{ [] }}|{{ [1] }}|{{ [1,] }}|{{ () }}|{{ (1,) }}|{{ 1, 2 }}|{{ (1) }}|{{ {} }}|{{ {'a': 1, 'b': [1, {'c': none}]} }}|{{ {1: 'x', 1.0: 'y', true: 'z'} }}|{{ {(1, 2): 3}[1, 2] }}
{{ ['\'', '"', '\'"', '\n\t\r\\', '\x00\x7f\u200b\u00ad é'] }}|{{ [1.0, 1e100, -0.0] }}|{{ {'a': true}.a }}|{{ 1.0 }}
{{ -0.0 }}|{{ 3.14159265358979 }}|{{ 1e15 }}|{{ 123456.789e3 }}|{{ 'x'.upper() }}|{{ "a" if 1 else "b" }}|{{ ({'a':{'b':[10,20]}}).a.b.1 }}
""".strip()

OPERATORS = r"""
{{ 1 + 2 * 3 }}|{{ (1 + 2) * 3 }}|{{ 7 // 2 }}|{{ -7 // 2 }}|{{ 7 % -3 }}|{{ -7 % 3 }}|{{ 7 / 2 }}|{{ 6 / 2 }}|{{ 2 ** 10 }}|{{ 2 ** -1 }}|{{ 2 ** 3 ** 2 }}|{{ -2 ** 2 }}
{{ 7.5 // 2 }}|{{ -7.5 % 2 }}|{{ 7.5 % -2 }}|{{ 1 / 3 }}|{{ big / 3 }}|{{ big + 1 }}|{{ (big * 1000 + 1) / big }}|{{ big == big + 0.0 }}|{{ big > 9007199254740992.0 }}|{{ 0.1 + 0.7 }}
{{ 1 / 0 }}|{{ 1 // 0 }}|{{ 1 % 0 }}|{{ 1.0 / 0 }}|{{ 0 ** -1 }}|{{ true + true }}|{{ -true }}|{{ +false }}|{{ - 5 }}|{{ +n }}|{{ -f }}|{{ -s }}|{{ not n }}|{{ not not n }}
{{ 'a' + 'b' }}|{{ 'a' ~ 1 ~ none ~ [1] }}|{{ 'a' * 3 }}|{{ 3 * 'ab' }}|{{ 'a' * 0 }}|{{ 'a' * -1 }}|{{ [1] * 2 + [3] }}|{{ (1,) + (2,) }}|{{ [1] + (2,) }}|{{ 'a' + 1 }}|{{ 1 + 'a' }}|{{ none + 1 }}
{{ 1 ~ 2 + 3 }}|{{ 2 * 'a' ~ 'b' }}|{{ 1 == 1.0 }}|{{ 1 == true }}|{{ '1' == 1 }}|{{ [1, 2] == [1, 2] }}|{{ [1] == (1,) }}|{{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }}|{{ none == false }}|{{ nope == nada }}|{{ nope == none }}|{{ nope != none }}
{{ 1 < 2 < 3 }}|{{ 1 < 3 < 2 }}|{{ 3 > 2 > 1 }}|{{ 1 < 2 == true }}|{{ 'a' < 'b' }}|{{ 'B' < 'a' }}|{{ [1, 2] < [1, 3] }}|{{ [1] < [1, 0] }}|{{ (1, 'a') < (1, 'b') }}|{{ 1 < 'a' }}|{{ none < 1 }}|{{ {} < {} }}|{{ true < 2 }}|{{ 'é' > 'z' }}|{{ '🙂' > '漢' }}
{{ 1 in [1, 2] }}|{{ 'a' in 'cat' }}|{{ '' in '' }}|{{ 'a' not in 'cat' }}|{{ 'a' in d }}|{{ 2 in d }}|{{ 1.0 in [1] }}|{{ 1 in 'a' }}|{{ 1 in 5 }}|{{ 1 in none }}|{{ 3 in range(5) }}|{{ 5 in range(0, 10, 2) }}|{{ 'x' in nope }}|{{ [1] in [[1]] }}|{{ [1] in d }}|{{ not 1 in [2] }}
{{ 1 and 2 }}|{{ 0 and 2 }}|{{ 1 or 2 }}|{{ 0 or '' or none }}|{{ '' or 'x' }}|{{ [] or {} }}|{{ nope or 'default' }}|{{ nope and 1 }}|{{ 1 and 0 or 3 }}|{{ 1 or 1/0 }}|{{ not '' and 'y' }}|{{ (0.0 or 'zero') }}
{{ 'yes' if yes }}|{{ 'yes' if no }}|{{ 'yes' if no else 'no' }}|{{ 1 if 0 else 2 if 0 else 3 }}|{{ ('a' if no) is undefined }}|{{ ('a' if no) + 'b' }}|{{ 1 if yes or no else 2 }}|{{ -1 if m < 0 }}
{{ '%s' % 'a' }}|{{ '%s and %s' % (1, none) }}|{{ '%d' % 3.9 }}|{{ '%5d|%-5d|%05d|%+d' % (1, 2, 3, 4) }}|{{ '%.2f' % 3.14159 }}|{{ '%8.3f|' % -2.5 }}|{{ '%e %g %G' % (12345.678, 0.00001234, 1e20) }}|{{ '%x %X %o %#x' % (255, 255, 8, 255) }}
{{ '%(a)s %(b)03d' % {'a': 'x', 'b': 7} }}|{{ '%%' % () }}|{{ '%s' % (1, 2) }}|{{ '%s %s' % 1 }}|{{ '%d' % 'a' }}|{{ '%c%c' % (65, 'B') }}|{{ '%r' % 'a' }}|{{ '%s' % [1] }}|{{ '%s' % nope }}|{{ '%.3s|' % 'abcdef' }}|{{ '%*d' % (5, 42) }}|{{ 'abc' % [] }}|{{ 'abc' % 1 }}|{{ '%5s|%-5s|' % ('é', '漢') }}|{{ '%z' % 1 }}|{{ '%' % 1 }}|{{ '% d' % 5 }}|{{ '%.0f' % 2.5 }}|{{ '%.0f' % 3.5 }}|{{ '%f' % 1e20 }}|{{ '%i' % true }}
{{ 1 - 2 - 3 }}|{{ 2 * 3 % 4 }}|{{ 100 / 10 / 2 }}|{{ 1 + 2 ~ 3 + 4 }}|{{ 7 // 2 * 2 + 7 % 2 }}|{{ -7 // 2 * 2 }}|{{ 2 ** 0.5 }}|{{ (-8) ** 2 }}|{{ 4 ** 0 }}|{{ 0 ** 0 }}|{{ 1e308 * 10 }}|{{ 2.0 ** 2000 }}|{{ 5 // 0.3 }}|{{ 5 % 0.3 }}|{{ -5 % 0.3 }}|{{ 5.0 // -0.0 }}
""".strip()

ACCESS = r"""
{{ d.a }}|{{ d['a'] }}|{{ d.nope }}|{{ d['nope'] }}|{{ d.nope.x }}|{{ d['nope']['x'] }}|{{ d.nope is defined }}|{{ items.keys }}|{{ items['keys'] }}|{{ items.values }}|{{ items['values'] }}|{{ items.x.y.z }}|{{ items.x['y'].z }}
{{ xs[0] }}|{{ xs[-1] }}|{{ xs[5] }}|{{ xs[5] is undefined }}|{{ xs.0 }}|{{ xs.0.x }}|{{ xs['0'] }}|{{ xs[none] }}|{{ xs[true] }}|{{ xs[1.0] }}|{{ s[0] }}|{{ s[-1] }}|{{ s[99] }}|{{ u[0] }}|{{ u[-2] }}|{{ u[2] }}|{{ u[7] }}
{{ xs[1:] }}|{{ xs[:-1] }}|{{ xs[::-1] }}|{{ xs[::2] }}|{{ xs[5:] }}|{{ xs[-2:] }}|{{ xs[2:0:-1] }}|{{ xs[:] }}|{{ xs[1:1] }}|{{ xs[::0] }}|{{ s[::-1] }}|{{ s[2:7] }}|{{ s[-5:] }}|{{ u[::-1] }}|{{ u[1:9:3] }}|{{ u[-3:] }}|{{ (1, 2, 3)[1:] }}|{{ range(10)[2:5] }}|{{ range(10)[::-3] }}|{{ d[1:] }}|{{ none[1:] }}|{{ nope[1:] }}|{{ xs['a':] }}|{{ xs[nope:] }}|{{ xs[:none] }}|{{ xs[-100:100] }}|{{ xs[:nil:2] }}
{{ nope }}|{{ nope.x }}|{{ nope['x'] }}|{{ nope() }}|{{ nope + 1 }}|{{ 1 + nope }}|{{ 'a' ~ nope }}|{{ -nope }}|{{ nope | length }}|{{ nope | list }}|{{ nope | join }}|{{ nope < 1 }}|{{ nope in [1] }}|{{ nope is none }}|{{ [nope] }}|{{ nil.x }}|{{ nil['x'] }}|{{ nil.x.y }}|{{ n.x }}|{{ n['x'] }}|{{ s.nope }}|{{ s.upper is defined }}|{{ s['upper']() }}|{{ d['items']() | list }}
{{ xs.append(1) }}|{{ xs.append is defined }}|{{ d.update({}) }}|{{ d.pop('a') }}|{{ xs.sort() }}|{{ s.__class__ }}|{{ s.__class__.__name__ }}|{{ s.__class__ is defined }}|{{ d.__len__() }}|{{ xs._x }}|{{ d._x is defined }}|{{ {'_x': 1}._x }}|{{ {'__x__': 1}['__x__'] }}
{{ d.items() }}|{{ d.keys() }}|{{ d.values() }}|{{ d.items() | list }}|{{ d.keys() | list }}|{{ d.keys()[0] }}|{{ d.keys() | length }}|{{ 'a' in d.keys() }}|{{ 1 in d.values() }}|{{ ('a', 1) in d.items() }}|{{ d.get('a') }}|{{ d.get('zz') }}|{{ d.get('zz', 5) }}|{{ d.get() }}|{{ d.copy() }}|{{ {}.items() }}|{{ d.get('a', default=1) }}
{{ xs.index(1) }}|{{ xs.index(9) }}|{{ xs.count(1) }}|{{ [1, 1.0, true].count(1) }}|{{ (1, 2).index(2) }}|{{ xs.copy() }}|{{ [1,2,3,2].index(2, 2) }}|{{ 3.0.is_integer() }}|{{ f.is_integer() }}
{{ range(3) }}|{{ range(1, 10, 3) | list }}|{{ range(5, 0, -2) | list }}|{{ range(0) | list }}|{{ range(3)[1] }}|{{ range(3)[-1] }}|{{ range(3)[9] }}|{{ range(3) | length }}|{{ range(0, 3) == range(3) }}|{{ range() }}|{{ range(1, 2, 0) }}|{{ range('a') }}|{{ range(10**9) }}|{{ range(2.0) }}|{{ range(true) | list }}
{{ dict(a=1, b=2) }}|{{ dict({'x': 1}, y=2) }}|{{ dict([(1, 2), ('a', 'b')]) }}|{{ dict(['ab', 'cd']) }}|{{ dict([1]) }}|{{ dict(5) }}|{{ dict() }}|{{ dict(**d) }}|{{ namespace(a=1) }}|{{ namespace(a=1).a }}|{{ namespace(d).C }}|{{ namespace().x }}|{{ namespace(a=1)['a'] }}|{{ namespace is callable }}|{{ namespace(_a=1)._a }}
{{ users[0].name }}|{{ users[-1]['age'] }}|{{ users[1].tags[0] }}|{{ users[2].tags }}|{{ users[2].tags is defined }}|{{ (users | first).name }}|{{ users.0.tags.0 }}|{{ users[0]['na' ~ 'me'] }}|{{ s.split()[1][0] }}|{{ s.split(' ').1 }}
{{ raise_exception('no way') }}|{{ raise_exception() }}|{{ raise_exception(5) }}|{{ raise_exception('a' ~ 1) }}|{{ lipsum is defined }}|{{ cycler is callable }}|{{ s() }}|{{ n() }}|{{ d() }}|{{ none() }}|{{ d.a() }}
""".strip()

METHODS = r"""
{{ s.upper() }}|{{ s.lower() }}|{{ s.title() }}|{{ 'hELLO wORLD'.capitalize() }}|{{ s.swapcase() }}|{{ u.upper() }}|{{ u.lower() }}|{{ u.title() }}|{{ u.capitalize() }}|{{ "they're bill's".title() }}|{{ 'straße ŉ ǰ ﬁ'.upper() }}|{{ 'ΑΣ ΑΣΑ Σ ΑΣ.'.lower() }}|{{ 'İI'.lower() }}|{{ 'ǆ ß'.title() }}
{{ t.strip() }}|{{ t.lstrip() }}|{{ t.rstrip() }}|{{ 'xxhixx'.strip('x') }}|{{ 'xyhiyx'.strip('xy') }}|{{ 'xxhi'.lstrip('x') }}|{{ 'hixx'.rstrip('x') }}|{{ '\u00a0\u3000a\u2003'.strip() }}|{{ s.strip(none) }}|{{ s.strip(1) }}|{{ s.strip(chars='H') }}|{{ 'ééaé'.strip('é') }}|{{ ''.strip() }}
{{ s.split() }}|{{ s.split('o') }}|{{ s.split('o', 1) }}|{{ s.split(sep='o', maxsplit=1) }}|{{ s.split(maxsplit=0) }}|{{ ' a  b '.split() }}|{{ ' a  b '.split(' ') }}|{{ ' a  b  c '.split(none, 1) }}|{{ s.split('') }}|{{ s.split('zz') }}|{{ ''.split() }}|{{ ''.split(',') }}|{{ s.rsplit('o', 1) }}|{{ ' a b c '.rsplit(none, 1) }}|{{ 'a,b,c'.rsplit(',') }}|{{ 'aaa'.split('aa') }}|{{ 'aaa'.rsplit('aa') }}|{{ 'aXXbXXc'.rsplit('XX', 1) }}|{{ s.split(1) }}
{{ 'a\nb\r\nc\rd\u2028e\x0bf'.splitlines() }}|{{ 'a\nb\n'.splitlines(true) }}|{{ ''.splitlines() }}|{{ 'a\n\n'.splitlines() }}|{{ 'a\r\nb'.splitlines(keepends=true) }}
{{ s.startswith('He') }}|{{ s.startswith(('x', 'H')) }}|{{ s.startswith('W', 6) }}|{{ s.startswith('') }}|{{ s.startswith('', 99) }}|{{ s.startswith('o', 4, 5) }}|{{ s.endswith('d') }}|{{ s.endswith(('d', 1)) }}|{{ s.endswith('o', 0, 5) }}|{{ s.startswith(1) }}|{{ s.startswith(['a']) }}|{{ u.endswith('🙂!') }}|{{ u.startswith('ü', 2) }}|{{ 'ab'.startswith('b', -1) }}|{{ 'ab'.startswith('', 2, 1) }}
{{ s.find('o') }}|{{ s.find('o', 5) }}|{{ s.find('zz') }}|{{ s.rfind('o') }}|{{ s.index('W') }}|{{ s.index('zz') }}|{{ s.rindex('l') }}|{{ u.find('漢') }}|{{ u.rfind('м') }}|{{ s.find('') }}|{{ s.find('', 99) }}|{{ s.find('o', -5, -1) }}|{{ s.count('l') }}|{{ s.count('') }}|{{ 'aaaa'.count('aa') }}|{{ s.count('l', 4) }}|{{ s.find('l', none, 3) }}|{{ u.rfind('') }}|{{ 'abc'.find('b', 2) }}
{{ s.replace('o', '0') }}|{{ s.replace('o', '0', 1) }}|{{ s.replace('', '-') }}|{{ 'abc'.replace('', '-', 2) }}|{{ 'ü'.replace('', '-') }}|{{ ''.replace('', 'x') }}|{{ s.replace('l', '') }}|{{ s.replace('o', 1) }}|{{ s.replace('o') }}|{{ 'aaa'.replace('aa', 'b') }}|{{ s.replace('o', '0', -1) }}|{{ s.replace('o', '0', 0) }}
{{ ', '.join(ys) }}|{{ ''.join([]) }}|{{ '-'.join('abc') }}|{{ ','.join([1]) }}|{{ ','.join(d) }}|{{ ','.join(d.keys()) }}|{{ ','.join(xs | map('string')) }}|{{ ','.join(5) }}|{{ ','.join(nope) }}|{{ ', '.join(ys | sort) }}
{{ 'ab'.center(7, '*') }}|{{ 'abc'.center(6) ~ '|' }}|{{ 'ab'.ljust(5, '.') }}|{{ 'ab'.rjust(5) }}|{{ '42'.zfill(5) }}|{{ '-42'.zfill(5) }}|{{ '+7'.zfill(1) }}|{{ 'a-b-c'.partition('-') }}|{{ 'a-b-c'.rpartition('-') }}|{{ 'abc'.partition('x') }}|{{ 'abc'.rpartition('x') }}|{{ 'abc'.removeprefix('a') }}|{{ 'abc'.removesuffix('bc') }}|{{ 'abc'.removesuffix('') }}|{{ 'ab'.center(5, 'é') }}|{{ 'ab'.center(5, 'xy') }}|{{ 'a'.partition('') }}
{{ 'abc'.isalpha() }}|{{ 'ab1'.isalpha() }}|{{ '123'.isdigit() }}|{{ '²'.isdigit() }}|{{ '²'.isdecimal() }}|{{ '١'.isdecimal() }}|{{ 'a1'.isalnum() }}|{{ '½'.isalnum() }}|{{ ' \t'.isspace() }}|{{ ''.isspace() }}|{{ 'ABC'.isupper() }}|{{ 'aB'.isupper() }}|{{ 'abc1'.islower() }}|{{ '1'.islower() }}|{{ 'Ab Cd'.istitle() }}|{{ 'AB'.istitle() }}|{{ 'abc'.isascii() }}|{{ 'é'.isascii() }}|{{ 'a\n'.isprintable() }}|{{ ''.isprintable() }}|{{ ''.isascii() }}|{{ 'ǅ'.istitle() }}
{{ '{} {}'.format(1, 'a') }}|{{ '{1} {0}'.format('a', 'b') }}|{{ '{x} {y!r}'.format(x=1, y='q') }}|{{ '{:>5}|{:<5}|{:^5}|'.format('a', 'b', 'c') }}|{{ '{:05d} {:x} {:,}'.format(42, 255, 1234567) }}|{{ '{:.2f} {:e} {:%}'.format(3.14159, 12345.678, 0.25) }}|{{ '{0.name} {0[age]}'.format(users[0]) }}|{{ '{{}}'.format() }}|{{ '{} {0}'.format(1) }}|{{ '{}'.format() }}|{{ '{:{w}}|'.format('a', w=4) }}|{{ '{!s:>4}|'.format(5) }}|{{ '{:*^7}'.format('é') }}|{{ '{:+d} {: d} {:#x} {:b} {:o}'.format(5, 5, 255, 5, 8) }}|{{ '{:d}'.format('a') }}|{{ '{'.format() }}|{{ '}'.format() }}|{{ '{:>6}|{:6}|'.format(1.5, 2.5) }}|{{ '{:5}|'.format(true) }}|{{ '{}'.format(none) }}|{{ '{:5}'.format(none) }}|{{ '{:,.2f}'.format(1234567.891) }}|{{ '{:_}'.format(1234567) }}|{{ '{[0]}'.format(xs) }}|{{ '{:.3}'.format('abcdef') }}|{{ '{:s}'.format('x') }}|{{ '{:X}'.format(48879) }}|{{ '{:08.3f}'.format(-3.14159) }}
{{ s.upper().lower().title() }}|{{ s.nothing() }}|{{ s.upper(1) }}|{{ s.upper(x=1) }}|{{ 'a'.upper }}{# address #}|{{ 'abc' is string }}
""".strip()

FILTERS = r"""
{{ t | trim }}|{{ 'xax' | trim('x') }}|{{ nope | trim }}|{{ 5 | trim }}|{{ s | length }}|{{ u | length }}|{{ xs | count }}|{{ 5 | length }}|{{ nil | length }}|{{ d | length }}|{{ s | upper }}|{{ s | lower }}|{{ 'foo-bar (baz) [qux] {a} <b' | title }}|{{ "it's a dog's life" | title }}|{{ 'ὈΔΟΣ ὈΔΟΣ' | title }}|{{ 'HELLO' | capitalize }}|{{ 5 | upper }}|{{ nil | upper }}|{{ none | capitalize }}
{{ s | replace('o', '0') }}|{{ s | replace('o', '0', 1) }}|{{ 5 | replace(5, 6) }}|{{ s | replace('o') }}|{{ s | replace('', '.') }}|{{ nope | replace('a', 'b') }}|{{ s | first }}|{{ xs | first }}|{{ es | first }}|{{ d | first }}|{{ xs | last }}|{{ s | last }}|{{ es | last }}|{{ d | last }}|{{ 5 | first }}|{{ (xs | map('string')) | last }}|{{ range(3) | last }}|{{ nope | first }}|{{ e | first }}|{{ e | last is undefined }}
{{ s | list }}|{{ d | list }}|{{ 5 | list }}|{{ range(3) | list }}|{{ u[-3:] | list }}|{{ 5 | string }}|{{ [1, 'a'] | string }}|{{ none | string }}|{{ 1.0 | string }}|{{ nope | string | length }}|{{ '42' | int }}|{{ ' 42 ' | int }}|{{ '4x' | int }}|{{ '4x' | int(7) }}|{{ '42.9' | int }}|{{ '0x1f' | int(base=16) }}|{{ '1f' | int(0, 16) }}|{{ 'zz' | int(0, 36) }}|{{ '1_000' | int }}|{{ '1__0' | int }}|{{ '-5' | int }}|{{ '+5' | int }}|{{ 3.9 | int }}|{{ -3.9 | int }}|{{ none | int }}|{{ true | int }}|{{ [] | int }}|{{ nope | int }}|{{ 'inf' | int }}|{{ 'nan' | int }}|{{ '1e3' | int }}|{{ '0b11' | int(0, 2) }}|{{ '0b11' | int(0, 0) }}|{{ '010' | int(9, 0) }}|{{ '' | int }}
{{ '1.5' | float }}|{{ 'x' | float }}|{{ 'x' | float(2) }}|{{ 5 | float }}|{{ '1e5' | float }}|{{ 'inf' | float }}|{{ '-Infinity' | float }}|{{ 'nan' | float }}|{{ ' 2.50 ' | float }}|{{ none | float }}|{{ '1_0.5' | float }}|{{ '.5' | float }}|{{ '5.' | float }}|{{ '.' | float }}|{{ '1e' | float }}|{{ true | float }}|{{ -5 | abs }}|{{ -2.5 | abs }}|{{ 'a' | abs }}|{{ (-5) | abs }}|{{ m | abs }}|{{ true | abs }}
{{ 2.5 | round }}|{{ 3.5 | round }}|{{ 2.675 | round(2) }}|{{ 42.55 | round(1, 'floor') }}|{{ 42.55 | round(1, 'ceil') }}|{{ 42.4 | round(method='ceil') }}|{{ 7 | round }}|{{ 7 | round(2) }}|{{ 7 | round(0, 'floor') }}|{{ -2.5 | round }}|{{ 'a' | round }}|{{ 1.005 | round(2) }}|{{ 0.5 | round }}|{{ 1.5 | round | int }}|{{ 2.5 | round(0, 'x') }}|{{ 1e300 | round(2) }}|{{ true | round }}|{{ 1234.5678 | round(3) }}
{{ xs | join }}|{{ xs | join(', ') }}|{{ xs | join(d='-') }}|{{ users | join(',', attribute='name') }}|{{ users | join(',', 'age') }}|{{ [1, none, nope, 'x', 2.0] | join('|') }}|{{ 'abc' | join('.') }}|{{ d | join(',') }}|{{ xs | join(1) }}|{{ none | join }}|{{ [[1], {'a': 2}] | join }}|{{ d.items() | join(',') }}|{{ xs | map('string') | join('+') }}
{{ nope | default('x') }}|{{ nope | d('x') }}|{{ none | default('x') }}|{{ none | default('x', true) }}|{{ '' | default('x', boolean=true) }}|{{ nope | default }}|{{ 0 | default(5, true) }}|{{ d.nope | default('x') }}|{{ nope.x | default('x') }}|{{ nope | default(nada) }}|{{ nope | default(default_value=3) }}|{{ 'v' | default('x') }}
{{ xs | sort }}|{{ xs | sort(reverse=true) }}|{{ xs | sort(true) }}|{{ ys | sort }}|{{ ys | sort(case_sensitive=true) }}|{{ users | sort(attribute='age') | map(attribute='name') | join }}|{{ users | sort(attribute='age,name') | map(attribute='name') | join }}|{{ users | sort(attribute='age', reverse=true) | map(attribute='name') | join }}|{{ [1, 'a'] | sort }}|{{ [{}, {}] | sort }}|{{ [{'a': 1}, {}] | sort }}|{{ d | sort }}|{{ 'hello' | sort }}|{{ [3, 1.5, true] | sort }}|{{ [[2], [1, 5], [1]] | sort }}|{{ 5 | sort }}|{{ users | sort(attribute='tags') }}|{{ [(1,'b'),(1,'a')] | sort(attribute=0) }}|{{ [(1,'b'),(1,'a')] | sort(attribute='1') }}|{{ nope | sort }}
{{ [1, 2, 1, 1.0, '1'] | unique | list }}|{{ ys | unique | list }}|{{ ['a', 'A'] | unique | list }}|{{ ['a', 'A'] | unique(true) | list }}|{{ users | unique(attribute='age') | map(attribute='name') | list }}|{{ [[1], [1]] | unique | list }}|{{ [none, nope, nada] | unique | list }}|{{ 'abca' | unique | join }}|{{ [] | unique | list }}|{{ [(1,), (1,)] | unique | list }}
{{ xs | reverse | list }}|{{ s | reverse }}|{{ u | reverse }}|{{ d | reverse | list }}|{{ range(3) | reverse | list }}|{{ 5 | reverse }}|{{ xs | map('string') | reverse }}|{{ xs | reverse | first }}|{{ d.items() | reverse | list }}|{{ nope | reverse | list }}|{{ xs | reverse | length }}
{{ xs | sum }}|{{ [] | sum }}|{{ numbers | sum }}|{{ users | sum(attribute='age') }}|{{ xs | sum(start=10) }}|{{ [[1], [2]] | sum(start=[]) }}|{{ ['a'] | sum }}|{{ ['a'] | sum(start='') }}|{{ users | sum('age', 100) }}|{{ [true, 2.5] | sum }}|{{ [0.1] * 3 | sum }}|{{ [0.1, 0.1, 0.1] | sum }}
{{ xs | min }}|{{ xs | max }}|{{ ys | min }}|{{ ys | max }}|{{ ys | max(case_sensitive=true) }}|{{ [] | min }}|{{ users | max(attribute='age') }}|{{ users | min(attribute='name') }}|{{ [1, 'a'] | max }}|{{ 'hello' | max }}|{{ d | min }}|{{ ['b', 'B'] | max }}|{{ ['b', 'B'] | min }}
{{ d | dictsort }}|{{ d | dictsort(true) }}|{{ d | dictsort(by='value') }}|{{ d | dictsort(reverse=true) }}|{{ d | dictsort(by='x') }}|{{ xs | dictsort }}|{{ {} | dictsort }}|{{ {1: 'b', 'a': 1} | dictsort }}|{{ d | dictsort(false, 'value', true) }}
{{ d | items | list }}|{{ nope | items | list }}|{{ xs | items | list }}|{% for k, v in d | items %}{{ k }}={{ v }};{% endfor %}|{{ none | items | list }}|{{ s | items | list }}
{{ xs | map('string') | list }}|{{ users | map(attribute='name') | list }}|{{ users | map(attribute='tags') | list }}|{{ users | map(attribute='tags', default='none') | list }}|{{ users | map(attribute='tags.0', default='-') | list }}|{{ ys | map('upper') | join }}|{{ xs | map('round', 1) | list }}|{{ ['a,b'] | map('replace', ',', ';') | list }}|{{ xs | map }}|{{ xs | map | list }}|{{ xs | map('nope') | list }}|{{ [] | map('nope') | list }}|{{ xs | map(foo=1) | list }}|{{ xs | map(attribute='x', foo=1) | list }}|{{ xs | map('default', 1) | list }}|{{ [[1, 2], [3]] | map('sum') | list }}|{{ [[1, 2], [3]] | map('join', '-') | join('/') }}|{{ [[1, 2], [3]] | map('last') | list }}|{{ nope | map('upper') | list }}|{{ users | map(attribute='name') | map('lower') | list }}|{{ 'abc' | map('upper') | list }}|{{ xs | map('map') | list | length }}
{{ numbers | select | list }}|{{ numbers | select('odd') | list }}|{{ [1, 2, 3] | select('odd') | list }}|{{ [1, 2, 3] | reject('odd') | list }}|{{ xs | select('gt', 1) | list }}|{{ xs | select('>', 1) | list }}|{{ xs | select('in', [1, 2]) | list }}|{{ [1, none, 'a', nope] | select('defined') | list }}|{{ [1, none] | reject('none') | list }}|{{ xs | select('nope') | list }}|{{ xs | select('divisibleby', 3) | list }}|{{ xs | select('string') | list }}|{{ [0, 1, '', 'a'] | reject | list }}|{{ xs | select('equalto', 2) | first }}|{{ xs | select('odd') is iterable }}|{{ xs | select(1) | list }}|{{ ys | select('lower') | list }}
{{ users | selectattr('tags') | map(attribute='name') | list }}|{{ users | selectattr('age', 'equalto', 30) | map(attribute='name') | list }}|{{ users | selectattr('tags', 'defined') | list | length }}|{{ users | rejectattr('tags', 'defined') | map(attribute='name') | list }}|{{ users | rejectattr('age', 'gt', 26) | map(attribute='name') | list }}|{{ users | selectattr('tags.0', 'eq', 'x') | list | length }}|{{ users | selectattr | list }}|{{ users | selectattr('name', 'in', ['Ann', 'Cid']) | map(attribute='age') | sum }}|{{ messages | selectattr('role', '==', 'user') | map(attribute='content') | join(',') }}|{{ messages | rejectattr('role', 'equalto', 'system') | list | length }}|{{ (messages | selectattr('role', 'equalto', 'user') | list | last).content }}|{{ messages | selectattr('role', 'equalto', 'nobody') | list }}
{% if [] | select %}gen is true{% endif %}|{% if xs | map('upper') %}T{% else %}F{% endif %}|{{ (xs | map('string')) is sequence }}|{{ (xs | map('string')) | length }}|{{ 1 in (xs | select) }}|{% set g = xs | map('string') %}{{ g | first }}{{ g | list }}{{ g | list }}|{% set g = xs | select %}{{ 1 in g }}{{ g | list }}|{% set g = [1, 2] | map('string') %}{% for a in g %}{{ a }}{{ loop.last }}{% endfor %}{{ g | list }}|{% set g = xs | map('nope') %}lazy|{% for i in xs | map('string') %}{{ loop.length }}{{ loop.revindex }}{% endfor %}
{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2) }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(2, blank=true) }}|{{ 'a\nb' | indent('> ') }}|{{ 'a\nb' | indent(width='--', first=true) }}|{{ '' | indent }}|{{ '\n' | indent(first=true) }}|{{ 5 | indent }}|{{ 'a\r\nb' | indent }}|{{ 'a\n' | indent(2) }}|
{{ 'foo bar baz qux' | truncate(9) }}|{{ 'foo bar baz qux' | truncate(9, true) }}|{{ 'foo bar baz qux' | truncate(11) }}|{{ 'foo bar baz qux' | truncate(11, false, '...', 0) }}|{{ 'foo bar' | truncate(2) }}|{{ 'aaaaaaaaaaaaaaaaaaaaaaa' | truncate(9) }}|{{ 'ééé ééé ééé ééé ééé' | truncate(8, end='…') }}|{{ 'foo bar baz' | truncate(5, leeway=0) }}
{{ [1, 2, 3, 4, 5] | batch(2) | list }}|{{ [1, 2, 3] | batch(2, 0) | list }}|{{ [] | batch(2) | list }}|{{ [1, 2] | batch(0) | list }}|{{ [1, 2, 3, 4, 5] | slice(2) | list }}|{{ [1, 2, 3, 4, 5] | slice(3, 'x') | list }}|{{ [1] | slice(0) | list }}|{{ [1] | slice(3) | list }}|{{ 'abc' | batch(2) | map('join') | list }}
{{ users | groupby('age') | list }}|{% for age, us in users | groupby('age') %}{{ age }}:{{ us | map(attribute='name') | join(',') }};{% endfor %}|{{ (users | groupby('age'))[0].grouper }}|{{ (users | groupby('age'))[0].list | length }}|{{ users | groupby('tags', default='x') }}|{{ ['a', 'A', 'b'] | groupby(0) }}|{{ users | groupby('name') | map('first') | list }}|{{ [{'x': 'a'}, {'x': 'A'}] | groupby('x') }}|{{ [{'x': 'a'}, {'x': 'A'}] | groupby('x', case_sensitive=true) }}
{{ d | attr('a') }}|{{ s | attr('upper') is defined }}|{{ d | attr('get') is callable }}|{{ s | attr('nope') is defined }}|{{ '%s-%s' | format('a', 1) }}|{{ '%(x)s' | format(x=1) }}|{{ '%s' | format('a', x=1) }}|{{ 'ab' | center(7) ~ '|' }}|{{ 'ab' | center(width=6) ~ '|' }}|{{ 5 | center(3) ~ '|' }}
{{ html | escape }}|{{ html | e }}|{{ html | e | e }}|{{ html | safe }}|{{ html | safe | e }}|{{ (html | safe) + '<' }}|{{ '<' + (html | e) }}|{{ [html | safe] }}|{{ (html | safe) ~ '<' }}|{{ html | forceescape | forceescape }}|{{ 5 | e }}|{{ none | e }}|{{ (html | e) * 2 }}|{{ (html | safe)[1:4] + '&' }}|{{ (html | e).upper() }}|{{ html | e is escaped }}|{{ html is escaped }}|{{ nope | e }}|{{ (html | e) == (html | e | string) }}|{{ {html | safe: 1}[html] }}|{{ html | safe | upper }}|{{ html | safe | length }}|{{ (html|safe).split(' ') }}|{{ [(html|safe).replace('<', '>')] }}|{{ [(html|safe).partition('<')] }}|{{ [(' '|safe).join(['<', 5])] }}|{{ [(html|safe).removeprefix('<')] }}|{{ (html|safe)|list }}|{{ [html|safe|title] }}|{{ [html|safe|first] }}|{{ [html|safe|last] }}|{{ [html|safe|reverse] }}|{{ [(html|safe).center(40, '*')] }}|{{ [(html|safe).strip('<')] }}|{{ ['<>x'|safe|trim('<')] }}|{{ [html|safe|truncate(9, true, '<', 0)] }}|{{ [html|safe|indent] }}|{{ [html|safe|replace('<', '>')] }}|{{ [(html|safe).splitlines()] }}|{{ [(html|safe) ~ ''] }}|{{ [html|safe|string] }}|{{ [html|safe|upper] }}|{{ [html|safe|join] }}|{{ [(html|safe).zfill(50)] }}|{{ html|safe|sort|join }}
{{ d | tojson }}|{{ nested | tojson }}|{{ nested | tojson(indent=2) }}|{{ d | tojson(indent=4) }}|{{ u | tojson }}|{{ u | tojson(ensure_ascii=true) }}|{{ q | tojson }}|{{ html | tojson }}|{{ [1.0, 1e100, none, true, (1, 2)] | tojson }}|{{ {1: 2, none: 3, true: 4, 1.5: 5} | tojson }}|{{ nope | tojson }}|{{ [] | tojson(indent=2) }}|{{ {} | tojson }}|{{ [[], {}] | tojson(indent=1) }}|{{ d | tojson(separators=(',', ':')) }}|{{ d | tojson(indent=2, separators=(',', ': ')) }}|{{ d | tojson(sort_keys=true) }}|{{ d | tojson(false, 2) }}|{{ d | tojson(indent='--') }}|{{ xs | tojson(indent=0) }}|{{ range(3) | tojson }}|{{ {(1, 2): 3} | tojson }}|{{ d.items() | tojson }}|{{ d.items() | list | tojson }}|{{ '\x00\x1f\x7f\u2028' | tojson }}|{{ 'inf' | float | tojson }}|{{ namespace(a=1) | tojson }}|{{ html | safe | tojson }}|{{ 5 | tojson }}|{{ none | tojson }}|{{ xs | tojson(indent=none) }}|{{ users | tojson(indent=true) }}|{{ 'a' | tojson | tojson }}|{{ '/' | tojson }}
{{ -1 | abs }}|{{ 'a' ~ 'b' | upper }}|{{ not '' | length }}|{{ 1 + '2' | int }}|{{ xs | length > 2 }}|{{ (xs | first) + 1 }}|{{ xs | first | string | length }}|{{ s | upper | lower | title }}|{{ 'x' | nofilter }}|{{ 'x' | nofilter if no else 1 }}|{% if no %}{{ 'x' | nofilter }}{% endif %}ok|{% if no %}{% for i in xs %}{{ i | nofilter }}{% endfor %}{% endif %}ok
""".strip()

TESTS = r"""
{{ nope is defined }}|{{ s is defined }}|{{ nope is undefined }}|{{ nope is not defined }}|{{ none is none }}|{{ none is not none }}|{{ s is string }}|{{ 5 is string }}|{{ 5 is number }}|{{ 5.0 is number }}|{{ true is number }}|{{ 5 is integer }}|{{ true is integer }}|{{ 5.0 is integer }}|{{ 5.0 is float }}|{{ true is boolean }}|{{ 1 is boolean }}|{{ true is true }}|{{ 1 is true }}|{{ false is false }}|{{ 0 is false }}
{{ d is mapping }}|{{ xs is mapping }}|{{ xs is iterable }}|{{ s is iterable }}|{{ 5 is iterable }}|{{ nope is iterable }}|{{ none is iterable }}|{{ xs is sequence }}|{{ d is sequence }}|{{ s is sequence }}|{{ 5 is sequence }}|{{ range(3) is sequence }}|{{ d.keys() is sequence }}|{{ d.keys() is iterable }}|{{ namespace() is iterable }}|{{ namespace() is mapping }}|{{ range is callable }}|{{ s is callable }}|{{ s.upper is callable }}|{{ nope is callable }}|{{ nope is sequence }}|{{ nope is string }}
{{ 3 is odd }}|{{ 4 is even }}|{{ -3 is odd }}|{{ 3 is even }}|{{ 'a' is odd }}|{{ 2.0 is even }}|{{ 10 is divisibleby 5 }}|{{ 10 is divisibleby(3) }}|{{ 10 is divisibleby 0 }}|{{ 3 is eq 3 }}|{{ 3 is equalto 3.0 }}|{{ 3 is ne 4 }}|{{ 3 is lt 4 }}|{{ 3 is gt(4) }}|{{ 3 is ge 3 }}|{{ 3 is le 2 }}|{{ 3 is lessthan 5 }}|{{ 3 is greaterthan 5 }}|{{ 'a' is in 'abc' }}|{{ 1 is in [1, 2] }}|{{ 1 is not in [1, 2] }}|{{ none is sameas none }}|{{ true is sameas true }}|{{ 1 is sameas true }}|{{ xs is sameas xs }}|{{ [] is sameas [] }}|{{ 'abc' is lower }}|{{ 'ABC' is upper }}|{{ 'aB' is lower }}|{{ 5 is upper }}|{{ 'upper' is filter }}|{{ 'nope' is filter }}|{{ 'odd' is test }}|{{ 'urlize' is filter }}
{{ x is string and n is number }}|{{ x is not string or n is string }}|{{ not x is string }}|{{ (x is string) == true }}|{{ x is string == true }}|{{ n is divisibleby 7 and yes }}|{{ n is in xs or 'q' }}|{{ s is nope }}|{{ 3 is odd is true }}|{{ d.nope is defined and d.nope.x }}|{{ d is defined and d.a is defined and d.a == 1 }}|{{ users[0].tags is defined and users[0].tags is sequence and users[0].tags is not string }}|{{ 3 is odd ~ 'x' }}|{{ nope is defined if yes }}|{{ 1 if nope is defined else 2 }}|{{ 3 is ==3 }}|{% if x is nope %}{% endif %}|{% if no and x is nope %}{% endif %}ok
""".strip()

STATEMENTS = [
    "{% if n %}a{% endif %}", "{% if no %}a{% else %}b{% endif %}", "{% if no %}a{% elif n %}b{% else %}c{% endif %}",
    "{% if no %}a{% elif zero %}b{% elif e %}c{% else %}d{% endif %}", "{% if n: %}a{% endif %}",
    "{% for i in xs %}{{ i }}{% endfor %}", "{% for i in es %}{{ i }}{% else %}none{% endfor %}",
    "{% for i in nope %}{{ i }}{% else %}none{% endfor %}", "{% for i in 5 %}{% endfor %}", "{% for i in nil %}{% endfor %}",
    "{% for c in 'aé🙂' %}[{{ c }}]{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for a, b in [(1, 2), [3, 4], 'xy'] %}{{ a }}{{ b }};{% endfor %}",
    "{% for a, b in [(1, 2, 3)] %}{% endfor %}", "{% for a, b in [(1,)] %}{% endfor %}", "{% for a, b in [1] %}{% endfor %}",
    "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for a, in [(1,)] %}{{ a }}{% endfor %}",
    "{% for i in xs %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.length }} {% endfor %}",
    "{% for i in xs %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %}",
    "{% for i in xs %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}",
    "{% for i in xs %}{{ loop.cycle('a', 'b') }}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}", "{% for i in xs %}{{ loop.cycle() }}{% endfor %}",
    "{% for i in [1, 1, 2, 2, 1] %}{{ loop.changed(i) }}{% endfor %}", "{% for i in xs %}{{ loop.nope }}{% endfor %}",
    "{% for i in xs %}{{ loop.nope.x }}{% endfor %}", "{% for i in xs %}{{ loop }}{% endfor %}" if False else "{% for i in xs %}{{ loop is defined }}{% endfor %}",
    "{{ loop is defined }}", "{% for i in xs if i > 1 %}{{ loop.index }}/{{ loop.length }}:{{ i }}{{ ',' if not loop.last }}{% endfor %}",
    "{% for i in xs if i > 5 %}{{ i }}{% else %}none{% endfor %}", "{% for i in xs if loop %}{{ i }}{% endfor %}",
    "{% for i in range(10) if i is odd %}{{ i }}{% endfor %}", "{% for i, j in d.items() if j > 1 %}{{ i }}{{ loop.previtem }}{% endfor %}",
    "{% set ns = namespace(stop=false) %}{% for i in range(5) if not ns.stop %}{{ i }}{% if i == 2 %}{% set ns.stop = true %}{% endif %}{% endfor %}",
    "{% set ns = namespace(stop=false) %}{% for i in range(5) if not ns.stop %}{{ i }}{{ loop.last }}{% if i == 2 %}{% set ns.stop = true %}{% endif %}{% endfor %}",
    "{% for i in xs %}{% for j in xs %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}",
    "{% for i in xs %}{% set outer = loop %}{% for j in xs %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}",
    "{% for i in range(5) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "{% for i in range(5) %}{% if i == 3 %}{% continue %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in xs %}{% continue %}{% else %}E{% endfor %}", "{% for i in xs %}{% break %}{% else %}E{% endfor %}",
    "{% for i in [1, 2] %}{% if i == 2 %}{% break %}{% endif %}{% else %}E{% endfor %}", "{% break %}", "{% for i in xs %}{% else %}{% break %}{% endfor %}",
    "{% for i in xs %}{% for j in es %}{% else %}{% break %}{% endfor %}{{ i }}{% endfor %}", "{% for i in xs %}{% macro f() %}{% break %}{% endmacro %}{% endfor %}",
    "{% for i in xs %}{% set x = i %}{{ x }}{% endfor %}{{ x }}", "{% for i in xs %}{{ x }}{% set x = i %}{% endfor %}",
    "{% for x in xs %}{{ x }}{% endfor %}{{ x }}", "{% for i in xs %}{% if i == 1 %}{% set x = 'in' %}{% endif %}{{ x }} {% endfor %}",
    "{% for i in xs %}{% if i == 1 %}{% set y = 'in' %}{% endif %}{{ y }} {% endfor %}{{ y }}", "{% for i in xs %}{% set i = i + 1 %}{{ i }}{% endfor %}",
    "{% for loop in xs %}{% endfor %}", "{% for i in xs %}{% set loop = 1 %}{% endfor %}", "{% set loop = 5 %}{{ loop }}", "{% set loop = 5 %}{% for i in xs %}{{ loop }}{% endfor %}" if False else "{% set loop = 5 %}{% for i in xs %}{{ i }}{% endfor %}{{ loop }}",
    "{% set a = 1 %}{{ a }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set (a, b) = [1, 2] %}{{ a }}{{ b }}", "{% set a, b = 'xy' %}{{ a }}{{ b }}", "{% set a, b = 1 %}",
    "{% set a, b = [1] %}", "{% set a, b = [1, 2, 3] %}", "{% set a = 1, 2 %}{{ a }}", "{% set a.b = 1 %}", "{% set s.b = 1 %}", "{% set 5 = 1 %}", "{% set true = 1 %}", "{% set 'a' = 1 %}", "{% set d['a'] = 1 %}",
    "{% set ns = namespace(a=1) %}{% set ns.a = 2 %}{% set ns.b = 3 %}{{ ns.a }}{{ ns.b }}{{ ns }}", "{% set ns = namespace() %}{% for i in xs %}{% set ns.t = (ns.t or 0) + i %}{% endfor %}{{ ns.t }}",
    "{% set ns = namespace(a=[]) %}{% for i in xs %}{% set ns.a = ns.a + [i] %}{% endfor %}{{ ns.a }}", "{% set ns = namespace({'x': 1}, y=2) %}{{ ns.x }}{{ ns.y }}",
    "{% set ns = namespace() %}{% set ns.me = 1 %}{% set other = ns %}{% set other.me = 2 %}{{ ns.me }}", "{% set a = namespace(x=1) %}{% set b = namespace(x=1) %}{{ a == b }}{{ a == a }}",
    "{% set a %}x{{ n }}y{% endset %}[{{ a }}]", "{% set a | upper %}x{{ s }}{% endset %}{{ a }}", "{% set a | replace('x', 'y') | upper %}xz{% endset %}{{ a }}", "{% set ns = namespace() %}{% set ns.a %}b{% endset %}{{ ns.a }}",
    "{% set x %}{{ x }}!{% endset %}{{ x }}", "{% set x = x ~ '!' %}{{ x }}", "{{ x }}{% set x = 1 %}{{ x }}", "{% set a %}{% set b = 1 %}{{ b }}{% endset %}{{ a }}{{ b }}",
    "{% if yes %}{% set x = 1 %}{% endif %}{{ x }}", "{% if no %}{% set x = 1 %}{% endif %}{{ x }}", "{% if no %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}{{ x }}",
    "{% if yes %}{{ x }}{% set x = 1 %}{% elif no %}{% set x = 2 %}{% else %}{% set x = 3 %}{% endif %}{{ x }}", "{% if no %}{% set x %}{{ x }}{% endset %}{% endif %}{{ x }}", "{% if yes %}{% set x %}{{ x }}!{% endset %}{% endif %}{{ x }}",
    "{% if yes %}{% set x %}{{ x }}!{% endset %}{% elif no %}{% set x = 1 %}{% else %}{% set x = 1 %}{% endif %}{{ x }}", "{% set x = 1 %}{% if yes %}{% set x = x + 1 %}{% endif %}{{ x }}",
    "{% for i in xs %}{% if yes %}{% set x = x ~ i %}{% endif %}{{ x }} {% endfor %}", "{% for i in [1] %}{{ x }}{% for j in [1] %}{{ x }}{% set x = 'in' %}{{ x }}{% endfor %}{{ x }}{% endfor %}",
    "{% with %}{% set x = 1 %}{{ x }}{% endwith %}{{ x }}", "{% with a=1, b=2 %}{{ a }}{{ b }}{% endwith %}{{ a }}", "{% with x=1, y=x %}{{ x }}{{ y }}{% endwith %}", "{% with a, b = (1, 2) %}{{ a }}{{ b }}{% endwith %}", "{% with (a, b) = (1, 2) %}{{ a }}{{ b }}{% endwith %}",
    "{% filter upper %}abc{{ s }}{% endfilter %}", "{% filter replace('a', 'b') | upper %}aXa{% endfilter %}", "{% filter trim %}  {% set x = 1 %}{{ x }} {% endfilter %}{{ x }}", "{% filter length %}abc{% endfilter %}", "{% filter list %}ab{% endfilter %}",
    "{% print 1, 'a' %}", "{% print %}", "{% raw %}{{ x }}{% if %}{% endraw %}", "a{% raw -%}  b  {%- endraw %}c", "  {% raw %}\n  x\n  {% endraw %}\ny", "{%- raw -%} {{ a }} {%- endraw -%}  b", "{% raw %}{# #}{% endraw",
    "{# comment #}a", "a {#- c -#} b", "a\n  {# c #}\nb", "a {# multi\nline #} b", "{# open", "{#- #}x", "{#-#}x", "{##}x", "a {#+ c +#}\nb",
    "{% macro f() %}x{% endmacro %}{{ f() }}{{ f() }}", "{% macro f(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(1, 3) }}{{ f(b=5, a=4) }}", "{% macro f(a) %}[{{ a }}]{% endmacro %}{{ f() }}", "{% macro f(a) %}{{ a.x }}{% endmacro %}{{ f() }}",
    "{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}", "{% macro f(a) %}{% endmacro %}{{ f(b=1) }}", "{% macro f(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, 3, x=4) }}", "{% macro f() %}{{ kwargs }}{% endmacro %}{{ f(a=1) }}", "{% macro f(a, a) %}{% endmacro %}",
    "{% macro f(a=1, b) %}{% endmacro %}", "{% macro f(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}", "{% macro f(a=b, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ f() }}{{ f(b=3) }}", "{% macro f(x) %}{{ x }}{% set x = 2 %}{{ x }}{% endmacro %}{{ f(1) }}{{ x }}",
    "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}", "{% macro f() %}{{ x }}{% endmacro %}{{ f() }}{% set x = 'new' %}{{ f() }}", "{% macro f() %}{{ y }}{% endmacro %}{% set y = 1 %}{{ f() }}", "{{ f() }}{% macro f() %}{% endmacro %}", "{% macro f() %}{% endmacro %}{{ f }}{{ f.name }}",
    "{% for i in xs %}{% macro f() %}{{ i }}{% endmacro %}{{ f() }}{% endfor %}", "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}G{% endmacro %}{{ f() }}", "{% macro f() %}{% macro g() %}in{% endmacro %}{{ g() }}{% endmacro %}{{ f() }}{{ g is defined }}", "{% for i in xs %}{{ f(i) }}{% macro f(a) %}<{{ a }}>{% endmacro %}{% endfor %}",
    "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(*[1]) }}{{ f(**{'a': 2}) }}", "{% macro f(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ f(*xs[:2]) }}{{ f(1, **{'b': 2}) }}{{ f(*[1], b=3) }}", "{% macro f(a, b) %}{% endmacro %}{{ f(1, a=2) }}", "{% macro f() %}{{ caller() }}{% endmacro %}{% call f() %}body{{ n }}{% endcall %}",
    "{% macro f() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b) f() %}{{ a }}-{{ b }}{% endcall %}", "{% macro f() %}{{ caller is defined }}{% endmacro %}{{ f() }}", "{% macro f() %}{{ caller() }}{% endmacro %}{{ f() }}", "{% macro f() %}{% endmacro %}{% call f() %}x{% endcall %}", "{% macro f(a, caller=none) %}{{ caller }}{{ a }}{% endmacro %}{{ f(1) }}",
    "{% macro f(caller) %}{{ caller() }}{% endmacro %}", "{% call nope() %}{% endcall %}", "{% call x %}{% endcall %}", "{% macro m(a) %}{{ loop is defined }}{% endmacro %}{% for i in xs %}{{ m(1) }}{% endfor %}", "{% macro f(a, b='d') -%}\n  {{ a }}{{ b }}\n{%- endmacro %}[{{ f(1) }}]",
    "{% generation %}a{{ n }}{% endgeneration %}b", "{% for i in xs %}{% generation %}{{ loop.index }}{{ i }}{% set x = i %}{% endgeneration %}{{ x }}{% endfor %}", "{% set ns = namespace(a=1) %}{% generation %}{% set ns.a = 2 %}{% endgeneration %}{{ ns.a }}",
    "{%- if yes -%}  a  {%- endif -%}  b", "{% if yes %}\n  a\n{% endif %}\nb\n", "  {% if yes %}\n  a\n  {% endif %}\nb", "x  {% if yes %}y{% endif %}", "a\n\n  {%- if yes %}\n b{% endif %}", "{{ 1 }}\n{{ 2 }}\n", "{{- 1 -}}  {{- 2 }}", "  {{ 1 }}  {{ 2 }}", "\t{% set a = 1 %}\n\tb", "a {%+ if yes %}b{% endif %}", "   {%+ if yes %}b{% endif %}", "{% if yes +%}\nb{% endif %}", "{% if yes -%}\n\n b{% endif %}", "\n\n{% set a = 1 %}\n\nx\n\n", "a\r\nb\rc\n", "{% if yes %}\r\nx{% endif %}\r\n", "{{-1}}", "{{+1}}", "{{ 1 +}}", "{{ -1 }}", "{{ 'a' -}}\n\n b", "\u3000{% set a = 1 %}x", "a \u00a0{%- set a = 1 %}x", "{% set a = 1 -%}\u3000\u2003x", "  a  {% set a = 1 %}  \n  b",
    "{{ {'a': {'b': 1}} }}", "{{ {'a': {'b': 1}}.a.b}}", "{{ {} }}}", "{{ '}}' }}", "{{ '%}' }}{% if '%}' %}x{% endif %}", "{{ ( }}", "{{ [1 }}", "{{ 1 } }", "{{", "{%", "{{ }}", "{% %}", "{{ 1 2 }}", "{% if %}{% endif %}", "{% if 1 %}", "{% endif %}", "{% for %}{% endfor %}", "{% for i %}{% endfor %}", "{% for i in %}{% endfor %}", "{% nope %}", "{% for i in xs %}{% endif %}", "{% set %}", "{% set a %}", "{% macro %}{% endmacro %}", "{% macro f %}{% endmacro %}", "{{ a b }}", "{{ 1 ? 2 }}", "{{ a! }}", "{{ 'a }}", "{{ 007 }}", "{{ a..b }}", "{{ a.'b' }}", "{{ f(a=1, 2) }}", "{{ f(**d, *xs) }}", "{{ x is }}", "{{ x | }}", "{{ not }}", "{{ and }}", "{{ if }}", "{{ x if }}", "{{ 'a' 1 }}", "{{ \"\\xZZ\" }}", "{{ '\\u12' }}", "{% else %}", "{% if 1 %}{% else %}{% else %}{% endif %}", "{% do 1 %}", "{% elif 1 %}", "{% set a = %}", "{% for i in xs recursive %}{% endfor %}" if False else "{% for i in xs, %}{{ i }}{% endfor %}", "{% for i in 1, 2 %}{{ i }}{% endfor %}", "{{ x, }}", "{{ (x) }}", "{{ x; }}", "{{ {1 2} }}", "{{ {'a'} }}", "{{ a[ }}", "{{ a[] }}", "{{ xs[0,] }}", "{{ 1if yes else 2 }}", "{{ 5in[5] }}", "{{ xs | join(',',) }}", "{{ range(*[1, 3]) | list }}",
    "{% for message in messages %}{{ '<|' + message.role + '|>' + message['content'] }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}", "{% for m in messages[::-1] %}{{ m.content }}{% endfor %}", "{% for m in messages %}{% if loop.first and m.role != 'system' %}X{% endif %}{{ m.content | trim }}{% endfor %}", "{% if messages[0].role == 'system' %}{% set sys = messages[0].content %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{{ sys }}{% for m in rest %}{{ loop.index0 % 2 == 0 }}{{ m.role }}{% endfor %}",
    "{% set ns = namespace(i=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.i = loop.index0 %}{% endif %}{% endfor %}{{ ns.i }}", "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 1) %}{{ raise_exception('alternate') }}{% endif %}{% endfor %}ok", "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate at ' ~ loop.index) }}{% endif %}{% endfor %}ok",
    "{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}{%- for message in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}{%- if ns.multi_step_tool and message.role == 'user' and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{%- endfor %}{{ ns.last_query_index }}",
    "{%- set content = '<think>\\nreason\\n</think>\\n\\nanswer' %}{%- if '</think>' in content %}{%- set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}{%- set content = content.split('</think>')[-1].lstrip('\\n') %}{%- endif %}[{{ reasoning }}][{{ content }}]",
    "{% macro render(item) %}{% if item is mapping %}{ {% for k, v in item | dictsort %}{{ k }}: {{ render(v) }}{{ ', ' if not loop.last }}{% endfor %} }{% elif item is iterable and item is not string %}[{% for i in item %}{{ render(i) }}{% endfor %}]{% else %}{{ item }}{% endif %}{% endmacro %}{{ render({'b': [1, 2], 'a': {'x': none}}) }}",
    "{% for tool in [{'type': 'function', 'function': {'name': 'f', 'parameters': {'type': 'object', 'properties': {'x': {'type': 'string'}}, 'required': ['x']}}}] %}{{ tool | tojson(indent=4) }}\n{{ tool.function.parameters.properties | items | list }}{% endfor %}",
    "{{ strftime_now is defined }}{{ strftime_now('%Y') | length }}", "{{ messages | map(attribute='content') | select('string') | join(' ') | length }}", "{{ bos_token }}{{ eos_token is defined }}", "{%- for m in messages -%}\n{{- m.role -}}\n{%- endfor -%}", "{% for a in [1,2] %}{% for b in [3,4] if b > a + 1 %}{{ a }}{{ b }} {% endfor %}{% endfor %}", "{% for i in xs %}{% if not loop.last %}{{ i }}, {% else %}and {{ i }}{% endif %}{% endfor %}", "{% set a = [] %}{% set b = a + [1] %}{{ a }}{{ b }}{{ a is sameas a }}{{ a is sameas b }}", "{% set v = {'role': 'x'} %}{{ v.role }}{{ v['role'] }}{{ v.get('role') }}{{ 'role' in v }}", "{% set i = 5 %}{% for i in xs %}{% endfor %}{{ i }}", "{% for i in xs %}{% with i = 9 %}{{ i }}{% endwith %}{{ i }}{% endfor %}", "{% set f = s.upper %}{{ f() }}", "{% set f = range %}{{ f(3) | list }}", "{{ 'a' if nope is defined and nope else 'b' }}", "{{ (nope | default({})).x is defined }}", "{% for i in d.values() | list | sort %}{{ i }}{% endfor %}", "{% for line in 'a\\nb'.split('\\n') %}{{ loop.index }}{{ line }}{% endfor %}", "{% if 'x' in ['x'] and not ('y' in ['x']) %}ok{% endif %}", "{% if n is not none and n > 5 %}big{% endif %}", "{{ dict(d, e=5) | tojson }}", "{{ dict(d.items() | list) == d }}", "{% set x = none %}{{ x }}{{ x is none }}", "{% set x = nope %}{{ x is defined }}{{ x }}", "{% set x = 1 if no %}{{ x is defined }}",
]

# Constructs that Bantam refuses on purpose: the answer must be "unsupported" (docs/chat-templates.md lists them).
REFUSED = [
    "{% block a %}{% endblock %}", "{% extends 'a' %}", "{% include 'a' %}", "{% import 'a' as b %}", "{% from 'a' import b %}",
    "{% autoescape true %}{% endautoescape %}", "{% for i in xs recursive %}{% endfor %}", "{{ 'a' | urlize }}", "{{ 'a' | wordwrap }}",
    "{{ 'a' | pprint }}", "{{ [1] | random }}", "{{ 'a' | striptags }}", "{{ 'a' | urlencode }}", "{{ 'a b' | wordcount }}", "{{ 5 | filesizeformat }}",
    "{{ d | xmlattr }}", "{{ cycler(1, 2) }}", "{{ joiner() }}", "{{ lipsum() }}", "{{ 2 ** 64 }}", "{{ 9223372036854775807 + 1 }}", "{{ 18446744073709551616 }}",
    "{{ (-8) ** 0.5 }}", "{{ xs | map('upper') }}", "{{ s.upper }}", "{{ range }}", "{{ 'a'.encode() }}", "{{ xs.pop() }}", "{{ self }}", "{{ xs[0:1, 2] }}", "{{ 'é'.isnumeric() }}",
    "{{ '%a' % 'é' }}", "{{ (html | safe) % 1 }}", "{% for i in xs %}{{ loop }}{% endfor %}", "{{ 1250 | round(-2) }}", "{{ '{:.2}'.format(1.5) }}",
]


def snippets():
    lines = [line for text in (LITERALS, OPERATORS, ACCESS, METHODS, FILTERS, TESTS) for line in text.splitlines()]
    pieces = []
    for line in lines:
        # "|" separates snippets only between "}}" or "%}" (or text) and the next tag.
        start = 0
        for i, character in enumerate(line):
            if character == "|" and balanced(line[start:i]):
                pieces.append(line[start:i])
                start = i + 1
        pieces.append(line[start:])
    return [piece for piece in pieces if piece] + STATEMENTS


def balanced(text):
    """Whether the text closes every tag and every if, for, set, filter, with and macro it opens."""
    if text.count("{{") + text.count("{%") + text.count("{#") > text.count("}}") + text.count("%}") + text.count("#}"):
        return False
    opened = sum(text.count("{% " + tag) for tag in ("if", "for", "macro", "filter", "with", "call"))
    return opened == text.count("{% end") and not text.endswith("'")


class Generator:
    """Random expressions over CONTEXT: most are valid, some fail, and both renderers must agree which."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def choose(self, *options):
        return self.random.choice(options)

    def atom(self):
        return self.choose(
            "n", "m", "zero", "f", "g", "yes", "no", "nil", "s", "e", "u", "t", "xs", "ys", "es", "d", "users", "nested", "nope", "numbers", "html",
            "1", "2", "-3", "0", "1.5", "0.25", "'a'", "'b,c'", "''", "'é🙂'", "'Ab cD'", "none", "true", "false", "[]", "[1, 2]", "(1, 'a')", "{'k': 1}", "range(4)", "users[0]", "items")

    def arguments(self, depth, least, most):
        return ", ".join(self.expression(depth - 1) for _ in range(self.random.randint(least, most)))

    def expression(self, depth):
        if depth <= 0:
            return self.atom()
        kind = self.random.randrange(16)
        inner = self.expression(depth - 1)
        if kind == 0:
            return f"({inner} {self.choose('+', '-', '*', '/', '//', '%', '~')} {self.expression(depth - 1)})"
        if kind == 1:
            return f"({inner} {self.choose('==', '!=', '<', '<=', '>', '>=', 'in', 'not in')} {self.expression(depth - 1)})"
        if kind == 2:
            return f"({inner} {self.choose('and', 'or')} {self.expression(depth - 1)})"
        if kind == 3:
            return f"({self.choose('not', '-', '+')} {inner})"
        if kind == 4:
            return f"({inner} if {self.expression(depth - 1)} else {self.expression(depth - 1)})"
        if kind == 5:
            return f"{self.wrap(inner)}[{self.choose('0', '-1', '1', '2', chr(39) + 'a' + chr(39), chr(39) + 'name' + chr(39), self.expression(depth - 1))}]"
        if kind == 6:
            part = lambda: self.choose("", "0", "1", "-1", "2", "-2", "10", "none")
            return f"{self.wrap(inner)}[{part()}:{part()}{self.choose('', ':', ':2', ':-1', ':-2')}]"
        if kind == 7:
            method = self.choose("upper()", "lower()", "strip()", "split()", "split(',')", "title()", "capitalize()", "splitlines()", "isdigit()", "items()", "keys()", "values()", "get('a')", "get('a', 1)", "startswith('a')", "endswith('D')", "find('b')", "count('a')", "count(1)", "index(1)", "replace('a', 'bb')", "join(ys)", "lstrip('A')", "rstrip()", "zfill(5)", "center(9, '*')", "partition(' ')", "rsplit(' ', 1)", "isalpha()", "swapcase()", "removeprefix('A')")
            return f"{self.wrap(inner)}.{method}"
        if kind in (8, 9, 10):
            name = self.choose("upper", "lower", "title", "capitalize", "trim", "length", "list", "string", "int", "float", "abs", "round", "first", "last", "join", "join(',')", "sort", "unique|list", "reverse|list", "sum", "min", "max", "tojson", "tojson(indent=2)", "default('D')", "default('D', true)", "dictsort", "items|list", "batch(2)|list", "slice(2)|list", "map('string')|list", "map('upper')|join", "map(attribute='name')|list", "select|list", "reject|list", "select('odd')|list", "select('string')|list", "selectattr('name')|list", "rejectattr('age', 'gt', 26)|list", "replace('a', 'x')", "indent(2)", "truncate(6, true, '.', 0)", "e", "safe", "count", "sort(reverse=true)", "int(7)", "format(1)", "groupby('age')", "map('length')|list", "map('first')|list", "round(1)", "center(8)", "forceescape", "attr('name')", "sort(attribute='age')", "sum(start=0.5)", "max(attribute='age')")
            return f"({inner} | {name})"
        if kind == 11:
            return f"({inner} is {self.choose('', 'not ')}{self.choose('defined', 'undefined', 'none', 'string', 'number', 'integer', 'float', 'boolean', 'true', 'false', 'mapping', 'iterable', 'sequence', 'odd', 'even', 'lower', 'upper', 'callable', 'divisibleby 2', 'eq 1', 'in xs', 'sameas none', 'gt 1', 'escaped')})"
        if kind == 12:
            return f"[{self.arguments(depth, 0, 3)}]"
        if kind == 13:
            return f"{{'k': {inner}, {self.choose(chr(39) + 'a' + chr(39), '1', 'n', 'f')}: {self.expression(depth - 1)}}}"
        if kind == 14:
            return f"{self.wrap(inner)}.{self.choose('a', 'name', 'x', '0', 'k')}"
        return f"({inner}, {self.expression(depth - 1)})"

    @staticmethod
    def wrap(text):
        return f"({text})"

    def statement(self):
        body = self.expression(2)
        kind = self.random.randrange(8)
        if kind == 0:
            return f"{{% for i in {self.expression(2)} %}}{{{{ loop.index }}}}{{{{ i }}}};{{% else %}}none{{% endfor %}}"
        if kind == 1:
            return f"{{% for i in {self.expression(2)} if {self.expression(1)} %}}{{{{ loop.last }}}}{{{{ i }}}}{{% endfor %}}"
        if kind == 2:
            return f"{{% if {self.expression(2)} %}}{{{{ {body} }}}}{{% else %}}{{{{ {self.expression(2)} }}}}{{% endif %}}"
        if kind == 3:
            return f"{{% set x = {body} %}}{{{{ x }}}}{{{{ x is iterable }}}}"
        if kind == 4:
            return f"{{% macro f(a, b={self.expression(1)}) %}}{{{{ a }}}}|{{{{ b }}}}{{% endmacro %}}{{{{ f({body}) }}}}"
        if kind == 5:
            return f"{{% set ns = namespace(v={self.expression(1)}) %}}{{% for i in xs %}}{{% set ns.v = {body} %}}{{% endfor %}}{{{{ ns.v }}}}"
        if kind == 6:
            return f"{{% set x | {self.choose('upper', 'trim', 'length', 'list')} %}}{{{{ {body} }}}}{{% endset %}}{{{{ x }}}}"
        return f"{{% with x = {body} %}}{{{{ x }}}}{{% endwith %}}{{{{ x }}}}"

    def scopes(self, depth, loops=0):
        """Statements that assign and read a few names at every depth: a, b and x have values in the context, z has none."""
        name = lambda: self.choose("a", "b", "x", "z")
        inner = lambda in_loop=loops: self.scopes(depth - 1, in_loop)
        parts = []
        for _ in range(self.random.randint(1, 3)):
            kind = self.random.randrange(14) if depth > 0 else self.random.randrange(4)
            if kind in (0, 1):
                parts.append(f"[{{{{ {name()} }}}}]")
            elif kind == 2:
                parts.append(f"{{% set {name()} = {self.choose('1', '2', name(), name() + ' ~ 3')} %}}")
            elif kind == 3:
                jump = self.choose("break", "continue") if loops else "set z = 4"
                parts.append(f"{{% if {name()} == {self.choose('1', '2', name())} %}}{{% {jump} %}}{{% endif %}}")
            elif kind == 4:
                parts.append(f"{{% if {name()} %}}{inner()}{{% endif %}}")
            elif kind == 5:
                parts.append(f"{{% if {name()} == 1 %}}{inner()}{{% else %}}{inner()}{{% endif %}}")
            elif kind == 6:
                parts.append(f"{{% if {name()} == 1 %}}{inner()}{{% elif {name()} %}}{inner()}{{% else %}}{inner()}{{% endif %}}")
            elif kind == 7:
                test = f" if {name()} != 2" if self.random.random() < 0.3 else ""
                otherwise = f"{{% else %}}{inner()}" if self.random.random() < 0.3 else ""
                parts.append(f"{{% for {name()} in [{self.choose('1', '', '1, 2')}]{test} %}}{inner(1)}{otherwise}{{% endfor %}}")
            elif kind == 8:
                parts.append(f"{{% with {name()} = {name()} %}}{inner()}{{% endwith %}}")
            elif kind == 9:
                parts.append(f"{{% set {name()} %}}{inner()}{{% endset %}}")
            elif kind == 10:
                parts.append(f"{{% filter trim %}}{inner()}{{% endfilter %}}")
            elif kind == 11:
                macro = self.choose("f", "g")
                parts.append(f"{{% macro {macro}({self.choose('', name(), name() + '=' + name())}) %}}{inner(0)}{{% endmacro %}}")
            elif kind == 12:
                parts.append(f"{{{{ {self.choose('f', 'g')}({self.choose('', '5', name())}) if {self.choose('f', 'g')} is defined }}}}")
            else:
                parts.append(f"{{% generation %}}{inner(0)}{{% endgeneration %}}")
        return "".join(parts)

    def template(self):
        share = self.random.random()
        if share < 0.2:
            return self.scopes(4)
        if share < 0.4:
            return self.statement()
        return "{{ " + self.expression(self.random.choice([1, 2, 2, 3, 3, 4])) + " }}"
