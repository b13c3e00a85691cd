import { localPrincipal } from '@postern/auth'
import { decide, describeRows, type MatrixCell, matrix, type Policy } from '@postern/policy'
import type { Principal, Target } from '@postern/tool'
import { csvField } from '../csv-field.ts'
import { type Environment, loadEnvironment } from '../environment/load-environment.ts'
import { nearest } from '../environment/nearest.ts'
import { StartError } from '../environment/start-error.ts'
import { environmentFile } from '../environment-file.ts'
import { readOptions } from '../options.ts'
import type { MainContext } from '../serve.ts'
import type { ServerDefinition } from '../server-definition.ts'

const usage =
  'Usage: access [--format text|csv|markdown], or access explain --as <role or local principal> --tool <name> [--purpose <purpose>].'

/** `access`: who may do what, from the environment file alone; `access explain`: which rule decides one case, and why. */
export async function access(context: MainContext): Promise<void> {
  const { words, options } = readOptions(
    context.args,
    {
      format: 'text, csv or markdown',
      as: 'a role or a local principal',
      tool: 'a tool or resource',
      purpose: 'a purpose',
    },
    usage,
  )
  const environment = await loadEnvironment(environmentFile(context, true), context.server)
  const policy = { roles: environment.roles, readOnly: environment.read_only, version: environment.policyVersion }
  const targets: readonly Target[] = [...context.server.tools, ...context.server.resources]
  if (words[0] === 'explain') return explain(policy, environment, context.server, targets, options)
  if (words[0] !== undefined) throw new StartError(`access does not know "${words[0]}".`, usage)
  const cells = matrix(policy, targets)
  process.stdout.write(`${render(cells, options['format'] ?? 'text', environment)}\n`)
}

function render(cells: readonly MatrixCell[], format: string, environment: Environment): string {
  switch (format) {
    case 'csv':
      return [
        ['role', 'purpose', 'kind', 'target', 'effect', 'allowed', 'rule', 'rows', 'masked'],
        ...cells.map(fields),
      ]
        .map((row) => row.map(csvField).join(','))
        .join('\n')
    case 'markdown':
      return table(cells, (row) => `| ${row.join(' | ')} |`, true)
    case 'text':
      return `${environment.file}\n${environment.environment}, policy ${environment.policyVersion}. What is not listed here is denied.\n\n${table(cells, align(cells), false)}`
    default:
      throw new StartError(`--format must be text, csv or markdown.`, usage)
  }
}

const fields = (cell: MatrixCell): string[] => [
  cell.role,
  cell.purpose,
  cell.kind,
  cell.target,
  cell.effect,
  String(cell.allowed),
  cell.rule,
  cell.rows,
  cell.masked.join(' '),
]

const head = ['role', 'purpose', 'may', 'rows', 'without']

function table(cells: readonly MatrixCell[], line: (row: string[]) => string, ruled: boolean): string {
  const rows = grants(cells)
  return [line(head), ...(ruled ? [line(head.map(() => '---'))] : []), ...rows.map(line)].join('\n')
}

/** One row for all that a role may do on the same terms: a reviewer reads a handful of lines, not hundreds. */
function grants(cells: readonly MatrixCell[]): string[][] {
  const rows = new Map<string, string[]>()
  for (const cell of cells.filter((one) => one.allowed)) {
    const key = [cell.role, cell.purpose, cell.rows, cell.masked.join()].join('\u0000')
    const row = rows.get(key)
    const name = cell.effect === 'read' ? cell.target : `${cell.target} (${cell.effect})`
    if (row) row[2] = `${row[2]}, ${name}`
    else rows.set(key, [cell.role, cell.purpose, name, cell.rows, cell.masked.join(' ') || '-'])
  }
  return [...rows.values()]
}

function align(cells: readonly MatrixCell[]): (row: string[]) => string {
  const all = [head, ...grants(cells)]
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)))
  return (row) =>
    row
      .map((value, i) => value.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
}

function explain(
  policy: Policy,
  environment: Environment,
  server: ServerDefinition,
  targets: readonly Target[],
  options: Readonly<Record<string, string>>,
): void {
  const { as, tool, purpose } = options
  if (as === undefined || tool === undefined) throw new StartError('access explain needs --as and --tool.', usage)
  const target = targets.find(({ name }) => name === tool)
  if (target === undefined)
    throw new StartError(
      `${server.name} has no tool or resource "${tool}".${didYouMean(
        tool,
        targets.map(({ name }) => name),
      )}`,
    )
  const principal = caller(environment, as, purpose, target.scope)
  const decision = decide(policy, principal, target)
  const lines = decision.allowed
    ? [
        `allowed by ${decision.rule}`,
        ...decision.grants.map(
          (grant) =>
            `  role ${grant.role}: ${describeRows(grant.rows)}${grant.mask.length > 0 ? `, without ${grant.mask.join(', ')}` : ''}${grant.rate ? `, ${grant.rate}` : ''}`,
        ),
      ]
    : [
        `refused by ${decision.rule}: ${decision.because}`,
        `  the caller gets PERMISSION_DENIED/${decision.reason}, and the tool is ${decision.listed ? 'listed' : 'not listed'}`,
      ]
  process.stdout.write(
    `${as}${purpose === undefined ? '' : ` for ${purpose}`}, ${target.name} (${target.effect}, needs the scope ${target.scope})\n${lines.join('\n')}\n`,
  )
}

function caller(environment: Environment, as: string, purpose: string | undefined, scope: string): Principal {
  const { local } = environment.identity
  const purposes = purpose === undefined ? undefined : [purpose]
  if (local && Object.hasOwn(local.principals, as)) {
    const principal = localPrincipal(local, as, [scope])
    return { ...principal, purposes: purposes ?? principal.purposes }
  }
  const role = Object.hasOwn(environment.roles, as) ? environment.roles[as] : undefined
  const names = [...Object.keys(environment.roles), ...Object.keys(local?.principals ?? {})]
  if (role === undefined)
    throw new StartError(`${environment.file} has no role or local principal "${as}".${didYouMean(as, names)}`)
  const subject = role.client_certificate?.subject
  return {
    issuer: 'urn:postern:explain',
    subject: as,
    tenant: 'any',
    kind: 'user',
    credentialId: 'none',
    scopes: [scope],
    roles: [as],
    attributes: {},
    purposes: purposes ?? (role.purposes === 'all' ? [] : role.purposes),
    readOnly: false,
    ...(subject !== undefined && { certificateSubject: subject }),
  }
}

function didYouMean(word: string, names: readonly string[]): string {
  const meant = nearest(word, names)
  return meant === undefined ? ` There are: ${names.join(', ')}.` : ` Did you mean "${meant}"?`
}
