/**
 * What moves the cursor, changes colours, turns text round or cannot be seen: on a terminal it could hide or fake what
 * is printed. Joiners stay, words of many scripts need them.
 */
const unsafe = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]--[\u200c\u200d]]/gv

/** Text of others for one line of a terminal: unsafe characters become visible escapes, so that nothing gets lost. */
export function printable(text: string): string {
  return text.replace(unsafe, escaped)
}

/** JSON for people and programs: the same escapes, which JSON reads back as the characters they stand for. */
export function printableJson(json: string): string {
  return json.replace(unsafe, (character) => (character === '\n' ? character : escaped(character)))
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    const unit = character.charCodeAt(at)
    return `\\u${unit.toString(16).padStart(4, '0')}`
  }).join('')
}
