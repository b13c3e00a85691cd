// The long measurements behind the promises: npm run prove -- <area> [--rounds N] [--seed N]. Each runs the same code as
// its seeded sample in npm test, only longer, prints what it found, writes docs/proofs/<area>.md and fails when the
// promise was not kept.
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** area → what is promised, and how it is tried. `run` returns figures by name; `kept` says whether they keep the promise. */
const areas = {
  audit: {
    promise:
      'The trail proves itself: every single change is named with the right sequence, no clean trail raises an alarm, nothing happens without its record, questions are answered exactly, and what all this adds to a call stays small.',
    rounds: 1000,
    run: async (options) => {
      const { proveAudit } = await import('../packages/audit/test/audit.prove.ts')
      const { proveThroughKills } = await import('../servers/tickets/test/kills/recorded-through-kills.prove.ts')
      const { proveAuditCost } = await import('../packages/host/test/audit-cost.prove.ts')
      const throughKills = () => proveThroughKills({ ...options, calls: options.rounds * 10 })
      return { ...(await proveAudit(options)), ...(await throughKills()), ...(await proveAuditCost(options)) }
    },
    kept: async (figures) => {
      const { keepsAudit } = await import('../packages/audit/test/audit.prove.ts')
      return keepsAudit(figures)
    },
  },
  tenants: {
    promise:
      'Two tenants with identical customer names: no value, count, cursor or error of the other, and the same backend calls as without it.',
    rounds: 10_000,
    run: async ({ rounds, seed }) =>
      (await import('../servers/customer-records/test/tenants.prove.ts')).proveTenants({ calls: rounds, seed }),
    kept: (figures) => ['differentAnswers', 'differentBackendCalls', 'leaks'].every((name) => figures[name] === 0),
  },
  handles: {
    promise: 'A cursor or draft id that is swapped, altered, made up, expired or used before is never accepted.',
    rounds: 10_000,
    run: async ({ rounds, seed }) => {
      const { tryHandles } = await import('../packages/policy/src/handle.prove.ts')
      const { tryDraftIds } = await import('../servers/tickets/test/draft-handles.prove.ts')
      const cursors = tryHandles({ tries: rounds, seed })
      const drafts = await tryDraftIds({ tries: rounds, seed })
      return {
        'cursors tried': cursors.tries,
        'cursors accepted': cursors.accepted,
        'drafts tried': drafts.tries,
        'drafts accepted': drafts.accepted,
      }
    },
    kept: (figures) => figures['cursors accepted'] === 0 && figures['drafts accepted'] === 0,
  },
  writes: {
    promise:
      'A write happens once, and its caller is told what happened, whatever dies: the server (K1 to K6), the answer to a commit (K7), the database (K8), or a process that stood still (K9); on SQLite and on PostgreSQL with fsync, for every recovery class. Unknown only where nobody can know.',
    rounds: 2000,
    run: async (options) => {
      const { proveWrites } = await import('../packages/host/test/writes/writes.prove.ts')
      const { entriesSubject } = await import('../packages/host/test/writes/entries-subject.ts')
      const { ticketsSubject } = await import('../servers/tickets/test/writes/tickets-subject.ts')
      return proveWrites({ ...options, subjects: [entriesSubject, ticketsSubject] })
    },
    kept: async (figures) => (await import('../packages/host/test/writes/writes.prove.ts')).keepsWrites(figures),
  },
  parallel: {
    promise:
      'The same write 24 times at once over three server processes happens once; the rest is replayed or told that it runs.',
    rounds: 200,
    run: async (options) => (await import('../packages/host/test/writes/parallel.prove.ts')).proveParallel(options),
    kept: async (figures) => (await import('../packages/host/test/writes/parallel.prove.ts')).keepsParallel(figures),
  },
  'write-keys': {
    promise:
      'The idempotency key of a write is free for any other caller and any other tool, refused with other arguments, and reveals nothing of the first call to any of them.',
    rounds: 1000,
    run: async (options) => (await import('../packages/host/test/writes/keys.prove.ts')).proveKeys(options),
    kept: async (figures) => (await import('../packages/host/test/writes/keys.prove.ts')).keepsKeys(figures),
  },
  'write-cost': {
    promise:
      'What the idempotency layer costs: the same write with it and without it, in turns. A measurement, not a limit.',
    rounds: 1000,
    run: async (options) => (await import('../packages/host/test/writes/write-cost.prove.ts')).proveWriteCost(options),
    kept: async (figures) => (await import('../packages/host/test/writes/write-cost.prove.ts')).keepsWriteCost(figures),
  },
  'identity-cost': {
    promise:
      'A decision costs microseconds, less than 50 of them, with 40 roles in the file and 8 at the caller; a token that was verified before costs about as little. Operations per second of one core.',
    rounds: 1_000_000,
    run: async ({ rounds }) => {
      const { measureDecisions } = await import('../packages/policy/bench/decide.ts')
      const { measureVerification } = await import('../packages/auth/bench/verify.ts')
      const decision = measureDecisions({ rounds })
      const tokens = await measureVerification({ rounds: Math.max(1, Math.round(rounds / 300)) })
      return {
        'decisions per second': decision.perSecond,
        'decision, us': Number(decision.micros.toFixed(2)),
        'decision in 99 of 100 batches of a thousand, us': Number(decision.micros99.toFixed(2)),
        ...Object.fromEntries(
          tokens.flatMap(({ algorithm, first, cached }) => [
            [`${algorithm} tokens verified for the first time, per second`, first],
            [`${algorithm} tokens verified before, per second`, cached],
          ]),
        ),
      }
    },
    kept: (figures) =>
      Object.values(figures).every((figure) => Number.isFinite(figure) && figure > 0) && figures['decision, us'] < 50,
  },
  keys: {
    promise:
      'The issuer changes its key without notice, again and again, 31 s apart, while calls with old and new tokens go on: none fails.',
    rounds: 20,
    run: async ({ rounds }) => {
      const { rotateKeys } = await import('../servers/tickets/test/rotate-keys.prove.ts')
      const { rotations, ok, failed, keyRequests } = await rotateKeys({ rotations: rounds, leap: false })
      return {
        'rotations of the key': rotations,
        'calls answered': ok,
        'calls failed': Object.values(failed).reduce((sum, count) => sum + count, 0),
        'requests for keys': keyRequests,
      }
    },
    kept: (figures) => figures['calls failed'] === 0 && figures['calls answered'] > 0,
  },
}

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: { rounds: { type: 'string' }, seed: { type: 'string' } },
})
const [name] = positionals
const area = Object.hasOwn(areas, name ?? '') ? areas[name] : undefined
if (area === undefined) {
  console.error(
    `prove what? There are: ${Object.keys(areas).join(', ')}. Usage: npm run prove -- <area> [--rounds N] [--seed N]`,
  )
  process.exit(1)
}
const rounds = Number(values.rounds ?? area.rounds)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
  console.error('--rounds and --seed must be whole numbers.')
  process.exit(1)
}

const started = Date.now()
console.log(`${name}: ${area.promise}\n${rounds} rounds, seed ${seed}`)
const figures = await area.run({ rounds, seed, log: (line) => console.log(line) })
const seconds = Math.round((Date.now() - started) / 1000)
const kept = await area.kept(figures)
const rows = Object.entries(figures).map(
  ([key, value]) => `| ${key} | ${typeof value === 'object' ? JSON.stringify(value) : value} |`,
)
console.log(`${rows.join('\n')}\n${kept ? 'kept' : 'NOT KEPT'} (${seconds} s)`)

mkdirSync(join(root, 'docs/proofs'), { recursive: true })
const lines = [
  `# ${name}`,
  '',
  area.promise,
  '',
  `Written by \`npm run prove -- ${name} --rounds ${rounds} --seed ${seed}\`: ${kept ? 'kept' : 'NOT KEPT'}, ${seconds} s on ${availableParallelism()} cores, Node.js ${process.versions.node}.`,
  '',
  '| figure | value |',
  '| --- | --- |',
  ...rows,
  '',
]
writeFileSync(join(root, 'docs/proofs', `${name}.md`), lines.join('\n'))
process.exitCode = kept ? 0 : 1
