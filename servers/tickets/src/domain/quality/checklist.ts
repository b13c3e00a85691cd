import { fold } from '@postern/store'
import { error, type Rule, warning } from './issue.ts'

const item = /^\s*(?:[-*+]|\d{1,3}[.)])\s+\[(?<mark>[ xX])\](?<text>.*)$/

/** What is on the list is done before the ticket is opened. Names the line, not the text: that is of people. */
export const checklist: Rule = ({ description }, { template }) => {
  const items = description.split('\n').flatMap((line, index) => {
    const { mark, text } = item.exec(line)?.groups ?? {}
    return mark === undefined ? [] : [{ line: index + 1, ticked: mark !== ' ', text: fold(text ?? '').trim() }]
  })
  const unticked = items.filter(({ ticked }) => !ticked).map(({ line }) => line)
  const absent = (template?.checklist ?? []).filter((wanted) => !items.some(({ text }) => text === fold(wanted).trim()))
  return [
    ...(unticked.length === 0
      ? []
      : [
          error(
            'description',
            'checklist_unticked',
            `Checklist items are not ticked in ${lines(unticked)} of the description. Do each one and write [x], or remove it if it does not apply.`,
          ),
        ]),
    ...(absent.length === 0
      ? []
      : [
          warning(
            'description',
            'checklist_missing',
            `${absent.length} of ${template?.checklist.length} checklist items of the template are missing. draft_ticket with template_id and no description gives the whole list.`,
          ),
        ]),
  ]
}

const linesNamedMax = 8

function lines(numbers: readonly number[]): string {
  const named = numbers.slice(0, linesNamedMax).join(', ')
  const more = numbers.length > linesNamedMax ? ` and ${numbers.length - linesNamedMax} more` : ''
  return `${numbers.length === 1 ? 'line' : 'lines'} ${named}${more}`
}
