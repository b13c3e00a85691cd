import { sampleSet } from '../src/sample/sample-set.ts'

/** How many rows of each table the sample set has. */
export const sampleRows = { projects: 6, tickets: sampleSet().tickets.length, templates: 18 }
