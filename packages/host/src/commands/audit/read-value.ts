import { text } from 'node:stream/consumers'

/** A value as given, or with `-` from stdin, where no list of processes and no shell history shows it. */
export async function readValue(given: string): Promise<string> {
  if (given !== '-') return given
  // What a shell or an editor puts at the end of a line is not part of the value.
  return (await text(process.stdin)).replace(/\r?\n$/, '')
}
