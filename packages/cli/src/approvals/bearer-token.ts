import { readFileSync, statSync } from 'node:fs'
import { CliError, usageError } from '../cli-error.ts'

const bytesMax = 16 * 1024

/**
 * The approver's token: of `--token-file`, `POSTERN_TOKEN_FILE` or `POSTERN_TOKEN`. Never an argument, which any process
 * of the machine can read.
 *
 * @returns undefined when there is none; a development server on loopback needs none
 * @throws CliError that names the file or variable, never the token
 */
export function bearerToken(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const named = file ?? (env['POSTERN_TOKEN_FILE'] || undefined)
  const direct = env['POSTERN_TOKEN'] || undefined
  if (file === undefined && named !== undefined && direct !== undefined)
    throw usageError('POSTERN_TOKEN and POSTERN_TOKEN_FILE are both set. Keep one: each says who decides.')
  if (named !== undefined) return whole(contentOf(named), named)
  return direct === undefined ? undefined : whole(direct, 'POSTERN_TOKEN')
}

function contentOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) throw new CliError([`The token file ${file} does not exist.`])
  if (!stat.isFile() || stat.size > bytesMax) throw new CliError([`${file} is not a file with a token.`])
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliError([`The token file ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`])
  }
}

/** What does not fit into a header would end up, token and all, in an error message of the HTTP client. */
function whole(text: string, from: string): string {
  const token = text.trim()
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CliError([`${from} does not hold one token.`])
  return token
}
