import { contractSuite } from '@postern/contract/suite'
import { server } from '../src/server.ts'

contractSuite(server, `${import.meta.dirname}/..`)
