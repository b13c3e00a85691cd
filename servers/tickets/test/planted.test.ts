import { type AuditLine, type Planted, Planter, tracesOf, type Written } from '@postern/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { nameSteps } from './planted/name-steps.ts'
import { type Scene, sceneOverHttp, sceneOverStdio } from './planted/scene.ts'

/** Of the server and its trail, not of anything that somebody asked for. */
const lifecycle: readonly unknown[] = ['start', 'config_loaded', 'heartbeat', 'stop']
const ofCalls = (records: readonly AuditLine[]) => records.filter(({ phase }) => !lifecycle.includes(phase))

describe('secrets and personal data in inputs, outputs and errors', () => {
  const plant = new Planter(11)
  const names = new Planter(12)
  const scenes = {} as Record<'http' | 'stdio', Scene>
  let written: readonly Written[]

  beforeAll(async () => {
    scenes.http = await sceneOverHttp(plant, (http, token) => nameSteps(http, token, names))
    scenes.stdio = await sceneOverStdio(plant)
    written = Object.values(scenes).flatMap((scene) => scene.written)
  })

  it.each(['http', 'stdio'] as const)('reach the server over %s, each with its answer and its records', (transport) => {
    const { taken, records, forwarded } = scenes[transport]
    expect(taken.ended).toEqual(taken.expected)
    expect(ofCalls(records)).toHaveLength(taken.records)
    for (const lines of Object.values(forwarded)) expect(lines).toHaveLength(records.length)
  })

  it('are 200 and more, each unlike all others', () => {
    expect(plant.all.length).toBeGreaterThanOrEqual(200)
    expect(new Set(plant.all.map(({ core }) => core)).size).toBe(plant.all.length)
  })

  it('stand in no log, audit record, checkpoint, metric or forwarded line', () => {
    expect(tracesOf(plant.all, written)).toEqual([])
  })

  it.each([
    'name of a tool',
    'id of an approval to show',
    'id of an approval to decide',
    'issuer of a token',
    'audience of a token',
    'key of a token',
  ])('do not stand there either as the %s', (where) => {
    const planted = names.all.filter((one) => one.where === where)
    expect(planted).toHaveLength(1)
    expect(tracesOf(planted, written)).toEqual([])
  })

  describe('would be found', () => {
    const known = (text: string): Planted => ({ where: text, text, core: text })
    const placesOf = (text: string) => tracesOf([known(text)], written).map((trace) => trace.split(', in ')[1])

    it('in every place that was looked at, because what may stand there is found', () => {
      const places = written.map(({ place }) => place)
      const logs = places.filter((place) => place.startsWith('log of'))
      const segments = places.filter((place) => /\/\d{12}\.jsonl$/.test(place))
      expect(logs).toHaveLength(7)
      expect(segments.length).toBeGreaterThanOrEqual(2)
      const records = ['postern_audit_record', 'forwarded from files', 'forwarded from PostgreSQL', 'forwarded']
      expect(placesOf('urn:postern:local')).toEqual(expect.arrayContaining([...segments, ...records]))
      expect(placesOf('create_ticket')).toEqual(expect.arrayContaining([...records, '/metrics', 'log of v1']))
      expect(placesOf('"level":30')).toEqual(logs)
      expect(placesOf('"signature"')).toEqual(expect.arrayContaining(['postern_audit_checkpoint']))
      expect(written).toContainEqual({ place: '/healthz', text: 'ok\n' })
      expect(written).toContainEqual({ place: '/readyz', text: 'ready\n' })
    })

    it.each<[string, (text: string) => string]>([
      ['as it is', (text) => text],
      ['in JSON', (text) => JSON.stringify({ text })],
      ['in JSON in JSON', (text) => JSON.stringify({ text: JSON.stringify({ text }) })],
      ['in capitals', (text) => text.toUpperCase()],
      ['in a URL', (text) => encodeURIComponent(text)],
      ['in a form', (text) => new URLSearchParams({ text }).toString()],
      ['in base64', (text) => Buffer.from(`x${text}`).toString('base64')],
      ['in base64url', (text) => Buffer.from(`xy${text}`).toString('base64url')],
      ['in hex', (text) => Buffer.from(text).toString('hex')],
      ['without its blanks', (text) => text.replaceAll(/\s/g, '')],
      ['cut after 60 characters', (text) => text.slice(0, 60)],
    ])('%s', (_, encoded) => {
      const short = plant.all.filter(({ text, core }) => text.length < 100 && core.length < 20)
      for (const one of short)
        expect(tracesOf([one], [{ place: 'a log', text: `… ${encoded(one.text)} …` }])).toHaveLength(1)
    })
  })
})
