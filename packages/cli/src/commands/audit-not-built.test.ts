import { expect, it, vi } from 'vitest'
import { postern } from '../../test/tickets.ts'

vi.mock('../bundles.ts', async (original) => ({
  ...(await original<typeof import('../bundles.ts')>()),
  bundles: () => [{ name: 'tickets', main: '/none/main.mjs', built: false, development: '/none' }],
}))

it('does not say "tampered with" when it is only not built', async () => {
  for (const args of [
    ['verify', 'tickets'],
    ['verify', '--export', 'x'],
    ['forward', 'tickets'],
  ])
    expect(await postern('audit', ...args)).toMatchObject({
      code: 2,
      out: '',
      err: 'tickets is not built: /none/main.mjs does not exist. Run "npm run build".\n',
    })
})
