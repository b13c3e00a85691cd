import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { environmentWith } from '../environment-with.ts'
import { type HttpServer, startHttp } from '../start-http.ts'
import { type StdioServer, startStdio } from '../start-stdio.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts'
import { developmentFile, type Sample } from './sample.ts'

/** A place for the files and processes of one `describe`, cleaned up after it. */
export interface Workplace {
  readonly path: string
  /** A copy of the development file, with the sample's changes and further ones. */
  environment(changes?: Readonly<Record<string, unknown>>): string
  stdio(options?: { env?: Record<string, string>; data?: string; args?: string[]; node?: string }): StdioServer
  http(options?: { environment?: string; data?: string; env?: Record<string, string> }): Promise<HttpServer>
  /** An empty data directory of its own. */
  data(): string
}

/** Call it inside a `describe`. */
export function workplace(sample: Sample): Workplace {
  let directory: TemporaryDirectory | undefined
  const running: (StdioServer | HttpServer)[] = []
  let files = 0

  beforeAll(() => {
    directory = temporaryDirectory()
  })
  afterAll(async () => {
    await Promise.all(running.map((server) => server.kill()))
    directory?.remove()
  })

  const path = () => {
    if (directory === undefined) throw new Error('a workplace can be used inside of tests only')
    return directory.path
  }
  const place: Workplace = {
    get path() {
      return path()
    },
    environment: (changes = {}) =>
      environmentWith(
        developmentFile(sample.server),
        { ...sample.environment, ...changes },
        join(path(), `environment-${files++}.yaml`),
      ),
    stdio({ env = {}, ...launch } = {}) {
      const server = startStdio({
        server: sample.server,
        env: { POSTERN_ENVIRONMENT: env['POSTERN_ENVIRONMENT'] ?? place.environment(), ...env },
        ...launch,
      })
      running.push(server)
      return server
    },
    async http({ environment = place.environment(), ...launch } = {}) {
      const server = await startHttp({ server: sample.server, environment, ...launch })
      running.push(server)
      return server
    },
    data: () => join(path(), `data-${files++}`),
  }
  return place
}
