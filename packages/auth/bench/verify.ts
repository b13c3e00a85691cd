// Operations per second of one core: a token that is verified for the first time, and one that is cached.
// Run: pnpm --filter @postern/auth bench
import { identitySection } from '../src/identity-section.ts'
import { createVerifier } from '../src/verifier.ts'
import { audience, goodToken, signal, testClock } from '../test/setting.ts'
import { type KeyKind, startIssuer } from '../test/test-issuer.ts'

const missesMax = 3000
const hits = 300_000

const clock = testClock()
const issuer = await startIssuer()
const section = identitySection.parse({
  audience,
  issuers: [{ issuer: issuer.issuer, jwks: issuer.jwks }],
  claims: { tenant: 'org', roles: 'groups', attributes: ['projects'] },
})

for (const alg of ['ES256', 'RS256', 'EdDSA'] satisfies KeyKind[]) {
  issuer.rotate({ alg })
  const verifier = createVerifier(section, { environment: 'production', now: clock.now })
  const tokens = Array.from({ length: missesMax }, (_, i) => goodToken(issuer, clock, { sub: `user-${i}` }))
  const again = goodToken(issuer, clock)
  await verifier.verify(again, signal)
  // Until the compiler has seen it all.
  for (let i = 0; i < 1000; i++) await verifier.verify(goodToken(issuer, clock), signal)

  report(
    `${alg} first time`,
    missesMax,
    await timed(async () => {
      for (const token of tokens) await verifier.verify(token, signal)
    }),
  )
  report(
    `${alg} cached`,
    hits,
    await timed(async () => {
      for (let i = 0; i < hits; i++) await verifier.verify(again, signal)
    }),
  )
}
await issuer.close()

async function timed(run: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

function report(what: string, operations: number, ms: number): void {
  const perSecond = Math.round((operations / ms) * 1000).toLocaleString('en')
  const micros = ((ms / operations) * 1000).toFixed(1)
  process.stdout.write(`${what.padEnd(18)} ${perSecond.padStart(10)} /s ${micros.padStart(8)} us\n`)
}
