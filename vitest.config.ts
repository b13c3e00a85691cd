import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const root = import.meta.dirname

/** One project for each package and server, named after it: `tool`, `tickets-server`. */
function projectsIn(folder: string, suffix = '') {
  return readdirSync(`${root}/${folder}`)
    .filter((name) => existsSync(`${root}/${folder}/${name}/package.json`))
    .map((name) => ({
      extends: true as const,
      test: { name: `${name}${suffix}`, root: `${root}/${folder}/${name}`, include: ['{src,test}/**/*.test.ts'] },
    }))
}

export default defineConfig({
  test: {
    projects: [
      ...projectsIn('packages'),
      ...projectsIn('servers', '-server'),
      { extends: true, test: { name: 'tools', root: `${root}/tools`, include: ['**/*.test.mjs'] } },
    ],
    passWithNoTests: true,
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    // Tests start servers, PostgreSQL and built bundles, on machines as small as two cores.
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
