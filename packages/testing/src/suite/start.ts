import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { oldNode } from '../old-node.ts'
import { developmentFile, type Sample } from './sample.ts'
import { workplace } from './started.ts'

/** A start that cannot succeed says why, on stderr alone, and ends with 1. */
export function startSuite(sample: Sample): void {
  describe('when it cannot start', () => {
    const place = workplace(sample)

    async function refusal(options: Parameters<typeof place.stdio>[0]): Promise<string> {
      const server = place.stdio(options)
      expect(await server.ended()).toEqual({ code: 1, signal: null })
      expect(server.stdout.text).toBe('')
      expect(server.stderr.text).not.toMatch(/^\s+at /m)
      return server.stderr.text
    }

    function misspelt(text: (original: string) => string): { file: string; env: Record<string, string> } {
      const file = join(place.path, `misspelt-${Math.random().toString(36).slice(2)}.yaml`)
      writeFileSync(file, text(readFileSync(developmentFile(sample.server), 'utf8')))
      return { file, env: { POSTERN_ENVIRONMENT: file } }
    }

    it.each([
      ['stdio', []],
      ['http', ['--http']],
    ] as const)('names line, key and the word that was meant for a misspelt key, on %s', async (_transport, args) => {
      const { file, env } = misspelt((text) => `${text.trimEnd()}\nescalaton: { contact: a@example.com }\n`)
      const line = readFileSync(file, 'utf8').trimEnd().split('\n').length
      const said = await refusal({ args: [...args], env })
      expect(said).toContain(`${file}:${line}:`)
      expect(said).toMatch(/"escalaton".*Did you mean "escalation"\?/)
    })

    it('names the word that was meant for a misspelt value', async () => {
      const { file, env } = misspelt((text) => text.replace(/^environment: development/m, 'environment: developement'))
      expect(await refusal({ env })).toMatch(new RegExp(`${file}:\\d+: .*Did you mean "development"\\?`))
    })

    it('says so when the environment file does not exist or is not YAML', async () => {
      const absent = join(place.path, 'absent.yaml')
      expect(await refusal({ env: { POSTERN_ENVIRONMENT: absent } })).toContain(`${absent}`)
      expect(await refusal(misspelt((text) => `${text}\n: [`))).toContain('not valid YAML')
    })

    it('serves nobody over http without an environment file', async () => {
      expect(await refusal({ args: ['--http'], env: { POSTERN_ENVIRONMENT: '' } })).toContain('POSTERN_ENVIRONMENT')
    })

    it('refuses a flag it does not know', async () => {
      expect(await refusal({ args: ['--htpp'] })).toContain('Did you mean --http?')
    })

    it('refuses a variable it does not know', async () => {
      expect(await refusal({ env: { POSTERN_ENVIROMENT: 'x' } })).toContain('Did you mean POSTERN_ENVIRONMENT?')
    })

    it('says so when its port is taken', async () => {
      const first = await place.http()
      const env = { POSTERN_ENVIRONMENT: place.environment(), POSTERN_PORT: first.url.port, POSTERN_OPS_PORT: '0' }
      expect(await refusal({ args: ['--http'], env })).toContain(`port ${first.url.port}`)
    })

    it('ends with one line under an old Node.js', (test) => {
      const found = oldNode()
      if ('missing' in found) return test.skip(found.missing)
      return expectOneLine(found.node)
    })

    async function expectOneLine(node: string): Promise<void> {
      const said = (await refusal({ node })).trimEnd()
      expect(said.split('\n')).toHaveLength(1)
      expect(said).toMatch(/22\.19/)
    }
  })
}
