import { fold } from '@postern/store'

/** How people head the parts of a bug report, by section key and in several languages; folded. */
const sectionNames: Readonly<Record<string, readonly string[]>> = {
  steps_to_reproduce: [
    ...['steps to reproduce', 'steps', 'how to reproduce', 'reproduction', 'to reproduce'],
    ...['schritte zum reproduzieren', 'schritte', 'reproduktion', 'so lässt es sich nachstellen'],
    ...['étapes pour reproduire', 'étapes de reproduction', 'étapes', 'reproduction du problème'],
    ...[
      'pasos para reproducir',
      'pasos',
      'cómo reproducirlo',
      'passos para reproduzir',
      'passos',
      'passaggi per riprodurre',
      'passi',
    ],
    ...['再現手順', '手順', '重现步骤', '复现步骤', '步骤', 'خطوات إعادة الإنتاج', 'خطوات التكرار', 'الخطوات'],
  ],
  expected: [
    ...['expected', 'expected result', 'expected results', 'expected behaviour', 'expected behavior'],
    ...[
      'erwartet',
      'erwartetes ergebnis',
      'erwartetes verhalten',
      'attendu',
      'résultat attendu',
      'comportement attendu',
    ],
    ...[
      'esperado',
      'resultado esperado',
      'comportamiento esperado',
      'comportamento esperado',
      'atteso',
      'risultato atteso',
    ],
    ...[
      '期待される動作',
      '期待する動作',
      '期待される結果',
      '期待結果',
      '期待',
      '预期结果',
      '期望结果',
      '预期',
      'النتيجة المتوقعة',
      'المتوقع',
    ],
  ],
  actual: [
    ...[
      'actual',
      'actual result',
      'actual results',
      'actual behaviour',
      'actual behavior',
      'what happened',
      'what happens',
    ],
    ...[
      'tatsächlich',
      'tatsächliches ergebnis',
      'tatsächliches verhalten',
      'constaté',
      'obtenu',
      'résultat obtenu',
      'comportement constaté',
    ],
    ...[
      'actual',
      'resultado actual',
      'resultado real',
      'resultado obtenido',
      'resultado obtido',
      'resultado atual',
      'risultato effettivo',
    ],
    ...['実際の動作', '実際の結果', '実際', '实际结果', '实际', 'النتيجة الفعلية', 'الفعلي', 'ما حدث'],
  ],
}

/** A longer line is no heading; it also bounds what the patterns below may try. */
const headingCharsMax = 120

/** `## Heading`, or a line that is bold from end to end. */
const heading = /^(?:#{1,6}\s+(?<hashed>\S.*?)\s*#*|\*\*(?<bold>[^*]+)\*\*\s*:?)$/u
/** `Expected: a receipt` and `- **Expected:** a receipt`. */
const label = /^(?:[-*]\s+)?(?:\*\*)?(?<name>[^:：*]{1,60})(?:\*\*)?\s*[:：](?:\*\*)?/u

/**
 * The parts of a description by folded heading, with what stands in them. A heading opens a part anywhere; `Name: text`
 * does only for the names in `known`, because any sentence may hold a colon.
 */
export function readSections(description: string, known: ReadonlySet<string>): ReadonlyMap<string, string> {
  const sections = new Map<string, string>()
  let current: string | undefined
  const open = (name: string, rest = '') => {
    current = nameOf(name)
    sections.set(current, [sections.get(current), rest].filter(Boolean).join('\n'))
  }
  for (const line of description.split('\n').map((text) => text.trim())) {
    const { hashed, bold } = (line.length <= headingCharsMax && heading.exec(line)?.groups) || {}
    const [start, name] = label.exec(line.slice(0, headingCharsMax)) ?? []
    if (hashed !== undefined || bold !== undefined) open(hashed ?? bold ?? '')
    else if (start !== undefined && name !== undefined && known.has(nameOf(name))) open(name, line.slice(start.length))
    else if (current !== undefined) sections.set(current, `${sections.get(current)}\n${line}`)
  }
  return sections
}

/** A heading without number, colon and case, so that `## 2. Expected:` is `expected`. */
function nameOf(heading: string): string {
  return fold(heading)
    .replace(/^[\d.)\s]+/, '')
    .replace(/[\s:：]+$/, '')
    .trim()
}

/** All names under which a section may stand. */
export function namesOf(section: { readonly key: string; readonly heading?: string }): readonly string[] {
  const own = section.heading === undefined ? [] : [nameOf(section.heading)]
  return [...own, ...(Object.hasOwn(sectionNames, section.key) ? (sectionNames[section.key] ?? []) : [])]
}
