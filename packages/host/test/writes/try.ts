import { keepsWrites, proveWrites } from './writes.prove.ts'

const [rounds = '20', seed = '1', perKill = '1'] = process.argv.slice(2)
const began = Date.now()
const figures = await proveWrites({
  rounds: Number(rounds),
  seed: Number(seed),
  perKill: Number(perKill),
  log: (l) => process.stdout.write(l + '\n'),
})
process.stdout.write(`${JSON.stringify(figures, undefined, 1)}\n${keepsWrites(figures)} ${Date.now() - began} ms\n`)
