// What is invisible follows Unicode: Default_Ignorable_Code_Point (UAX #44), bidi controls (UAX #9), joiners (UAX #31,
// rules A1, A2 and B), tag sequences (UTS #51), and the attacks of TR #36. Every pattern here runs in linear time: no
// quantifier is nested, and what could run over a whole text stops at the character it starts with.

/** Starts or ends a terminal sequence (ECMA-48); it stays until `withoutSequences` has read it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const sequenceMark = /[\x07\x1b\x90\x98\x9b-\x9f]/

/**
 * What shows nothing wherever it stands, and tags outside the three flags that fonts draw. A C1 control after U+0080 is
 * the rest of a mis-decoded quotation mark, not a control: read as a sequence it would eat the quotation.
 */
const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /(\p{RGI_Emoji_Tag_Sequence})|\x80[\x80-\x9f]|[[\p{DI}\p{Cc}\p{Cs}\p{NChar}\ufff9-\ufffb]--[\n\t\x07\x1b\x90\x98\x9b-\x9f\u200c\u200d\ufe00-\ufe0f\u{e0100}-\u{e01ef}]]/gv

/** A taller pile of marks covers the lines around it. The tallest real one, a Tibetan stack, has eight. */
const pileOfMarks = /([\p{M}\u200c\u200d]{8})[\p{M}\u200c\u200d]+/gv

/** Scripts that spell with joiners. In any other a joiner only splits a word that a filter looks for. */
const joining =
  'Arab Syrc Nkoo Mong Adlm Rohg Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt Java Bali'
const joined = `[[\\p{L}\\p{M}]&&[${joining.replace(/\w+ ?/g, (script) => `\\p{scx=${script.trim()}}`)}]]`

/** Joiners and variation selectors with nothing to join or vary; the first group is what has a use. */
const idle = new RegExp(
  [
    String.raw`(?=[\u200c\u200d\ufe00-\ufe0f\u{e0100}-\u{e01ef}])(?:(`,
    [
      String.raw`(?<=\p{ExtPict}\ufe0f?|\p{EMod})\u200d(?=\p{ExtPict})`,
      String.raw`(?<=${joined})(?:\u200d|\u200c(?=${joined}))`,
      String.raw`(?<=\p{ExtPict})[\ufe0e\ufe0f]`,
      String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
      String.raw`(?<=\p{Ideographic})[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]`,
      // The other standardized variants: mathematical signs, Myanmar, Phags-pa, punctuation of Chinese and Japanese.
      String.raw`(?<=[[\p{Sm}--\p{ASCII}]\p{sc=Mymr}\p{sc=Phag}、。，．！：；？])[\ufe00\ufe01]`,
    ].join('|'),
    ')|.)',
  ].join(''),
  'gv',
)

/** A terminal string longer than this, or over more than one line, is taken for text: better seen than lost. */
const sequenceCharsMax = 4096

/** What follows ESC, and the one control that means the same. */
const eightBit: Readonly<Record<string, string>> = {
  '[': '\x9b',
  ']': '\x9d',
  P: '\x90',
  X: '\x98',
  '^': '\x9e',
  _: '\x9f',
  '\\': '\x9c',
}

/** Only ASCII is put in, and nothing that a pattern matches, so a second run finds nothing. The order matters. */
const defang: readonly (readonly [RegExp, string])[] = [
  [/:\/\//g, '[:]//'],
  // A data URL, not a sentence about "customer data: …".
  [/(?<![a-z\d])(javascript|vbscript|data(?=:[\w;,])):/gi, '$1[:]'],
  [/(?<![a-z\d])(www)\./gi, '$1[.]'],
  // What acts, or hides what follows, without any attribute; for the rest see `withoutTags`.
  [
    /<(?=!--|\/?(?:script|style|iframe|svg|form|template|textarea|title|xmp|plaintext|noscript|noembed|noframes)[\s/>])/gi,
    '&lt;',
  ],
  // An autolink of CommonMark: `<https:evil.example>` is a link without any `//`.
  [/<(?=[a-z][a-z\d+.-]{1,31}:)/gi, '&lt;'],
  // After the ones that put brackets in. Code like `a[0](x)` pays for it: nothing tells it from a link.
  [/\]\(/g, ']\\('],
  // A reference definition, in quotes and lists too; its label (999 characters at most) may begin on an earlier line.
  [/^((?:[ \t>*+\-\d.)]{0,99}\[)?(?:[^[\]\\\n]|\\.){0,999}\]):/gm, '$1\\:'],
]

