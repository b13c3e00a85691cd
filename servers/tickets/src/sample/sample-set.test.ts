import { describe, expect, it } from 'vitest'
import { standardTemplates } from '../domain/standard-templates.ts'
import { Account, Email, Label, limits, Priority, ProjectKey, Status, unresolved } from '../domain/ticket.ts'
import { sampleSet } from './sample-set.ts'

const { projects, tickets } = sampleSet()
const of = (tenant: string) => tickets.filter((ticket) => ticket.tenant === tenant)
const ordinary = tickets.filter(({ labels }) => !labels.includes('mail-in'))

describe('the sample set', () => {
  it('is the same every time', () => {
    expect(sampleSet()).toEqual(sampleSet())
  })

  it('has three projects of acme with 200 tickets or more, and the same keys of globex', () => {
    const keys = (tenant: string) =>
      projects.filter((project) => project.tenant === tenant).map(({ project_key }) => project_key)
    expect(keys('acme')).toEqual(['OPS', 'WEB', 'PAY'])
    expect(keys('globex')).toEqual(keys('acme'))
    expect(of('acme').length).toBeGreaterThanOrEqual(200)
    expect(of('globex').length).toBeGreaterThanOrEqual(30)
  })

  it('numbers the tickets of a project from 1, the older first', () => {
    for (const { tenant, project_key } of projects) {
      const own = of(tenant).filter((ticket) => ticket.project_key === project_key)
      expect(own.map(({ number }) => number)).toEqual(own.map((_, index) => index + 1))
      expect(own.map(({ created_at }) => created_at)).toEqual(
        own.map(({ created_at }) => created_at).sort((a, b) => a - b),
      )
    }
  })

  it('holds only what a ticket may hold', () => {
    for (const ticket of tickets) {
      ProjectKey.parse(ticket.project_key)
      Status.parse(ticket.status)
      Priority.parse(ticket.priority)
      Label.array().max(limits.labelsMax).parse(ticket.labels)
      Email.parse(ticket.reporter_email)
      Account.optional().parse(ticket.assignee)
      expect(ticket.title.length, ticket.title).toBeGreaterThanOrEqual(limits.titleCharsMin)
      expect(ticket.title.length, ticket.title).toBeLessThanOrEqual(limits.titleCharsMax)
      expect(ticket.description.length, ticket.title).toBeGreaterThanOrEqual(limits.descriptionCharsMin)
      expect(ticket.updated_at).toBeGreaterThanOrEqual(ticket.created_at)
      expect(ticket.updated_at).toBeLessThan(Date.parse('2026-08-01'))
    }
  })

  it('leaves no slot open and repeats no title within a project', () => {
    for (const { title, description, acceptance_criteria } of ordinary)
      expect([title, description, ...acceptance_criteria].join('\n')).not.toMatch(/\{\w+\}|undefined/)
    const titles = ordinary.map(({ tenant, project_key, title }) => `${tenant} ${project_key} ${title}`)
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('speaks several languages and scripts', () => {
    const text = tickets.map(({ title }) => title).join('\n')
    for (const script of ['Latin', 'Arabic', 'Hiragana', 'Katakana', 'Han'])
      expect(text).toMatch(new RegExp(`\\p{Script=${script}}`, 'u'))
    for (const word of ['Umlaute', 'Les nouveaux comptes', 'devolución', 'armazém', 'Magazijn', 'Biuro'])
      expect(text).toContain(word)
  })

  it('has something for every filter', () => {
    for (const status of Status.options)
      expect(tickets.filter((ticket) => ticket.status === status).length).toBeGreaterThan(3)
    for (const priority of Priority.options)
      expect(tickets.filter((ticket) => ticket.priority === priority).length).toBeGreaterThan(2)
    for (const { template_id } of standardTemplates)
      expect(tickets.some((ticket) => ticket.template_id === template_id)).toBe(true)
    expect(tickets.filter(({ status }) => unresolved.includes(status)).length).toBeGreaterThan(60)
  })

  it('has tickets of globex that could be taken for those of acme', () => {
    const titles = new Set(of('acme').map(({ title }) => title))
    expect(of('globex').filter(({ title }) => !titles.has(title))).toEqual([])
    expect(of('globex').every(({ reporter_email }) => reporter_email?.endsWith('@globex.example'))).toBe(true)
  })

  it('carries hostile text of each kind', () => {
    const hostile = tickets
      .filter(({ labels }) => labels.includes('mail-in'))
      .map(({ title, description }) => `${title}\n${description}`)
    for (const attack of [
      /ignore all previous/i,
      /[\u{e0020}-\u{e007f}]/u,
      /\u202e/,
      /\u200b/,
      /!\[.*\]\(https:/,
      /<img/,
      /<\/untrusted>/,
    ])
      expect(
        hostile.some((text) => attack.test(text)),
        `${attack}`,
      ).toBe(true)
  })
})
