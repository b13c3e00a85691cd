import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckpointPlace } from './checkpointer.ts'
import { createOnce } from './hmac-keys.ts'
import { lastLineOf } from './last-line.ts'
import type { NewestLine } from './signed-head.ts'

/**
 * Checkpoints as lines of `<chain>.<day>.jsonl`, one file per writer, so that no two processes write to one file, and
 * the public keys beside them. A place on another volume or host may allow appending only.
 */
export function checkpointDirectory(directory: string, writer: () => string): CheckpointPlace {
  return {
    name: directory,
    async publish(keyId, publicKey) {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await createOnce(join(directory, `checkpoint-${keyId}.pub`), publicKey)
    },
    async append(line, time) {
      const handle = await open(join(directory, `${writer()}.${time.slice(0, 10)}.jsonl`), 'a+', 0o600)
      try {
        const { size } = await handle.stat()
        const last = size === 0 ? undefined : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0]
        // A line that a crash or a full disk left unfinished must not take the next one with it.
        await handle.appendFile(`${last === undefined || last === 10 ? '' : '\n'}${line}\n`)
        await handle.datasync()
      } finally {
        await handle.close()
      }
    },
  }
}

/** The newest checkpoint of one writer in a directory, unless its last line is unfinished. */
export function newestInDirectory(directory: string): NewestLine {
  return async (writer) => {
    const days = (await readdir(directory)).filter((file) => file.startsWith(`${writer}.`) && file.endsWith('.jsonl'))
    const newest = days.sort().at(-1)
    return newest === undefined ? undefined : lastLineOf(join(directory, newest))
  }
}

/** All checkpoint lines of a directory; an unfinished last line is left out. */
export async function readCheckpointLines(directory: string): Promise<string[]> {
  const files = (await readdir(directory).catch(() => [])).filter((file) => file.endsWith('.jsonl')).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8').catch(() => '')))
  return texts.flatMap((text) => text.split('\n').slice(0, -1)).filter((line) => line !== '')
}
