import { expect, it } from 'vitest'
import { malformedCall } from './malformed-call.ts'

it.each([
  [{ method: 'tools/call', params: { name: 'x' } }, false],
  [{ method: 'tools/call', params: { name: 'x', arguments: {} } }, false],
  [{ method: 'tools/list' }, false],
  [{ method: 'resources/read', params: { uri: 'a://b' } }, false],
  [{ method: 'tools/call' }, true],
  [{ method: 'tools/call', params: [] }, true],
  [{ method: 'tools/call', params: { name: 7 } }, true],
  [{ method: 'tools/call', params: { name: 'x', arguments: [] } }, true],
  [{ method: 'tools/call', params: { name: 'x', arguments: 'x' } }, true],
  [{ method: 'tools/call', params: { name: 'x', arguments: null } }, true],
  [{ method: 'resources/read', params: {} }, true],
  [null, false],
  ['x', false],
])('%j is malformed: %s', (message, malformed) => {
  expect(malformedCall(message)).toBe(malformed)
})
