export { entriesSubject } from './entries-subject.ts'
export type { Subject, Way } from './subject.ts'
export { keepsWrites, type ProveWritesOptions, proveWrites } from './writes.prove.ts'
