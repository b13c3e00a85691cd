import { describe, expect, it } from 'vitest'
import { ActivityId, ActivityType } from '../domain/activity.ts'
import { Currency, CustomerId, Email, limits, Owner, Phone, Region, Status } from '../domain/customer.ts'
import { OpportunityId } from '../domain/opportunity.ts'
import { allowTransition, openStages, Stage } from '../domain/stage.ts'
import { hostileCustomers } from './hostile.ts'
import { identityOf } from './identity.ts'
import { locales } from './locales/index.ts'
import { sampleSet } from './sample-set.ts'

const set = sampleSet()
const { customers, contacts, opportunities, activities } = set
const hostile = new Set(hostileCustomers.map(({ customer_id }) => customer_id))
const ordinary = customers.filter(({ customer_id }) => !hostile.has(customer_id))
const of = (tenant: string) => ordinary.filter((customer) => customer.tenant === tenant)
const who = ({ name, company, region }: (typeof customers)[number]) => `${region} ${name} ${company}`

describe('the sample set', () => {
  it('is the same every time', () => {
    expect(sampleSet()).toEqual(set)
  })

  it('has 2,000 customers of acme in eight regions, no two of one name in a region', () => {
    expect(of('acme')).toHaveLength(2000)
    for (const { region } of locales) expect(of('acme').filter((one) => one.region === region)).toHaveLength(250)
    expect(new Set(of('acme').map(({ region, name }) => `${region} ${name}`)).size).toBe(2000)
  })

  it('has customers of globex who all have the name, company and address of one of acme', () => {
    const known = new Set(of('acme').map(who))
    expect(of('globex').length).toBeGreaterThanOrEqual(400)
    expect(of('globex').filter((one) => !known.has(who(one)))).toEqual([])
    const addresses = new Set(
      locales.flatMap((locale) => Array.from({ length: 250 }, (_, i) => identityOf(locale, i).email)),
    )
    for (const { email } of ordinary) if (email !== null) expect(addresses).toContain(email)
  })

  it('gives no id, owner or product of one tenant to the other', () => {
    const ids = [...customers.map((one) => one.customer_id), ...opportunities.map((one) => one.opportunity_id)]
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set(activities.map((one) => one.activity_id)).size).toBe(activities.length)
    const owners = (tenant: string) => new Set(of(tenant).map(({ owner }) => owner ?? 'nobody'))
    expect([...owners('acme')].filter((owner) => owners('globex').has(owner))).toEqual(['nobody'])
    const text = (tenant: string) =>
      [...activities, ...opportunities]
        .filter((one) => one.tenant === tenant)
        .map((one) => ('text' in one ? one.text : one.name))
        .join('\n')
    expect(/Quarz|Rubin|Saphir|Topas/.exec(text('acme'))).toBeNull()
    expect(/Atlas|Borealis|Cobalt|Delta Sync/.exec(text('globex'))).toBeNull()
  })

  it('holds only what a customer may hold', () => {
    for (const customer of customers) {
      CustomerId.parse(customer.customer_id)
      Status.parse(customer.status)
      Region.parse(customer.region)
      Owner.nullable().parse(customer.owner)
      Email.nullable().parse(customer.email)
      Phone.nullable().parse(customer.phone)
      Currency.nullable().parse(customer.currency)
      expect(customer.lifetime_value === null).toBe(customer.currency === null)
      expect(customer.name.length).toBeLessThanOrEqual(limits.nameCharsMax)
      expect(customer.company.length).toBeLessThanOrEqual(limits.nameCharsMax)
      expect(customer.last_contact ?? customer.created_at).toBeGreaterThanOrEqual(customer.created_at)
    }
    for (const deal of opportunities) {
      OpportunityId.parse(deal.opportunity_id)
      Stage.parse(deal.stage)
      expect(Number.isSafeInteger(deal.amount), `${deal.amount}`).toBe(true)
      expect(deal.close_date ?? '2026-01-01').toMatch(/^\d{4}-\d\d-\d\d$/)
    }
    for (const one of activities) {
      ActivityId.parse(one.activity_id)
      ActivityType.parse(one.type)
      expect(one.at).toBeLessThan(Date.parse('2026-08-01'))
    }
  })

  it('leaves no slot open', () => {
    const texts = [
      ...customers.map(({ name, company }) => `${name} ${company}`),
      ...opportunities.map(({ name }) => name),
      ...activities.map(({ text }) => text),
      ...contacts.map(({ name, role }) => `${name} ${role}`),
    ]
    expect(texts.filter((text) => /\{\w+\}|undefined/.test(text))).toEqual([])
    expect(texts.filter((text) => text.trim() === '')).toEqual([])
  })

  it('tells of each deal how it came where it is', () => {
    for (const deal of opportunities) {
      const changes = activities
        .filter(({ opportunity_id }) => opportunity_id === deal.opportunity_id)
        .sort((a, b) => a.at - b.at)
      if (changes.length === 0) continue
      expect(changes[0]?.from_stage).toBe('qualification')
      expect(changes.at(-1)?.to_stage).toBe(deal.stage)
      for (const { from_stage, to_stage } of changes) allowTransition(Stage.parse(from_stage), Stage.parse(to_stage))
    }
  })

  it('speaks several languages and scripts', () => {
    const text = [...customers.map(({ name }) => name), ...activities.map((one) => one.text)].join('\n')
    for (const script of ['Latin', 'Arabic', 'Han', 'Hiragana', 'Katakana'])
      expect(new RegExp(`\\p{Script=${script}}`, 'u').test(text), script).toBe(true)
    for (const word of [
      'Kolleginnen',
      'licences',
      'presupuesto',
      'requirements',
      'licencji',
      '請求書',
      'العرض',
      'proposta',
    ])
      expect(text.includes(word), word).toBe(true)
  })

  it('has something for every filter, and what is not known everywhere', () => {
    for (const status of Status.options)
      expect(of('acme').filter((one) => one.status === status).length).toBeGreaterThan(100)
    for (const stage of Stage.options)
      expect(
        opportunities.some((one) => one.stage === stage),
        stage,
      ).toBe(true)
    for (const type of ActivityType.options)
      expect(activities.filter((one) => one.type === type).length).toBeGreaterThan(100)
    for (const field of ['owner', 'email', 'phone', 'lifetime_value', 'last_contact'] as const)
      expect(of('acme').filter((one) => one[field] === null).length, field).toBeGreaterThan(20)
    expect(opportunities.filter(({ stage }) => openStages.includes(Stage.parse(stage))).length).toBeGreaterThan(500)
  })

  it('carries hostile text of each kind in names, companies, contacts and notes', () => {
    expect(customers.filter(({ customer_id }) => hostile.has(customer_id))).toHaveLength(hostile.size)
    for (const attack of [
      /ignore all previous/i,
      /[\u{e0020}-\u{e007f}]/u,
      /\u202e/,
      /\u200b/,
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      /\u001b\[/,
      /!\[.*\]\(https:/,
      /<img/,
      /<\/untrusted>/,
    ])
      expect(
        hostileCustomers.some((one) => attack.test(JSON.stringify(Object.values(one)).replaceAll('\\u001b', '\u001b'))),
        `${attack}`,
      ).toBe(true)
  })
})
