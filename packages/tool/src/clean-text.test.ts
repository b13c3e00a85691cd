import { describe, expect, it } from 'vitest'
import { cleanText } from './clean-text.ts'

const clean = (text: string) => cleanText(text, 20_000)
const tags = (text: string) => Array.from(text, (char) => String.fromCodePoint(0xe0000 + char.charCodeAt(0))).join('')
const zalgo = (marks: number) => `a${'\u0301'.repeat(marks)}b`

/** Attack, what arrives, what is shown. */
const hostile: [string, string, string][] = [
  // Controls
  ['autolink without slashes', 'see <https:evil.example/x>', 'see &lt;https:evil.example/x>'],
  [
    'autolink of an application',
    '<vscode:extension/x> <mailto:a@b.example>',
    '&lt;vscode:extension/x> &lt;mailto:a@b.example>',
  ],
  ['NUL', 'a\0b', 'ab'],
  ['backspaces that overwrite', 'safe\b\b\b\bevil', 'safeevil'],
  ['vertical tab and form feed', 'a\v\fb', 'ab'],
  ['carriage return that overwrites a line', 'safe\revil', 'safeevil'],
  ['CRLF', 'a\r\nb', 'a\nb'],
  ['CR CR LF', 'a\r\r\nb', 'a\nb'],
  ['DEL', 'a\x7fb', 'ab'],
  ['bell', 'a\x07b', 'ab'],
  ['shift out', 'a\x0eb\x0f', 'ab'],
  ['next line, C1', 'a\x85b', 'ab'],
  ['padding and high octet preset', '\x80\x81a', 'a'],
  // Terminal sequences
  ['colour', '\x1b[31mred\x1b[0m', 'red'],
  ['256 colours with colons', '\x1b[38:5:196mred', 'red'],
  ['clear the screen', 'a\x1b[2J\x1b[Hb', 'ab'],
  ['concealed text', '\x1b[8mhidden\x1b[28m', 'hidden'],
  ['private mode', '\x1b[?1049hx\x1b[?25l', 'x'],
  ['intermediate byte', '\x1b[1 qx', 'x'],
  ['8-bit CSI', '\x9b31mred\x9b0m', 'red'],
  ['window title', '\x1b]0;evil title\x07text', 'text'],
  ['window title ended by ST', '\x1b]2;evil\x1b\\text', 'text'],
  ['window title ended by 8-bit ST', '\x1b]2;evil\x9ctext', 'text'],
  ['8-bit OSC', '\x9d0;evil\x9ctext', 'text'],
  ['terminal hyperlink', '\x1b]8;;http://evil.example\x1b\\text\x1b]8;;\x1b\\', 'text'],
  ['clipboard write', '\x1b]52;c;ZXZpbA==\x07ok', 'ok'],
  ['inline image', '\x1b]1337;File=inline=1:AAAA\x07ok', 'ok'],
  ['DCS', '\x1bPq#0;2;0;0;0\x1b\\ok', 'ok'],
  ['8-bit DCS', '\x90q#0\x9cok', 'ok'],
  ['APC', '\x1b_Gpayload\x1b\\ok', 'ok'],
  ['8-bit APC', '\x9fGpayload\x9cok', 'ok'],
  ['PM', '\x1b^payload\x1b\\ok', 'ok'],
  ['SOS', '\x1bXpayload\x1b\\ok', 'ok'],
  ['reset', '\x1bcok', 'ok'],
  ['save and restore the cursor', '\x1b7a\x1b8', 'a'],
  ['character set', '\x1b(0lqk\x1b(B', 'lqk'],
  ['alignment test', '\x1b#8ok', 'ok'],
  ['lone ESC', 'a\x1b', 'a'],
  ['ESC before a letter that means nothing', 'a\x1bb', 'ab'],
  ['many ESC', '\x1b\x1b\x1b[1mok', 'ok'],
  ['unterminated CSI', 'ok\x1b[31', 'ok'],
  ['CSI cut by a line end', 'ok\x1b[31\nnext', 'ok\nnext'],
  ['unterminated OSC keeps the text', '\x1b]0;what follows stays', '0;what follows stays'],
  ['OSC ends with its line', '\x1b]0;title\nnext\x07', '0;title\nnext'],
  ['OSC longer than any real one', `\x1b]${'a'.repeat(5000)}\x07b`, `${'a'.repeat(5000)}b`],
  ['nested CSI', '\x1b[\x1b[31m31mred', 'red'],
  ['CSI nested in a parameter', '\x1b[3\x1b[0m1mred', 'red'],
  ['CSI nested in OSC', '\x1b]0;\x1b[31mevil\x07text', 'text'],
  ['OSC nested in CSI', '\x1b[\x1b]0;x\x0731mred', 'red'],
  ['CSI split by a zero width space', '\x1b\u200b[31mred', 'red'],
  ['CSI split by a joiner', '\x1b\u200d[31mred', 'red'],
  ['CSI split by a control', '\x1b[3\x001mred', 'red'],
  ['CSI split by a tag', '\x1b\u{e0061}[31mred', 'red'],
  ['ST split by a bidi control', '\x1b]0;evil\x1b\u202e\\text', 'text'],
  // Bidi and invisible
  ['right-to-left override', 'invoice\u202efdp.exe', 'invoicefdp.exe'],
  ['embeddings', '\u202aa\u202bb\u202cc\u202d', 'abc'],
  ['isolates', '\u2066a\u2067b\u2068c\u2069', 'abc'],
  ['marks', 'a\u200eb\u200fc\u061c', 'abc'],
  ['zero width space', 'ig\u200bnore', 'ignore'],
  ['zero width no-break space', '\ufeffa\ufeff', 'a'],
  ['word joiner and invisible operators', 'a\u2060\u2061\u2062\u2063\u2064b', 'ab'],
  ['deprecated format characters', 'a\u206a\u206b\u206c\u206d\u206e\u206fb', 'ab'],
  ['soft hyphen', 'ig\u00adnore', 'ignore'],
  ['combining grapheme joiner', 'a\u034fb', 'ab'],
  ['Hangul fillers', 'a\u115f\u1160\u3164\uffa0b', 'ab'],
  ['Khmer inherent vowels', 'a\u17b4\u17b5b', 'ab'],
  ['Mongolian selectors and separator', 'a\u180b\u180c\u180d\u180e\u180fb', 'ab'],
  ['interlinear annotation', 'a\ufff9b\ufffac\ufffb', 'abc'],
  ['musical format characters', 'a\u{1d173}\u{1d17a}b', 'ab'],
  ['shorthand format characters', 'a\u{1bca0}\u{1bca3}b', 'ab'],
  ['joiner between Latin letters', 'ig\u200cno\u200dre', 'ignore'],
  ['joiner between digits', '1\u200d2', '12'],
  ['joiner before an emoji', 'a\u200d😀', 'a😀'],
  ['joiners piled between emoji', '👩\u200d\u200d👩', '👩👩'],
  ['joiner at the end of an emoji', '👩\u200d', '👩'],
  ['non-joiner between emoji', '👩\u200c👩', '👩👩'],
  ['non-joiner at the end of a word', 'می\u200c خ', 'می خ'],
  ['emoji and joiner parted by an invisible character', '👩\u200b\u200d👩', '👩\u200d👩'],
  ['text in tag characters', `hi${tags('ignore all')}`, 'hi'],
  ['language tag', '\u{e0001}\u{e0065}\u{e006e}a', 'a'],
  ['tags after a flag that nobody draws', `🏴${tags('hello')}\u{e007f}`, '🏴'],
  ['flag without its end', `🏴${tags('gbeng')}x`, '🏴x'],
  ['more text after a real flag', `🏴${tags('gbeng')}\u{e007f}${tags('hi')}`, `🏴${tags('gbeng')}\u{e007f}`],
  ['bytes in variation selectors', `😀${'\ufe01\u{e0150}\u{e01ef}'.repeat(50)}`, '😀'],
  ['one more selector than allowed', '❤\ufe0f\ufe0f', '❤\ufe0f'],
  ['selector on a letter', 'a\ufe0fb\u{e0100}', 'ab'],
  ['selector on a digit that is no keycap', '1\ufe0f2', '12'],
  ['selector run on an ideograph', '葛\u{e0100}\u{e0101}\u{e0102}', '葛\u{e0100}'],
  ['pile of marks', zalgo(200), zalgo(8)],
  ['pile split by invisible characters', `a${'\u0301\u200b'.repeat(40)}b`, zalgo(8)],
  ['pile split by terminal sequences', `a${'\u0301\x1b[0m'.repeat(40)}b`, zalgo(8)],
  ['pile of enclosing marks', `a${'\u20dd'.repeat(20)}`, `a${'\u20dd'.repeat(8)}`],
  ['lone high surrogate', 'a\ud83d', 'a'],
  ['lone low surrogate', '\ude00a', 'a'],
  ['surrogates that would join', '\ud83d\u200b\ude00', ''],
  ['noncharacters', 'a\ufdd0\uffff\u{1fffe}b', 'ab'],
  // Links and images
  ['link', '[a](b)', '[a]\\(b)'],
  ['image that carries data away', '![x](//evil.example/?d=1)', '![x]\\(//evil.example/?d=1)'],
  ['link split by an invisible character', '[a]\u200b(b)', '[a]\\(b)'],
  ['link split by a terminal sequence', '[a]\x1b[0m(b)', '[a]\\(b)'],
  ['address', 'see https://evil.example', 'see https[:]//evil.example'],
  ['address with an odd scheme', 'MS-Word:OFE|u|HTTP://x', 'MS-Word:OFE|u|HTTP[:]//x'],
  ['address split by an invisible character', 'http:\u2060//x', 'http[:]//x'],
  ['address behind an address', 'http://http://x', 'http[:]//http[:]//x'],
  ['angle autolink', '<https://x>', '<https[:]//x>'],
  ['www autolink', 'WWW.evil.example', 'WWW[.]evil.example'],
  ['www before a bracket', 'www.(x)', 'www[.]\\(x)'],
  ['script address', '[a](JavaScript:alert(1))', '[a]\\(JavaScript[:]alert(1))'],
  ['script address with a bracket', 'javascript:(alert)', 'javascript[:]\\(alert)'],
  ['data address', 'data:text/html;base64,AA', 'data[:]text/html;base64,AA'],
  ['vbscript', 'vbscript:x', 'vbscript[:]x'],
  ['reference definition', '[a]: //evil.example', '[a]\\: //evil.example'],
  ['reference definition in a quote in a list', '> 1. [a]: //x', '> 1. [a]\\: //x'],
  ['reference definition over two lines', '[a\nb]: //x', '[a\nb]\\: //x'],
  ['reference definition with an escape', '[a\\]b]: //x', '[a\\]b]\\: //x'],
  ['image tag', '<img src=//x>', '&lt;img src=//x>'],
  ['image tag with slashes', '<IMG/src=//x>', '&lt;IMG/src=//x>'],
  ['image tag that never ends', '<img src="//x', '&lt;img src="//x'],
  ['anchor', '<a href="x">y</a>', '&lt;a href="x">y</a>'],
  ['script', '<script>x</script>', '&lt;script>x&lt;/script>'],
  ['frame', '<iframe src=x></iframe>', '&lt;iframe src=x>&lt;/iframe>'],
  ['svg', '<svg onload=x>', '&lt;svg onload=x>'],
  ['style', '<style>@import "x"</style>', '&lt;style>@import "x"&lt;/style>'],
  ['form and input', '<form action=x><input name=y>', '&lt;form action=x>&lt;input name=y>'],
  [
    'base, meta, link',
    '<base href=x><meta content=y><link rel=z>',
    '&lt;base href=x>&lt;meta content=y>&lt;link rel=z>',
  ],
  ['any tag with a handler', '<x-y\nonclick=z>', '&lt;x-y\nonclick=z>'],
  ['comment that a renderer hides', 'a<!-- hidden -->', 'a&lt;!-- hidden -->'],
  ['tag with a sign that only looks like its end', '<img x< src=//x>', '&lt;img x< src=//x>'],
  ['www after an underscore', '_www.x', '_www[.]x'],
  ['tag split by an invisible character', '<i\u200bmg src=x>', '&lt;img src=x>'],
]

