import type { JsonNode } from './json-text.ts'

/**
 * Sets one member of an object in a JSON text and leaves every other byte as it is: formatting, order of keys, and
 * numbers that JavaScript could not write back.
 *
 * @param node the object, as `parseJsonText` found it in `text`
 */
export function setMember(text: string, node: JsonNode, key: string, value: unknown): string {
  const members = node.members ?? []
  const style = styleOf(text)
  const depth = depthOf(text, node.start, style)
  const written = indented(value, depth + 1, style)
  const present = members.find((member) => member.key === key)
  if (present) return text.slice(0, present.value.start) + written + text.slice(present.value.end)
  const last = members.at(-1)
  const own = `${style.newline}${style.indent.repeat(depth + 1)}${JSON.stringify(key)}: ${written}`
  if (last) return `${text.slice(0, last.value.end)},${own}${text.slice(last.value.end)}`
  const close = `${style.newline}${style.indent.repeat(depth)}}`
  return `${text.slice(0, node.start)}{${own}${close}${text.slice(node.end)}`
}

interface Style {
  readonly newline: string
  readonly indent: string
}

/** As the file does it already; two spaces where it does not say. */
function styleOf(text: string): Style {
  return {
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    indent: /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ',
  }
}

/** How deep the line is indented on which an offset stands. */
function depthOf(text: string, offset: number, { indent }: Style): number {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset)
  const spaces = /^[ \t]*/.exec(line)?.[0] ?? ''
  return Math.round(spaces.length / indent.length)
}

function indented(value: unknown, depth: number, { newline, indent }: Style): string {
  return JSON.stringify(value, undefined, indent).replaceAll('\n', newline + indent.repeat(depth))
}
