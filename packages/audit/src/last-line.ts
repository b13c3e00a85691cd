import { type FileHandle, open } from 'node:fs/promises'

export interface LastLine {
  /** Offset behind the last line end; 0 when there is none. */
  readonly bytes: number
  /** The line before it. */
  readonly text?: string
}

const windowBytes = 1 << 16
const newline = 10

/** The last line that has its line end, read from the back. */
export async function lastLine(handle: FileHandle, size: number): Promise<LastLine> {
  for (let window = windowBytes; ; window *= 4) {
    const from = Math.max(0, size - window)
    const bytes = await readBytes(handle, from, size)
    const end = bytes.lastIndexOf(newline)
    const start = end < 1 ? -1 : bytes.lastIndexOf(newline, end - 1)
    if (end >= 0 && (start >= 0 || from === 0))
      return { bytes: from + end + 1, text: bytes.toString('utf8', start + 1, end) }
    if (from === 0) return { bytes: 0 }
  }
}

export async function lastLineOf(file: string): Promise<string | undefined> {
  const handle = await open(file, 'r')
  try {
    return (await lastLine(handle, (await handle.stat()).size)).text
  } finally {
    await handle.close()
  }
}

export async function readBytes(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from)
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, from + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}
