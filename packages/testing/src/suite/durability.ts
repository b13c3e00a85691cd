import { describe, expect, it } from 'vitest'
import { connect, type McpClient } from '../connect.ts'
import { seeded } from '../seeded.ts'
import type { Sample, WriteSample } from './sample.ts'
import { workplace } from './started.ts'

const rounds = 5
const parallel = 8
const processes = 5
const writesEach = 10

/** What was acknowledged is there, whole, whatever happens to the process. */
export function durabilitySuite(sample: Sample, write: WriteSample): void {
  describe('when it is killed or not alone', () => {
    const place = workplace(sample)

    it(`loses and tears nothing in ${rounds} rounds of kill -9 during parallel writes`, {
      timeout: 60_000,
    }, async () => {
      const data = place.data()
      const random = seeded(20_260_728)
      const acknowledged = new Map<string, string>()
      for (let round = 0; round < rounds; round++) {
        const server = await place.http({ data })
        const client = await connect(server)
        const killAfter = 1 + Math.floor(random() * (parallel - 1))
        let answers = 0
        await Promise.all(
          Array.from({ length: parallel }, async (_, index) => {
            const name = `kill ${round} ${index}`
            const id = await create(client, write, name).catch(() => undefined)
            if (id === undefined) return
            acknowledged.set(id, name)
            if (++answers === killAfter) server.child.kill('SIGKILL')
          }),
        )
        expect(await server.ended()).toEqual({ code: null, signal: 'SIGKILL' })
        expect(answers).toBeGreaterThanOrEqual(killAfter)
      }
      const server = await place.http({ data })
      await expectAll(await connect(server), write, acknowledged)
      await server.stop()
    })

    it(`loses nothing when ${processes} processes write to one data directory at once`, {
      timeout: 60_000,
    }, async () => {
      const data = place.data()
      const acknowledged = new Map<string, string>()
      const servers = Array.from({ length: processes }, () => place.stdio({ data }))
      await Promise.all(
        servers.map(async (server, process) => {
          const client = await connect(server)
          for (let index = 0; index < writesEach; index++) {
            const name = `process ${process} ${index}`
            acknowledged.set(await create(client, write, name), name)
          }
        }),
      )
      expect(acknowledged.size).toBe(processes * writesEach)
      await expectAll(await connect(place.stdio({ data })), write, acknowledged)
    })
  })
}

/** @throws Error when the write was not acknowledged as done */
async function create(client: McpClient, write: WriteSample, name: string): Promise<string> {
  const answer = await client.callTool(write.tool, write.input(name))
  if (answer.structuredContent === undefined) throw new Error(answer.text)
  return write.id(answer.structuredContent)
}

/** Every acknowledged record is there as it was sent, and what was not acknowledged is there whole or not at all. */
async function expectAll(
  client: McpClient,
  write: WriteSample,
  acknowledged: ReadonlyMap<string, string>,
): Promise<void> {
  const listed = new Set(await listAll(client, write))
  for (const id of new Set([...acknowledged.keys(), ...listed])) {
    const { tool, input } = write.readBack(id)
    const answer = await client.callTool(tool, input)
    const name = acknowledged.get(id) ?? write.nameOf(answer.structuredContent ?? {})
    expect(answer, `${id}, made as "${name}"`).toMatchObject({ isError: false })
    write.expectWhole(answer.structuredContent ?? {}, name)
  }
  expect([...acknowledged.keys()].filter((id) => !listed.has(id))).toEqual([])
}

async function listAll(client: McpClient, write: WriteSample): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const { tool, input } = write.list(cursor)
    const { structuredContent = {} } = await client.callTool(tool, input)
    ids.push(...write.ids(structuredContent))
    cursor = structuredContent['next_cursor'] as string | undefined
  } while (cursor !== undefined)
  return ids
}