const preserve: [string, string][] = [
  ['ASCII with tabs and lines', 'a\tb\n\nc  d\n'],
  ['what only shows an escape', '\\u001b[31m \\x1b[0m \\n &#x202e; %1b ^[[0m'],
  ['emoji family', '👨\u200d👩\u200d👧\u200d👦'],
  ['couple with skin tones', '👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏻'],
  ['profession with a sign', '👩🏿\u200d⚕\ufe0f'],
  ['rainbow and pirate flags', '🏳\ufe0f\u200d🌈 🏴\u200d☠\ufe0f'],
  ['flags of England, Scotland and Wales', ['gbeng', 'gbsct', 'gbwls'].map((f) => `🏴${tags(f)}\u{e007f}`).join('')],
  ['flags of countries', '🇩🇪🇯🇵🇧🇷'],
  ['keycaps', '1\ufe0f\u20e3 #\ufe0f\u20e3 *\ufe0f\u20e3'],
  ['text and emoji presentation', '❤\ufe0e ❤\ufe0f ☎\ufe0e ©\ufe0f'],
  ['Persian with non-joiners', 'می\u200cخواهم کتاب\u200cها را ببینم'],
  ['Persian abbreviation with a joiner', 'ه\u200d.ق ۱۴۰۳'],
  ['Arabic with vowel marks', 'السَّلَامُ عَلَيْكُمْ، مرحبًا!'],
  ['Hebrew with points', 'שָׁלוֹם עוֹלָם (שלום)'],
  ['Hindi conjuncts', 'क्\u200dष क्\u200cष हिन्दी राष्ट्र'],
  ['Bengali, Malayalam, Sinhala', 'র\u200d্যাব അവന\u0d4d\u200d ශ්\u200dරී ලංකා'],
  ['Thai and Lao', 'สวัสดีครับ ที่นี่ ສະບາຍດີ'],
  ['Tibetan stack', '\u0f67\u0f90\u0fb5\u0fa8\u0fb3\u0fba\u0fbc\u0fbb\u0f82'],
  ['Vietnamese, composed and decomposed', 'Tiếng Việt Tie\u0302\u0301ng Vie\u0323\u0302t'],
  ['Yoruba and IPA marks', 'ẹ̀kọ́ [ˈt͡ʃʰɔ̃ː]'],
  ['ideographs with variation selectors', '葛\u{e0100}城市 辻\ufe00 ，\ufe00'],
  ['Japanese, Korean, Chinese', 'ガギグゲゴ が ｶﾞ 한국어 각 漢字'],
  ['mathematics', '∀x∈ℝ: √(x²) ≤ |x| ⊕ 𝔐 ∩\ufe00'],
  ['no folding', 'ﬁ Å ｆｕｌｌ ① ² ℌ'],
  ['typography', '“a” — ‘b’ … 1\u00a0000\u202f€ • ™'],
  ['private use and unassigned', '\ue000\u{f8ff0}\u{100000}'],
  ['generics', 'Map<String, List<Integer>> f(Foo<Object> a) { return x < y && y > z }'],
  ['simple markup', '<b>bold</b> <br/> <p>x</p> a <3 b'],
  ['markdown that fetches nothing', '# h\n- [x] done\n1. `a[0] (x)` **b** _c_\n> q'],
  ['times, ratios, pairs', '12:30 a:b {"data": 1} customer data: none'],
  ['mail address', 'jane.doe+x@acme.example'],
  ['mis-decoded quotation marks keep the text between', 'â€quotedâ€ rest'],
]

