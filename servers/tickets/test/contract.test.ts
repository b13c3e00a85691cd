import { join } from 'node:path'
import { contractSuite } from '@postern/contract/suite'
import { server } from '../src/server.ts'

contractSuite(server, join(import.meta.dirname, '..'))
