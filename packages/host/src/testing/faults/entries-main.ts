import { serve } from '../../serve.ts'
import { entriesServer } from './entries-server.ts'
import { strikes } from './strikes.ts'

await serve(entriesServer, import.meta.dirname, strikes())
