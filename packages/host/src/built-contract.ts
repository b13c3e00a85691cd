import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contract } from '@postern/tool'

/**
 * The contract that the build has put beside a bundle: deriving it from the schemas takes a tenth of a start. From
 * source there is none, and none that could be out of date.
 */
export function builtContract(directory: string): Contract | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'contract.json'), 'utf8')) as Contract
  } catch {
    return undefined
  }
}
