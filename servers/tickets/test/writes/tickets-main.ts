import { serve } from '@postern/host'
import { strikes } from '@postern/host/testing/faults'
import { server } from '../../src/server.ts'

await serve(server, import.meta.dirname, strikes())
