/** One promise and what a run showed. */
export interface Figure {
  readonly claim: string
  readonly goal: string
  readonly shown: string
  readonly met: boolean
}

export interface Proof {
  /** Says what is being done and how far it is. */
  readonly onProgress: (what: string, done: number, all: number) => void
  readonly seed: number
  /** A directory on a real disk: on a memory file system a sync costs nothing. */
  readonly scratch: string
}

export function figure(claim: string, goal: string, shown: string, met: boolean): Figure {
  return { claim, goal, shown, met }
}
