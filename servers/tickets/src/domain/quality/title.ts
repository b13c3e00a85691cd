import { fold } from '@postern/store'
import { isPair, words } from '../words.ts'
import { genericPhrases, genericWords } from './generic-words.ts'
import { error, type Rule, warning } from './issue.ts'

/** Fewer words than this that say something, and nobody can tell the ticket from the next one. */
const specificWordsMin = 2
/** Of Han and Katakana, in which two characters are about a word. */
const charactersPerWord = 2
const heavy = /[\p{Script=Han}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/gu
/** Acronyms such as "VPN DNS" are no shouting. */
const shoutedLettersMin = 12

/** The title names at least two things that are not the fact that something is wrong. */
export const titleSpecific: Rule = ({ title }) => {
  if (title === '' || specificWords(title) >= specificWordsMin) return []
  return [
    error(
      'title',
      'title_vague',
      'The title does not say what the ticket is about. Name the thing and what it does or should do, such as "Invoice PDF shows the old VAT rate".',
    ),
  ]
}

/** Capitals carry no urgency; the priority does. Scripts without case never match. */
export const titleCalm: Rule = ({ title }) => {
  const cased = title.match(/[\p{Lu}\p{Ll}]/gu) ?? []
  const shouted = cased.length >= shoutedLettersMin && cased.every((letter) => /\p{Lu}/u.test(letter))
  return shouted || /[!?]{2,}/.test(title)
    ? [
        warning(
          'title',
          'title_shouts',
          'Write the title in normal letters with at most one mark; urgency goes into priority.',
        ),
      ]
    : []
}

/** Lists and mails show one line. */
export const titleOneLine: Rule = ({ title }) =>
  /[\r\n\u2028\u2029]/.test(title)
    ? [error('title', 'title_lines', 'Write the title on one line; the rest belongs into the description.')]
    : []

function specificWords(title: string): number {
  const rest = genericPhrases.reduce((text, phrase) => text.replaceAll(phrase, ' '), fold(title))
  const spaced = words(rest).filter((word) => !isPair(word) && word.length > 1 && !genericWords.has(word))
  const unspaced = rest.match(heavy) ?? []
  return new Set(spaced).size + Math.floor(unspaced.length / charactersPerWord)
}
