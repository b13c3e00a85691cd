import type { Section } from '../template.ts'
import { error, type QualityIssue, type Rule } from './issue.ts'
import { namesOf, readSections } from './sections.ts'

const bugSections: readonly Section[] = ['steps_to_reproduce', 'expected', 'actual'].map((key) => ({
  key,
  heading: key.replaceAll('_', ' '),
  required: true,
}))

/** Every required section of the template stands in the description and says something. */
export const templateSections: Rule = ({ description, template_id }, { template }) => {
  const required = (template?.sections ?? []).filter((section) => section.required)
  return missing(description, required).map(({ key, empty }) =>
    error(
      'description',
      empty ? 'section_empty' : 'section_missing',
      empty
        ? `The section ${key} is empty. Write under its heading what template ${template_id} asks for.`
        : `The section ${key} of template ${template_id} is missing. Add its heading and what belongs under it.`,
    ),
  )
}

/** A bug without template must still say how to see it, what should happen and what happens instead. */
export const bugReport: Rule = ({ description, labels, template_id }, { template }) => {
  if (template_id !== 'bug' && !labels.includes('bug')) return []
  const asked = new Set((template?.sections ?? []).filter(({ required }) => required).map(({ key }) => key))
  return missing(
    description,
    bugSections.filter(({ key }) => !asked.has(key)),
  ).map(({ key }) => bugIssue(key))
}

const bugAdvice: Readonly<Record<string, string>> = {
  steps_to_reproduce: 'Add a section "Steps to reproduce" with numbered steps, from a known start to the fault.',
  expected: 'Add a section "Expected": what should happen at the last step.',
  actual: 'Add a section "Actual": what happens instead, with the exact message.',
}

function bugIssue(key: string): QualityIssue {
  return error('description', `bug_without_${key}`, `This is a bug report. ${bugAdvice[key]}`)
}

function missing(description: string, sections: readonly Section[]): { key: string; empty: boolean }[] {
  if (sections.length === 0) return []
  const known = new Set(sections.flatMap(namesOf))
  const found = readSections(description, new Set([...known, ...bugSections.flatMap(namesOf)]))
  return sections.flatMap((section) => {
    const texts = namesOf(section).flatMap((name) => found.get(name) ?? [])
    if (texts.some((text) => /[\p{L}\p{N}]/u.test(text))) return []
    return [{ key: section.key, empty: texts.length > 0 }]
  })
}
