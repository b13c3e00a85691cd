import { sampleProcessesSuite } from '@postern/host/testing/backend'
import { sampleRows } from './sample-rows.ts'

sampleProcessesSuite(new URL('../src/backends/index.ts', import.meta.url), sampleRows)
