import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonical } from '@postern/tool'
import type { Finding } from '../src/finding.ts'
import { type AuditRecord, linkHash } from '../src/record.ts'

/** One way to tamper with a trail on disk, and what verify has to say then. */
interface Mutation {
  readonly name: string
  apply(chain: ChainFiles, random: () => number): Expectation
}

interface Expectation {
  readonly kind: Finding['kind']
  readonly seq: number
  /** True where only the stretch between two checkpoints can be named: it has to hold `seq`. */
  readonly within?: boolean
}

/** The lines of one chain, written back into the same segments. */
export class ChainFiles {
  readonly directory: string
  readonly #files: string[]
  readonly #firstOf: number[] = []
  lines: Buffer[] = []

  constructor(directory: string) {
    this.directory = directory
    this.#files = readdirSync(directory)
      .filter((file) => file.endsWith('.jsonl'))
      .sort()
    for (const file of this.#files) {
      this.#firstOf.push(this.lines.length)
      const bytes = readFileSync(join(directory, file))
      for (let at = 0; at < bytes.length; ) {
        const end = bytes.indexOf(10, at)
        this.lines.push(bytes.subarray(at, end))
        at = end + 1
      }
    }
  }

  get length(): number {
    return this.lines.length
  }

  record(seq: number): AuditRecord {
    return JSON.parse(String(this.lines[seq - 1])) as AuditRecord
  }

  save(): void {
    for (const [i, file] of this.#files.entries()) {
      const to = i + 1 < this.#files.length ? this.#firstOf[i + 1] : undefined
      const lines = this.lines.slice(this.#firstOf[i], to)
      writeFileSync(join(this.directory, file), Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])))
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true })
    this.lines = []
  }
}

/** A record as an attacker who knows the format would write it: with a hash that fits. */
function sealed(record: Omit<AuditRecord, 'hash'>): { line: Buffer; hash: string } {
  const { hash: _, ...rest } = record as AuditRecord
  const hash = linkHash(rest.prev, canonical(rest))
  return { line: Buffer.from(canonical({ ...rest, hash })), hash }
}

function forgedFrom(record: AuditRecord, change: Partial<AuditRecord>): { line: Buffer; hash: string } {
  return sealed({ ...record, request: 'somebody-else', rows: 42, ...change })
}

const between = (random: () => number, low: number, high: number): number =>
  low + Math.trunc(random() * (high - low + 1))

export const mutations: readonly Mutation[] = [
  {
    name: 'one byte changed',
    apply(chain, random) {
      const seq = between(random, 1, chain.length)
      const line = Buffer.from(chain.lines[seq - 1] as Buffer)
      const at = between(random, 0, line.length - 1)
      const other = between(random, 32, 125)
      line[at] = other === line[at] ? 126 : other
      chain.lines[seq - 1] = line
      return { kind: 'modified', seq }
    },
  },
  {
    name: 'one record changed, its hash made to fit',
    apply(chain, random) {
      const seq = between(random, 1, chain.length - 1)
      chain.lines[seq - 1] = forgedFrom(chain.record(seq), {}).line
      return { kind: 'modified', seq }
    },
  },
  {
    name: 'records removed',
    apply(chain, random) {
      const seq = between(random, 1, chain.length - 1)
      chain.lines.splice(seq - 1, Math.min(between(random, 1, 3), chain.length - seq))
      return { kind: 'gap', seq }
    },
  },
  {
    name: 'two records swapped',
    apply(chain, random) {
      const a = between(random, 1, chain.length - 1)
      const b = random() < 0.5 ? a + 1 : between(random, a + 1, chain.length)
      const first = chain.lines[a - 1] as Buffer
      chain.lines[a - 1] = chain.lines[b - 1] as Buffer
      chain.lines[b - 1] = first
      return { kind: 'reordered', seq: a }
    },
  },
  {
    name: 'one record moved',
    apply(chain, random) {
      const from = between(random, 1, chain.length)
      let to = between(random, 1, chain.length)
      if (to === from) to = from === 1 ? 2 : from - 1
      const [line] = chain.lines.splice(from - 1, 1)
      chain.lines.splice(to - 1, 0, line as Buffer)
      return { kind: 'reordered', seq: Math.min(from, to) }
    },
  },
  {
    name: 'a record put in',
    apply(chain, random) {
      const seq = between(random, 2, chain.length)
      const copied = between(random, 1, chain.length)
      const { line } = forgedFrom(chain.record(seq), {})
      const inserted = random() < 0.5 || copied === seq ? line : (chain.lines[copied - 1] as Buffer)
      chain.lines.splice(seq - 1, 0, inserted)
      return { kind: 'forged', seq }
    },
  },
  {
    name: 'a line of no record put in',
    apply(chain, random) {
      const seq = between(random, 1, chain.length)
      chain.lines.splice(seq - 1, 0, Buffer.from(random() < 0.5 ? '{"phase":"read"}' : ''))
      return { kind: 'forged', seq }
    },
  },
  {
    name: 'the tail cut',
    apply(chain, random) {
      const seq = between(random, Math.max(2, chain.length - 60), chain.length)
      chain.lines.length = seq - 1
      return { kind: 'truncated', seq }
    },
  },
  {
    name: 'everything from one record on written anew',
    apply(chain, random) {
      const seq = between(random, 1, chain.length)
      let { prev } = chain.record(seq)
      for (let at = seq; at <= chain.length; at++) {
        const made = at === seq ? forgedFrom(chain.record(at), { prev }) : sealed({ ...chain.record(at), prev })
        chain.lines[at - 1] = made.line
        prev = made.hash
      }
      return { kind: 're-chained', seq, within: true }
    },
  },
  {
    name: 'a whole chain removed',
    apply(chain) {
      chain.remove()
      return { kind: 'missing chain', seq: 1 }
    },
  },
  {
    name: 'a second writer on the chain',
    apply(chain, random) {
      const seq = between(random, 2, chain.length - 8)
      let { prev } = chain.record(seq)
      let at = seq + between(random, 0, 3)
      for (let n = 0; n < between(random, 2, 4); n++) {
        const made = forgedFrom(chain.record(seq + n), { seq: seq + n, prev, request: `second-${n}` })
        chain.lines.splice(at, 0, made.line)
        at += between(random, 1, 2)
        prev = made.hash
      }
      return { kind: 'fork', seq }
    },
  },
]

/** Copies a trail, so that it can be tampered with. */
export function copyTrail(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  cpSync(from, to, { recursive: true })
}
