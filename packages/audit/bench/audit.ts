// What the audit trail costs and how fast it is read, on this machine. Figures, not assertions.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../test/audit.prove.ts'
import { proveCost } from '../test/prove-cost.ts'
import { proveDrill } from '../test/prove-drill.ts'

mkdirSync(cache, { recursive: true })
const scratch = mkdtempSync(join(cache, 'bench-audit-'))
try {
  const proof = { scratch, seed: 1, onProgress: () => {} }
  for (const { claim, shown } of [...(await proveCost(proof)), ...(await proveDrill(proof, 100_000))])
    process.stdout.write(`${claim}: ${shown}\n`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
