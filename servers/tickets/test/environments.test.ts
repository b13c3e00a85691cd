import { environmentsSuite } from '@postern/host/testing/environments-suite'
import { server } from '../src/server.ts'

environmentsSuite(server, `${import.meta.dirname}/../environments`)