describe('cleanText', () => {
  it.each(hostile)('disarms: %s', (_name, text, expected) => {
    expect(clean(text)).toBe(expected)
  })

  it.each(preserve)('keeps: %s', (_name, text) => {
    expect(clean(text)).toBe(text)
  })

  it('has tables of the size the promise names', () => {
    expect(hostile.length).toBeGreaterThanOrEqual(84)
    expect(preserve.length).toBeGreaterThanOrEqual(18)
  })

  it('drops the marker bytes of mis-decoded text and nothing between them', () => {
    expect(clean('\u00e2\x80\x9dquoted\u00e2\x80\x9c rest')).toBe('\u00e2quoted\u00e2 rest')
  })

  // Nothing tells `a[0](x)` from a link with the text 0, so code pays with a backslash.
  it('takes an index that is called for a link', () => {
    expect(clean('a[0](x)')).toBe('a[0]\\(x)')
  })
})

describe('the cut', () => {
  it.each([
    ['nothing to cut', 'abc', 3, 'abc'],
    ['one unit too long', 'abcd', 3, 'ab…'],
    ['no room', 'abc', 0, ''],
    ['room for the sign only', 'abc', 1, '…'],
    ['not a number', 'abc', Number.NaN, ''],
    ['a surrogate pair', 'a😀bc', 3, 'a…'],
    ['a family', 'a👨\u200d👩\u200d👧bc', 8, 'a…'],
    ['a base and its mark', 'abe\u0301f', 4, 'ab…'],
    ['a flag', 'a🇩🇪bcd', 4, 'a…'],
    ['a joiner left without its letter', 'می\u200cخواهم', 4, 'می…'],
    ['a keycap', 'ab1\ufe0f\u20e3cd', 5, 'ab…'],
    ['a character longer than any real one', `a${'👩\u200d'.repeat(200)}👩`, 100, `a${'👩\u200d'.repeat(11)}👩…`],
  ])('%s', (_name, text, charsMax, expected) => {
    expect(cleanText(text, charsMax)).toBe(expected)
  })

  it('comes after everything that makes a text longer', () => {
    expect(cleanText('http://'.repeat(10), 20)).toBe('http[:]//http[:]//h…')
  })
})

