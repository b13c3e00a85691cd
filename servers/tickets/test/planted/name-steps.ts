import type { HttpServer, Planter } from '@postern/testing'
import { call, claimsOf } from '../identity.ts'
import { type Reply, replyOf } from './caller.ts'
import { type Step, step } from './step.ts'

/**
 * Texts in the form of a name, in places where the server looks for one: nothing says that they are not secrets.
 * `valid` is a token of somebody who approves.
 */
export function nameSteps(http: HttpServer, valid: string, names: Planter): Step[] {
  const desk = async (path: string, body?: unknown): Promise<Reply> =>
    replyOf(
      await http.request({
        method: body === undefined ? 'GET' : 'POST',
        path: `/approvals/${path}`,
        headers: { authorization: `Bearer ${valid}` },
        body,
      }),
    )
  const id = (where: string) => names.made(where, (word) => `apr_${word}`)
  const refused = (where: string, change: (planted: string) => { header?: object; claims?: object }) =>
    step(`names: ${where}`, 'HTTP 401', 1, async () =>
      replyOf(await call(http, 'whoami', {}, { token: forged(valid, change(names.email(where))) })),
    )
  return [
    step('names: a tool', 'JSON-RPC -32602', 1, async () =>
      replyOf(
        await call(
          http,
          names.made('name of a tool', (word) => `sk_live_${word}`),
          {},
        ),
      ),
    ),
    step('names: an approval to show', 'HTTP 404', 1, () => desk(id('id of an approval to show'))),
    step('names: an approval to decide', 'HTTP 404', 1, () =>
      desk(id('id of an approval to decide'), { decision: 'denied' }),
    ),
    refused('issuer of a token', (iss) => ({ claims: { iss } })),
    refused('audience of a token', (aud) => ({ claims: { aud } })),
    refused('key of a token', (kid) => ({ header: { kid } })),
  ]
}

/** A token like another, but for what it is changed to say; its signature does not fit any more. */
function forged(token: string, { header = {}, claims = {} }: { header?: object; claims?: object }): string {
  const [head = '', , signature] = token.split('.')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const said = JSON.parse(Buffer.from(head, 'base64url').toString()) as object
  return `${part({ ...said, ...header })}.${part({ ...claimsOf(token), ...claims })}.${signature}`
}
