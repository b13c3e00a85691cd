import { proveWriteCost } from './write-cost.prove.ts'
const began = Date.now()
process.stdout.write(`${JSON.stringify(await proveWriteCost({ rounds: Number(process.argv[2]), seed: 1 }), undefined, 1)} ${Date.now() - began}\n`)