/**
 * Makes text from people and documents safe to show to a model, a terminal and a renderer of markdown or HTML, and
 * keeps it readable: real scripts, emoji and what only looks like an escape (`\u001b` in letters) stay as they are.
 *
 * Removed: controls except line feed and tab, terminal sequences with what they hide, bidi controls, invisible
 * characters, lone surrogates, noncharacters, marks beyond eight on one base. Made inert: links, images, reference
 * definitions, `scheme://`, `www.`, script and data URLs, HTML that fetches or acts. No folding, no decoding.
 *
 * Linear in the length of the text; never throws; cleaning twice changes nothing more.
 *
 * @param charsMax UTF-16 units of the result. A longer text ends in `…`, never inside a character.
 */
export function cleanText(text: string, charsMax: number): string {
  let clean = visible(text)
  for (const [pattern, replacement] of defang) clean = clean.replace(pattern, replacement)
  return cut(withoutTags(clean), charsMax)
}

function visible(text: string): string {
  if (!/[^\n\t -~]/.test(text)) return text
  const shown = withoutInvisible(text)
  // What a sequence stood between is now side by side: a second pile of marks, a joiner and its letter.
  return sequenceMark.test(shown) ? withoutInvisible(withoutSequences(shown)) : shown
}

/** Invisible first, so that nothing hidden splits a pile or parts a joiner from its letter. */
function withoutInvisible(text: string): string {
  return text.replace(invisible, '$1').replace(pileOfMarks, '$1').replace(idle, '$1')
}

/**
 * Reads from the end to the start, so that a sequence inside a sequence is gone before the outer one is read: no two
 * halves join to a new one. A character is kept once and dropped at most once, which makes it linear.
 */
function withoutSequences(text: string): string {
  const kept: string[] = [] // last character first
  const ends: number[] = [] // where in `kept` a terminal string or a line ends
  const drop = (from: string, to: string, charsMax = text.length) => {
    for (let next = kept.at(-1), n = 0; n < charsMax && next && from <= next && next <= to; next = kept.at(-1), n++)
      kept.pop()
  }

  for (let i = text.length - 1; i >= 0; i--) {
    const char = text.charAt(i)
    const after = char === '\x1b' ? kept.at(-1) : undefined
    const control = (after && eightBit[after]) ?? char
    if (control !== char) kept.pop()

    switch (control) {
      case '\x9b':
        drop('0', '?')
        drop(' ', '/')
        drop('@', '~', 1)
        break
      case '\x90':
      case '\x98':
      case '\x9d':
      case '\x9e':
      case '\x9f': {
        const end = ends.at(-1)
        if (end === undefined || kept[end] === '\n' || kept.length - end > sequenceCharsMax) break
        kept.length = end
        ends.pop()
        break
      }
      case '\x1b':
        if (/[#%()*+./-]/.test(after ?? '')) {
          kept.pop()
          drop('0', '~', 1)
        } else if (/[7-9=>DEHMNOZc]/.test(after ?? '')) kept.pop()
        break
      case '\x07':
      case '\x9c':
      case '\n':
        ends.push(kept.length)
        kept.push(control)
        break
      default:
        kept.push(char)
    }
  }
  return kept.reverse().join('').replaceAll('\x07', '').replaceAll('\x9c', '')
}

/**
 * A tag of any name fetches or acts only by an attribute: a `=` before the next `>`, with a space or slash before it. So
 * `List<String>` stays. A `<` inside a tag ends nothing, as in HTML: `<img x< src=…>` fetches.
 */
function withoutTags(text: string): string {
  return text.replace(/[^>]+/g, (part) => {
    const attribute = part.slice(0, part.lastIndexOf('=') + 1).search(/[\s/][^\s/]*$/)
    return attribute < 0 ? part : part.slice(0, attribute).replace(/<(?=[a-z])/gi, '&lt;') + part.slice(attribute)
  })
}

/** Looks at most this far back for the start of a character made of many. */
const graphemeCharsMax = 64
let graphemes: Intl.Segmenter | undefined

function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text
  if (!(charsMax >= 1)) return ''
  const end = charsMax - 1
  const from = Math.max(0, end - graphemeCharsMax)
  graphemes ??= new Intl.Segmenter('und')
  const start = graphemes.segment(text.slice(from, end + 2)).containing(end - from)?.index || end - from
  // Once more: the cut may have left a joiner with nothing to join, or half a surrogate pair.
  return `${withoutInvisible(text.slice(0, from + start))}…`
}
