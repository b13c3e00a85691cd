import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { startPostgres } from './postgres.ts'
import { postgresCommand } from './postgres-command.ts'

it('keeps what it acknowledged through a kill', async () => {
  const postgres = await startPostgres({ fsync: true })
  expect(await postgres.createDatabase('odd "name"')).toContain('odd')
  await postgres.command('create table kept (id int); insert into kept values (1)')
  await postgres.kill()
  await expect(postgres.command('select 1')).rejects.toThrow()
  await postgres.restart()
  await postgres.command('select 1 / count(*) from kept')
  await expect(postgres.command('select 1 / (count(*) - 1) from kept')).rejects.toThrow('division by zero')
  await postgres.stop()
})

it('leaves nothing when the process that started it is killed', async () => {
  const program = `
    const { startPostgres } = await import(${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)})
    const { port, home } = await startPostgres()
    process.stdout.write(JSON.stringify({ port, home }))
    setInterval(() => undefined, 1000)`
  const args = ['--input-type=module', '-e', program]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [answer] = await once(child.stdout, 'data')
  const { port, home } = JSON.parse(String(answer)) as { port: number; home: string }
  await postgresCommand(port, 'select 1')
  child.kill('SIGKILL')
  await once(child, 'exit')
  while (existsSync(home)) await new Promise(setImmediate)
  await expect(postgresCommand(port, 'select 1')).rejects.toThrow('ECONNREFUSED')
})