describe('cleanText on 5,000 random texts', () => {
  const fragments = [...hostile.map(([, text]) => text), ...preserve.map(([, text]) => text)].flatMap(inPieces)
  const texts = randomTexts(5_000, fragments)

  it('changes nothing the second time, whatever the length', () => {
    for (const [i, text] of texts.entries()) {
      const charsMax = i % 3 === 0 ? i % 50 : 20_000
      const once = cleanText(text, charsMax)
      expect(once.length).toBeLessThanOrEqual(charsMax)
      expect(cleanText(once, charsMax), JSON.stringify(text)).toBe(once)
    }
  })

  it('leaves nothing that hides, reorders, links or fetches', () => {
    const left =
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}]|\u034f|\p{Cs}|:\/\/|\]\(|(?<![a-z\d])(?:www\.|javascript:)|<(?:script|svg)[\s>]|<[a-z][^>]*[\s/][^>]*=|\p{M}{9}|[\u200c\u200d]{2}|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2}/iu
    for (const text of texts) expect(clean(text), JSON.stringify(text)).not.toMatch(left)
  })

  it('loses no visible ASCII where no terminal sequence stands', () => {
    for (const text of texts) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      if (/[\x1b\x80-\x9f]/.test(text)) continue
      const letters = (from: string) => from.replace(/&lt;/g, '<').replace(/[^\w<>=]/g, '')
      expect(letters(clean(text))).toBe(letters(text))
    }
  })
})

