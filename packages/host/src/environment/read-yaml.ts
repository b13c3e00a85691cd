import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml'
import { StartError } from './start-error.ts'

/** A YAML document that can still say on which line a value stands. */
export interface YamlFile {
  readonly value: unknown
  /** The line of a value, or of its nearest parent that exists. With `key`, the line of that key in the map there. */
  lineOf(path: readonly PropertyKey[], key?: string): number
}

/**
 * Parses YAML 1.2: no merge keys, no custom tags, a key twice is an error. Aliases are refused: an environment file
 * says what it grants where it grants it.
 *
 * @throws StartError that names the line
 */
export function readYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, merge: false })
  const [fault] = [...document.errors, ...hidden(document, text)]
  if (fault) {
    const line = lines.linePos(fault.pos[0]).line
    throw new StartError(
      `${file}:${line}: this is not valid YAML: ${(fault.message.split('\n')[0] ?? '').replace(/ at line .*$/, '')}.`,
    )
  }
  return {
    value: toValue(document, file),
    lineOf(path, key) {
      let node: unknown = document.contents
      let offset = startOf(node)
      for (const [index, part] of path.entries()) {
        const found = isMap(node)
          ? pairOf(node, String(part))
          : isSeq(node)
            ? { key: node.items[Number(part)], value: node.items[Number(part)] }
            : undefined
        if (found === undefined) break
        offset = startOf(found.key) ?? offset
        node = found.value
        if (index === path.length - 1) offset = startOf(found.key) ?? offset
      }
      if (key !== undefined && isMap(node)) offset = startOf(pairOf(node, key)?.key) ?? offset
      return offset === undefined ? 1 : lines.linePos(offset).line
    },
  }
}

/**
 * What a reviewer could not see by reading: directives (`%YAML 1.1` brings merge keys back), tags (`!!binary` can spell
 * any key once more), and keys that are not plain text.
 */
function hidden(
  document: ReturnType<typeof parseDocument>,
  text: string,
): { pos: [number, number]; message: string }[] {
  const faults: { pos: [number, number]; message: string }[] = []
  const refuse = (offset: number, message: string) => void faults.push({ pos: [offset, offset], message })
  if (/^%/m.test(text)) refuse(text.search(/^%/m), 'directives are not allowed here')
  visit(document, {
    Node: (_key, node) => {
      if (node.tag !== undefined) refuse(startOf(node) ?? 0, 'tags are not allowed here')
    },
    Pair: (_key, pair) => {
      if (!isScalar(pair.key) || typeof pair.key.value !== 'string')
        refuse(startOf(pair.key) ?? 0, 'a key must be plain text')
    },
  })
  return faults
}

function toValue(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch {
    throw new StartError(`${file}: anchors and aliases (&, *) are not allowed; write the values out.`)
  }
}

function pairOf(map: { items: readonly { key: unknown; value: unknown }[] }, key: string) {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)
}

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0]
