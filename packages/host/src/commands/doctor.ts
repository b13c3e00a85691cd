import { auditProblems, sinksOf } from '@postern/audit'
import { environmentFile } from '../environment-file.ts'
import { type OpenedStore, openBackend } from '../open-backend.ts'
import { dataDirectory } from '../process-environment.ts'
import { forOperator, type MainContext } from '../serve.ts'

interface Finding {
  readonly what: string
  readonly ok: boolean
  /** What is wrong and what to do, or what was found. */
  readonly say: string
}

const doctorMsMax = 10_000

async function auditFindings(context: MainContext, { environment, store }: OpenedStore): Promise<Finding[]> {
  const { audit: section } = environment
  const place = { environment: environment.environment, server: context.server.name, store }
  const problems = await auditProblems({ section, ...place, dataDirectory: dataDirectory(context.env) })
  if (problems.length === 0) return [{ what: 'audit', ok: true, say: [...sinksOf(section)].join(' and ') }]
  return problems.map((say) => ({ what: 'audit', ok: false, say }))
}

/** `doctor`: opens everything the server would open and says what it found, as JSON; exit 1 when something is wrong. */
export async function doctor(context: MainContext): Promise<void> {
  const findings: Finding[] = []
  try {
    const file = environmentFile(context, true)
    findings.push({ what: 'environment file', ok: true, say: file })
    const opened = await openBackend(context)
    findings.push({
      what: 'environment',
      ok: true,
      say: `${opened.environment.environment}, policy ${opened.environment.policyVersion}`,
    })
    findings.push({ what: 'store', ok: true, say: opened.store.engine })
    for (const { name, location, ...row } of await opened.credentials.status())
      findings.push({ what: `credential ${name}`, ok: true, say: `${location} ${JSON.stringify(row)}` })
    for (const problem of (await opened.backend.doctor?.(AbortSignal.timeout(doctorMsMax))) ?? [])
      findings.push({ what: 'backend', ok: false, say: problem })
    findings.push(...(await auditFindings(context, opened)))
    await opened.close()
  } catch (error) {
    findings.push({ what: 'start', ok: false, say: forOperator(error).join(' ') })
  }
  process.stdout.write(`${JSON.stringify({ server: context.server.name, findings })}\n`)
  if (findings.some((finding) => !finding.ok)) process.exitCode = 1
}
