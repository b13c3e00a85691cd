import { join } from 'node:path'
import { seeded } from '@postern/testing'
import { fileTrail } from '../src/file-trail.ts'
import { chainNames } from '../src/segment.ts'
import { verify } from '../src/verify.ts'
import { ChainFiles, copyTrail, mutations } from './mutations.ts'
import { environment, server } from './recorded-trail.ts'

export interface Tampered {
  readonly mutation: string
  readonly expected: string
  readonly found: string
  readonly right: boolean
}

/** Changes a copy of a real trail in one random way after the other and compares what verify says with what was done. */
export async function* tamper(trail: string, scratch: string, rounds: number, seed: number): AsyncGenerator<Tampered> {
  const random = seeded(seed)
  const chains = await chainNames(trail, server)
  copyTrail(trail, scratch)
  for (let round = 0; round < rounds; round++) {
    const mutation = mutations[round % mutations.length] as (typeof mutations)[number]
    const name = chains[Math.trunc(random() * chains.length)] as string
    const chain = new ChainFiles(join(scratch, name))
    const expected = mutation.apply(chain, random)
    if (chain.length > 0) chain.save()
    const { findings, exitCode } = await verify({ trail: fileTrail({ directory: scratch, server, environment }) })
    const first = findings[0]
    const at = expected.within
      ? (first?.seq ?? 0) <= expected.seq && expected.seq <= (first?.through ?? 0)
      : first?.seq === expected.seq
    const right = exitCode === 1 && findings.length === 1 && first?.kind === expected.kind && first.chain === name && at
    copyTrail(join(trail, name), join(scratch, name))
    yield {
      mutation: mutation.name,
      expected: `${name}: ${expected.kind} at ${expected.seq}`,
      found: findings.map((one) => `${one.chain}: ${one.kind} at ${one.seq}`).join(', '),
      right,
    }
  }
}
