import { describe, expect, it } from 'vitest'
import { ChainCheck } from './chain-check.ts'
import { genesis, line } from './record.ts'

/** A chain of eight, and what somebody who knows the format would write. */
const chain: string[] = []
const hashes = [genesis]
for (let seq = 1; seq <= 8; seq++) {
  const made = record(seq, hashes[seq - 1] ?? '', 'honest')
  chain.push(made.text)
  hashes.push(made.hash)
}
function record(seq: number, prev: string, request: string) {
  return line({ phase: 'read', request }, { chain: 'c', seq, prev }, '2026-01-31T10:00:00.000Z', seq)
}
const at = (seq: number) => chain[seq - 1] ?? ''
const forged = (seq: number, prev = hashes[seq - 1] ?? '') => record(seq, prev, 'forged')

function findings(
  lines: readonly string[],
  expected: { seq: number; hash: string; signed?: boolean }[] = [],
): string[] {
  const check = new ChainCheck(
    'c',
    expected.map(({ seq, hash, signed = true }) => ({ seq, hash, byWriter: true, isSigned: () => signed })),
  )
  for (const one of lines) check.push(one)
  return check.finish(0).findings.map(({ kind, seq, through }) => `${kind} ${seq}${through ? `-${through}` : ''}`)
}

describe('ChainCheck', () => {
  const branch = forged(4)
  it.each<[string, string[], string[]]>([
    ['nothing', chain, []],
    ['a pruned chain', chain.slice(3), []],
    ['no line at all', [], []],
    ['the first changed', [at(1).replace('honest', 'honesd'), ...chain.slice(1)], ['modified 1']],
    ['the first replaced', [forged(1).text, ...chain.slice(1)], ['modified 1']],
    ['the first names a predecessor', [forged(1, 'ab'.repeat(32)).text], ['modified 1']],
    ['one changed', chain.with(4, at(5).replace('honest', 'honesd')), ['modified 5']],
    ['one replaced', chain.with(4, forged(5).text), ['modified 5']],
    ['the last changed', chain.with(7, at(8).replace('honest', 'honesd')), ['modified 8']],
    [
      'a line broken in two',
      [...chain.slice(0, 4), at(5).slice(0, 50), at(5).slice(50), ...chain.slice(5)],
      ['modified 5'],
    ],
    ['two lines made one', [...chain.slice(0, 4), at(5) + at(6), ...chain.slice(6)], ['modified 5']],
    ['one taken out', chain.toSpliced(4, 1), ['gap 5-5']],
    ['three taken out', chain.toSpliced(3, 3), ['gap 4-6']],
    ['neighbours swapped', chain.with(3, at(5)).with(4, at(4)), ['reordered 4']],
    ['the first two swapped', chain.with(0, at(2)).with(1, at(1)), ['reordered 1']],
    ['first and last swapped', chain.with(0, at(8)).with(7, at(1)), ['reordered 1']],
    ['one moved forward', [...chain.slice(0, 2), at(7), ...chain.slice(2, 6), at(8)], ['reordered 3']],
    ['one moved back', [at(1), ...chain.slice(2, 6), at(2), ...chain.slice(6)], ['reordered 2']],
    ['a record doubled', chain.toSpliced(4, 0, at(4)), ['forged 5']],
    ['an older record put in', chain.toSpliced(4, 0, at(2)), ['forged 5']],
    ['a later record put in', chain.toSpliced(4, 0, at(8)), ['forged 5']],
    ['a forged one put in before', chain.toSpliced(3, 0, forged(4).text), ['forged 4']],
    ['a forged one put in behind', chain.toSpliced(4, 0, forged(4).text), ['forged 4']],
    ['text put in', chain.toSpliced(4, 0, 'text'), ['forged 5']],
    ['text put in first', ['text', ...chain], ['forged 1']],
    [
      'a second writer, record by record',
      [...chain.slice(0, 4), branch.text, at(5), forged(5, branch.hash).text, ...chain.slice(5)],
      ['fork 4'],
    ],
    ['a second writer, later', [...chain.slice(0, 7), branch.text, forged(5, branch.hash).text, at(8)], ['fork 4']],
  ])('with %s', (_what, lines, expected) => {
    expect(findings(lines)).toEqual(expected)
  })

  const other = 'cd'.repeat(32)
  it.each<[string, string[], Parameters<typeof findings>[1], string[]]>([
    [
      'all agree',
      chain,
      [
        { seq: 3, hash: hashes[3] ?? '' },
        { seq: 8, hash: hashes[8] ?? '' },
      ],
      [],
    ],
    [
      'one beyond the end',
      chain.slice(0, 5),
      [
        { seq: 3, hash: hashes[3] ?? '' },
        { seq: 8, hash: hashes[8] ?? '' },
      ],
      ['truncated 6-8'],
    ],
    [
      'another hash',
      chain,
      [
        { seq: 3, hash: hashes[3] ?? '' },
        { seq: 6, hash: other },
      ],
      ['re-chained 4-6'],
    ],
    [
      'two that contradict each other',
      chain,
      [
        { seq: 6, hash: hashes[6] ?? '' },
        { seq: 6, hash: other },
      ],
      ['re-chained 6-6'],
    ],
    ['another hash, unsigned', chain, [{ seq: 6, hash: other, signed: false }], ['bad checkpoint 6']],
    ['one beyond the end, unsigned', chain, [{ seq: 9, hash: other, signed: false }], ['bad checkpoint 9']],
    ['the newest unsigned', chain, [{ seq: 8, hash: hashes[8] ?? '', signed: false }], ['bad checkpoint 8']],
    [
      'one of records that were pruned',
      chain.slice(4),
      [
        { seq: 2, hash: other },
        { seq: 8, hash: hashes[8] ?? '' },
      ],
      [],
    ],
    [
      'a replaced record that was signed',
      chain.with(4, forged(5).text),
      [{ seq: 5, hash: hashes[5] ?? '' }],
      ['modified 5'],
    ],
  ])('against checkpoints: %s', (_what, lines, expected, found) => {
    expect(findings(lines, expected)).toEqual(found)
  })
})
