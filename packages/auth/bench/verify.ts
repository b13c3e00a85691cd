// What a token costs, in operations per second of one core: verified for the first time, and cached.
// Run: pnpm --filter @postern/auth bench
import { identitySection } from '../src/identity-section.ts'
import { createVerifier } from '../src/verifier.ts'
import { audience, goodToken, signal, testClock } from '../test/setting.ts'
import { type KeyKind, startIssuer } from '../test/test-issuer.ts'

const algorithms = ['ES256', 'RS256', 'EdDSA'] satisfies KeyKind[]
/** Of one cached token there are so many verifications for each that is done for the first time. */
const hitsPerMiss = 100

/**
 * @param rounds how many tokens are verified for the first time, of each algorithm
 * @returns operations per second
 */
export async function measureVerification({ rounds }: { rounds: number }) {
  const clock = testClock()
  const issuer = await startIssuer()
  const section = identitySection.parse({
    audience,
    issuers: [{ issuer: issuer.issuer, jwks: issuer.jwks }],
    claims: { tenant: 'org', roles: 'groups', attributes: ['projects'] },
  })
  const figures: { algorithm: KeyKind; first: number; cached: number }[] = []
  for (const algorithm of algorithms) {
    issuer.rotate({ alg: algorithm })
    const verifier = createVerifier(section, { environment: 'production', now: clock.now })
    const tokens = Array.from({ length: rounds }, (_, i) => goodToken(issuer, clock, { sub: `user-${i}` }))
    const again = goodToken(issuer, clock)
    await verifier.verify(again, signal)
    // Until the compiler has seen it all.
    for (let i = 0; i < Math.min(rounds, 1000); i++) await verifier.verify(goodToken(issuer, clock), signal)
    figures.push({
      algorithm,
      first: await perSecond(tokens.length, (i) => verifier.verify(tokens[i] ?? '', signal)),
      cached: await perSecond(rounds * hitsPerMiss, () => verifier.verify(again, signal)),
    })
  }
  await issuer.close()
  return figures
}

async function perSecond(times: number, run: (i: number) => Promise<unknown>): Promise<number> {
  const began = performance.now()
  for (let i = 0; i < times; i++) await run(i)
  return Math.round((times / (performance.now() - began)) * 1000)
}

if (import.meta.main)
  for (const { algorithm, first, cached } of await measureVerification({ rounds: 3000 })) {
    const shown = (figure: number) => `${figure.toLocaleString('en').padStart(10)} /s`
    process.stdout.write(`${algorithm.padEnd(6)} first time ${shown(first)}   cached ${shown(cached)}\n`)
  }
