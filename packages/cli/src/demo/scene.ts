/** What a server answered, with a protocol error and a tool's own error in one form. */
export type Reply =
  | { readonly ok: true; readonly data: Data; readonly replayed: boolean }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly error: Data }
export type Data = Readonly<Record<string, unknown>>

/** What earlier steps found out and later ones use: ids, keys. */
export type Memory = Record<string, string>

/** One connection: which transport, and as whom. */
export interface Via {
  readonly transport: 'stdio' | 'http'
  /** A local principal of the development file; over HTTP only the default one. */
  readonly as?: string
  /** On stdio: the purpose that the client narrows to. */
  readonly purpose?: string
}

interface Told {
  readonly title: string
  /** Why a reader should care, in a sentence or two. */
  readonly why: string
  /** The answer in a few lines. */
  shows(reply: Reply, memory: Memory): readonly string[]
  /** What is not as it should be; undefined when all is. May note in `memory` what later steps need. */
  fault(reply: Reply, memory: Memory): string | undefined
}

/** Calls a tool. */
interface CallStep extends Told {
  readonly does: 'call'
  readonly via: Via
  readonly tool: string
  input(memory: Memory): Data
  /** Shown instead of the fields where they have been seen before. */
  readonly inputSays?: string
}

/** Lists the tools; the reply's data is `{ tools: string[] }`. */
interface ListStep extends Told {
  readonly does: 'list'
  readonly via: Via
}

/** Reads a resource; the reply's data is its JSON. */
interface ReadStep extends Told {
  readonly does: 'read'
  readonly via: Via
  readonly uri: string
}

/** Runs the command line in a process of its own, as another person would; the reply's data is `{ lines: string[] }`. */
export interface CommandStep extends Told {
  readonly does: 'command'
  /** Whose terminal it is: a local principal of the development file. */
  readonly as: string
  args(memory: Memory): readonly string[]
}

/** Kills the process of a connection with SIGKILL; the next step on it starts a new one on the same data. */
export interface KillStep {
  readonly does: 'kill'
  readonly via: Via
  readonly title: string
  readonly why: string
}

export type Step = CallStep | ListStep | ReadStep | CommandStep | KillStep

/** A conversation with one server, as data: a new server or a new guarantee is a new scene or a new step. */
export interface Scene {
  /** Folder name under `servers/`. */
  readonly server: string
  readonly title: string
  /** What this conversation adds to the development file: whole sections of YAML, and in words what they do. */
  readonly rule?: { readonly yaml: string; readonly words: string }
  readonly steps: readonly Step[]
}
