import { fold } from '@postern/store'
import { words } from '../words.ts'
import { genericPhrases, genericWords } from './generic-words.ts'
import { error, type Rule, warning } from './issue.ts'

/** What can be said of anything, folded: a criterion made of this and generic words cannot fail, so it tests nothing. */
const empty = new Set(
  `all always as behave behaves better correct correctly done everything expected fine fixed gelöst good gut improved
   korrekt nice normal ok okay properly resolved should solved successful successfully wie erwartet alles wieder soll
   sollte läuft behoben comme prévu correctement corrigé corrigée résolu tout doit bien funciona corretamente
   correctamente como resuelto todo debe esperado corrigido resolvido deve tudo bem risolto tutto deve come previsto
   goed moet alles działa poprawnie`.split(/\s+/),
)
const emptyPhrases = [
  ...genericPhrases,
  '正常',
  '修正',
  'すべて',
  '解決',
  '直る',
  '動作',
  '動く',
  '正しく',
  'する',
  'こと',
  'される',
  '修复',
  '解决',
  '正确',
]
const wordsMin = 2

/** Words that everybody measures differently; folded. Fine when a number stands beside them. */
const soft = new Set(
  `fast faster quick quickly slow easy easier intuitive user-friendly friendly performant robust scalable modern
   schnell schneller einfach intuitiv benutzerfreundlich rapide rapidement facile simple convivial rápido rápidamente
   fácil intuitivo amigable rapidamente veloce semplice`.split(/\s+/),
)

/** At least one, and each can be checked by somebody who was not there. */
export const acceptanceCriteria: Rule = ({ acceptance_criteria: criteria }) => {
  if (criteria.length === 0)
    return [
      error(
        'acceptance_criteria',
        'criteria_missing',
        'Add at least one acceptance criterion: something a person can check, such as "An order over 500 EUR shows 19 % VAT".',
      ),
    ]
  const seen = new Set<string>()
  return criteria.flatMap((criterion, index) => {
    const path = `acceptance_criteria.${index}`
    const folded = fold(criterion).trim()
    if (seen.has(folded)) return [warning(path, 'criterion_repeated', 'This criterion stands here twice. Remove one.')]
    seen.add(folded)
    if (specificWords(folded) < wordsMin)
      return [
        error(
          path,
          'criterion_untestable',
          'This criterion can be said of anything. Name what to look at and what must be seen there.',
        ),
      ]
    return words(folded).some((word) => soft.has(word)) && !/\p{N}/u.test(folded)
      ? [
          warning(
            path,
            'criterion_unmeasured',
            'Put a number to it, such as "in under 2 seconds", so that it can be checked.',
          ),
        ]
      : []
  })
}

function specificWords(criterion: string): number {
  const rest = emptyPhrases.reduce((text, phrase) => text.replaceAll(phrase, ' '), criterion)
  return new Set(words(rest).filter((word) => word.length > 1 && !genericWords.has(word) && !empty.has(word))).size
}
