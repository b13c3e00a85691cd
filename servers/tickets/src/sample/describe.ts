import { standardTemplates } from '../domain/standard-templates.ts'
import type { Language, Scenario } from './scenario.ts'

/** The parts of a bug report as people of each language head them. */
const bugHeadings: Readonly<Record<Language, readonly [steps: string, expected: string, actual: string]>> = {
  en: ['Steps to reproduce', 'Expected', 'Actual'],
  de: ['Schritte zum Reproduzieren', 'Erwartetes Ergebnis', 'Tatsächliches Ergebnis'],
  fr: ['Étapes pour reproduire', 'Résultat attendu', 'Résultat obtenu'],
  es: ['Pasos para reproducir', 'Resultado esperado', 'Resultado actual'],
  pt: ['Passos para reproduzir', 'Resultado esperado', 'Resultado obtido'],
  it: ['Passaggi per riprodurre', 'Risultato atteso', 'Risultato effettivo'],
  nl: ['Steps to reproduce', 'Expected', 'Actual'],
  pl: ['Steps to reproduce', 'Expected', 'Actual'],
  ja: ['再現手順', '期待される動作', '実際の動作'],
  zh: ['重现步骤', '预期结果', '实际结果'],
  ar: ['خطوات إعادة الإنتاج', 'النتيجة المتوقعة', 'النتيجة الفعلية'],
}

/** The description of a scenario: its text, then the sections of its template under their headings, and the checklist. */
export function sectionsText({ text, template, sections = [], language }: Scenario): string {
  const form = standardTemplates.find(({ template_id }) => template_id === template)
  const headings = template === 'bug' ? bugHeadings[language] : (form?.sections ?? []).map(({ heading }) => heading)
  const parts = sections.map((section, index) => `## ${headings[index]}\n${section}`)
  const checklist = (form?.checklist ?? []).map((item) => `- [x] ${item}`)
  return [text, ...parts, checklist.join('\n')].filter(Boolean).join('\n\n')
}
