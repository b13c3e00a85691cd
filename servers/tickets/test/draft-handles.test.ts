import { expect, it } from 'vitest'
import { tryDraftIds } from './draft-handles.prove.ts'

it('refuses draft ids that are swapped, altered, made up, expired or used before, 150 tries', async () => {
  expect(await tryDraftIds({ tries: 150, seed: 11 })).toEqual({ tries: 150, accepted: 0 })
})
