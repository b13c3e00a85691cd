/// <reference path="./oidc-provider.d.ts" />
import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'

/**
 * Logs in whom the browser names and consents to what it wants, without asking: the headers `login` and `refuse` (scopes)
 * are what a person would click.
 */
export async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login')
    return provider.interactionFinished(request, response, { login: { accountId: header(request, 'login') } })
  const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: params['client_id'] ?? '' })
  const refused = header(request, 'refuse').split(' ').filter(Boolean)
  const wanted = (params['scope'] ?? '').split(' ')
  const resource = params['resource'] ?? ''
  grant.addOIDCScope(wanted.join(' '))
  grant.addResourceScope(resource, wanted.filter((scope) => !refused.includes(scope)).join(' '))
  if (refused.length > 0) grant.rejectResourceScope(resource, refused.join(' '))
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}
