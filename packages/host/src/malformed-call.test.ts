import { expect, it } from 'vitest'
import { malformedCall } from './malformed-call.ts'

it.each([
  [{ id: 1, method: 'tools/call', params: { name: 'x' } }, false],
  [{ id: 1, method: 'tools/call', params: { name: 'x', arguments: {} } }, false],
  [{ id: 1, method: 'tools/list' }, false],
  [{ id: 1, method: 'resources/read', params: { uri: 'a://b' } }, false],
  [{ id: 1, method: 'tools/call' }, true],
  [{ id: 1, method: 'tools/call', params: [] }, true],
  [{ id: 1, method: 'tools/call', params: { name: 7 } }, true],
  [{ id: 1, method: 'tools/call', params: { name: 'x', arguments: [] } }, true],
  [{ id: 1, method: 'tools/call', params: { name: 'x', arguments: 'x' } }, true],
  [{ id: 1, method: 'tools/call', params: { name: 'x', arguments: null } }, true],
  [{ id: 1, method: 'resources/read', params: {} }, true],
  [{ method: 'tools/call', params: { name: 'x' } }, true],
  [{ id: null, method: 'tools/call', params: { name: 'x' } }, true],
  [null, false],
  ['x', false],
])('%j is malformed: %s', (message, malformed) => {
  expect(malformedCall(message)).toBe(malformed)
})
