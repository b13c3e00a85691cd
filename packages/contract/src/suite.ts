import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Contract, contractOf } from '@postern/tool'
import { describe, expect, it } from 'vitest'
import { drift } from './drift.ts'
import { countListTokens, listTokens } from './list-tokens.ts'
import { type Registry, registryFaults } from './registry-faults.ts'

/**
 * The rules every server keeps, as tests over its registry.
 *
 * @param directory of the server: `src` and `contract.json` are in it
 */
export function contractSuite(server: Registry, directory: string): void {
  describe(`the contract of ${server.name}`, () => {
    it('keeps the rules of the house', () => {
      expect(registryFaults(server, join(directory, 'src'))).toEqual([])
    })

    it('has not drifted from contract.json', () => {
      const frozen = JSON.parse(readFileSync(join(directory, 'contract.json'), 'utf8')) as Contract
      const now = contractOf(server)
      expect(drift(frozen, now).map(({ say }) => say)).toEqual([])
      expect(JSON.parse(JSON.stringify(now))).toEqual(frozen)
    })

    const tokens = countListTokens(server)
    it(`costs a model ${tokens} tokens to list (aim ${listTokens.aim}, gate ${listTokens.gate})`, () => {
      expect(tokens).toBeLessThanOrEqual(listTokens.gate)
    })
  })
}
