import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { CliError } from '../cli-error.ts'

const bytesMax = 8 * 1024 * 1024

/** A file as it was read, to be replaced as a whole. */
export interface Replaceable {
  /** Where the text really stands: the end of all symbolic links. */
  readonly path: string
  /** Undefined when the file does not exist yet. */
  readonly text: string | undefined
}

/**
 * Follows symbolic links, so that a configuration kept elsewhere (dotfiles, a synchronised folder) is changed there and
 * the link stays a link.
 *
 * @throws CliError when the folder does not exist, or when it is no file that can be edited
 */
export function readReplaceable(file: string): Replaceable {
  const path = targetOf(resolve(file))
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) {
    if (existsSync(dirname(path))) return { path, text: undefined }
    throw new CliError([
      `${dirname(path)} does not exist: is Claude Desktop installed? Name the file with --config <file>.`,
    ])
  }
  if (!found.isFile()) throw new CliError([`${path} is not a file.`])
  if (found.size > bytesMax)
    throw new CliError([`${path} has more than 8 MiB; that is no configuration of Claude Desktop.`])
  return { path, text: readFileSync(path, 'utf8') }
}

const linksMax = 40

function targetOf(file: string, links = 0): string {
  if (links > linksMax) throw new CliError([`${file} is a symbolic link that leads in a circle.`])
  const found = lstatSync(file, { throwIfNoEntry: false })
  // A link to a file that does not exist yet has no real path: it is followed by hand.
  if (found?.isSymbolicLink()) return targetOf(resolve(dirname(file), readlinkSync(file)), links + 1)
  const folder = dirname(file)
  return existsSync(folder) ? join(realpathSync(folder), basename(file)) : file
}

/**
 * Replaces the text in one step: a reader sees the old file or the new one, and a crash leaves one of them. A copy of
 * the old one is kept beside it.
 *
 * @returns the path of the copy; undefined when there was nothing to copy
 * @throws CliError when the file has changed since it was read; then nothing was written
 */
export function replaceFile({ path, text: before }: Replaceable, text: string, now = new Date()): string | undefined {
  const mode = before === undefined ? 0o600 : statSync(path).mode & 0o777
  const fresh = `${path}.${process.pid}.tmp`
  try {
    writeDurably(fresh, text, mode)
    if (readReplaceable(path).text !== before)
      throw new CliError([`${path} was changed by another program just now; nothing was written. Run this again.`])
    const copy = before === undefined ? undefined : backUp(path, now)
    renameSync(fresh, path)
    return copy
  } finally {
    rmSync(fresh, { force: true })
  }
}

function writeDurably(file: string, text: string, mode: number): void {
  const handle = openSync(file, 'wx', mode)
  try {
    writeFileSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Never over an earlier copy: the first one may be the only good one. */
function backUp(path: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  for (let attempt = 1; ; attempt++) {
    const copy = `${path}.${stamp}${attempt > 1 ? `-${attempt}` : ''}.bak`
    if (existsSync(copy)) continue
    copyFileSync(path, copy, constants.COPYFILE_EXCL)
    return copy
  }
}
