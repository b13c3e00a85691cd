import { type MatrixRow, matrixSuite } from '@postern/host/testing/matrix-suite'
import type { Principal } from '@postern/tool'
import { server } from '../src/server.ts'

const projects = ['OPS', 'WEB']

/** A caller that sees everything of one tenant's project, to find rows for the matrix. */
const seer = (tenant: string, project: string): Principal => ({
  issuer: 'urn:postern:matrix',
  subject: 'seer',
  tenant,
  kind: 'user',
  credentialId: 'matrix',
  scopes: ['tickets:write'],
  roles: ['support-agent'],
  attributes: { projects: [project] },
  purposes: ['support'],
  readOnly: false,
})

matrixSuite(server, {
  environmentFile: `${import.meta.dirname}/../environments/development.yaml`,
  tenant: 'acme',
  attributes: { projects },
  inputs: {
    draft_ticket: { title: 'Badge reader at gate 4 is dead', description: 'It reads no card since Monday morning.' },
    validate_ticket: { title: 'Badge reader at gate 4 is dead' },
    create_ticket: {
      title: 'Badge reader at gate 4 is dead',
      description: 'The badge reader at gate 4 reads no card since Monday morning, and people queue.',
      priority: 'P2',
      acceptance_criteria: ['A card is read within one second'],
    },
  },
  async rows(host) {
    const newest = async (tenant: string, project: string): Promise<MatrixRow> => {
      const found = await host.call('search_tickets', { project_key: project, limit: 1 }, { as: seer(tenant, project) })
      const [ticket] = found['tickets'] as { ticket_id: string; untrusted: { title: string } }[]
      if (ticket === undefined) throw new Error(`${tenant} has no ticket in ${project}`)
      return {
        ids: { project_key: project, ticket_id: ticket.ticket_id, project, id: 'bug' },
        canaries: [ticket.untrusted.title],
      }
    }
    const { rejected } = await host.load('globex', [
      {
        project_key: 'LAB',
        title: 'Centrifuge 3 stops at 4000 rpm',
        description: 'It stops by itself after two minutes.',
        priority: 'P2',
        status: 'open',
      },
    ])
    if (rejected.length > 0) throw new Error(JSON.stringify(rejected))
    return {
      inScope: await newest('acme', 'OPS'),
      // A project that only this tenant has: the ids of the others occur in both.
      otherTenant: await newest('globex', 'LAB'),
      otherProject: await newest('acme', 'PAY'),
      absent: { ids: { project_key: 'NONE', ticket_id: 'NONE-1', project: 'NONE', id: 'bug' }, canaries: [] },
    }
  },
})