// Not timed: what took quadratic time would need tens of billions of steps here, and end by the test's timeout.
describe('cleanText on 200,000 characters of one attack', () => {
  it.each([
    '\x1b',
    '\x1b[',
    '\x1b]',
    '\x1b]x\x07',
    '\x9d',
    '\x1b[\x1b[31m',
    '\x90\n',
    '\u200d',
    'a\u0301',
    '\u0301',
    '👩\u200d',
    '🏴\u{e0067}',
    '\ufe0f',
    '😀\ufe0f',
    '<',
    '<a ',
    '<a\t',
    '<!-',
    '[',
    '[\n',
    ']',
    '](',
    '\\',
    '[\\',
    '> ',
    ' ',
    '\n',
    ' \n',
    ':',
    '://',
    'data:',
    'javascript:',
    'www.',
    '\ud83d',
    '1\ufe0f',
    'م\u200c',
    '葛\u{e0100}',
    '=',
    '<a =',
    'a',
  ])('%j', (attack) => {
    const text = attack.repeat(200_000 / attack.length)
    expect(cleanText(text, 2_000_000).length).toBeLessThan(5 * text.length)
    expect(cleanText(`<img ${text}`, 100).length).toBeLessThanOrEqual(100)
  })
})

/** The whole and its halves: what one removal leaves may join with what another leaves. */
function inPieces(text: string): string[] {
  const middle = text.length >> 1
  return text.length > 60 ? [text.slice(0, 60)] : [text, text.slice(0, middle), text.slice(middle)]
}

function randomTexts(count: number, fragments: readonly string[]): string[] {
  let state = 0x9e3779b9
  const random = (below: number) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0
    return ((state ^ (state >>> 12)) >>> 0) % below
  }
  return Array.from({ length: count }, () => {
    const pieces = Array.from({ length: 1 + random(7) }, () => fragments[random(fragments.length)] ?? '')
    // Now and then a single code unit, to hit what nobody thought of.
    return pieces.map((piece) => (random(4) === 0 ? piece + String.fromCharCode(random(0x10000)) : piece)).join('')
  })
}
